"""Deleting one rule: what stays, what is refused, and getting it back."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from newswatch.pipeline.authoring import editing
from newswatch.pipeline.authoring.rule_history import restore_rule, rule_history
from newswatch.pipeline.authoring.rule_removal import CannotRemove, removal_of, remove_rule, removed_rules

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
FIRST = """\
# Who opposes what.
rules:
  # about banks
  - id: banks
    query: central bank opposes   # any tense
    notify: [policy]
  # about ships
  - id: ferries
    query: ferry sinks
    notify: [policy]
"""
WITHOUT_FERRIES = FIRST[: FIRST.index("  - id: ferries")]


@pytest.fixture
def desk(newsroom):
    newsroom.watchlist(FIRST)
    return newsroom


def remove(desk, rule_id: str, minutes: int = 0, **given) -> str:
    settings, now = desk.settings(), NOW + timedelta(minutes=minutes)
    expected = given.pop("expected", None) or removal_of(settings, rule_id, now).digest
    return remove_rule(settings, rule_id, expected=expected, by="ada", now=now, **given)


def text(desk) -> str:
    return (desk.config / "watchlist.yaml").read_text("utf-8")


def test_only_the_lines_of_the_rule_go(desk):
    made = removal_of(desk.settings(), "ferries", NOW)
    assert (made.before, made.after) == (FIRST, WITHOUT_FERRIES)
    assert text(desk) == FIRST
    assert remove(desk, "ferries", reason="no ships any more") == "watchlist.yaml"
    assert text(desk) == WITHOUT_FERRIES
    (change,) = rule_history(desk.config, "ferries")
    assert (change.kind, change.by, change.reason) == ("removed", "ada", "no ships any more")


def test_rule_that_is_not_there_and_file_that_changed_meanwhile_are_refused(desk):
    with pytest.raises(CannotRemove, match="no watchlist file has a rule cats"):
        remove(desk, "cats")
    with pytest.raises(editing.ChangedMeanwhile):
        remove(desk, "ferries", expected="another version")
    assert text(desk) == FIRST


def test_rule_that_a_release_window_expects_is_refused_with_its_place(desk):
    feeds = desk.config / "feeds.yaml"
    window = 'windows: [{at: "2030-01-01 12:00", timezone: UTC, for: 10m, expect: banks}]'
    feeds.write_text(feeds.read_text("utf-8").replace("{id: wire,", f"{{id: wire, {window},", 1), "utf-8")
    assert window in feeds.read_text("utf-8")
    with pytest.raises(
        CannotRemove, match=r"rule banks was not deleted.*feeds\.yaml:\d+:\d+.*no rule 'banks'"
    ):
        remove(desk, "banks")
    assert text(desk) == FIRST


def test_the_last_rule_can_be_deleted_and_put_back(desk):
    remove(desk, "ferries")
    remove(desk, "banks", minutes=1)
    assert "id:" not in text(desk)
    newest, oldest = removed_rules(desk.config, 10)
    assert (newest.rule_id, oldest.rule_id) == ("banks", "ferries")
    for minutes, change in enumerate((newest, oldest), 2):
        restore_rule(
            desk.settings(),
            change.rule_id,
            change.file,
            change.kept,
            by="eve",
            now=NOW + timedelta(minutes=minutes),
        )
    assert "query: central bank opposes   # any tense" in text(desk)
    assert text(desk).index("id: banks") < text(desk).index("id: ferries")
    assert removed_rules(desk.config, 10) == []


def test_rule_that_moved_to_another_file_is_not_a_deleted_one(desk):
    remove(desk, "ferries")
    folder = desk.config / "watchlist.d"
    folder.mkdir(exist_ok=True)
    (folder / "ships.yaml").write_text(f"rules:\n{FIRST[FIRST.index('  - id: ferries') :]}", "utf-8")
    assert removed_rules(desk.config, 10) == []
