"""From a page's bytes to its lists, the most likely one first. Pure; pages are hostile: see `newswatch.feeds.worker`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from newswatch.feeds import dates, entry
from newswatch.feeds.article_about import language_of, metas
from newswatch.feeds.article_page import read_page
from newswatch.feeds.pages import link_dates
from newswatch.feeds.pages.data_lists import DATA, dated, items_in
from newswatch.feeds.pages.fingerprint import Fingerprint, fingerprint_of, kind_of_row
from newswatch.feeds.pages.items import Item, items_of
from newswatch.feeds.pages.layout import layout_of
from newswatch.feeds.pages.leading import leading_items
from newswatch.feeds.pages.outline import Outline, letters, outline_of
from newswatch.feeds.pages.patterns import Group, groups_of
from newswatch.feeds.pages.scoring import Features, compared, features, promise, score
from newswatch.quantity import quantity

LIST, FRONT, ARTICLE, EMPTY, NONE = "list", "front page", "article", "empty", "none"
"""What a page can be: one list; a front page with several; an article; empty without JavaScript; none of these."""

_READ_GROUPS = 16
"""How many groups of rows are read in full."""
_FAR = 8.0
"""A group that promises so much less than the best one is not read."""
_MAX_LISTS = 8
_ENOUGH, _ENOUGH_DATED = 13.5, 11.5
"""The scores from which a group is a list of news, without and with dates."""
_OVERLAP = 0.3
_DATA_SURE = 0.8
_NEAR = 3.0
_NEARLY = 0.9
_FRONT_GROWTH = 1.4
_DATED = 0.5
_MIN_PROSE = 400
_PROSE_SHARE = 1.5
_ARTICLE_ITEMS = 30
_MIN_PARAGRAPH = 40
_EMPTY_LETTERS = 600
_APP_ROOT = re.compile(
    r"(?i)^(?:app|root|__next|__nuxt|q-app|react-root|main-app|gatsby|svelte|ember\d*|application)$"
)
_NEEDS_SCRIPT = re.compile(r"(?i)java\s?script")


@dataclass(frozen=True, slots=True)
class PageList:
    """A list on a page. `confidence` is from 0 to 1, `reasons` are sentences for people."""

    items: tuple[Item, ...]
    confidence: float
    reasons: tuple[str, ...]
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class PageLists:
    """The lists of a page, the most likely first; no two of them share rows.

    The first `main` of them are the page's news: one, or several on a front page, or none (`kind` says why).
    """

    kind: str
    lists: tuple[PageList, ...] = ()
    main: int = 0
    lang: str = ""

    def news(self) -> tuple[Item, ...]:
        """The items that are the page's news, each once."""
        return tuple(unique(item for one in self.lists[: self.main] for item in one.items))

    def chosen(self, which: int | None) -> tuple[Item, ...]:
        """The items of the list with this number, from 1; for None those that are the page's news."""
        if which is None:
            return self.news()
        return self.lists[which - 1].items if 1 <= which <= len(self.lists) else ()

    def all(self) -> tuple[Item, ...]:
        """The items of all lists, each once."""
        return tuple(unique(item for one in self.lists for item in one.items))


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A group of rows that may be a list, read in full."""

    group: Group
    items: tuple[Item, ...]
    features: Features
    score: float


def find_lists(body: bytes, *, url: str, headers: Mapping[str, str]) -> PageLists:
    """The lists on the page `body`, fetched from `url`; `headers` has lower-case names.

    Raises ParseFailed for what is not a page, or has too many elements.
    """
    root = read_page(body, headers)
    lang = language_of(root, metas(root), headers)
    outline = outline_of(root, url, lang, dates.from_http(headers.get("date")))
    distinct = _distinct(candidates_of(outline))
    kind, main = kind_of(root, outline, distinct)
    lists = [_page_list(outline, one, distinct) for one in distinct[:_MAX_LISTS]]
    if main and not any(item.published for one in lists[:main] for item in one.items):
        lists[:main] = [
            replace(one, items=tuple(dated(one.items, root, outline.url, outline.hints)))
            for one in lists[:main]
        ]
    if kind in (EMPTY, NONE) and (data := tuple(cleaned(items_in(root, outline.url, outline.hints)))):
        why = (f"{quantity(len(data), 'item')} in the page's data for programs, none in the page itself",)
        return PageLists(LIST, (PageList(data, _DATA_SURE, why, DATA), *lists[: _MAX_LISTS - 1]), 1, lang)
    return PageLists(kind, tuple(lists), min(main, len(lists)), lang)


def candidates_of(outline: Outline, kinds: Collection[str] = ()) -> list[Candidate]:
    """The groups of rows that may be lists, the most likely first; rows of the `kinds` in any case."""
    promised = sorted(
        ((promise(outline, group), group) for group in groups_of(outline)), key=lambda one: -one[0]
    )
    least = promised[0][0] - _FAR if promised else 0.0
    near = [group for worth, group in promised[:_READ_GROUPS] if worth >= least]
    asked = [group for _, group in promised[len(near) :] if kind_of_row(group.rows[0]) in kinds]
    groups = near + asked[:_READ_GROUPS]
    read: list[tuple[Group, Features, list[Item | None]]] = []
    for group in groups:
        layout = layout_of(outline, group)
        items = items_of(outline, group, layout)
        if len({item.link or item.title for item in items if item}) > 1:
            read.append((group, features(outline, group, layout, items), items))
    found = [
        _candidate(outline, group, better, items)
        for (group, _, items), better in zip(read, compared(read), strict=True)
    ]
    return sorted(found, key=lambda one: -one.score)


def _candidate(outline: Outline, group: Group, better: Features, items: Sequence[Item | None]) -> Candidate:
    own = tuple(unique(item for item in items if item))
    worth = score(better)
    first = leading_items(outline, group.rows, own) if worth >= _ENOUGH_DATED else ()
    return Candidate(group, (*first, *own), better, worth)


def unique(items: Iterable[Item]) -> Iterator[Item]:
    """The items without those whose link (title where there is none) was there before."""
    seen: set[str] = set()
    for item in items:
        name = item.link or item.title
        if name not in seen:
            seen.add(name)
            yield item


def cleaned(items: Iterable[Item]) -> Iterator[Item]:
    """The items with their texts cleaned and cut as those of a feed are. If none shows a date, their links may."""
    items = list(items)
    shown = [item.published for item in items]
    moments = shown if any(shown) else link_dates.of_links([item.link for item in items])
    for item, moment in zip(items, moments, strict=True):
        title = entry.title_text(item.title, markup=False)
        summary = entry.summary_text(item.summary, markup=False)
        yield replace(item, title=title, published=moment, summary=summary)


def _distinct(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates without those that are another view of a better one (its columns, its sections)."""
    kept: list[Candidate] = []
    taken: set[int] = set()
    for one in candidates:
        rows = one.group.rows
        places = [range(row.index, row.end) for row in rows]
        if sum(1 for place in places if not taken.isdisjoint(place)) <= _OVERLAP * len(rows):
            kept.append(one)
            taken.update(index for place in places for index in place)
    return kept


