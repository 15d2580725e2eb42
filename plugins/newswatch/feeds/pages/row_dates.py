"""Where the rows of a group have their dates, where that is not an element of its own.

A date may be beside the title, between two rows, or in a heading that holds for all rows below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

from newswatch.feeds.pages import date_texts
from newswatch.feeds.pages.outline import BORDER, Node, Outline

_PROBE = 15
"""If none of so many rows has a date in a place, the others are not looked at."""
_MAX_PIECES = 80
_EDGE = 6
"""How many pieces of text before the first row may hold its date, more than between two rows."""
_MOST_DATED, _FEW_DATED = 0.7, 0.3
_MIN_HEADINGS = 2
_MAX_HEADING_PIECES = 60

Rows = Sequence[Node]


def text_in(outline: Outline, node: Node | None, title: Node | None) -> str:
    """The date text of a node, without the title where that is inside."""
    if node is None:
        return ""
    if node.stamp:
        return node.stamp
    if title is not None and node.index <= title.index < node.end:
        before = outline.between(node.first_text, title.first_text)
        text = before + " \u2022 " + outline.between(title.end_text, node.end_text)
    else:
        text = outline.text(node)
    found = date_texts.find(text)
    return found[0] if found else ""


def date_texts_of(
    outline: Outline, rows: Rows, titles: Sequence[Node | None], own: Sequence[str]
) -> list[str]:
    """The date text of each row: at its place, else before or after the title, around the row, or in a heading.

    A row without a title may be a heading, so it counts as what is between two others.
    """
    places = [place for place, title in enumerate(titles) if title is not None]
    found = _of_titled(
        outline, [rows[i] for i in places], [title for title in titles if title], [own[i] for i in places]
    )
    texts = [""] * len(rows)
    for place, text in zip(places, found, strict=True):
        texts[place] = text
    return texts


def _of_titled(outline: Outline, rows: Rows, titles: Sequence[Node], own: Sequence[str]) -> list[str]:
    best = list(own)
    wanted = len(rows)
    most = sum(map(bool, best))
    if most * 2 > wanted:
        return best
    margin = _margin(rows)
    for zone in (_before_title, _after_title, _after_row, _before_row):
        texts: list[str] = []
        for i, title in enumerate(titles):
            if i == _PROBE and not any(texts):
                break
            texts.append(_date_in(outline, *zone(rows, i, title, margin)))
        if len(texts) < len(titles):
            continue
        count = sum(map(bool, texts))
        if count > most and count >= _MOST_DATED * wanted:
            best, most = texts, count
        elif zone is _before_row and most * 2 < wanted and _are_headings(rows, texts):
            return _inherited(texts)
    if most >= _FEW_DATED * wanted:
        return best
    return _with_headings(outline, rows, titles) or [""] * len(best)


def _with_headings(outline: Outline, rows: Rows, titles: Sequence[Node]) -> list[str]:
    """Dates of two parts: day and month in most rows with the year of the heading above, or day with month and year.

    [] where it is not so.
    """
    margin = _margin(rows)
    beside = [_beside(outline, row, title) for row, title in zip(rows, titles, strict=True)]
    for of_row, of_heading in (
        (date_texts.yearless_in, date_texts.year_in),
        (date_texts.day_in, date_texts.month_in),
    ):
        days = [next(filter(None, map(of_row, lines)), "") for lines in beside]
        if sum(map(bool, days)) < _MOST_DATED * len(rows):
            continue
        headings = []
        for i, row in enumerate(rows):
            start, end, _ = _before_row(rows, i, row, margin)
            above = _lines(outline.pieces[max(start, end - _MAX_PIECES) : end])
            headings.append(next(filter(None, map(of_heading, reversed(above))), ""))
        return [
            f"{day} {heading}" if day and heading else ""
            for day, heading in zip(days, _inherited(headings), strict=True)
        ]
    return []


def _beside(outline: Outline, row: Node, title: Node) -> list[str]:
    """The lines of a row before and after its title, [] if no number is there."""
    if not outline.has_digits(row.first_text, row.end_text):
        return []
    before = outline.pieces[row.first_text : title.first_text][-_MAX_PIECES:]
    return _lines(before) + _lines(outline.pieces[title.end_text : row.end_text][:_MAX_PIECES])


def _are_headings(rows: Rows, texts: Sequence[str]) -> bool:
    """Whether dates between rows are headings: several, and no more between two rows than a heading is long."""
    gaps = [
        row.first_text - before.end_text
        for before, row, text in zip(rows, rows[1:], texts[1:], strict=False)
        if text
    ]
    return len(set(texts) - {""}) >= _MIN_HEADINGS and bool(gaps) and max(gaps) <= _MAX_HEADING_PIECES


def _inherited(texts: list[str]) -> list[str]:
    """Each row's date, or that of the nearest row before it: a date heading holds for all rows below it."""
    return list(accumulate(texts, _or_before))


def _or_before(before: str, own: str) -> str:
    return own or before


def _margin(rows: Rows) -> int:
    """How many pieces of text lie between two rows, usually: as many belong to the first and the last row."""
    gaps = sorted(max(0, after.first_text - row.end_text) for row, after in pairwise(rows))
    return gaps[len(gaps) // 2] if gaps else 0


def _before_title(rows: Rows, i: int, title: Node, _: int) -> tuple[int, int, int]:
    return rows[i].first_text, title.first_text, -1


def _after_title(rows: Rows, i: int, title: Node, _: int) -> tuple[int, int, int]:
    return title.end_text, rows[i].end_text, 1


def _before_row(rows: Rows, i: int, _: Node, margin: int) -> tuple[int, int, int]:
    start = rows[i - 1].end_text if i else max(0, rows[0].first_text - margin - _EDGE)
    return start, rows[i].first_text, -1


def _after_row(rows: Rows, i: int, _: Node, margin: int) -> tuple[int, int, int]:
    end = rows[i + 1].first_text if i + 1 < len(rows) else rows[i].end_text + margin + 1
    return rows[i].end_text, end, 1


def _date_in(outline: Outline, start: int, end: int, side: int) -> str:
    """The date nearest to the title in a range of pieces before (-1) or after it (1), on a line of its own."""
    if start >= end or not outline.has_digits(start, end):
        return ""
    part = (
        slice(start, min(end, start + _MAX_PIECES)) if side > 0 else slice(max(start, end - _MAX_PIECES), end)
    )
    lines = _lines(outline.pieces[part])
    for line in lines if side > 0 else reversed(lines):
        found = date_texts.in_line(line)
        if found:
            return found
    return ""


def _lines(pieces: list[str]) -> list[str]:
    """The text between the borders of blocks, one line for each, without empty ones."""
    lines = "".join(pieces).split(BORDER)
    return [text for line in lines if line and (text := " ".join(line.split()))]
