"""A rule as the fields of a form, and the form as a change of its file. Pure.

What the form does not have, such as `threshold`, stays as the file has it; so do comments and order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from newswatch.config.rule_append import append_rule
from newswatch.config.rule_text import Target, edit_target, value_of
from newswatch.config.yaml_changes import Change, RemoveKey, SetKey
from newswatch.config.yaml_scalars import Value
from newswatch.models import DEFAULT_MODALITY, MODALITIES, Event, FeedFilter, Rule

PARTS = ("who", "does", "what", "unless")
DEFAULTS: Mapping[str, Value] = {
    "severity": "medium",
    "negation": "ignore",
    "modality": list(DEFAULT_MODALITY),
}
"""What a key that is not in the file means."""


@dataclass(frozen=True, slots=True)
class RuleForm:
    """The fields, as a browser sends them.

    Several entries of `who` … `unless`, `feeds`, `tags` and `languages` are separated by commas, or are on lines of
    their own. Each test is on a line of its own.
    """

    id: str = ""
    kind: Literal["query", "event"] = "query"
    query: str = ""
    who: str = ""
    does: str = ""
    what: str = ""
    unless: str = ""
    modality: tuple[str, ...] = DEFAULT_MODALITY
    negation: str = "ignore"
    severity: str = "medium"
    notify: tuple[str, ...] = ()
    feeds: str = ""
    tags: str = ""
    languages: str = ""
    owner: str = ""
    expires: str = ""
    must_match: str = ""
    must_not_match: str = ""


def form_of(rule: Mapping[str, Any]) -> RuleForm:
    """The fields of a rule as its file has it (`rule_text.value_of`)."""
    event, feeds = _mapping(rule.get("event")), _mapping(rule.get("feeds"))
    return RuleForm(
        id=_text(rule.get("id")),
        kind="event" if "event" in rule else "query",
        query=_text(rule.get("query")),
        who=joined(_texts(event.get("who"))),
        does=joined(_texts(event.get("does"))),
        what=joined(_texts(event.get("what"))),
        unless=joined(_texts(event.get("unless"))),
        modality=tuple(_texts(rule.get("modality"))) or DEFAULT_MODALITY,
        negation=_text(rule.get("negation")) or "ignore",
        severity=_text(rule.get("severity")) or "medium",
        notify=tuple(_texts(rule.get("notify"))),
        feeds=joined(_texts(feeds.get("ids"))),
        tags=joined(_texts(feeds.get("tags"))),
        languages=joined(_texts(rule.get("languages"))),
        owner=_text(rule.get("owner")),
        expires=_text(rule.get("expires")),
        must_match="\n".join(_texts(rule.get("must_match"))),
        must_not_match="\n".join(_texts(rule.get("must_not_match"))),
    )


def values_of(form: RuleForm) -> dict[str, Value]:
    """The keys of the rule that the form describes, in their usual order. Empty fields are left out."""
    event = {part: separated(getattr(form, part)) for part in PARTS}
    feeds = {"ids": separated(form.feeds), "tags": separated(form.tags)}
    asks: dict[str, Value] = (
        {"event": _filled(event), "modality": list(form.modality)}
        if form.kind == "event"
        else {"query": " ".join(form.query.split())}
    )
    every: dict[str, Value] = {
        "id": form.id.strip(),
        **asks,
        "severity": form.severity,
        "notify": list(form.notify),
        "feeds": _filled(feeds),
        "languages": separated(form.languages),
        "negation": form.negation if form.kind == "query" else "ignore",
        "owner": form.owner.strip(),
        "expires": form.expires.strip(),
        "must_match": lines_of(form.must_match),
        "must_not_match": lines_of(form.must_not_match),
    }
    hidden = ("negation", "modality")
    return {key: one for key, one in every.items() if one and not (key in hidden and one == DEFAULTS[key])}


def rule_of_form(form: RuleForm, rule_id: str) -> Rule:
    """What the form looks for, as a rule of this id that notifies nobody."""
    event = Event(**{part: tuple(separated(getattr(form, part))) for part in PARTS})
    asked = set(form.modality)
    return Rule(
        id=rule_id,
        query="" if form.kind == "event" else " ".join(form.query.split()),
        event=event if form.kind == "event" else None,
        modality=tuple(one for one in MODALITIES if one in asked),
        negation="exclude" if form.kind == "query" and form.negation == "exclude" else "ignore",
        languages=tuple(separated(form.languages)),
        feeds=FeedFilter(tuple(separated(form.feeds)), tuple(separated(form.tags))),
        must_match=tuple(lines_of(form.must_match)),
        must_not_match=tuple(lines_of(form.must_not_match)),
    )


def new_rule(file: str, text: str, form: RuleForm) -> str:
    """The file's text with the form as one more rule. Raises CannotEdit."""
    return append_rule(file, text, values_of(form))


