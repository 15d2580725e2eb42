"""The addresses of a feed: its own url, and those of `fallback:`, tried in order when it fails. Pure.

An address that failed waits, longer each time, as a feed without other addresses would. So a feed that is read from
a fallback keeps its interval, and returns to the first address that answers again. Each address has its own
validators, and its host its own pauses.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from newswatch.errors import NewswatchError
from newswatch.models import Feed
from newswatch.pipeline.base.hosts import asked_pause_s
from newswatch.pipeline.poll import moved_feeds, schedule
from newswatch.redact import redact_url
from newswatch.store.codec import from_ms
from newswatch.store.feed_state import FeedState, Source

_MOST_ERROR = 300


class Wait(NamedTuple):
    """An address that fails: how often in a row, since when, until when it waits, and why."""

    failures: int
    since_ms: int
    until_ms: int
    error: str


@dataclass(frozen=True, slots=True)
class Tried:
    """An address that failed in this poll. `url` is the one that was requested."""

    address: str
    url: str
    error: NewswatchError
    failures: int
    """How often in a row it has failed now."""
    wait_s: float
    """How long it waits now."""


def of(feed: Feed) -> tuple[str, ...]:
    """All addresses in the order in which they are tried."""
    return tuple(dict.fromkeys((feed.url, *feed.fallback)))


def request_url(feed: Feed, state: FeedState, address: str) -> str:
    """The URL to request for an address. Only the feed's own url can have moved."""
    return moved_feeds.request_url(feed, state) if address == feed.url else address


def in_use(feed: Feed, state: FeedState) -> str:
    """The address that answered last."""
    return state.source.address if state.source.address in feed.fallback else feed.url


def expected_url(feed: Feed, state: FeedState) -> str:
    """The URL that the next poll probably requests. It decides with which host's feeds the feed is polled."""
    return request_url(feed, state, in_use(feed, state))


def waits(feed: Feed, state: FeedState) -> dict[str, Wait]:
    """The addresses that fail."""
    if not state.source.waits or not feed.fallback:
        return {}
    known = of(feed)
    try:
        rows = json.loads(state.source.waits)
        return {name: Wait(*row) for name, row in rows.items() if name in known}
    except (ValueError, TypeError, AttributeError):
        return {}


def sentence(feed: Feed, state: FeedState) -> str:
    """From where the feed is read instead of its own url, since when and why; "" if it is not."""
    address = in_use(feed, state)
    if address == feed.url:
        return ""
    own = waits(feed, state).get(feed.url)
    why = f": its own url fails ({_reason(own.error)})" if own else ""
    since = f"{from_ms(state.source.address_since_ms):%d %B %H:%M} UTC"
    return f"is read from its fallback {redact_url(address)} since {since}{why}"


def _reason(error: str) -> str:
    """The error without the feed's name and URL."""
    return error.partition("): ")[2] or error


def open_at(feed: Feed, state: FeedState, now_ms: int) -> tuple[str, ...]:
    """The addresses that may be tried now."""
    if not feed.fallback:
        return (feed.url,)
    if not state.source.waits:
        return of(feed)
    now_ms += int(schedule.early_s(feed) * 1000)
    waiting = waits(feed, state)
    return tuple(name for name in of(feed) if name not in waiting or waiting[name].until_ms <= now_ms)


def next_open_ms(feed: Feed, state: FeedState, paused_until_ms: Iterable[int]) -> int:
    """When an address may be tried again, if none may be now."""
    times = [*paused_until_ms, *(wait.until_ms for wait in waits(feed, state).values())]
    return min((time for time in times if time), default=0)


def failed(
    feed: Feed,
    state: FeedState,
    address: str,
    error: NewswatchError,
    *,
    may_pass: bool,
    gone: bool,
    jitter: float,
) -> Tried:
    """What a failure of one address means for it."""
    before = waits(feed, state).get(address)
    failures = 1 if before is None else before.failures + 1
    asked_s = getattr(error, "retry_after_s", None)
    wait_s = schedule.after_failure(
        feed,
        0,
        failures,
        asked_pause_s(error, failures) if asked_s is None else asked_s,
        jitter,
        hard=not may_pass,
        stopped=gone,
    )
    return Tried(address, request_url(feed, state, address), error, failures, wait_s)


def settled(
    feed: Feed, state: FeedState, tried: Iterable[Tried], answered: str | None, now_ms: int
) -> FeedState:
    """The state after a poll in which some addresses failed and `answered` did not (None: all failed)."""
    if not feed.fallback:
        return state if state.source == Source() else state._replace(source=Source())
    found = waits(feed, state)
    for one in tried:
        since_ms = found[one.address].since_ms if one.address in found else now_ms
        until_ms = now_ms + int(one.wait_s * 1000)
        found[one.address] = Wait(one.failures, since_ms, until_ms, str(one.error)[:_MOST_ERROR])
    if answered is not None:
        found.pop(answered, None)
    source = state.source._replace(waits=json.dumps(found, ensure_ascii=False) if found else "")
    if answered is not None and answered != in_use(feed, state):
        source = source._replace(address="" if answered == feed.url else answered, address_since_ms=now_ms)
    elif not feed.fallback.count(source.address):
        source = source._replace(address="")
    own = found.get(feed.url)
    if own is not None and own.failures >= moved_feeds.FAILURES and state.move.adopted_url:
        state = moved_feeds.back(state)  # the next try is at the configured url again
    return state if source == state.source else state._replace(source=source)
