"""Feeds for people: state, rhythm, next poll, last error and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from newswatch.feeds.host import host_and_port
from newswatch.models import Bundle, Feed, Item, Window
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.base.windows import coming
from newswatch.pipeline.oversight import feed_report
from newswatch.pipeline.poll import addresses
from newswatch.redact import redact_url
from newswatch.store import archive, feeds, hosts, keys, layouts, polls
from newswatch.store.client import redis_errors
from newswatch.store.codec import from_ms, to_ms
from newswatch.store.feed_state import FeedState
from newswatch.store.layouts import LayoutChange
from newswatch.store.polls import PollNote
from newswatch.store.seen import SeenRecord

NEW = "new"
UNCHANGED = "not changed"
STATUSES = ("ok", NEW, "slowed", "silent", "failing", "refused", "layout-changed", "given-up", "stopped")

RECENT_ITEMS = 30
NEXT_WINDOWS = 5
"""How many release windows of a feed are shown."""


@dataclass(frozen=True, slots=True)
class FeedLine:
    """One feed. Times are None if unknown. `url` has its secrets hidden."""

    feed: Feed
    url: str
    title: str
    status: str
    hint: str
    """What to do, "" if the feed is fine. It names pages, not commands."""
    state: FeedState
    next_poll: datetime | None
    last_poll: datetime | None
    last_new: datetime | None
    windows: tuple[ComingWindow, ...] = ()
    """Its next release windows, an open one first."""


@dataclass(frozen=True, slots=True)
class ComingWindow:
    """A release window that is open or to come. `local` is its time for people, `open` whether it has begun."""

    window: Window
    at: datetime
    until: datetime
    local: str
    open: bool

    def as_dict(self) -> dict[str, Any]:
        """The window for machines."""
        return {
            "at": self.at.isoformat(),
            "until": self.until.isoformat(),
            "timezone": self.window.timezone,
            "every_s": self.window.every_s,
            "expect": self.window.expect or None,
            "open": self.open,
        }


@dataclass(frozen=True, slots=True)
class PollRow:
    """One poll, or `times` polls in a row with the same result. `status` is HTTP's, 0 without an answer."""

    outcome: str
    at: datetime | None
    """When the last of them was; None if only their number is known."""
    status: int
    new: int
    took_ms: int | None
    times: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class FeedLife:
    """One feed with its newest items and polls."""

    line: FeedLine
    items: tuple[Item, ...]
    polls: tuple[PollRow, ...]
    """The newest first."""
    remembered: int
    """How many of its entries are remembered."""
    layout: LayoutChange | None = None
    """The last layout change of a web page, if there was one within 14 days."""


def chosen(bundle: Bundle, wanted: str, tag: str) -> list[Feed]:
    """Feeds whose id or url contains the text and that have the tag; "" fits all. Pure."""
    needle = wanted.casefold()
    return [
        feed
        for feed in bundle.feeds
        if (not tag or tag in feed.tags)
        and (not needle or needle in feed.id.casefold() or needle in redact_url(feed.url).casefold())
    ]


def feed_line(feed: Feed, state: FeedState, due_ms: float | None, paused_ms: int, now_ms: int) -> FeedLine:
    """What is shown of a feed. `paused_ms` is when its host's pause ends. Pure."""
    return FeedLine(
        feed=feed,
        url=redact_url(feed.url),
        title=state.document.title,
        status=feed_report.word(state, paused_ms, now_ms),
        hint=feed_report.advice(feed, state, paused_ms, now_ms, buttons=True),
        state=state,
        next_poll=next_poll(feed, due_ms, now_ms),
        last_poll=_moment(state.polling.polled_ms),
        last_new=_moment(state.document.last_new_ms),
        windows=next_windows(feed, from_ms(now_ms)),
    )


def next_poll(feed: Feed, due_ms: float | None, now_ms: int) -> datetime | None:
    """When the feed is polled next: as planned, or when a release window opens before that; None if unknown. Pure."""
    opens = [window.at_s * 1000 for window in coming(feed, from_ms(now_ms)) if window.at_s * 1000 > now_ms]
    return _moment(min([due_ms, *opens]) if due_ms else None)


def next_windows(feed: Feed, now: datetime) -> tuple[ComingWindow, ...]:
    """The feed's next release windows, at most `NEXT_WINDOWS`. Pure."""
    return tuple(_coming(window, now) for window in coming(feed, now)[:NEXT_WINDOWS])


def next_releases(bundle: Bundle, now: datetime) -> list[tuple[Feed, ComingWindow]]:
    """The next release windows of all feeds, the first first, at most `NEXT_WINDOWS`. Pure."""
    found = [(feed, window) for feed in bundle.feeds if feed.windows for window in next_windows(feed, now)]
    return sorted(found, key=lambda pair: (pair[1].at, pair[0].id))[:NEXT_WINDOWS]