def copied_rule(file: str, text: str, rule: Mapping[str, Any], form: RuleForm) -> str:
    """The file's text with a copy of `rule`, changed as the form says. Raises CannotEdit."""
    mine = values_of(form)
    kept = {key: one for key, one in rule.items() if key not in _FORM_KEYS}
    return append_rule(file, text, {**mine, **kept})


def edited_rule(file: str, text: str, rule_id: str, form: RuleForm) -> str:
    """The file's text with the rule changed as the form says, and nothing else changed. Raises CannotEdit."""
    target = Target("rule", rule_id)
    old = value_of(file, text, target)
    return edit_target(file, text, target, list(_changes(old or {}, values_of(form))))


_FORM_KEYS = (
    "event",
    "modality",
    "query",
    "severity",
    "notify",
    "feeds",
    "languages",
    "negation",
    "owner",
    "expires",
    "must_match",
    "must_not_match",
    "id",
)
"""The id comes last: until then it is the name by which the rule is found."""


def _changes(old: Mapping[str, Any], new: Mapping[str, Value]) -> Iterator[Change]:
    for key in _FORM_KEYS:
        before, after = old.get(key), new.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            for name in (*before, *(one for one in after if one not in before)):
                yield from _change((key, name), before.get(name), after.get(name))
        else:
            yield from _change((key,), before, after)


def _change(path: tuple[str, ...], before: Any, after: Value | None) -> Iterator[Change]:
    if _same(before, after) or (not before and after == DEFAULTS.get(path[0])):
        return
    if after is not None:
        yield SetKey(path, after)
    elif not (len(path) == 1 and _same(before, DEFAULTS.get(path[0]))):
        yield RemoveKey(path)


def _same(before: Any, after: Value | None) -> bool:
    """Whether the file says this already: a single text is a list of one, and blanks within a query do not matter."""
    if before is None or after is None:
        return before is None and after is None
    if isinstance(after, str):
        return isinstance(before, str) and before.split() == after.split()
    if isinstance(after, Mapping):
        return bool(before == after)
    return _texts(before) == list(after)


# ── fields ────────────────────────────────────────────────────────────────────────────────────


def separated(text: str) -> list[str]:
    """The texts of a field: one a line if there are several lines or one ends with a line break, else by commas."""
    pieces = text.split("\n") if "\n" in text.strip(" \t\r") else text.split(",")
    return [one.strip() for one in pieces if one.strip()]


def joined(texts: Sequence[str]) -> str:
    """The field for these texts, so that `separated` gives them again."""
    if any("," in one for one in texts):
        return "".join(f"{one}\n" for one in texts)
    return ", ".join(texts)


def lines_of(text: str) -> list[str]:
    """A text for each line that is not empty."""
    return [one.strip() for one in text.splitlines() if one.strip()]


def _filled(values: Mapping[str, list[str]]) -> dict[str, Any]:
    """Without empty ones; one text alone needs no list, except of feeds."""
    single = "does" in values
    return {key: one[0] if single and len(one) == 1 else one for key, one in values.items() if one}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    return [one for one in value or () if isinstance(one, str)]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
