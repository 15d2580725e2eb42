"""What a poll means for a feed: its state, when it is polled next, and what ops is notified of. Pure.

Ops is notified when a feed is given up, is stopped, is silent for much longer than its rhythm, is polled at another
URL than the configured one, has been read from a fallback for an hour, or has entries that cannot be read: once when
that begins and once when it is over.
"""

from __future__ import annotations

from dataclasses import dataclass

from newswatch.errors import FetchFailed, FetchRefused, NewswatchError, ParseFailed, PermanentError
from newswatch.models import Feed
from newswatch.pipeline.base.feed_causes import (
    FALLBACK,
    GIVEN_UP,
    LAYOUT,
    MOVED,
    SILENT,
    STOPPED,
    UNREAD,
    cause_of,
)
from newswatch.pipeline.base.hosts import asked_pause_s
from newswatch.pipeline.poll import addresses, moved_feeds, schedule
from newswatch.redact import redact_url
from newswatch.store.codec import from_ms
from newswatch.store.feed_state import FeedState, Learned, Source
from newswatch.store.gaps import Gap

FAILURES = 3
HARD_S, SOFT_S = 3_600, 24 * 3_600
"""How long a feed must fail to be given up: if someone has to act, and if it may recover by itself."""
LAYOUT_CHANGED = "layout-changed"
LAYOUT_FAILURES = 2
"""A page that is being updated may lack its list once."""
GONE_AFTER_MS = 7 * 86_400_000
"""A 404 that has lasted this long is taken as final."""


@dataclass(frozen=True, slots=True)
class FeedNotice:
    """A notice to ops: `cause` has begun (`on`) or is over. Without a text it is deleted silently."""

    cause: str
    text: str = ""
    on: bool = True


@dataclass(frozen=True, slots=True)
class PollOutcome:
    """The feed's state after the poll, when it is due next, and the notices to ops."""

    state: FeedState
    due_ms: int
    notices: tuple[FeedNotice, ...] = ()


def begin(feed: Feed, state: FeedState) -> FeedState:
    """The state before a poll. Failures at another URL do not count for this one."""
    if state.polling.polled_url == feed.url:
        return state
    polling = state.polling._replace(polled_url=feed.url, failures=0, failing_since_ms=0, error="", status="")
    return state._replace(polling=polling, source=Source(), learned=Learned())


def succeeded(
    feed: Feed, state: FeedState, *, counted_s: float, now_ms: int, fresh_s: float, jitter: float
) -> PollOutcome:
    """After an answer. `state` already includes the answer. `counted_s`: see `schedule.counted_from`."""
    document = state.document
    silent = bool(document.silent_after_s) and now_ms - document.newest_ms > document.silent_after_s * 1000
    moved = moved_feeds.request_url(feed, state) != feed.url
    elsewhere = addresses.in_use(feed, state) != feed.url
    lasts = elsewhere and now_ms - state.source.address_since_ms >= HARD_S * 1000
    holds = {SILENT: silent, MOVED: moved, FALLBACK: lasts, UNREAD: bool(document.unread)}
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
    due_ms = round(schedule.after_success(feed, counted_s, jitter, wait_s) * 1000)
    return PollOutcome(after, due_ms, _notices(feed, after, before, now))


def failed(feed: Feed, state: FeedState, error: NewswatchError, *, now_ms: int, jitter: float) -> PollOutcome:
    """After an error. A feed that is gone stays stopped until it answers or its url is edited."""
    polling = state.polling
    gone = polling.status == STOPPED or is_gone(error)
    hard = isinstance(error, PermanentError)
    since_ms = polling.failing_since_ms or now_ms
    polling = polling._replace(polled_ms=now_ms, failures=polling.failures + 1, failing_since_ms=since_ms)
    lost = polling.failures >= FAILURES and now_ms - since_ms >= (HARD_S if hard else SOFT_S) * 1000
    state = state._replace(polling=polling)
    if lost:
        state = moved_feeds.after_failure(state)
    before = set(polling.notified.split())
    now = {cause for cause in before if cause != MOVED or state.move.adopted_url}
    if is_changed_layout(error) and polling.failures >= LAYOUT_FAILURES:
        now |= {LAYOUT}
    if gone:
        now = now - {GIVEN_UP} | {STOPPED}
    elif LAYOUT in now:
        pass  # ops knows why this page is not read
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
        _asked_s(error, polling.failures),
        jitter,
        hard=hard and not may_pass(error, now_ms - since_ms),
        lost=lost,
        stopped=gone,
    )
    return PollOutcome(after, int(due_s * 1000), _notices(feed, after, before, now))


def is_changed_layout(error: NewswatchError) -> bool:
    """Whether a page no longer has the list that was read before."""
    return isinstance(error, ParseFailed) and error.kind == "layout"


def may_pass(error: NewswatchError, failing_ms: int) -> bool:
    """Whether an error for which someone may have to act often passes by itself, so that the feed is tried soon again.

    Sites answer 403, 404 or an HTML page for minutes: while they are updated, or because they take us for an
    attack. A document that cannot be read has its next version soon. A 404 that lasts a week does not pass.
    """
    if isinstance(error, ParseFailed):
        return True
    if not isinstance(error, FetchRefused) or error.kind not in ("http", "redirects"):
        return False
    return error.status != 404 or failing_ms < GONE_AFTER_MS


def is_gone(error: NewswatchError) -> bool:
    """Whether the server says that the address is gone for good."""
    return isinstance(error, FetchRefused) and error.kind == "gone"


