"""What a poll's outcome means for a feed: its state, when it is asked next, what ops is told. Pure.

Ops is told of a feed when it is given up on, stopped, silent against its own rhythm or asked at
another URL than the configured one; once, and once more when that is over.
"""

from __future__ import annotations

from dataclasses import dataclass

from newswatch.errors import FetchFailed, FetchRefused, NewswatchError, PermanentError
from newswatch.models import Feed
from newswatch.pipeline.base.feed_causes import GIVEN_UP, MOVED, SILENT, STOPPED, cause_of
from newswatch.pipeline.poll import moved_feeds, schedule
from newswatch.redact import redact_url
from newswatch.store.codec import from_ms
from newswatch.store.feed_state import FeedState

FAILURES = 3
HARD_S, SOFT_S = 3_600, 24 * 3_600
"""For how long a feed must fail to be given up on: where someone has to act, and where it may pass."""
SLOW_DOWN_S = 60.0


@dataclass(frozen=True, slots=True)
class Tell:
    """A notice for ops: `cause` holds (`on`) or is over. Without a text nobody is told of it."""

    cause: str
    text: str = ""
    on: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """The feed's state after the poll, when it is due again, and what ops is told."""

    state: FeedState
    due_ms: int
    tells: tuple[Tell, ...] = ()


def begin(feed: Feed, state: FeedState) -> FeedState:
    """The state a poll starts from: what failed at another URL says nothing about this one."""
    if state.polling.polled_url == feed.url:
        return state
    polling = state.polling._replace(polled_url=feed.url, failures=0, failing_since_ms=0, error="", status="")
    return state._replace(polling=polling)


def succeeded(
    feed: Feed, state: FeedState, *, counted_s: float, now_ms: int, fresh_s: float, jitter: float
) -> Outcome:
    """After an answer; `state` already holds what the answer brought. `counted_s`: see `schedule.counted_from`."""
    document = state.document
    silent = bool(document.silent_after_s) and now_ms - document.newest_ms > document.silent_after_s * 1000
    moved = moved_feeds.asked_url(feed, state) != feed.url
    holds = {SILENT: silent, MOVED: moved}
    before = set(state.polling.notified.split())
    now = {cause for cause, is_so in holds.items() if is_so}
    polling = state.polling._replace(
        polled_ms=now_ms,
        failures=0,
        failing_since_ms=0,
        error="",
        status=SILENT if silent else "ok",
        notified=" ".join(sorted(now)),
    )
    after = state._replace(polling=polling)
    wait_s = schedule.interval_s(feed, ttl_s=document.ttl_s, fresh_s=fresh_s, gap_s=document.gap_s)
    due_ms = int(schedule.after_success(feed, counted_s, jitter, wait_s) * 1000)
    return Outcome(after, due_ms, _tells(feed, after, before, now))


def failed(feed: Feed, state: FeedState, error: NewswatchError, *, now_ms: int, jitter: float) -> Outcome:
    """After an error. A feed that was found to be gone stays stopped until it answers or its url is edited."""
    polling = state.polling
    gone = polling.status == STOPPED or (isinstance(error, FetchRefused) and error.kind == "gone")
    hard = isinstance(error, PermanentError)
    since_ms = polling.failing_since_ms or now_ms
    polling = polling._replace(polled_ms=now_ms, failures=polling.failures + 1, failing_since_ms=since_ms)
    lost = polling.failures >= FAILURES and now_ms - since_ms >= (HARD_S if hard else SOFT_S) * 1000
    state = state._replace(polling=polling)
    if lost:
        state = moved_feeds.after_failure(state)
    before = set(polling.notified.split())
    now = {cause for cause in before if cause != MOVED or state.move.adopted_url}
    if gone:
        now = now - {GIVEN_UP} | {STOPPED}
    elif lost:
        now = now - {STOPPED} | {GIVEN_UP}
    polling = polling._replace(
        error=str(error),
        status=_status(error, gone=gone, lost=lost),
        notified=" ".join(sorted(now)),
    )
    after = state._replace(polling=polling)
    due_s = schedule.after_failure(
        feed,
        now_ms / 1000,
        polling.failures,
        asked_pause_s(error, polling.failures),
        jitter,
        hard=hard,
        lost=lost,
        stopped=gone,
    )
    return Outcome(after, int(due_s * 1000), _tells(feed, after, before, now))


