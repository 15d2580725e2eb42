"""What an answer means: for the feed's state, its items and the record of polls. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from newswatch.document import lost_entries_text
from newswatch.errors import NewswatchError
from newswatch.feeds.freshness import fresh_for_s
from newswatch.feeds.wire import ParsedDocument
from newswatch.models import Feed, FetchResult
from newswatch.pipeline.base.wanted_articles import wanted
from newswatch.pipeline.poll import (
    addresses,
    changed_entries,
    health,
    identity,
    moved_feeds,
    page_items,
    sources,
    switching,
)
from newswatch.pipeline.poll.gaps import find_gap
from newswatch.pipeline.poll.rhythm import rhythm_of
from newswatch.store.codec import from_ms
from newswatch.store.elements import pack_elements
from newswatch.store.feed_state import FeedState, LastDocument, changes
from newswatch.store.feeds import Claim, Memory, StateUpdate
from newswatch.store.gaps import Gap
from newswatch.store.polls import PollNote

GAP_NOTICE_MS = 86_400_000
"""Ops is notified of a feed's gaps once a day at most."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer, when the request began, and the time from which the next interval counts.

    `tried` are the addresses that failed before.
    """

    result: FetchResult
    started_ms: int
    body_hash: str
    counted_s: float
    address: str
    tried: tuple[addresses.Tried, ...] = ()


class Read(NamedTuple):
    """A document: parsed, compared with what is known, and if it is not a feed, what it is."""

    parsed: ParsedDocument
    reading: changed_entries.PartialDocument
    source: sources.SourceDocument | None = None


def same_body(state: FeedState, answer: Answer) -> bool:
    """Whether the document is known, byte for byte."""
    known = state.validators
    return known.url == answer.address and answer.body_hash == known.body_hash


def decide(
    feed: Feed,
    answer: Answer,
    memory: Memory,
    read: Read,
    *,
    now_ms: int,
    long_ms: int | None,
    keep_s: int,
    jitter: float,
) -> tuple[Claim, health.PollOutcome, Gap | None]:
    """What a document brings: what to claim, what becomes of the feed, and whether items were missed.

    `long_ms` is when this process read it within the limits for long documents, None: not. `keep_s` is how long ids are
    remembered. `jitter` is in [0, 1).
    """
    parsed, reading, source = read
    before = health.begin(feed, memory.state)
    decision = identity.decide(
        memory.seen,
        reading.document,
        _context(feed, before, parsed, now_ms, memory.version, keep_s),
        reading.unchanged,
    )
    if switching.has_switched(feed, before, answer.address):
        decision = switching.settle(decision, memory.seen, switching.last_good_s(before))
    if source is not None and source.how:
        decision = page_items.settled(
            decision, reading.document, memory.seen, source.how, switching.last_good_s(before)
        )
    state = answered(feed, before, answer, now_ms, same=_same_feed(before, parsed, reading, memory))
    state = state._replace(
        validators=state.validators._replace(url=answer.address, body_hash=answer.body_hash),
        document=after_long_read(_document(before.document, parsed, decision, now_ms), long_ms),
    )
    if source is not None:
        state = _after_source(state, source)
    gap = find_gap(memory.seen.values(), decision, now_ms // 1000)
    if gap is not None and reports_gap(before, now_ms):
        state = state._replace(document=state.document._replace(gap_told_ms=now_ms))
    outcome = succeeded(feed, state, answer, now_ms, jitter)
    work = Claim(
        feed_id=feed.id,
        items=decision.items,
        whole=decision.whole,
        values=changes(memory.state, outcome.state),
        next_due_ms=outcome.due_ms,
        now_ms=now_ms,
        pages=wanted(feed, (item for item, _ in decision.items), now_ms),
        elements=pack_elements(
            changed_entries.circumstances(answer.result.url), reading.elements(decision.ids)
        ),
    )
    return work, outcome, gap


def succeeded(feed: Feed, state: FeedState, answer: Answer, now_ms: int, jitter: float) -> health.PollOutcome:
    """What an answer means for the feed's health and its next poll."""
    return health.succeeded(
        feed,
        state,
        counted_s=answer.counted_s,
        now_ms=now_ms,
        fresh_s=fresh_for_s(answer.result.headers, from_ms(now_ms)),
        jitter=jitter,
    )


def reports_gap(state: FeedState, now_ms: int) -> bool:
    """Whether ops is notified of another gap of the feed."""
    return now_ms - state.document.gap_told_ms >= GAP_NOTICE_MS


