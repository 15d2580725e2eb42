"""Dates for programs: what an element's attributes say, where its text says less or nothing."""

from __future__ import annotations

from typing import Any

from newswatch.feeds import dates

_ATTRIBUTES = ("data-date", "data-datetime", "data-time", "data-timestamp", "data-published", "data-created")
_ANY = " or ".join(f"@{name}" for name in _ATTRIBUTES)
_HOLDERS = f".//time|.//*[{_ANY}]|.//meta[@itemprop][@content]|.//abbr[@title]|.//span[@title]"
_MAX_CHARS = 60


def holders(body: Any) -> dict[Any, str]:
    """The elements with a date in an attribute, with it."""
    return {element: stamp for element in body.xpath(_HOLDERS) if (stamp := _stamp(element))}


def _stamp(element: Any) -> str:
    if element.tag == "meta":
        names = ["content"] if "date" in (element.get("itemprop") or "").lower() else []
    else:
        names = ["datetime", *_ATTRIBUTES, "title"] if element.tag == "time" else [*_ATTRIBUTES, "title"]
    values = [element.get(name) for name in names]
    for value in values:
        if value and len(value) <= _MAX_CHARS and any(map(str.isdigit, value)) and dates.read_date(value):
            return str(value)
    return ""
