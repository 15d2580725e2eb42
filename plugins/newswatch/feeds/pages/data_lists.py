"""Items that a page has as data: JSON-LD (schema.org), and the JSON that its scripts make the page from.

JSON-LD also dates the items of a list that shows no dates. Scripts' data is read only where the page itself is empty.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from newswatch.errors import ParseFailed
from newswatch.feeds import json_list
from newswatch.feeds.canonical import canonical_link
from newswatch.feeds.date_days import DateHints
from newswatch.feeds.json_fields import date_of
from newswatch.feeds.links import absolute_link
from newswatch.feeds.pages.fingerprint import Fingerprint
from newswatch.feeds.pages.items import Item

DATA = Fingerprint("script", (), ())
"""The pattern of a list that is in a page's data."""
_LINKED = "application/ld+json"
_ARTICLES = (
    "article",
    "posting",
    "report",
    "newsitem",
    "creativework",
    "pressrelease",
    "legislation",
    "publication",
)
_MAX_BYTES = 3_000_000
_MAX_DEPTH = 10
_MAX_NODES = 50_000
_MIN_ITEMS = 3
_MIN_LETTERS = 12


def items_in(root: Any, url: str, hints: DateHints) -> list[Item]:
    """The items of the page's JSON-LD, else of its scripts' data; [] for fewer than three."""
    found = _linked_items(root, url, hints)
    return found if len(found) >= _MIN_ITEMS else _script_items(root, url)


def dated(items: Iterable[Item], root: Any, url: str, hints: DateHints) -> list[Item]:
    """The items of a list without dates, dated by the JSON-LD about their links."""
    days = {
        canonical_link(item.link): item.published
        for item in _linked_items(root, url, hints)
        if item.published
    }
    return [
        item if item.published else replace(item, published=days.get(canonical_link(item.link)))
        for item in items
    ]


def _scripts(root: Any, kinds: tuple[str, ...]) -> Iterator[str]:
    size = 0
    for script in root.iter("script"):
        kind = (script.get("type") or "").partition(";")[0].strip().lower()
        text = script.text or ""
        size += len(text)
        if kind in kinds and size <= _MAX_BYTES:
            yield text


def _linked_items(root: Any, url: str, hints: DateHints) -> list[Item]:
    found: dict[str, Item] = {}
    for text in _scripts(root, (_LINKED,)):
        try:
            data = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
        for thing in _things(data):
            item = _item(thing, url, hints)
            if item is not None:
                found.setdefault(item.link, item)
    return list(found.values())


def _things(data: Any) -> Iterator[Mapping[str, Any]]:
    """Every object of the data, the outer ones first, in order; not those of a list of other things."""
    stack, seen = [(data, 0)], 0
    while stack and seen < _MAX_NODES:
        node, depth = stack.pop()
        seen += 1
        if isinstance(node, dict):
            kinds = _kinds(node)
            if "breadcrumblist" in kinds or any("navigation" in kind for kind in kinds):
                continue
            yield node
        if isinstance(node, dict | list) and depth < _MAX_DEPTH:
            children = node.values() if isinstance(node, dict) else node
            stack.extend(
                (child, depth + 1) for child in reversed(list(children)) if isinstance(child, dict | list)
            )


def _kinds(thing: Mapping[str, Any]) -> list[str]:
    kinds = thing.get("@type")
    return [kind.lower() for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)]


def _item(thing: Mapping[str, Any], url: str, hints: DateHints) -> Item | None:
    kinds = _kinds(thing)
    is_article = any(kind.endswith(_ARTICLES) for kind in kinds)
    if not is_article and "listitem" not in kinds:
        return None
    title = _first_text(thing, "headline", "name", "alternativeHeadline")
    link = absolute_link(url, _first_text(thing, "url", "mainEntityOfPage", "@id", "item"))
    if (
        sum(map(str.isalpha, title[:200])) < (1 if title and not title.isascii() else _MIN_LETTERS)
        or not link
    ):
        return None
    published = next(
        filter(None, (_date(thing.get(name), hints) for name in ("datePublished", "dateCreated"))), None
    )
    return Item(title, link, published, _first_text(thing, "description", "abstract"))


def _date(value: Any, hints: DateHints) -> datetime | None:
    return date_of(value, hints) if isinstance(value, str) else None


def _first_text(thing: Mapping[str, Any], *names: str) -> str:
    for name in names:
        value = thing.get(name)
        if isinstance(value, dict):
            value = value.get("@id") or value.get("url")
        if isinstance(value, str) and value.strip():
            return value.strip()[:8_000]
    return ""


def _script_items(root: Any, url: str) -> list[Item]:
    """The largest list with titles, links and dates in JSON that the page's scripts read."""
    best: list[Item] = []
    for text in _scripts(root, ("application/json",)):
        try:
            entries = json_list.parse(text.encode("utf-8", "replace"), url=url, headers={}).entries
        except ParseFailed:
            continue
        items = [Item(one.title, one.link, one.published, one.summary) for one in entries]
        whole = sum(1 for item in items if item.title and item.link and item.published)
        if len(items) >= _MIN_ITEMS and whole * 10 >= 9 * len(items) and len(items) > len(best):
            best = items
    return best
