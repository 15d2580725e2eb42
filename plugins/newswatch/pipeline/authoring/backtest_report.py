"""A backtest's report as lines for people and as JSON for machines. Pure.

A line is a list of pieces. The caller decides how to highlight the marked ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from newswatch.models import Excerpt, Item
from newswatch.pipeline.authoring.backtest import BacktestReport
from newswatch.pipeline.authoring.highlight import Piece, one_line, pieces
from newswatch.pipeline.authoring.hit_count import Example, RuleReport, Window
from newswatch.quantity import quantity

Line = list[Piece]

BAR_COLUMNS = 40
MAX_CHART_DAYS = 31
"""A longer window shows only the days with hits."""

_KEPT_IDS = 50


def report_lines(report: BacktestReport) -> Iterator[Line]:
    """One rule or query in full: counts, days, first hits, gains and losses, notes."""
    for rule in report.rules:
        yield _plain(headline(rule, report))
        for day, hits, bar in chart(rule.days, report.window):
            yield _plain(f"  {day}  {hits:>6,}  {bar}".rstrip())
        yield from _listed("First hits", rule.examples, rule.hits)
        if rule.compared:
            yield _plain(f"Against version {report.against}, in force: {_change(rule)}")
            yield from _listed("Gained", rule.gained_examples, len(rule.gained))
            yield from _listed("Lost", rule.lost_examples, len(rule.lost))
        elif report.against is not None:
            yield _plain(
                f"The files and version {report.against}, in force, have the same text of this rule."
            )
        if rule.irrelevant:
            yield _plain(irrelevant_line(rule))
            yield from _listed("Still caught", rule.irrelevant_hits, len(rule.irrelevant_hits))
    yield from note_lines(report)


def overview_lines(report: BacktestReport, most: int) -> Iterator[str]:
    """One line for each rule, those with the most hits first; at most `most` rules."""
    rows = sorted(report.rules, key=lambda rule: -rule.hits)
    yield f"{quantity(len(rows), 'rule')} tried on {_kept(report)}"
    for rule in rows[:most]:
        change = f"  gains {len(rule.gained):,}, loses {len(rule.lost):,}" if rule.compared else ""
        yield f"  {rule.hits:>7,} in {quantity(rule.stories, 'story', 'stories')}  {rule.rule}{change}"
    if len(rows) > most:
        yield f"  … and {quantity(len(rows) - most, 'rule')} with no more hits than these"


def note_lines(report: BacktestReport) -> Iterator[Line]:
    """The report's notes. The lines of one note stay together."""
    for note in report.notes:
        yield from (_plain(line) for line in note.split("\n"))


def headline(rule: RuleReport, report: BacktestReport) -> str:
    """The counts in one sentence."""
    what = f"The {rule.rule}" if report.question.is_lone else f"Rule {rule.rule}"
    return (
        f"{what}: {quantity(rule.hits, 'item')} in {quantity(rule.stories, 'story', 'stories')}, "
        f"of {_kept(report)}"
    )


def irrelevant_line(rule: RuleReport) -> str:
    """Which items readers marked as not relevant, and how many of them the rule would still catch."""
    named = quantity(rule.irrelevant, "item")
    return f"Readers called {named} not relevant; {len(rule.irrelevant_hits):,} would still be caught"


def _kept(report: BacktestReport) -> str:
    return f"{quantity(report.items, 'stored item')} since {report.window.since:%Y-%m-%d %H:%M} UTC"


def chart(days: Mapping[str, int], window: Window) -> list[tuple[str, int, str]]:
    """(day, hits, bar) for each day of the window; if it is long, only for the days with hits."""
    first, last = window.since.date(), window.until.date()
    length = (last - first).days + 1
    names: Sequence[str] = sorted(days)
    if length <= MAX_CHART_DAYS:
        names = [(first + timedelta(days=number)).isoformat() for number in range(length)]
    most = max(days.values(), default=0)
    return [(day, days.get(day, 0), _bar(days.get(day, 0), most)) for day in names]


def _bar(hits: int, most: int) -> str:
    """Never empty if there is a hit."""
    return "█" * max(1, round(hits / most * BAR_COLUMNS)) if hits else ""


def _change(rule: RuleReport) -> str:
    if not rule.gained and not rule.lost:
        return "gains nothing and loses nothing"
    return f"gains {quantity(len(rule.gained), 'item')}, loses {len(rule.lost):,}"


def _listed(heading: str, examples: Sequence[Example], count: int) -> Iterator[Line]:
    if not examples:
        return
    yield _plain(f"{heading}:" if len(examples) >= count else f"{heading} ({len(examples)} of {count:,}):")
    for example in examples:
        yield from example_lines(example)


def example_lines(example: Example) -> Iterator[Line]:
    """One hit: date and feed, the headline with its matched words, then the other places."""
    item = example.item
    marks = [mark for excerpt in example.excerpts if excerpt.field == "title" for mark in excerpt.marks]
    title = one_line(item.title) or "(no headline)"
    yield [*_plain(f"  {example.day}  {one_line(item.feed_id)}: "), *pieces(title, marks)]
    for excerpt in example.excerpts:
        if excerpt.field != "title":
            yield [*_plain(f"    {excerpt.field}: "), *pieces(one_line(excerpt.text), excerpt.marks)]
    if item.link:
        yield _plain(f"    {one_line(item.link)}")


def _plain(text: str) -> Line:
    return [(text, False)]


# ── for machines ──────────────────────────────────────────────────────────────────────────────


def as_dict(report: BacktestReport) -> dict[str, Any]:
    """The report for JSON. Times are ISO 8601 in UTC."""
    return {
        "since": report.window.since.isoformat(),
        "until": report.window.until.isoformat(),
        "query": report.question.query,
        "event": report.question.event,
        "items": report.items,
        "against": report.against,
        "notes": list(report.notes),
        "rules": [_rule_dict(rule) for rule in report.rules],
    }


def _rule_dict(rule: RuleReport) -> dict[str, Any]:
    return {
        "rule": rule.rule,
        "hits": rule.hits,
        "stories": rule.stories,
        "days": dict(rule.days),
        "examples": [example_dict(example) for example in rule.examples],
        "gained": list(rule.gained),
        "lost": list(rule.lost),
        "gained_examples": [example_dict(example) for example in rule.gained_examples],
        "lost_examples": [example_dict(example) for example in rule.lost_examples],
        "irrelevant": rule.irrelevant,
        "irrelevant_hits": [example_dict(example) for example in rule.irrelevant_hits],
    }


def example_dict(example: Example) -> dict[str, Any]:
    """A hit for JSON: the item and where its words are."""
    item = example.item
    return {
        "id": item.id,
        "revision": item.revision,
        "feed": item.feed_id,
        "title": item.title,
        "link": item.link,
        "published": item.published.isoformat() if item.published else None,
        "day": example.day,
        "silent": item.silent,
        "alternative": example.alternative,
        "spans": _spans(example),
        "excerpts": [_excerpt_dict(excerpt) for excerpt in example.excerpts],
    }


def _spans(example: Example) -> list[dict[str, Any]]:
    item: Item = example.item
    return [
        {
            "field": span.field,
            "start": span.start,
            "end": span.end,
            "text": item.text(span.field)[span.start : span.end],
        }
        for span in example.spans
    ]


def _excerpt_dict(excerpt: Excerpt) -> dict[str, Any]:
    return {"field": excerpt.field, "text": excerpt.text, "marks": [list(mark) for mark in excerpt.marks]}


def bounded(report: BacktestReport, max_bytes: int) -> dict[str, Any]:
    """As `as_dict`, in about `max_bytes` of JSON, for places that cannot hold more.

    Rules with the most hits come first. Lists of ids are cut; `gained_count` and `lost_count` are always complete. A
    rule for which there is no room loses its examples, then its row. `left_out` is the number of rules without a row.
    """
    data = as_dict(report)
    rows = sorted(data["rules"], key=lambda row: -row["hits"])
    data["rules"], data["left_out"] = [], 0
    left = max_bytes - _size(data)
    for row in rows:
        fitted = _fitted(row, left)
        if fitted is None:
            data["left_out"] += 1
            continue
        left -= _size(fitted)
        data["rules"].append(fitted)
    return data


def _fitted(row: dict[str, Any], room: int) -> dict[str, Any] | None:
    whole = row | {
        "gained": row["gained"][:_KEPT_IDS],
        "lost": row["lost"][:_KEPT_IDS],
        "gained_count": len(row["gained"]),
        "lost_count": len(row["lost"]),
    }
    bare = whole | {
        "examples": [],
        "gained_examples": [],
        "lost_examples": [],
        "gained": [],
        "lost": [],
        "irrelevant_hits": [],
    }
    return next((one for one in (whole, bare) if _size(one) <= room), None)


def _size(data: Any) -> int:
    return len(json.dumps(data).encode()) + 2
