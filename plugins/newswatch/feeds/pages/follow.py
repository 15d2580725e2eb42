"""Finding the lists of a source again on a later reading of its page, also after a redesign.

The pattern that was learned is sought first. If the page has another one, the list that shares items with the known one
is the same list. If neither is there (a block page, maintenance, an empty list, another page), the layout has
changed: then nothing on the page is news until a person looks, or a later reading finds the list again.

What is new is not decided here but by the identity of items: this only says which rows are the list.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from newswatch.feeds.article_about import language_of, metas
from newswatch.feeds.article_page import read_page
from newswatch.feeds.canonical import canonical_link
from newswatch.feeds.pages.find import Candidate, cleaned, kind_of, unique
from newswatch.feeds.pages.find import candidates_of as candidates_on
from newswatch.feeds.pages.fingerprint import Fingerprint, fingerprint_of
from newswatch.feeds.pages.items import Item
from newswatch.feeds.pages.outline import outline_of

SAME, MOVED, CHANGED = "same", "moved", "changed"
"""The pattern is as before; it is another one around known items; the layout has changed."""

_ALIKE = 0.8
"""How alike a pattern must be to count as the learned one."""
_SHARED = 0.3
"""The share of the shorter list that must be known, for a list with another pattern."""
_MIN_SHARED = 2


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
    """What items are recognised by from one reading to the next: their links, for those without one their titles."""
    return frozenset(canonical_link(item.link) or item.title for item in items)


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
    outline = outline_of(root, url, lang)
    kinds = frozenset(pattern.row for pattern in patterns)
    found = [(one, fingerprint_of(outline, one.group)) for one in candidates_on(outline, kinds)]
    names = frozenset(known)
    same = [best for pattern in patterns if (best := _most_alike(pattern, found, names)) is not None]
    if same:
        return _followed(SAME, same, lang)
    moved = _sharing(found, names)
    if moved is not None and kind_of(root, outline, [moved[0]])[1]:
        return _followed(MOVED, [moved], lang)
    kind, _ = kind_of(root, outline, [one for one, _ in found])
    return Followed(CHANGED, (), tuple(patterns), kind, lang)


def _followed(how: str, lists: Sequence[tuple[Candidate, Fingerprint]], lang: str) -> Followed:
    items = tuple(unique(item for one, _ in lists for item in cleaned(one.items)))
    return Followed(how, items, tuple(dict.fromkeys(pattern for _, pattern in lists)), "list", lang)


def _most_alike(
    pattern: Fingerprint, found: Sequence[tuple[Candidate, Fingerprint]], known: frozenset[str]
) -> tuple[Candidate, Fingerprint] | None:
    """The list with this pattern. Of several, the one with most known items: sidebars may look the same."""
    alike = [
        (_share(one, known) + likeness, one.score, one, its)
        for one, its in found
        if (likeness := pattern.likeness(its)) >= _ALIKE
    ]
    if not alike:
        return None
    _, _, best, its = max(alike, key=lambda each: each[:2])
    # A list whose items are all new is believed; but not while the known items are in another list.
    moved = _sharing(found, known)
    elsewhere = moved is not None and moved[0] is not best and _share(best, known) == 0
    return None if elsewhere else (best, its)


def _sharing(
    found: Sequence[tuple[Candidate, Fingerprint]], known: frozenset[str]
) -> tuple[Candidate, Fingerprint] | None:
    """The list that shares most with the known items, if it shares enough to be the same list."""
    enough = [
        (_jaccard(names_of(one.items), known), one.score, one, its)
        for one, its in found
        if len(names_of(one.items) & known) >= min(_MIN_SHARED, len(known)) and _share(one, known) >= _SHARED
    ]
    if not known or not enough:
        return None
    _, _, best, its = max(enough, key=lambda each: each[:2])
    return best, its


def _share(one: Candidate, known: frozenset[str]) -> float:
    """The share of the shorter of two lists that both have."""
    names = names_of(one.items)
    return len(names & known) / max(1, min(len(names), len(known)))


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, len(one | other))
