"""Who changed what in a rule, and restoring one rule while others were changed meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from newswatch.errors import ConfigError
from newswatch.pipeline.authoring import editing
from newswatch.pipeline.authoring.rule_history import (
    NothingToRestore,
    changed_rules,
    file_history,
    restore_rule,
    rule_history,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
NAME = "watchlist.yaml"
FIRST = """\
rules:
  # about banks
  - id: banks
    query: central bank opposes
    notify: [policy]
  - id: ferries
    query: ferry sinks
    notify: [policy]
"""


@pytest.fixture
def desk(newsroom):
    """The newsroom with FIRST as its watchlist, and a function that edits it."""
    newsroom.watchlist(FIRST)
    settings = newsroom.settings()
    moments = iter(NOW + timedelta(minutes=n) for n in range(100))

    def edit(old: str, new: str, *, by: str = "ada", reason: str = ""):
        file = editing.read_file(newsroom.config, NAME)
        text = file.text.replace(old, new)
        return editing.save(
            settings, NAME, text, expected=file.digest, by=by, now=next(moments), reason=reason
        )

    newsroom.edit = edit
    return newsroom


def test_history_has_who_when_why_and_the_diff_of_the_rule_alone(desk):
    desk.edit("opposes", "rejects", reason="  too narrow ")
    desk.edit("ferry sinks", "ferry OR boat", by="bob")
    desk.edit("rejects", "rejects OR opposes", by="eve")
    newest, oldest = rule_history(desk.config, "banks")
    assert (newest.by, oldest.by, oldest.reason, oldest.kind) == ("eve", "ada", "too narrow", "changed")
    assert "-    query: central bank opposes\n+    query: central bank rejects" in oldest.diff
    assert "ferry" not in newest.diff + oldest.diff
    assert [one.by for one in rule_history(desk.config, "ferries")] == ["bob"]
    saves = file_history(desk.config, NAME)
    assert [changed for _, changed in saves] == [
        {"banks": "changed"},
        {"ferries": "changed"},
        {"banks": "changed"},
    ]


def test_added_and_removed_rules_are_named_so(desk):
    rule = "  - id: cats\n    query: cat\n    notify: [policy]\n"
    desk.edit("rules:\n", f"rules:\n{rule}")
    desk.edit(rule, "")
    assert [one.kind for one in rule_history(desk.config, "cats")] == ["removed", "added"]
    assert changed_rules("rules: [\n", FIRST) == {}


def test_restoring_one_rule_keeps_later_edits_of_others_comments_and_order(desk):
    desk.edit("opposes", "rejects")
    desk.edit("ferry sinks", "ferry OR boat   # more", by="bob")
    (change,) = rule_history(desk.config, "banks")
    restore_rule(desk.settings(), "banks", change.file, change.kept, by="eve", now=NOW + timedelta(hours=1))
    text = (desk.config / NAME).read_text("utf-8")
    assert text == FIRST.replace("ferry sinks", "ferry OR boat   # more")
    newest = rule_history(desk.config, "banks")[0]
    assert (newest.by, newest.reason) == ("eve", f"restored rule banks to the version before {change.at}")


def test_removed_rule_comes_back_and_a_second_time_there_is_nothing_to_do(desk):
    ferries = FIRST[FIRST.index("  - id: ferries") :]
    desk.edit(ferries, "")
    (change,) = rule_history(desk.config, "ferries")
    restore_rule(desk.settings(), "ferries", change.file, change.kept, by="eve", now=NOW + timedelta(hours=1))
    assert (desk.config / NAME).read_text("utf-8") == FIRST
    with pytest.raises(NothingToRestore, match="as it was"):
        restore_rule(desk.settings(), "ferries", change.file, change.kept, by="eve", now=NOW)
    with pytest.raises(NothingToRestore, match="no rule cats"):
        restore_rule(desk.settings(), "cats", change.file, change.kept, by="eve", now=NOW)


def test_restored_rule_that_no_longer_passes_the_check_is_refused(desk):
    desk.edit("rules:", "lists: {who: [central bank]}\nrules:")
    desk.edit("query: central bank opposes", "query: $who AND opposes")
    desk.edit("query: $who AND opposes", "query: central bank opposes")
    desk.edit("lists: {who: [central bank]}\n", "")
    change = rule_history(desk.config, "banks")[0]
    before = (desk.config / NAME).read_text("utf-8")
    with pytest.raises(ConfigError, match="who"):
        restore_rule(desk.settings(), "banks", change.file, change.kept, by="eve", now=NOW)
    assert (desk.config / NAME).read_text("utf-8") == before


def test_saving_without_a_change_makes_no_version(desk):
    desk.edit("opposes", "rejects")
    saved = desk.edit("rejects", "rejects", reason="nothing")
    assert len(saved.history) == 1
