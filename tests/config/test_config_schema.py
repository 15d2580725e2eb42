import json
import subprocess
import sys
from pathlib import Path

import pytest

from newswatch.config import shapes
from newswatch.config.schema import main, outdated, render_schemas

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "config"


def test_committed_schemas_are_what_the_table_of_keys_gives():
    assert outdated(SHIPPED / "schema") == []


@pytest.mark.parametrize("name", ["feeds", "receivers"])
def test_config_file_names_its_schema_for_editors(name):
    first = (SHIPPED / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == f"# yaml-language-server: $schema=schema/{name}.json"


def test_schema_knows_every_key_of_a_rule_and_no_other():
    rule = json.loads(render_schemas()["watchlist.json"])["properties"]["rules"]["items"]
    assert set(rule["properties"]) == {key.name for key in shapes.RULE.keys}
    assert rule["additionalProperties"] is False
    assert rule["required"] == ["id", "notify"]
    assert rule["oneOf"] == [{"required": ["event"]}, {"required": ["query"]}]
    assert all(form["description"] for form in rule["properties"].values())


def test_check_fails_on_a_changed_schema_and_writing_mends_it(tmp_path, capsys):
    assert main([str(tmp_path)]) == 0
    assert main([str(tmp_path), "--check"]) == 0
    (tmp_path / "feeds.json").write_text("{}")
    assert main([str(tmp_path), "--check"]) == 1
    assert "feeds.json is out of date" in capsys.readouterr().err


def test_module_runs_from_the_command_line():
    command = [sys.executable, "-m", "newswatch.config.schema", "--check"]
    done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": "plugins"}, check=False, timeout=240)
    assert done.returncode == 0
