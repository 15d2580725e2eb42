"""Lists and patterns as JSON, for the pipe to the process that reads pages, and for keeping a pattern with its source.

The owner of that process checks everything in a result, because the process has read hostile bytes: what is damaged
raises KeyError, TypeError or ValueError.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

from newswatch.feeds.pages.find import PageList, PageLists, find_lists
from newswatch.feeds.pages.fingerprint import Fingerprint
from newswatch.feeds.pages.follow import Followed, follow_lists
from newswatch.feeds.pages.items import Item
from newswatch.feeds.pages.selector import select_list
from newswatch.selector import Selector

FIND, FOLLOW, SELECT = "find", "follow", "select"


def answer(ask: Mapping[str, Any], body: bytes, *, url: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """Does what a job asks for, in the process that reads pages. Raises ParseFailed."""
    if ask["how"] == FOLLOW:
        patterns = [pattern_of(data) for data in ask["patterns"]]
        found = follow_lists(body, url=url, headers=headers, patterns=patterns, known=frozenset(ask["known"]))
        return {
            "how": found.how,
            "items": [_item_out(item) for item in found.items],
            "patterns": [pattern_data(pattern) for pattern in found.patterns],
            "kind": found.kind,
            "lang": found.lang,
        }
    if ask["how"] == SELECT:
        lists = select_list(body, url=url, headers=headers, selector=Selector(**ask["selector"]))
    else:
        lists = find_lists(body, url=url, headers=headers)
    return {
        "kind": lists.kind,
        "lists": [
            {
                "items": [_item_out(item) for item in one.items],
                "confidence": one.confidence,
                "reasons": list(one.reasons),
                "pattern": pattern_data(one.fingerprint),
            }
            for one in lists.lists
        ],
        "main": lists.main,
        "lang": lists.lang,
    }


def lists_of(data: Mapping[str, Any]) -> PageLists:
    """The lists of a page from the answer to FIND or SELECT."""
    lists = tuple(
        PageList(
            tuple(_item_in(item) for item in one["items"]),
            float(one["confidence"]),
            tuple(str(reason) for reason in one["reasons"]),
            pattern_of(one["pattern"]),
        )
        for one in data["lists"]
    )
    return PageLists(str(data["kind"]), lists, int(data["main"]), str(data["lang"]))


def followed_of(data: Mapping[str, Any]) -> Followed:
    """What became of a source's lists, from the answer to FOLLOW."""
    return Followed(
        str(data["how"]),
        tuple(_item_in(item) for item in data["items"]),
        tuple(pattern_of(pattern) for pattern in data["patterns"]),
        str(data["kind"]),
        str(data["lang"]),
    )


def pattern_data(pattern: Fingerprint) -> dict[str, Any]:
    """A pattern as JSON."""
    return asdict(pattern)


def pattern_of(data: Mapping[str, Any]) -> Fingerprint:
    """A pattern from its JSON form."""
    around, inside = (tuple(str(name) for name in data[part]) for part in ("around", "inside"))
    return Fingerprint(str(data["row"]), around, inside)


def _item_out(item: Item) -> list[Any]:
    second = item.published.timestamp() if item.published else None
    return [item.title, item.link, second, item.summary, item.counted]


def _item_in(values: list[Any]) -> Item:
    title, link, second, summary, counted = values
    moment = None if second is None else datetime.fromtimestamp(float(second), timezone.utc)
    return Item(str(title), str(link), moment, str(summary), bool(counted))
