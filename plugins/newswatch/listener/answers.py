"""What the commands of /newswatch answer, as lines of text. Texts are literal; the only links lead to our own pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from newswatch.durations import parse_duration
from newswatch.errors import PermanentError
from newswatch.pipeline.authoring.missed import MissedReport
from newswatch.pipeline.authoring.muting import mute_rule, muted_now, suppressed, unmute_rule
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.oversight.finding_groups import grouped
from newswatch.pipeline.oversight.status import read_status
from newswatch.pipeline.oversight.why import explain
from newswatch.quantity import quantity
from newswatch.slack.modals import Line, PageLine
from newswatch.store import messages
from newswatch.store.client import redis_errors
from newswatch.store.mutes import EVERYWHERE, Mute

HELP = (
    "/newswatch watch TEXT: make a rule that alerts in this channel. You see what it would have caught first.",
    "/newswatch unwatch RULE: end a rule that was made in Slack.",
    "/newswatch mute RULE [2h]: no alerts of a rule in this channel for a while (24h if you do not say).",
    "/newswatch mute: what is muted here.",
    "/newswatch unmute RULE: end a mute.",
    "/newswatch why LINK or TITLE: why an item did or did not alert.",
    "/newswatch missed: report what a rule should have caught.",
    "/newswatch status: is everything all right?",
    "In a message's menu: Missed by newswatch, Why here?",
)
_DEFAULT_MUTE = "24h"
_MOST_FINDINGS = 5
_MOST_REASONS = 12
_MOST_ALERTS = 5
_MUTE = re.compile(r"(?P<rule>\S+)(?:\s+(?:for\s+)?(?P<length>\S+))?")


async def mute(services: Services, channel: str, rest: str, by: str) -> list[str]:
    """Mute a rule in this channel, or list what is muted. Raises NoSuchRule and RedisUnavailable."""
    found = _MUTE.fullmatch(rest)
    if not rest:
        return _muted([one for one in await muted_now(services) if one.channel in (channel, EVERYWHERE)])
    if found is None:
        raise PermanentError("Write /newswatch mute RULE, and if you like for how long: 2h or 3d.")
    try:
        length_s = parse_duration(found["length"] or _DEFAULT_MUTE)
    except ValueError as error:
        raise PermanentError(f"{error}. Write for example /newswatch mute {found['rule']} 2h") from error
    if not length_s > 0:
        raise PermanentError("A mute must be longer than zero.")
    made = await mute_rule(services, found["rule"], for_s=length_s, by=by, channel=channel)
    return [
        f"{made.rule_id} is muted in this channel until {_clock(made.until)}. /newswatch unmute {made.rule_id} ends it."
    ]


def _muted(found: Sequence[Mute]) -> list[str]:
    lines = [
        f"{one.rule_id}: {'everywhere' if one.channel == EVERYWHERE else 'here'} until {_clock(one.until)},"
        f" by {one.by}, {one.muted} suppressed"
        for one in found
    ]
    return lines or ["Nothing is muted here."]


async def unmute(services: Services, channel: str, rest: str) -> list[str]:
    """End a rule's mute in this channel. Raises NoSuchRule and RedisUnavailable."""
    if not rest or " " in rest:
        raise PermanentError("Write /newswatch unmute RULE. /newswatch mute lists what is muted here.")
    ended = await unmute_rule(services, rest, channel)
    return [f"{rest} is no longer muted here. {suppressed(ended)}."]


async def why(services: Services, asked: str) -> list[Line]:
    """Why an item did or did not alert. Raises NothingInForce and RedisUnavailable."""
    if not asked:
        raise PermanentError("Write /newswatch why, and the item's link or its full title.")
    answer = await explain(services, asked)
    if not answer.copies:
        return [
            *answer.reasons,
            _page(services, "All stored items are searched on the page ", "Items", "/items"),
        ]
    item = answer.copies[0]
    rules = [one.text for one in item.rules if one.text not in answer.reasons]
    path = f"/why?item={quote(item.item_id, safe='')}"
    return [
        *[item.title, *answer.reasons, *rules][:_MOST_REASONS],
        _page(services, "Its text and each rule, term by term, are on the page ", "Why", path),
    ]


async def why_here(services: Services, message_id: str, channel: str) -> list[Line]:
    """Why one of our messages was posted. Empty if there is no record of it in this channel. Raises RedisUnavailable."""
    with redis_errors():
        found = await messages.read_message(services.redis, message_id)
        if found is None or found.message.channel != channel:
            return []
        alerts = await messages.read_alerts(services.redis, found.message.alert_ids)
    if not alerts:
        return [found.message.text] if found.message.text else []
    lines: list[Line] = []
    for alert in alerts[:_MOST_ALERTS]:
        marked = [one.text[start:end] for one in alert.excerpts for start, end in one.marks]
        words = ", ".join(f"“{text}”" for text in dict.fromkeys(marked))
        lines.append(f"{alert.rule_id} ({alert.severity}) matched {words or 'it'} in: {alert.title}")
    more = len(alerts) - _MOST_ALERTS
    return [*lines, f"and {quantity(more, 'more alert')}"] if more > 0 else lines


async def status(services: Services) -> list[Line]:
    """Is everything all right, and if not, what to do and where. Raises RedisUnavailable."""
    found = await read_status(services)
    figures = found.figures
    groups = grouped(found.findings)[:_MOST_FINDINGS]
    lines: list[Line] = [found.sentence, *(f"{one.what} {one.do}".rstrip() for one in groups)]
    if found.findings:
        lines.append(_page(services, "What can be done about it is on the page ", "Status", "/"))
    items, alerts = (
        quantity(figures.items_today, "item"),
        quantity(figures.alerts_today, "alert"),
    )
    queued = quantity(figures.queued, "message")
    return [*lines, f"In the last 24 hours: {items}, {alerts}; {queued} queued."]


def missed(services: Services, report: MissedReport) -> list[Line]:
    """What became of a report of something missed. Pure."""
    lines: list[Line] = [report.item.title]
    if report.recorded and report.rule_id:
        lines.append(f"Recorded for {report.rule_id}.")
        path = f"/watchlist/rules/{quote(report.rule_id, safe='')}"
        lines.append(
            _page(services, "Edits that catch it are proposed on the page of ", report.rule_id, path)
        )
    if report.matching:
        lines.append(
            f"Already matched by: {', '.join(report.matching)}. /newswatch why says what became of the item."
        )
    lines += [f"{one.share:.0%} {one.rule_id}: {one.text}" for one in report.nearest]
    if not report.recorded:
        lines.append("Nothing was recorded." if report.matching else "Nothing was recorded: choose a rule.")
    return lines


def _page(services: Services, before: str, name: str, path: str) -> PageLine:
    """A line that leads to one of our pages, by its path below them."""
    pages = services.settings.pages
    return PageLine(before, name, f"{pages.rstrip('/')}{path}" if pages else "")


def _clock(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"
