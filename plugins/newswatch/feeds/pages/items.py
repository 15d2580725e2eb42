"""The items of a group of rows: title, link, date and summary of each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from newswatch.feeds.pages import date_texts, row_dates
from newswatch.feeds.pages.layout import Layout, overlap
from newswatch.feeds.pages.outline import Node, Outline, letters
from newswatch.feeds.pages.patterns import Group


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a list, as a reader sees it. Missing things are "" or None."""

    title: str
    link: str
    published: datetime | None = None
    summary: str = ""
    counted: bool = False
    """`published` was counted from the time of the answer ("3 hours ago"), so it moves with the clock."""


def items_of(outline: Outline, group: Group, layout: Layout) -> list[Item | None]:
    """The item of each row, None for a row that has none (a heading, an advertisement)."""
    if not layout.title:
        return [None] * len(group.rows)
    wanted = {layout.title, layout.link, layout.date, layout.summary}
    found = [_row_parts(outline, row, layout, wanted) for row in group.rows]
    titles = [parts.node if parts else None for parts in found]
    own = [parts.date if parts else "" for parts in found]
    texts = row_dates.date_texts_of(outline, group.rows, titles, own)
    moments = date_texts.read(texts, outline.hints, outline.now)
    return [
        Item(parts.title, parts.link, moment, parts.summary, date_texts.is_counted(text)) if parts else None
        for parts, moment, text in zip(found, moments, texts, strict=True)
    ]


@dataclass(slots=True)
class _Parts:
    title: str
    link: str
    node: Node
    summary: str
    date: str


def _row_parts(outline: Outline, row: Node, layout: Layout, wanted: Collection[int]) -> _Parts | None:
    at: dict[int, Node] = {}
    for node, label in outline.labels_in(row):
        if label in wanted and label not in at:
            at[label] = node
    title_node = at.get(layout.title)
    title = outline.text(title_node) if title_node else ""
    date = at.get(layout.date)
    links = outline.links_inside(row)
    if not links and date is not None:
        title_node = _first_other(outline, row, date)
        title = outline.text(title_node) if title_node else ""
    elif not title:
        if layout.date and date is None:
            # Neither title nor date are where the other rows have them: "View all", an advertisement.
            return None
        title_node = max(links, key=lambda link: letters(outline.text(link)), default=None)
        title = outline.text(title_node) if title_node else ""
    if title_node is None or letters(title) < 2:
        return None
    link = _link_of(outline, row, title_node, at.get(layout.link))
    summary = at.get(layout.summary)
    return _Parts(
        title,
        link,
        title_node,
        outline.text(summary) if summary else "",
        row_dates.text_in(outline, date, title_node),
    )


def _first_other(outline: Outline, row: Node, date: Node) -> Node | None:
    """The first child of a row that is not its date: the title of a row without links."""
    children = (node for node in outline.inside(row)[1:] if node.parent is row)
    return next((node for node in children if not overlap(node, date) and outline.text(node)), None)


def _link_of(outline: Outline, row: Node, title: Node, other: Node | None) -> str:
    above: Node | None = title
    while above is not None and above.index >= row.index:
        if above.href:
            return outline.target(above)
        above = above.parent
    inner = next((link for link in outline.links_inside(title) if link.href), None)
    return outline.target(inner or other or next((k for k in outline.links_inside(row) if k.href), None))
