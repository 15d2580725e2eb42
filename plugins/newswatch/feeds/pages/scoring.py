"""How much a group of rows looks like the list of news of its page."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

from newswatch.feeds.pages.items import Item
from newswatch.feeds.pages.layout import Layout
from newswatch.feeds.pages.outline import Node, Outline, letters
from newswatch.feeds.pages.patterns import Group


@dataclass(frozen=True, slots=True)
class Features:
    """What is counted in a group, each from 0 to about 1."""

    count: float
    title: float
    dates: float
    links: float
    titles: float
    linked: float
    share: float
    summary: float
    clutter: float
    main: float
    crowded: float
    ink: float
    nested: float = 0.0


WEIGHTS = {
    "count": 3.0, "title": 2.2, "dates": 2.0, "links": 3.0, "titles": 1.8, "linked": 2.3, "share": 3.8, "summary": 0.7,
    "clutter": -3.5, "main": 1.2, "crowded": -3.0, "ink": 2.3, "nested": -2.2,
}  # fmt: skip


_ABOVE, _MAX_HEADING_CHARS = 12, 60
_NOT_NEWS = re.compile(
    r"(?i)^(?:the )?(?:most (?:read|popular|viewed|commented|shared)|popular\b|trending|related|see also|read (?:also|more)|more on"
    r"|you (?:may|might) (?:also )?like|recommended|quick links|useful links|services|tags|archives?|categories|meistgelesen|beliebt"
    r"|auch interessant|mehr zum thema|les plus lus|à lire aussi|lo más (?:leído|visto)|más leíd|relacionad|te puede interesar"
    r"|i più letti|leggi anche|mais lid|leia também|meest gelezen|mest lest|mest läst|mest læst|najczęściej czytane|popularne"
    r"|самое читаемое|популярн|читайте также|по теме|найпопулярн|читайте також|en çok okunan|الأكثر قراءة|הנקראות ביותר"
    r"|人気|ランキング|関連|热门|熱門|点击排行|相关|推荐阅读|많이 본|인기|관련|đọc nhiều|xem nhiều|liên quan)"
)
_SAMPLE = 12
_TITLE_CHARS = 40
_VARIED, _HEADLINES = 0.8, 0.4


def features(outline: Outline, group: Group, layout: Layout, found: list[Item | None]) -> Features:
    """The features of one group, read as `found`."""
    rows = group.rows
    items = [item for item in found if item is not None]
    n = max(1, len(items))
    titles = [item.title for item in items]
    mean = sum(min(80, letters(title)) for title in titles) / n
    first = rows[0]
    pieces = sum(row.end_text - row.first_text for row in rows)
    return Features(
        count=_count(n),
        title=min(1.0, mean / _TITLE_CHARS),
        dates=sum(1 for item in items if item.published) / n,
        links=len({item.link for item in items if item.link}) / n,
        titles=len(set(titles)) / n,
        linked=len(items) / len(rows),
        share=math.sqrt(min(1.0, pieces / max(1, len(outline.pieces)))),
        summary=sum(1 for item in items if item.summary) / n,
        clutter=min(2, first.clutter + _is_beside_news(outline, first)) / 2,
        main=sum(row.main for row in rows) / len(rows),
        crowded=min(1.0, layout.crowded),
        ink=0.0,
    )


def _is_beside_news(outline: Outline, first: Node) -> bool:
    """Whether the heading above a list says that it is not of the newest: "Most read", "Related"."""
    pieces = outline.pieces[max(0, first.first_text - _ABOVE) : first.first_text]
    lines = [line for piece in pieces if (line := " ".join(piece.split()))]
    return bool(lines) and len(lines[-1]) < _MAX_HEADING_CHARS and _NOT_NEWS.search(lines[-1]) is not None


def promise(outline: Outline, group: Group) -> float:
    """A quick estimate of the score, for choosing the groups that are read in full."""
    rows = group.rows
    sample = rows[:_SAMPLE]
    longest = [
        max(
            ((letters(outline.text(link)), link.href or "") for link in outline.links_inside(row)),
            default=(0, ""),
        )
        for row in sample
    ]
    pieces = sum(row.end_text - row.first_text for row in rows)
    return (
        WEIGHTS["count"] * _count(len(rows))
        + WEIGHTS["title"] * min(1.0, sum(min(80, size) for size, _ in longest) / len(sample) / _TITLE_CHARS)
        + WEIGHTS["links"] * len({href for _, href in longest}) / len(sample)
        + WEIGHTS["share"] * math.sqrt(min(1.0, pieces / max(1, len(outline.pieces))))
        + WEIGHTS["clutter"] * min(2, rows[0].clutter) / 2
        + WEIGHTS["main"] * rows[0].main
    )


def _count(rows: int) -> float:
    return min(1.0, math.log2(rows) / 5)


def score(found: Features) -> float:
    """About 20 for a list that is beyond doubt, about 10 for a menu."""
    return sum((weight * float(getattr(found, name)) for name, weight in WEIGHTS.items()), 0.0)


def compared(candidates: Sequence[tuple[Group, Features, Sequence[Item | None]]]) -> list[Features]:
    """The features that depend on the other groups of the page, added."""
    inks = [sum(letters(item.title) for item in items if item) for _, _, items in candidates]
    most = max(inks, default=0) or 1
    placed = sorted(
        (row.index, item.link)
        for group, own, items in candidates
        if min(own.titles, own.links) >= _VARIED and own.title >= _HEADLINES
        for row, item in zip(group.rows, items, strict=True)
        if item and item.link
    )
    return [
        replace(own, ink=math.sqrt(ink / most), nested=_crowd(group, placed))
        for ink, (group, own, _) in zip(inks, candidates, strict=True)
    ]


def _crowd(group: Group, placed: list[tuple[int, str]]) -> float:
    """The share of rows that hold headlines of more than one link in other patterns of the page."""
    crowded = 0
    for row in group.rows:
        inside = placed[bisect_left(placed, (row.index, "")) : bisect_left(placed, (row.end, ""))]
        crowded += len({link for _, link in inside}) > 1
    return crowded / len(group.rows)
