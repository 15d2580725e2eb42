"""Dates for programs: what an element's attributes say, where its text says less or nothing."""

from __future__ import annotations

from collections.abc import Mapping

from newswatch.feeds import dates

_ATTRIBUTES = ("data-date", "data-datetime", "data-time", "data-timestamp", "data-published", "data-created")
NAMES = frozenset({*_ATTRIBUTES, "datetime", "title", "content"})
"""Only elements with one of these attributes can have such a date."""
_TITLED = frozenset({"time", "abbr", "span"})
"""Elements whose title may be a date. That of others is one only beside another attribute for dates."""
_MAX_CHARS = 60


def of(tag: str, attributes: Mapping[str, str]) -> str:
    """The date in an element's attributes, "" for none."""
    names: tuple[str, ...] = ()
    if tag == "meta":
        names = ("content",) if "date" in attributes.get("itemprop", "").lower() else ()
    elif tag in _TITLED or any(name in attributes for name in _ATTRIBUTES):
        names = ("datetime", *_ATTRIBUTES, "title") if tag == "time" else (*_ATTRIBUTES, "title")
    for value in map(attributes.get, names):
        if value and len(value) <= _MAX_CHARS and any(map(str.isdigit, value)) and dates.read_date(value):
            return value
    return ""
