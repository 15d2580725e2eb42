"""A refused query for people: the message, the line, and carets under the place. Pure."""

from __future__ import annotations

import unicodedata

from newswatch.errors import QueryError

_MAX_LINE = 160
_LEAD = 60


def with_caret(query: str, error: QueryError) -> str:
    """Three lines: what is wrong, the line of the query, and carets under the place."""
    offset = min(error.offset, len(query))
    start = query.rfind("\n", 0, offset) + 1
    line = query[start:].split("\n", 1)[0]
    at = offset - start
    end = max(at + 1, min(error.end - start, len(line)))
    cut = max(0, at - _LEAD) if len(line) > _MAX_LINE else 0
    shown = line[cut : cut + _MAX_LINE].replace("\t", " ")
    before, place = shown[: at - cut], shown[at - cut : end - cut]
    return f"{error.message}\n  {shown}\n  {' ' * _columns(before)}{'^' * max(1, _columns(place))}"


def _columns(text: str) -> int:
    """The width of the text on a terminal: two columns for a wide character, none for a combining one."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )
