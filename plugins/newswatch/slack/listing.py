"""What a digest or a surge says: a heading and one line an item, with its headline and its link. Pure.

No line is ever left out, since its alerts count as sent with the message. So how many items a message takes is
decided before it is sent: each takes up `room`, and a message has ROOM for MAX_ITEMS at most.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from newswatch.models import SEVERITIES, SEVERITY_SIGNS, Alert, Message, MessageKind, Severity
from newswatch.quantity import quantity
from newswatch.slack.limits import MAX_PLAIN_CHARS, MAX_TEXT_CHARS
from newswatch.slack.plain import SEPARATOR, clock, why
from newswatch.slack.reports import ShownItem, certainty_of, reports_of, rules_of, severity_of
from newswatch.slack.text import clean, escape, joined, mrkdwn_link, shorten, usable_link

LISTS: tuple[MessageKind, ...] = ("digest", "surge", "catch-up")
"""The kinds of messages that list items."""
MAX_ITEMS = 20
ROOM = 10_800
"""Characters of a payload that are left for items beside the heading and what every message has."""
_MAX_RULES = 3
_TITLE_CHARS = 120
"""So much of each headline is shown for certain; more where there is room."""
_SPOKEN_TITLE_CHARS = 80
_SOURCE_CHARS = 30
_LINE_CHARS = 300
"""What a line takes in a payload without its texts."""
_SPOKEN_LINE_CHARS = 30
_CERTAINTY_CHARS = 150
"""What "possible" in bold takes in a payload, with its element."""


def room(alerts: Sequence[Alert]) -> int:
    """The characters that one item's line takes in a message, at most; `alerts` are the item's."""
    newest = max(alerts, key=lambda alert: alert.revision)
    title = clean(newest.title[: 4 * _TITLE_CHARS])
    spoken = escape(title[:_SPOKEN_TITLE_CHARS])
    rules = escape(why(rules_of(alerts), _MAX_RULES))
    # Escaped, as in the message without blocks: an `&` in a link takes five characters there.
    link = escape(usable_link(newest.link) or "")
    ids = sum(len(alert.id) + 3 for alert in alerts)
    texts = sum(map(_encoded, (title[:_TITLE_CHARS], link, spoken, rules)))
    sure = _CERTAINTY_CHARS if certainty_of(alerts) else 0
    return _LINE_CHARS + _SPOKEN_LINE_CHARS + 2 * _SOURCE_CHARS + sure + texts + ids


def _encoded(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False)) - 2


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
    """The items of these alerts, the most severe first, then the earliest; what was caught up in the order given."""
    groups: dict[str, list[Alert]] = {}
    for alert in alerts:
        groups.setdefault(alert.item_id, []).append(alert)
    ranked = list(groups.values())
    if message.kind != "catch-up":
        ranked.sort(
            key=lambda group: (-SEVERITIES.index(severity_of(group)), min(one.first_seen for one in group))
        )
    lines = []
    for group in ranked:
        (report,) = reports_of(group, sources, now)
        sign = SEVERITY_SIGNS[severity_of(group)]
        lines.append(ListingLine(report, sign, rules_of(group)))
    everywhere = {line.rules for line in lines}
    heading, signs = _heading(message, alerts), ""
    if message.kind != "catch-up":
        signs = _severities([severity_of(group) for group in ranked])
    if message.kind == "catch-up" or (message.kind == "digest" and len(everywhere) > 1):
        return Listing(heading + signs, tuple(lines))
    named = f", {why(rules_of(alerts), _MAX_RULES)}"
    bare = tuple(replace(line, rules=()) for line in lines)
    return Listing(heading + named + signs, bare)


def _heading(message: Message, alerts: Sequence[Alert]) -> str:
    items = len({alert.item_id for alert in alerts})
    if message.kind in ("surge", "catch-up"):
        return clean(message.text) or "Surge"
    publishers = quantity(len({alert.published_by for alert in alerts}), "publisher")
    return f"{clean(message.text) or 'Digest'}: {quantity(items, 'item')} from {publishers}"


def _severities(found: Sequence[Severity]) -> str:
    """What the signs before the lines mean: " (4 ▲ high, 4 ▽ low)", or " (▲ high)" where all are."""
    named = {
        severity: f"{SEVERITY_SIGNS[severity]} {severity}"
        for severity in reversed(SEVERITIES)
        if severity in found
    }
    if len(named) == 1:
        return f" ({named[found[0]]})"
    return f" ({', '.join(f'{found.count(severity)} {name}' for severity, name in named.items())})"


def title_of(line: ListingLine, max_chars: int) -> str:
    """An item's headline, without marks: it is one link."""
    return shorten(joined(line.report.title), max_chars)


def before_time(line: ListingLine) -> str:
    """The text between an item's title, or how sure it is, and its time: the source."""
    return f"{SEPARATOR}{shorten(line.report.source, _SOURCE_CHARS)}{SEPARATOR}"


def after_time(line: ListingLine) -> str:
    """The text after its time: the rules, if they differ between the items."""
    return f"{SEPARATOR}{why(line.rules, _MAX_RULES)}" if line.rules else ""


def listing_text(listing: Listing) -> str:
    """The same for screen readers and notifications, escaped; the links are in the blocks."""
    for max_title in (_SPOKEN_TITLE_CHARS, 60, 40, 20):
        text = "\n".join([escape(listing.heading), *(_spoken(line, max_title) for line in listing.lines)])
        if len(text) <= MAX_TEXT_CHARS:
            return text
    return escape(listing.heading)


def _spoken(line: ListingLine, max_title: int) -> str:
    title = escape(title_of(line, max_title))
    return f"{line.sign} {title}{_how_sure(line)}{escape(before_time(line))}{clock(line.report.when)}"


def listing_plain(listing: Listing) -> str:
    """All of it as text with links, escaped: for the message that Slack takes without blocks."""
    for max_title in (_SPOKEN_TITLE_CHARS, 40, 20):
        text = "\n".join([escape(listing.heading), *(_plain(line, max_title) for line in listing.lines)])
        if len(text) <= MAX_PLAIN_CHARS:
            return text
    return listing_text(listing)  # one link alone may be too long when it is escaped


def _how_sure(line: ListingLine) -> str:
    return f"{SEPARATOR}{line.report.certainty}" if line.report.certainty else ""


def _plain(line: ListingLine, max_title: int) -> str:
    title, url = title_of(line, max_title), line.report.link
    shown = mrkdwn_link(url, title) if url is not None else escape(title)
    return f"{line.sign} {shown}{_how_sure(line)}{escape(before_time(line))}{clock(line.report.when)}{escape(after_time(line))}"
