"""Finding the lists of a source again on a later reading of its page, also after a redesign.

The pattern that was learned is sought first. If the page has another one, the list that shares items with the known one
is the same list. If neither is there (a block page, maintenance, an empty list, another page), the layout has
changed: then nothing on the page is news until a person looks, or a later reading finds the list again.

What is new is not decided here but by the identity of items: this only says which rows are the list.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from newswatch.feeds import dates
from newswatch.feeds.article_about import language_of, metas
from newswatch.feeds.article_page import read_page
from newswatch.feeds.canonical import canonical_link
from newswatch.feeds.pages.data_lists import DATA, dated, items_in
from newswatch.feeds.pages.find import Candidate, cleaned, kind_of, unique
from newswatch.feeds.pages.find import candidates_of as candidates_on
from newswatch.feeds.pages.fingerprint import Fingerprint, fingerprint_of
from newswatch.feeds.pages.items import Item
from newswatch.feeds.pages.outline import Outline, outline_of

SAME, MOVED, CHANGED = "same", "moved", "changed"
"""The pattern is as before; it is another one around known items; the layout has changed."""

_ALIKE, _VERY_ALIKE = 0.8, 0.9
"""How alike a pattern must be to count as the learned one: with known items in its list, and without."""
_SHARED = 0.3
"""The share of the shorter list that must be known, for a list with another pattern."""
_MIN_SHARED = 2
NAME_BYTES = 5
MAX_PATTERNS = 8


@dataclass(frozen=True, slots=True)
class Followed:
    """The items of a source's lists on a later reading, and the patterns to keep for the next one.

    With `how` CHANGED there are no items, the patterns are the old ones, and `kind` says what the page is now.
    """

    how: str
    items: tuple[Item, ...]
    patterns: tuple[Fingerprint, ...]
    kind: str
    lang: str = ""


def names_of(items: Iterable[Item]) -> frozenset[str]:
    """What items are recognised by from one reading to the next: hashes of their links and of their titles."""
    return frozenset(name for item in items for name in _names(item))


def _names(item: Item) -> Iterator[str]:
    for kind, text in (("link", canonical_link(item.link)), ("title", item.title.casefold())):
        if text:
            yield hashlib.blake2b(
                f"{kind} {text}".encode("utf-8", "replace"), digest_size=NAME_BYTES
            ).hexdigest()


def follow_lists(
    body: bytes,
    *,
    url: str,
    headers: Mapping[str, str],
    patterns: Sequence[Fingerprint],
    known: Collection[str],
) -> Followed:
    """The lists with the learned `patterns` on the page `body`; `known` are the `names_of` the last items.

    Raises ParseFailed as `find_lists` does.
    """
    root = read_page(body, headers)
    lang = language_of(root, metas(root), headers)
    outline = outline_of(root, url, lang, dates.from_http(headers.get("date")))
    kinds = frozenset(pattern.row for pattern in patterns)
    names = frozenset(known)
    found = [
        _Found(one, fingerprint_of(outline, one.group), tuple(_known(one, names)))
        for one in candidates_on(outline, kinds)
    ]
    if DATA in patterns:
        data = tuple(cleaned(items_in(root, outline.url, outline.hints)))
        if data:
            return Followed(SAME, data, tuple(patterns), "list", lang)
    same: list[_Found] = []
    for pattern in patterns:
        alike = [one for one in _alike(pattern, found, names) if one not in same]
        # A menu may look like a plain list. Without a known item, it must be a list of news by itself.
        same += (one for one in alike if one.known or kind_of(root, outline, [one.list])[1])
    if same:
        return _dated(_followed(SAME, same, lang, patterns), root, outline)
    moved = _sharing(found, names)
    if moved is not None and kind_of(root, outline, [moved.list])[1]:
        return _dated(_followed(MOVED, [moved], lang), root, outline)
    data = tuple(cleaned(items_in(root, outline.url, outline.hints)))
    if sum(1 for item in data if not names.isdisjoint(_names(item))) >= _MIN_SHARED:
        return Followed(MOVED, data, (DATA,), "list", lang)
    kind, _ = kind_of(root, outline, [one.list for one in found])
    return Followed(CHANGED, (), tuple(patterns), kind, lang)


def _dated(found: Followed, root: Any, outline: Outline) -> Followed:
    """The same items; where none shows a date, dated by the page's data."""
    if any(item.published for item in found.items):
        return found
    return replace(found, items=tuple(dated(found.items, root, outline.url, outline.hints)))


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """A list of the page, its pattern, and which of the known items it has, as their names."""

    list: Candidate
    pattern: Fingerprint
    known: tuple[frozenset[str], ...]


def _known(one: Candidate, known: frozenset[str]) -> Iterator[frozenset[str]]:
    for item in one.items:
        names = known.intersection(_names(item))
        if names:
            yield names


def _followed(how: str, lists: Sequence[_Found], lang: str, before: Sequence[Fingerprint] = ()) -> Followed:
    """The items of these lists. Patterns from before that are missing now are kept: one of several lists may be empty."""
    in_order = sorted(lists, key=lambda one: one.list.group.rows[0].index)
    items = tuple(unique(item for one in in_order for item in cleaned(one.list.items)))
    patterns = tuple(dict.fromkeys(one.pattern for one in lists))
    missing = (old for old in before if all(old.likeness(new) < _ALIKE for new in patterns))
    return Followed(how, items, (*patterns, *missing)[:MAX_PATTERNS], "list", lang)


def _alike(pattern: Fingerprint, found: Sequence[_Found], known: frozenset[str]) -> list[_Found]:
    """The lists with this pattern: the one with most known items, since sidebars may look the same.

    Others follow as long as they have known items that are not in the lists before them: a front page has several lists
    of one pattern.
    """
    alike = [
        (_share(one, known) + likeness, one.list.score, one)
        for one in found
        if (likeness := pattern.likeness(one.pattern)) >= (_ALIKE if one.known else _VERY_ALIKE)
    ]
    if not alike:
        return []
    best = max(alike, key=lambda each: each[:2])[2]
    # A list whose items are all new is believed; but not while the known items are in another list.
    moved = _sharing(found, known)
    if moved is not None and moved is not best and not best.known:
        return []
    chosen, covered = [best], frozenset[str]().union(*best.known)
    for _, _, one in sorted(alike, key=lambda each: -len(each[2].known)):
        if one is not best and sum(1 for names in one.known if names.isdisjoint(covered)) >= _MIN_SHARED:
            chosen.append(one)
            covered = covered.union(*one.known)
    return [one for _, _, one in alike if one in chosen]


def _sharing(found: Sequence[_Found], known: frozenset[str]) -> _Found | None:
    """The list that shares most with the known items, if it shares enough to be the same list."""
    least = min(_MIN_SHARED, _count(known))
    enough = [
        (len(one.known) / max(1, len(one.list.items) + _count(known) - len(one.known)), one.list.score, one)
        for one in found
        if len(one.known) >= least and _share(one, known) >= _SHARED
    ]
    return max(enough, key=lambda each: each[:2])[2] if known and enough else None


def _share(one: _Found, known: frozenset[str]) -> float:
    """The share of the shorter of two lists that both have."""
    return len(one.known) / max(1, min(len(one.list.items), _count(known)))


def _count(known: frozenset[str]) -> int:
    """How many items the names are of, about: most have a link and a title."""
    return (len(known) + 1) // 2