def after_long_read(document: LastDocument, long_ms: int | None) -> LastDocument:
    """The record of a document that was read within the limits for long ones at `long_ms`, None: it was not."""
    return document if long_ms is None else document._replace(long_ms=long_ms)


def _context(
    feed: Feed, state: FeedState, parsed: ParsedDocument, now_ms: int, version: int, keep_s: int
) -> identity.PollContext:
    return identity.PollContext(
        feed=feed,
        now=now_ms // 1000,
        first_sight=not state.document.seen_since_ms,
        config_version=version,
        document_time=state.document.document_ms // 1000,
        confirmed_time=state.document.confirmed_ms // 1000,
        document_lang=parsed.feed.lang,
        keep_s=keep_s,
    )


def _same_feed(
    before: FeedState, parsed: ParsedDocument, reading: changed_entries.PartialDocument, memory: Memory
) -> bool:
    """Whether the document is of the known feed: it has its title, or an entry seen before."""
    title = before.document.title
    if not before.document.seen_since_ms or parsed.feed.title == title != "":
        return True
    if reading.unchanged:
        return True
    keys = {record.key for record in memory.seen.values()}
    return any(one.key in keys for one in reading.document)


def _document(
    before: LastDocument, parsed: ParsedDocument, decision: identity.Decision, now_ms: int
) -> LastDocument:
    """What is remembered of a changed document."""
    rhythm = rhythm_of(decision.whole, now_ms // 1000)
    return before._replace(
        title=parsed.feed.title,
        document_ms=now_ms // 1000 * 1000,
        confirmed_ms=now_ms,
        seen_since_ms=before.seen_since_ms or now_ms,
        last_new_ms=now_ms if decision.items else before.last_new_ms,
        ttl_s=int(parsed.feed.ttl_s or 0),
        gap_s=rhythm.gap_s,
        silent_after_s=rhythm.silent_after_s,
        newest_ms=rhythm.newest_s * 1000,
        unread=lost_entries_text(parsed.feed.lost),
    )


def _after_source(state: FeedState, source: sources.SourceDocument) -> FeedState:
    """The state with what was learned. A document that does not show changes by itself is asked for in full again."""
    validators = state.validators
    if not source.whole:
        validators = validators._replace(etag="", last_modified="", body_hash="")
    return state._replace(learned=source.learned, validators=validators)


def answered(
    feed: Feed, state: FeedState, answer: Answer, now_ms: int, *, same: bool, unchanged: int = 0
) -> FeedState:
    """The state after any answer: validators if it had a document, and redirects."""
    result = answer.result
    state = addresses.settled(feed, state, answer.tried, answer.address, now_ms)
    if answer.address == feed.url:
        state = moved_feeds.after_answer(feed, state, result.permanent_url, now_ms, same=same)
    known = state.validators
    validators = (
        known._replace(streak=known.streak + 1)
        if result.status == 304
        else known._replace(
            full_ms=now_ms, streak=0, etag=result.etag or "", last_modified=result.last_modified or ""
        )
    )
    return state._replace(
        validators=validators,
        document=state.document._replace(confirmed_ms=now_ms),
        polling=state.polling._replace(unchanged=unchanged, took_ms=now_ms - answer.started_ms),
    )


def update_of(feed: Feed, before: FeedState, outcome: health.PollOutcome) -> StateUpdate:
    """What remains to be stored after a poll without a claim."""
    return StateUpdate(feed.id, changes(before, outcome.state), outcome.due_ms, before.generation)


def note_of(feed: Feed, state: FeedState, answer: Answer, new: int, unchanged: int) -> PollNote:
    """The record of a poll that was answered."""
    polling = state.polling
    return PollNote(feed.id, polling.polled_ms // 1000, answer.result.status, new, polling.took_ms, unchanged)


def failure_note(
    feed: Feed, known: FeedState, state: FeedState, error: NewswatchError, started_ms: int
) -> PollNote:
    """The record of a poll that failed."""
    before, polling = known.polling, state.polling
    return PollNote(
        feed.id,
        at_s=polling.polled_ms // 1000,
        status=getattr(error, "status", None) or 0,
        new=0,
        took_ms=polling.polled_ms - started_ms,
        unchanged=before.unchanged,
        failures=polling.failures,
        error=polling.error,
        again=polling.failures > 1 and before.error == polling.error,
    )