def _status(error: NewswatchError, *, gone: bool, lost: bool) -> str:
    if gone:
        return STOPPED
    if lost:
        return GIVEN_UP
    if isinstance(error, FetchFailed) and error.kind == "ratelimited":
        return "slowed"
    return "refused" if isinstance(error, PermanentError) else "failing"


def asked_pause_s(error: NewswatchError, failures: int) -> float | None:
    """For how long the server wants to be left alone by all its feeds, in seconds; None: it did not say.

    A 429 without Retry-After is taken for a minute, doubled with each repetition up to an hour.
    """
    if not isinstance(error, FetchFailed):
        return None
    if error.retry_after_s is not None:
        return min(error.retry_after_s, schedule.LONGEST_WISH_S)
    return min(SLOW_DOWN_S * 2.0 ** min(failures - 1, 6), 3_600.0) if error.kind == "ratelimited" else None


def _tells(feed: Feed, state: FeedState, before: set[str], now: set[str]) -> tuple[Tell, ...]:
    begun = [Tell(cause_of(feed.id, what), _text(feed, state, what)) for what in sorted(now - before)]
    # A feed given up on that is found to be gone has not come back: the new notice takes the old one's place.
    replaced = {GIVEN_UP, STOPPED} if now & {GIVEN_UP, STOPPED} else set()
    ended = [
        Tell(cause_of(feed.id, what), "" if what in replaced else _over(feed, what), on=False)
        for what in sorted(before - now)
    ]
    return (*ended, *begun)


def reason(feed_id: str, error: str) -> str:
    """An error of a feed without the feed's name and URL, for where these are said already."""
    head, colon, rest = error.partition("): ")
    return rest if colon and head.startswith(f"feed {feed_id} (") else error


def remedy(feed: Feed, state: FeedState) -> str:
    """What to do about a feed that fails."""
    if "HTTP 5" in state.polling.error:
        return "it is asked again by itself; if it lasts, tell its publisher or take it out of feeds.yaml"
    return f"see `newswatch feeds preview {feed.id}`, then correct it in feeds.yaml or take it out"


def _text(feed: Feed, state: FeedState, what: str) -> str:
    name, why = f"Feed {feed.id} ({redact_url(feed.url)})", reason(feed.id, state.polling.error)
    if what == STOPPED:
        return f"{name} is stopped: {why}. Take it out of feeds.yaml or give its new url."
    if what == GIVEN_UP:
        since = f"{from_ms(state.polling.failing_since_ms):%d %B %H:%M} UTC"
        return (
            f"{name} has brought nothing since {since} and is asked more seldom now: {why}."
            f" What to do: {remedy(feed, state)}."
        )
    if what == MOVED:
        return f"{name} moved for good and is asked at {redact_url(state.move.adopted_url)} now: put that url into feeds.yaml."
    last = f"{from_ms(state.document.newest_ms):%d %B %H:%M} UTC"
    return (
        f"{name} answers but has shown nothing new since {last}, far longer than its rhythm"
        f" (an item each {span(state.document.gap_s)}). See whether its site has news: then find the feed that carries it."
    )


def _over(feed: Feed, what: str) -> str:
    return {
        SILENT: f"Feed {feed.id} has new items again.",
        MOVED: f"Feed {feed.id} is asked at its configured url again.",
    }.get(what, f"Feed {feed.id} answers again.")


def span(seconds: float) -> str:
    """A duration in its largest fitting unit, "" for none."""
    if not seconds:
        return ""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:g} s"
