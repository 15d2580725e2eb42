"""What the drill of the compose stack lays over it, and how it counts. The drill itself needs a Docker engine."""

from datetime import date

import pytest
import yaml
from tests.stack.test_stack_compose import SECRETS, compose, services

from devtools.drill.__main__ import Result, table
from devtools.drill.compose import FILES
from devtools.drill.config import HOSTS, files
from newswatch.config.load import load_config
from newswatch.pipeline.base.rules_checker import RulesChecker


def test_the_configuration_of_the_drill_is_valid(tmp_path):
    for name, text in files(40, 30, "5m").items():
        (tmp_path / name).write_text(text)
    loaded = load_config(tmp_path, RulesChecker(), today=date(2026, 11, 27))
    assert loaded.draft is not None, loaded.problems
    assert (len(loaded.draft.feeds), len(loaded.draft.rules)) == (40, 30)


@pytest.mark.heavy
def test_the_drill_publishes_its_stories_and_has_feeds_on_several_hosts(tmp_path):
    own = {"NEWS_SITE_PORT": "18082", "DRILL_FEEDS": "2000", "DRILL_RULES": "2000", "DRILL_EVERY": "1m"}
    stack = services(compose(tmp_path, *FILES, **SECRETS, **own))
    assert "127.0.0.1:18082:8082" in str(stack["news-site"]["ports"])
    names = stack["quiet-site"]["networks"]["default"]["aliases"]
    hosts = {row["url"].split("/")[2] for row in yaml.safe_load(files(50, 1, "1m")["feeds.yaml"])["feeds"]}
    assert hosts == {"news-site:8082", *(f"{name}:8082" for name in names)}
    assert len(names) == HOSTS
    assert stack["sample-config"]["command"][-3:] == ["2000", "2000", "1m"]


@pytest.mark.parametrize(
    ("posted", "next_s", "stop_s", "load", "kept"),
    [
        ([1, 1, 1], 3.0, 0.0, 2.0, True),
        ([1, 0, 1], 3.0, 0.0, 9.0, False),
        ([1, 1, 2], 3.0, 0.0, 9.0, False),
        ([1, 1, 1], 46.0, 0.0, 4.0, False),
        ([1, 1, 1], 3.0, 11.0, 4.0, False),
        ([1, 1, 1], 46.0, 11.0, 4.1, True),
    ],
)
def test_a_broken_promise_is_found(posted, next_s, stop_s, load, kept):
    results = [Result("broker", 0.0, 4.0, 1.0, 2.0, 1), Result("postgres", stop_s, 4.0, next_s, load, 2)]
    lines, found = table(results, posted)
    assert found is kept
    assert [line.split()[0] for line in lines] == ["victim", "broker", "postgres"]
