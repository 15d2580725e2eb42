"""How near rules come to a text, and in words what keeps each from matching. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from newswatch.models import Rule
from newswatch.rules import ItemText
from newswatch.rules.lists import Lists
from newswatch.rules.nearest import Nearness, Reading
from newswatch.rules.nearest_events import EventRules
from newswatch.rules.verdict import Failing


@dataclass(frozen=True, slots=True)
class NearRule:
    """A rule that does not match a text. `share` is the part of what must be there that is, from 0 to 1."""

    rule_id: str
    share: float
    failing: tuple[Failing, ...]
    text: str


def nearest_first(
    rules: Sequence[Rule], lists: Lists, default_lang: str, text: ItemText, events: EventRules
) -> list[NearRule]:
    """The rules that do not match the text, the nearest first. `events` are those of the rules that have one."""
    reading = Reading(text, lists, default_lang, events)
    found = ((rule, reading.nearness(rule)) for rule in rules)
    near = [NearRule(rule.id, one.share, one.failing, in_words(one)) for rule, one in found if one.failing]
    return sorted(near, key=lambda one: (-one.share, len(one.failing), one.rule_id))


def in_words(nearness: Nearness) -> str:
    """What fails, and which terms were found."""
    failing = "; ".join(one.text for one in nearness.failing)
    return f"{failing} ({', '.join(_there(nearness))})" if nearness.found else failing


def _there(nearness: Nearness) -> Iterable[str]:
    return dict.fromkeys(f"`{term}` is in the {place.field}" for term, place in nearness.found)