def kind_of(root: Any, outline: Outline, distinct: Sequence[Candidate]) -> tuple[str, int]:
    """What the page is, and how many of its lists are its news."""
    best = distinct[0] if distinct else None
    if best is None or best.score < (_ENOUGH_DATED if best.features.dates >= _DATED else _ENOUGH):
        if _is_empty(root, outline):
            return EMPTY, 0
        return (ARTICLE if best is not None and _is_article(outline, best) else NONE), 0
    if best.features.dates < _DATED:
        if _is_article(outline, best):
            return ARTICLE, 0
        others = [one for one in distinct[1:] if _is_front_list(one, best)]
        together = len({item.link for one in (best, *others) for item in one.items})
        if together >= _FRONT_GROWTH * len(best.items):
            return FRONT, 1 + len(others)
    return LIST, 1


def _is_front_list(one: Candidate, best: Candidate) -> bool:
    enough = one.features.clutter == 0 and one.features.title >= _DATED and len(one.items) > 2
    return enough and one.score >= best.score - _NEAR


def _is_article(outline: Outline, best: Candidate) -> bool:
    """Whether the page has more prose in one place than the list has text: then the list is beside an article."""
    if len(best.items) > _ARTICLE_ITEMS:
        return False
    taken = {index for row in best.group.rows for index in range(row.index, row.end)}
    prose: dict[int, int] = {}
    for node in outline.nodes:
        if node.tag == "p" and node.parent is not None and node.index not in taken:
            linked = sum(letters(outline.text(link)) for link in outline.links_inside(node))
            size = letters(outline.text(node)) - linked
            if size >= _MIN_PARAGRAPH:
                prose[node.parent.index] = prose.get(node.parent.index, 0) + size
    ink = sum(letters(item.title) + letters(item.summary) for item in best.items)
    most = max(prose.values(), default=0)
    return most >= _MIN_PROSE and most >= _PROSE_SHARE * ink


def _is_empty(root: Any, outline: Outline) -> bool:
    """Whether the page's text is left to scripts: almost none is there, but scripts and a place for their work are."""
    if letters("".join(outline.pieces)) > _EMPTY_LETTERS or root.find(".//script") is None:
        return False
    roots = any(_APP_ROOT.match(node.attributes.get("id", "")) for node in outline.nodes)
    asks = any(_NEEDS_SCRIPT.search(element.text_content() or "") for element in root.iter("noscript"))
    return roots or asks or not outline.link_nodes


def _page_list(outline: Outline, one: Candidate, distinct: Sequence[Candidate]) -> PageList:
    items = tuple(cleaned(one.items))
    rival = max((other.score for other in distinct if other is not one), default=0.0)
    return PageList(
        items, _confidence(one.score, rival), _reasons(one, rival), fingerprint_of(outline, one.group)
    )


def _confidence(mine: float, rival: float) -> float:
    """From 0 to 1: how far the score is above what a menu gets, and how far above that of the next list."""
    height = min(1.0, max(0.0, (mine - 10) / 8))
    lead = min(1.0, max(0.0, (mine - rival) / 4))
    return round(0.6 * height + 0.4 * lead * height, 2)


def _reasons(one: Candidate, rival: float) -> tuple[str, ...]:
    items, f = one.items, one.features
    dated = sum(1 for item in items if item.published)
    said = [
        quantity(len(items), "item") + ("" if f.titles > _NEARLY else ", some with the same title"),
        f"{dated} of {len(items)} {'has' if dated == 1 else 'have'} a date" if dated else "no dates",
        "in the main part of the page" if f.main >= _DATED else "not in a part that is named as the main one",
    ]
    if f.links < _NEARLY:
        linked = sum(1 for item in items if item.link)
        said.append(f"only {linked} of {len(items)} {'has' if linked == 1 else 'have'} a link")
    if f.clutter:
        said.append("its names say menu, sidebar or footer")
    if one.score - rival < _NEAR / 2:
        said.append("another list of the page is almost as likely")
    return tuple(said)
