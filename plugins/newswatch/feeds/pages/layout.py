"""Where the rows of a group have their title, link, date and summary.

Which element holds what is decided once for all rows, over the places (labels) that they have in common, so that
one odd row does not differ from its neighbours.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from newswatch.feeds.pages import date_texts
from newswatch.feeds.pages.outline import Node, Outline, letters
from newswatch.feeds.pages.patterns import Group

_SAMPLE = 40
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_TITLE_NAME = re.compile(r"(?i)title|head(?:line|ing)|subject|titre|titulo|titel|^name|entry-name|caption")
_OTHER_NAME = re.compile(
    r"(?i)summary|excerpt|desc|teaser-?text|intro|meta|author|by-?line|date|time|categor|tags?\b|comment|more|button|btn"
    r"|label|badge|share|count|views|source|region"
)
_DIGITS = re.compile(r"\d+")
_GOOD_CHARS = 30
_LONG_CHARS = 220
_MIN_SUMMARY_CHARS, _MIN_PARAGRAPH_CHARS = 40, 20


@dataclass(slots=True)
class _Column:
    """What the sampled rows have at one place."""

    node: Node
    texts: list[str]
    repeats: int = 0
    stamped: int = 0
    """How many have a date in an attribute."""
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Layout:
    """Where rows have their title, link, date and summary, as labels; 0 for nowhere."""

    title: int = 0
    link: int = 0
    date: int = 0
    summary: int = 0
    crowded: float = 0.0
    """How many more titles than one a row has."""


def layout_of(outline: Outline, group: Group) -> Layout:
    """Where the rows have what."""
    rows = group.rows[:_SAMPLE]
    columns = _columns(outline, rows)
    best, score = 0, 0.0
    for label, column in columns.items():
        column.score = _title_score(column, len(rows))
        if column.score > score:
            best, score = label, column.score
    if not best:
        return Layout()
    return Layout(
        title=best,
        link=_link_label(outline, rows),
        date=_date_label(columns, len(rows), best),
        summary=_summary_label(columns, len(rows), columns[best].node),
        crowded=columns[best].repeats / len(rows),
    )


def _columns(outline: Outline, rows: tuple[Node, ...]) -> dict[int, _Column]:
    columns: dict[int, _Column] = {}
    for row in rows:
        seen: set[int] = set()
        for node, label in outline.labels_in(row):
            if node.end_text == node.first_text and not node.stamp:
                continue
            if label in seen:
                columns[label].repeats += 1
                continue
            text = outline.text(node)
            if not text and not node.stamp:
                continue
            seen.add(label)
            column = columns.get(label)
            if column is None:
                columns[label] = column = _Column(node, [])
            column.texts.append(text)
            column.stamped += bool(node.stamp)
    return columns


def _title_score(column: _Column, rows: int) -> float:
    """How well this place would do for titles: different texts of a headline's length, in most rows."""
    node, texts = column.node, column.texts
    if node.holds_blocks:
        return 0.0
    sizes = [letters(text) for text in texts]
    mean = sum(sizes) / len(sizes)
    if mean < 2:
        return 0.0
    coverage = min(1.0, len(texts) / rows)
    distinct = set(texts)
    wordings = {_DIGITS.sub("", text) for text in distinct}
    different = max(len(wordings), 0.2 * len(distinct)) / len(texts)
    score = coverage * (0.1 + 0.9 * different) * math.sqrt(min(1.0, mean / _GOOD_CHARS))
    if mean > _LONG_CHARS:
        score *= 0.4
    if _share_of_dates(texts) > 0.6:
        score *= 0.1
    if node.tag in _HEADINGS or _inside_heading(node):
        score *= 2.0
    if _is_linked(node):
        score *= 1.7
    names = f"{node.attributes.get('class', '')} {node.attributes.get('itemprop', '')}"
    if len(names) > 1:
        if _TITLE_NAME.search(names):
            score *= 1.4
        elif _OTHER_NAME.search(names):
            score *= 0.5
    return score / (1 + column.repeats / len(texts))


def _inside_heading(node: Node) -> bool:
    parent = node.parent
    return parent is not None and (
        parent.tag in _HEADINGS or (parent.parent is not None and parent.parent.tag in _HEADINGS)
    )


def _is_linked(node: Node) -> bool:
    above: Node | None = node
    for _ in range(4):
        if above is None:
            return False
        if above.href is not None:
            return True
        above = above.parent
    return False


def _share_of_dates(texts: list[str]) -> float:
    """The share of texts that are little more than a date."""
    return sum(1 for text in texts if date_texts.in_line(text)) / len(texts)


def _link_label(outline: Outline, rows: tuple[Node, ...]) -> int:
    """The place of the links that differ most, for rows whose title is not a link."""
    targets: dict[int, list[str]] = {}
    for row in rows:
        seen: set[int] = set()
        for node, label in outline.labels_in(row):
            if node.href and label not in seen:
                seen.add(label)
                targets.setdefault(label, []).append(node.href)
    return max(targets, key=lambda label: len(set(targets[label])), default=0)


def _date_label(columns: dict[int, _Column], rows: int, title: int) -> int:
    best, most = 0, 0.0
    for label, column in columns.items():
        if label == title:
            continue
        if column.stamped:
            share = column.stamped / rows + 0.1
        else:
            share = _share_of_dates(column.texts) * len(column.texts) / rows
            share -= 0.001 * sum(map(len, column.texts)) / len(column.texts)
        if share > most and share > 0.2:
            best, most = label, share
    return best


def _summary_label(columns: dict[int, _Column], rows: int, title: Node) -> int:
    best, most = 0, 0.0
    for label, column in columns.items():
        node = column.node
        if node.holds_blocks or node.href is not None or overlap(node, title):
            continue
        mean = sum(map(letters, column.texts)) / rows
        if mean > most and mean >= (_MIN_PARAGRAPH_CHARS if node.tag == "p" else _MIN_SUMMARY_CHARS):
            best, most = label, mean
    return best


def overlap(one: Node, other: Node) -> bool:
    """Whether one node is inside the other, or the same."""
    return one.index < other.end and other.index < one.end
