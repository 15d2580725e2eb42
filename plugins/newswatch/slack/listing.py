"""What a digest or a surge says: a heading and one line an item. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from newswatch.models import SEVERITIES, Alert, Message
from newswatch.slack.plain import SEPARATOR, SEVERITY_LABELS, clock, fitting, short_source, why
from newswatch.slack.reports import ShownItem, reports_of, rules_of, severity_of
from newswatch.slack.text import clean, escape, joined, mrkdwn_link, shorten

_MAX_RULES = 3
_MAX_URL = 300


@dataclass(frozen=True, slots=True)
class ListingLine:
    """One item of a digest or surge. `sign` is its severity's shape; no `rules` where the heading names them."""

    report: ShownItem
    sign: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A digest or surge before it is cut to size."""

    heading: str
    lines: tuple[ListingLine, ...]


def listing_of(
    message: Message, alerts: Sequence[Alert], sources: Mapping[str, str], now: datetime
) -> Listing:
    """The items of these alerts, the gravest first, then the earliest."""
    groups: dict[str, list[Alert]] = {}
    for alert in alerts:
        groups.setdefault(alert.item_id, []).append(alert)
    ranked = sorted(
        groups.values(),
        key=lambda group: (-SEVERITIES.index(severity_of(group)), min(one.first_seen for one in group)),
    )
    lines = []
    for group in ranked:
        (report,) = reports_of(group, sources, now)
        sign = SEVERITY_LABELS[severity_of(group)].partition(" ")[0]
        lines.append(ListingLine(report, sign, rules_of(group)))
    everywhere = {line.rules for line in lines}
    if message.kind != "surge" and len(everywhere) > 1:
        return Listing(_heading(message, alerts), tuple(lines))
    named = f", {why(rules_of(alerts), _MAX_RULES)}"
    bare = tuple(replace(line, rules=()) for line in lines)
    return Listing(_heading(message, alerts) + named, bare)


def _heading(message: Message, alerts: Sequence[Alert]) -> str:
    items = len({alert.item_id for alert in alerts})
    if message.kind == "surge":
        stories, feeds = len({a.story_id for a in alerts}), len({a.feed_id for a in alerts})
        return f"Surge: {_count(stories, 'story', 'stories')} from {_count(feeds, 'source', 'sources')}"
    return f"{clean(message.text) or 'Digest'}: {_count(items, 'item', 'items')}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def before_time(line: ListingLine) -> str:
    """What stands between an item's title and its time: the source."""
    return f"{SEPARATOR}{short_source(line.report)}{SEPARATOR}"


def after_time(line: ListingLine) -> str:
    """What stands behind its time: the rules, where they differ between the items."""
    return f"{SEPARATOR}{why(line.rules, _MAX_RULES)}" if line.rules else ""


def listing_text(listing: Listing, max_title: int) -> str:
    """The same for screen readers and notifications, escaped."""
    return fitting([escape(listing.heading), *(_line(line, max_title) for line in listing.lines)])


def _line(line: ListingLine, max_title: int) -> str:
    title = shorten(joined(line.report.title), max_title) if max_title else short_source(line.report)
    url = line.report.link
    shown = mrkdwn_link(url, title) if url is not None and len(url) <= _MAX_URL else escape(title)
    return (
        f"{line.sign} {shown}{escape(before_time(line))}{clock(line.report.when)}{escape(after_time(line))}"
    )
