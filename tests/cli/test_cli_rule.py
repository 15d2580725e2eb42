"""`newswatch rule explain`: what a rule stands for."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from newswatch.cli.app import newswatch

SHIPPED = Path(__file__).resolve().parents[2] / "config"


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(SHIPPED, tmp_path / "config")


def run(folder, *arguments):
    return CliRunner().invoke(newswatch, ["--config", str(folder), "rule", "explain", *arguments])


def test_event_is_explained_by_its_query_and_guards(folder):
    done = run(folder, "central-bank-against")
    assert done.exit_code == 0, done.output
    assert "$central_banks OR $governors" in done.output
    assert "A name after a preposition" in done.output


def test_json_has_the_parts(folder):
    done = run(folder, "sanctions-lifted", "--json")
    answer = json.loads(done.output)
    assert answer["rule"] == "sanctions-lifted"
    assert [part[0] for part in answer["event"]["parts"]] == ["who", "does", "what"]


def test_query_is_explained_in_words(folder):
    done = run(folder, "central-bank-opposes")
    assert "An item matches if it has `central bank opposes`." in done.output
    assert "all their forms" in done.output
    answer = json.loads(run(folder, "central-bank-opposes", "--json").output)
    assert (answer["query"], answer["event"]) == ("central bank opposes", None)
    assert answer["meaning"]["meaning"]["text"].startswith("An item matches if it has")


def test_long_query_is_explained_as_a_nested_list(folder):
    query = "crypto AND (ban OR (block AND (miners OR 'SEC' OR (prison AND fine))))"
    text = f'rules:\n  - {{id: long, query: "{query}", notify: [policy]}}\n'
    (folder / "watchlist.d").mkdir(exist_ok=True)
    (folder / "watchlist.d" / "long.yaml").write_text(text, "utf-8")
    done = run(folder, "long")
    assert (
        "An item matches if it has all of these:\n    - `crypto`\n    - at least one of these:\n"
        in done.output
    )
    assert "\n      - `ban`\n" in done.output


def test_unknown_rule_is_named(folder):
    done = run(folder, "nothing")
    assert done.exit_code == 1
    assert "no rule 'nothing' in the watchlist" in done.output