def _coming(window: Window, now: datetime) -> ComingWindow:
    at, until = from_ms(window.at_s * 1000), from_ms(int(window.until_s * 1000))
    local = f"{at.astimezone(ZoneInfo(window.timezone)):%d %b %H:%M} {window.timezone}"
    return ComingWindow(window, at, until, local, open=at <= now)


def _moment(ms: float | None) -> datetime | None:
    return from_ms(ms) if ms else None


async def read_lines(services: Services, page: Sequence[Feed]) -> list[FeedLine]:
    """These feeds, as they are now. Raises RedisUnavailable."""
    ids = [feed.id for feed in page]
    if not ids:
        return []
    with redis_errors():
        states = await feeds.read_states(services.redis, ids)
        due = await services.redis.zmscore(keys.FEEDS_DUE, ids)
        requested = [host_and_port(addresses.expected_url(feed, states[feed.id])) for feed in page]
        paused = await hosts.pauses(services.redis, requested)
    now_ms = to_ms(services.clock())
    rows = zip(page, due, requested, strict=True)
    return [feed_line(feed, states[feed.id], at, paused.get(host, 0), now_ms) for feed, at, host in rows]


async def read_hours(services: Services, hours: int = 24) -> list[int]:
    """New items of all feeds in each of the last hours, the current hour last. Raises RedisUnavailable."""
    with redis_errors():
        return await archive.items_by_hour(services.redis, to_ms(services.clock()), hours)


async def read_statuses(services: Services, bundle: Bundle) -> dict[str, str]:
    """The status of every feed. With many feeds that is too slow for each request."""
    with redis_errors():
        found = await feeds.read_statuses(services.redis, [feed.id for feed in bundle.feeds])
    return {name: status or NEW for name, status in found.items()}


def counted(statuses: Mapping[str, str]) -> dict[str, int]:
    """How many feeds are in each state, in the order of the states. Pure."""
    counts = Counter(statuses.values())
    return {name: counts[name] for name in STATUSES if counts[name]}


async def read_feed(services: Services, feed: Feed) -> FeedLife:
    """One feed's state and the newest of its stored items. Raises RedisUnavailable."""
    (line,) = await read_lines(services, [feed])
    with redis_errors():
        memory = await feeds.read_memory(services.redis, feed.id)
        since_s = to_ms(services.clock()) // 1000 - int(services.settings.item_retention_s)
        moments = claim_moments(memory.seen.values(), since_s)
        items = await archive.items_claimed_at(services.redis, feed.id, moments, RECENT_ITEMS)
        notes = await polls.read(services.redis, feed.id)
        layout = await layouts.read_change(services.redis, feed.id)
    return FeedLife(line, tuple(items), tuple(poll_rows(line.state, notes)), len(memory.seen), layout)


def poll_rows(state: FeedState, notes: Sequence[PollNote]) -> list[PollRow]:
    """A feed's polls for people, newest first. Those without news share one row. Pure."""
    rows = []
    polling = state.polling
    if (
        polling.unchanged and not polling.failures
    ):  # else they came before the failure, whose note counts them
        status = 304 if state.validators.streak else 200
        at = _moment(polling.polled_ms)
        rows.append(PollRow(UNCHANGED, at, status, 0, polling.took_ms, polling.unchanged))
    for note in notes:
        rows.append(
            PollRow(
                _outcome(note),
                from_ms(note.at_s * 1000),
                note.status,
                note.new,
                note.took_ms,
                note.failures or 1,
                note.error,
            )
        )
        if note.unchanged:
            rows.append(PollRow(UNCHANGED, None, 0, 0, None, note.unchanged))
    return rows


def _outcome(note: PollNote) -> str:
    if note.failures:
        return "failed"
    if note.new:
        return "new items"
    return UNCHANGED if note.status == 304 else "nothing new"


def claim_moments(records: Iterable[SeenRecord], since_s: int) -> list[int]:
    """When the newest items were claimed, seconds since 1970, newest first and each once. Pure."""
    moments = {record.first_seen for record in records if record.first_seen >= since_s}
    return sorted(moments, reverse=True)[:RECENT_ITEMS]


def as_dict(line: FeedLine) -> dict[str, Any]:
    """A feed for machines."""
    return {
        "id": line.feed.id,
        "url": line.url,
        "title": line.title,
        "state": line.status,
        "advice": line.hint,
        "error": line.state.polling.error,
        "failures": line.state.polling.failures,
        "every_s": line.feed.every_s,
        "next_poll": line.next_poll.isoformat() if line.next_poll else None,
        "last_poll": line.last_poll.isoformat() if line.last_poll else None,
        "last_new_item": line.last_new.isoformat() if line.last_new else None,
        "windows": [one.as_dict() for one in line.windows],
    }
