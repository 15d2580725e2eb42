"""Which rules a draft changes: by themselves, or by a list that they use."""

from __future__ import annotations

from newswatch.config.draft import Draft
from newswatch.models import Bundle, Event, Rule
from newswatch.pipeline.authoring.draft_changes import changed_in

RULES = (
    Rule("plain", "central bank"),
    Rule("listed", "$banks opposes"),
    Rule("nested", event=Event(does=("$sues",), who=("$all",))),
)
LISTS = {"banks": ("central bank",), "all": ("$banks", "court"), "other": ("x",)}
BUNDLE = Bundle(version=1, digest="d", rules=RULES, receivers=(), lists=LISTS)


def changed(rules=RULES, lists=LISTS) -> list[tuple[str, str]]:
    found = changed_in(Draft((), tuple(rules), (), lists), BUNDLE)
    return [(one.rule.id, one.kind) for one in found]


def test_draft_that_is_the_same_changes_no_rule():
    assert changed() == []
    assert changed(lists={**LISTS, "other": ("y",)}) == []


def test_rules_are_changed_added_and_removed():
    rules = [Rule("plain", "central bank", severity="high"), RULES[1], Rule("new", "x")]
    assert changed(rules) == [("plain", "changed"), ("new", "added"), ("nested", "removed")]


def test_rule_is_changed_by_a_list_that_it_uses_however_deep():
    assert changed(lists={**LISTS, "banks": ("ECB",)}) == [("listed", "changed"), ("nested", "changed")]