def _asked_s(error: NewswatchError, failures: int) -> float | None:
    """How long the server wants no request for this feed, in seconds; see also `asked_pause_s`, for its host."""
    if isinstance(error, FetchRefused):
        return error.retry_after_s
    return asked_pause_s(error, failures)


def _status(error: NewswatchError, *, gone: bool, lost: bool) -> str:
    if gone:
        return STOPPED
    if is_changed_layout(error):
        return LAYOUT_CHANGED
    if lost:
        return GIVEN_UP
    if isinstance(error, FetchFailed) and error.kind == "ratelimited":
        return "slowed"
    return "refused" if isinstance(error, PermanentError) else "failing"


def _notices(feed: Feed, state: FeedState, before: set[str], now: set[str]) -> tuple[FeedNotice, ...]:
    begun = [FeedNotice(cause_of(feed.id, what), _text(feed, state, what)) for what in sorted(now - before)]
    # A feed that was given up and is now found to be gone has not recovered: the new notice replaces the old one.
    replaced = {GIVEN_UP, STOPPED} if now & {GIVEN_UP, STOPPED} else set()
    ended = [
        FeedNotice(cause_of(feed.id, what), "" if what in replaced else _over(feed, what), on=False)
        for what in sorted(before - now)
    ]
    return (*ended, *begun)


def reason(feed_id: str, error: str) -> str:
    """The error without the feed's name and URL, for texts that have both already."""
    head, colon, rest = error.partition("): ")
    return rest if colon and head.startswith(f"feed {feed_id} (") else error


def remedy(feed: Feed, state: FeedState, *, buttons: bool = False) -> str:
    """What to do about a failing feed. `buttons`: for pages and Slack, which name the page instead of commands."""
    if "HTTP 5" in state.polling.error:
        return "it is tried again automatically; if it lasts, contact the publisher or remove the feed from feeds.yaml"
    if "HTTP 403" in state.polling.error:
        return (
            "it is tried again automatically; if it lasts, the site turns programs away: set NEWSWATCH_CONTACT or the feed's"
            " `user_agent`, ask the publisher for access, or name another address under `fallback` in feeds.yaml"
        )
    preview = "its preview on the page Feeds" if buttons else f"`newswatch feeds preview {feed.id}`"
    return f"see {preview}, then correct the feed in feeds.yaml or remove it"


def layout_remedy(feed: Feed, *, buttons: bool = False) -> str:
    """What to do about a page whose list is missing."""
    if buttons:
        return (
            "look at its preview on the page Feeds; if it shows the right list, accept it; else name another list, a selector or another"
            " address in feeds.yaml"
        )
    return (
        f"look at `newswatch feeds preview {feed.id}`; if it shows the right list, run `newswatch feeds check --accept"
        f" {feed.id}`; else name another list, a selector or another address in feeds.yaml"
    )


def _text(feed: Feed, state: FeedState, what: str) -> str:
    name, why = f"Feed {feed.id} ({redact_url(feed.url)})", reason(feed.id, state.polling.error)
    if what == STOPPED:
        return f"{name} is stopped: {why}. Remove it from feeds.yaml or set its new url."
    if what == LAYOUT:
        return f"{name}: {why}. Nothing on it alerts until its list is found again. What to do: {layout_remedy(feed, buttons=True)}."
    if what == GIVEN_UP:
        since = f"{from_ms(state.polling.failing_since_ms):%d %B %H:%M} UTC"
        return (
            f"{name} has failed since {since} and is polled less often now: {why}."
            f" What to do: {remedy(feed, state, buttons=True)}."
        )
    if what == FALLBACK:
        return f"{name} {addresses.sentence(feed, state)}. Correct its url in feeds.yaml, or remove it there."
    if what == MOVED:
        return f"{name} moved permanently and is now polled at {redact_url(state.move.adopted_url)}: put that url into feeds.yaml."
    if what == UNREAD:
        return f"{name}: {unread_text(state)}. All others are read. {UNREAD_REMEDY}."
    last = f"{from_ms(state.document.newest_ms):%d %B %H:%M} UTC"
    return (
        f"{name} answers but has had no new item since {last}, which is much longer than usual"
        f" (one every {span(state.document.gap_s)}). If the site has newer articles, find the feed that has them."
    )


def gap_text(feed: Feed, gap: Gap) -> str:
    """What ops is notified of if items were probably missed."""
    return (
        f"Feed {feed.id} ({redact_url(feed.url)}) probably published items between"
        f" {from_ms(gap.since_s * 1000):%d %B %H:%M} and {from_ms(gap.until_s * 1000):%d %B %H:%M} UTC that were missed:"
        f" its document was completely new. To close such gaps, poll it every {span(gap.every_s)} or more often"
        " (`every` in feeds.yaml)."
    )


def _over(feed: Feed, what: str) -> str:
    return {
        SILENT: f"Feed {feed.id} has new items again.",
        FALLBACK: f"Feed {feed.id} is read from its own url again.",
        MOVED: f"Feed {feed.id} is polled at its configured url again.",
        LAYOUT: f"The list of feed {feed.id} is found again.",
        UNREAD: f"All entries of feed {feed.id} are read again.",
    }.get(what, f"Feed {feed.id} answers again.")


def unread_text(state: FeedState) -> str:
    """Which entries of the feed's document cannot be read."""
    return f"{state.document.unread} cannot be read"


UNREAD_REMEDY = "Look at them in the feed, and report them to its publisher"


def span(seconds: float) -> str:
    """A duration in its largest fitting unit, "" for none."""
    if not seconds:
        return ""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:g} s"
