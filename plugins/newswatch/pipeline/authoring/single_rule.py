"""A query or an event that is not a rule yet, for `match` and `backtest`: read it, or show what is wrong. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from newswatch.errors import PermanentError, QueryError
from newswatch.models import Event, Rule
from newswatch.pipeline.authoring.caret import with_caret
from newswatch.rules import check_event, review_query

QUERY, EVENT = "query", "event"
"""The rule ids under which such a query or event is reported."""

FORM = "write it as who=$regulators does=$sues what=$crypto, or as {who: [$regulators, $courts], does: $sues}"

_PARTS = ("who", "does", "what", "unless")
_ASSIGNED = re.compile(rf"(?:^|\s)({'|'.join(_PARTS)})\s*=")

Lists = Mapping[str, Sequence[str]]


class BadQuery(PermanentError):
    """The query or event cannot be read. The text says where or how to write it."""


def lone_rule(query: str, lists: Lists) -> tuple[Rule, list[str]]:
    """The query as a rule, and the warnings about it, each with carets under the place. Raises BadQuery."""
    try:
        warnings = review_query(query, lists)
    except QueryError as error:
        raise BadQuery(with_caret(query, error)) from error
    shown = [
        with_caret(query, QueryError(f"warning: {found.message}", offset=found.offset, end=found.end))
        for found in warnings
    ]
    return Rule(id=QUERY, query=query), shown


def lone_event(text: str, lists: Lists) -> tuple[Rule, list[str]]:
    """The event as a rule, and the warnings about it. Raises BadQuery.

    `text` is `who=$regulators does=$sues what=$crypto, bitcoin`, several separated by commas, or the event's
    mapping as in the watchlist.
    """
    parts = _mapping(text) if text.lstrip().startswith("{") else dict(_assignments(text))
    if not parts.get("does"):
        raise BadQuery(f"the event does not say what is done (does): {FORM}")
    event = Event(**parts)
    problems = check_event(event, lists)
    errors = [f"{one.part}: {one.message}" for one in problems if one.is_error]
    if errors:
        raise BadQuery("\n".join(errors))
    return Rule(id=EVENT, event=event), [f"warning: {one.part}: {one.message}" for one in problems]


def _assignments(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    found = list(_ASSIGNED.finditer(text))
    if not found or text[: found[0].start()].strip():
        raise BadQuery(f"{text!r} is not an event: {FORM}")
    ends = [*(one.start() for one in found[1:]), len(text)]
    seen: set[str] = set()
    for one, end in zip(found, ends, strict=True):
        if one[1] in seen:
            raise BadQuery(f"`{one[1]}` is given twice: write several separated by commas, {one[1]}=$a, $b")
        seen.add(one[1])
        yield one[1], _words(one[1], text[one.end() : end].split(","))


def _mapping(text: str) -> dict[str, tuple[str, ...]]:
    try:
        data = yaml.load(text, Loader=yaml.CBaseLoader)  # noqa: S506 - builds nothing but text
    except yaml.YAMLError as error:
        raise BadQuery(f"{text!r} is not a YAML mapping: {FORM}") from error
    unknown = [name for name in data if name not in _PARTS]
    if unknown:
        raise BadQuery(f"`{unknown[0]}` is not a part of an event; the parts are {', '.join(_PARTS)}")
    return {name: _words(name, value if isinstance(value, list) else [value]) for name, value in data.items()}


def _words(name: str, values: Sequence[Any]) -> tuple[str, ...]:
    words = tuple(value.strip() for value in values if isinstance(value, str) and value.strip())
    if len(words) != len(values):
        raise BadQuery(f"`{name}` is empty, or more than a list of words: {FORM}")
    return words
