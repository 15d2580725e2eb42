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


def test_query_rule_is_its_query(folder):
    done = run(folder, "central-bank-opposes", "--json")
    assert json.loads(done.output) == {
        "rule": "central-bank-opposes",
        "query": "central bank opposes",
        "event": None,
    }


def test_unknown_rule_is_named(folder):
    done = run(folder, "nothing")
    assert done.exit_code == 1
    assert "no rule 'nothing' in the watchlist" in done.output
