"""One feed's visit: fetched, compared, parsed as far as it changed, and claimed.

Cheapest first: a 304 answer ends it, and so does a body whose hash is known. Of a changed body only the changed
entries are parsed (`pipeline.poll.changed_entries`). ETag, Last-Modified and body hash are saved with the
claim's last chunk, never before.
"""

from __future__ import annotations

import hashlib
import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from newswatch.document import lost_entries_text
from newswatch.errors import FetchFailed, FetchRefused, NewswatchError, ParseFailed, PermanentError
from newswatch.feeds.fetch import Fetcher
from newswatch.feeds.freshness import fresh_for_s
from newswatch.feeds.long_document import LongReader, is_long
from newswatch.feeds.redirect import at_address
from newswatch.feeds.wire import ParsedDocument
from newswatch.feeds.worker import ParserPool
from newswatch.models import FEED, Feed, FetchResult
from newswatch.pipeline.base import notices
from newswatch.pipeline.base.feed_causes import GAP, cause_of
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.base.wanted_articles import wanted
from newswatch.pipeline.poll import (
    addresses,
    changed_entries,
    figures,
    health,
    identity,
    moved_feeds,
    page_items,
    schedule,
    sources,
    switching,
)
from newswatch.pipeline.poll.claim_log import claim_lines
from newswatch.pipeline.poll.gaps import find_gap
from newswatch.pipeline.poll.layout_changes import Layouts
from newswatch.pipeline.poll.rhythm import rhythm_of
from newswatch.store import feeds, gaps
from newswatch.store.codec import from_ms, to_ms
from newswatch.store.coverage import PollFigures
from newswatch.store.elements import pack_elements, unpack_elements
from newswatch.store.feed_state import FeedState, LastDocument, changes
from newswatch.store.feeds import Memory
from newswatch.store.gaps import Gap
from newswatch.store.leases import Lease
from newswatch.store.polls import PollNote

log = logging.getLogger("newswatch.poll")

CLAIM_TRIES = 5
LONG_READ_EVERY_MS = 24 * 3_600_000
"""How often a document may take the time and memory of a long one."""
GAP_NOTICE_MS = 86_400_000
"""Ops is notified of a feed's gaps once a day at most."""


@dataclass(frozen=True, slots=True)
class Visit:
    """The result of one visit. `update` still has to be written; it is None after a claim, which wrote its own.

    `size` is the size in bytes of the document that was claimed from.
    """

    outcome: health.PollOutcome
    new: int = 0
    size: int = 0
    not_modified: bool = False
    error: NewswatchError | None = None
    update: feeds.StateUpdate | None = None
    note: PollNote | None = None
    tried: tuple[addresses.Tried, ...] = ()
    """The addresses that failed, in order."""
    figures: PollFigures | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    """A server's answer, when the request began, and the time from which the next interval counts.

    `tried` are the addresses that failed before.
    """

    result: FetchResult
    started_ms: int
    body_hash: str
    counted_s: float
    address: str
    tried: tuple[addresses.Tried, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """A feed to be polled, with its stored state. `due_ms` is when it was due, `planned_ms` when it was to be polled.

    With `more` another feed of its host is polled right after it.
    """

    feed: Feed
    state: FeedState
    due_ms: int
    planned_ms: int
    more: bool = False


class _Read(NamedTuple):
    """A document: parsed, compared with what is known, and if it is not a feed, what it is."""

    parsed: ParsedDocument
    reading: changed_entries.PartialDocument
    source: sources.SourceDocument | None = None


class Visitor:
    """Visits feeds, one call each, many at once. With `lease` a claim fails with LeaseLost once the lease is another's."""

    def __init__(
        self,
        services: Services,
        fetcher: Fetcher,
        parsers: ParserPool,
        lease: Lease | None = None,
    ) -> None:
        self._services = services
        self._redis = services.redis
        self._fetcher = fetcher
        self._parsers = parsers
        self._sources = sources.SourceReader(fetcher, parsers)
        self._layouts = Layouts(services)
        self._lease = lease
        self._long = LongReader(services.settings.first_entries, "NEWSWATCH_FIRST_ENTRIES")
        self._long_ms: dict[str, int] = {}

    async def visit(self, turn: Turn, open_addresses: Sequence[str]) -> Visit:
        """Visit one feed, at the first of these addresses that answers. Its own errors are in the Visit.

        Raises errors that are not specific to one feed, such as RedisError.
        """
        feed, known = turn.feed, turn.state
        state, started_ms = sources.begin(feed, health.begin(feed, known)), self._now_ms()
        tried: list[addresses.Tried] = []
        try:
            for address in open_addresses:
                visit = await self._visit_address(turn, state, address, tried)
                if visit is not None:
                    return visit
        except feeds.ClaimConflict as conflict:
            return await self._failed(feed, known, state, conflict, started_ms)
        state = addresses.settled(feed, state, tried, None, self._now_ms())
        reported = next((one.error for one in tried if not health.is_gone(one.error)), tried[0].error)
        failed = await self._failed(feed, known, state, reported, started_ms)
        return replace(failed, tried=tuple(tried))

    async def _visit_address(
        self, turn: Turn, state: FeedState, address: str, tried: list[addresses.Tried]
    ) -> Visit | None:
        """The visit at one address; None if that failed, which is noted in `tried`. Raises ClaimConflict."""
        feed, known = turn.feed, turn.state
        try:
            answer = await self._ask(turn, state, address, tuple(tried))
            if answer.result.status == 304 or _same_body(state, answer):
                return await self._unchanged(feed, known, state, answer)
            return await self._changed(turn, state, answer)
        except (FetchFailed, FetchRefused, ParseFailed) as error:
            tried.append(self._address_failed(feed, state, address, error))
            return None

    def _address_failed(
        self, feed: Feed, state: FeedState, address: str, error: NewswatchError
    ) -> addresses.Tried:
        before = addresses.waits(feed, state).get(address)
        failing_ms = self._now_ms() - before.since_ms if before else 0
        return addresses.failed(
            feed,
            state,
            address,
            error,
            may_pass=not isinstance(error, PermanentError) or health.may_pass(error, failing_ms),
            gone=health.is_gone(error),
            jitter=random.random(),
        )

    async def _failed(
        self, feed: Feed, known: FeedState, state: FeedState, error: NewswatchError, started_ms: int
    ) -> Visit:
        state = state._replace(document=self._after_long_read(feed, state.document))
        outcome = health.failed(feed, state, error, now_ms=self._now_ms(), jitter=random.random())
        await self._notify(outcome)
        note = _failure(feed, known, outcome.state, error, started_ms)
        return Visit(outcome, error=error, update=_update(feed, known, outcome), note=note)

    def _now_ms(self) -> int:
        return to_ms(self._services.clock())

    async def _notify(self, outcome: health.PollOutcome) -> None:
        """Before the state is stored: after a crash in between, ops is notified again."""
        for notice in outcome.notices:
            if not notice.text:
                await notices.drop(self._services, [notice.cause])
                continue
            switch = notices.raise_notice if notice.on else notices.clear_notice
            await switch(self._services, notice.cause, notice.text)

    async def _ask(
        self, turn: Turn, state: FeedState, address: str, tried: tuple[addresses.Tried, ...]
    ) -> _Answer:
        feed, started_ms = turn.feed, self._now_ms()
        known = state.validators
        full = known.url != address or schedule.wants_full(
            feed.id, full_ms=known.full_ms, streak=known.streak, now_ms=started_ms
        )
        url = addresses.request_url(feed, state, address)
        result = await self._fetcher.fetch(
            feed if url == feed.url else at_address(feed, url),
            etag=None if full else known.etag or None,
            last_modified=None if full else known.last_modified or None,
            more=turn.more,
        )
        counted_s = schedule.counted_from(
            feed, due_s=turn.due_ms / 1000, planned_s=turn.planned_ms / 1000, begun_s=started_ms / 1000
        )
        body_hash = hashlib.sha256(result.body).hexdigest()[:32]
        return _Answer(result, started_ms, body_hash, counted_s, address, tried)

    async def _unchanged(self, feed: Feed, known: FeedState, state: FeedState, answer: _Answer) -> Visit:
        now_ms = self._now_ms()
        failed_before = known.polling.failures > 0
        unchanged = 0 if failed_before else state.polling.unchanged + 1
        state = _answered(feed, state, answer, now_ms, same=True, unchanged=unchanged)
        outcome = self._succeeded(feed, state, answer, now_ms)
        await self._notify(outcome)
        note = _note(feed, outcome.state, answer, 0, 0) if failed_before else None
        update, seen = _update(feed, known, outcome), figures.of_answer(feed, known, now_ms)
        return Visit(outcome, not_modified=True, update=update, note=note, tried=answer.tried, figures=seen)

    def _succeeded(self, feed: Feed, state: FeedState, answer: _Answer, now_ms: int) -> health.PollOutcome:
        return health.succeeded(
            feed,
            state,
            counted_s=answer.counted_s,
            now_ms=now_ms,
            fresh_s=fresh_for_s(answer.result.headers, from_ms(now_ms)),
            jitter=random.random(),
        )

    async def _changed(self, turn: Turn, state: FeedState, answer: _Answer) -> Visit:
        """Decide and claim. If another poll claimed meanwhile, read and decide again."""
        feed, attempt = turn.feed, 1
        while True:
            memory = await feeds.read_memory(self._redis, feed.id)
            try:
                read = await self._read(feed, answer, memory)
            except ParseFailed as error:
                await self._layouts.failed(feed, answer.result, error)
                raise
            if read.source is not None and read.source.same:
                # Its own validators would not show what changes in its parts.
                bare = replace(answer.result, etag=None, last_modified=None)
                return await self._unchanged(feed, turn.state, state, replace(answer, result=bare))
            work, outcome, gap = self._decide(feed, answer, memory, read)
            await self._notify(outcome)
            if gap is not None:
                await self._report_gap(feed, memory.state, gap)
            try:
                new = await feeds.claim(
                    self._redis,
                    work,
                    generation=memory.state.generation,
                    config_version=memory.version,
                    trim_before_ms=work.now_ms - int(self._services.settings.item_retention_s * 1000),
                    lease=self._lease,
                )
            except feeds.ClaimConflict:
                if attempt == CLAIM_TRIES:
                    raise
                attempt += 1
            else:
                if read.source is not None:
                    await self._layouts.read(feed, answer.result, read.source)
                _log_claim(work)
                polling = memory.state.polling
                before = 0 if polling.failures else polling.unchanged
                note = _note(feed, outcome.state, answer, new, before)
                size = len(answer.result.body)
                seen = figures.of_answer(feed, memory.state, work.now_ms, work.items)
                return Visit(outcome, new=new, size=size, note=note, tried=answer.tried, figures=seen)

    async def _read(self, feed: Feed, answer: _Answer, memory: Memory) -> _Read:
        """The document's changed entries, or all of it if those are not enough or it is not a feed."""
        result, state = answer.result, health.begin(feed, memory.state)
        kind = sources.kind_of(feed, state, result)
        if kind != FEED:
            source = await self._sources.read(
                kind, feed, result, answer.address, state, now_ms=self._now_ms()
            )
            parsed = ParsedDocument(source.feed)
            whole = changed_entries.read(parsed, {}, memory.seen)
            if whole is not None:
                return _Read(parsed, whole, source)
        remembered = unpack_elements(memory.elements, changed_entries.circumstances(result.url))
        for elements in (remembered, {}):
            parsed = await self._parse(feed, result, memory, elements)
            reading = changed_entries.read(parsed, elements, memory.seen)
            if reading is not None:
                return _Read(parsed, reading)
        raise ParseFailed("the parser left out entries without being asked to", kind="crashed")

    async def _parse(
        self, feed: Feed, result: FetchResult, memory: Memory, elements: Mapping[bytes, bytes]
    ) -> ParsedDocument:
        """The document within the usual limits; a long one at most once a day within larger ones."""
        what: dict[str, Any] = {"url": result.url, "headers": result.headers, "seen": elements.keys()}
        try:
            return await self._parsers.parse_new(result.body, **what)
        except ParseFailed as error:
            now_ms = self._now_ms()
            lately = now_ms - memory.state.document.long_ms < LONG_READ_EVERY_MS
            if error.kind != "limit" or lately or not is_long(result.body):
                raise
        self._long_ms[feed.id] = now_ms
        return await self._long.read(result.body, **what)

    def _after_long_read(self, feed: Feed, document: LastDocument) -> LastDocument:
        return document._replace(long_ms=self._long_ms.get(feed.id, document.long_ms))

    def _decide(
        self,
        feed: Feed,
        answer: _Answer,
        memory: Memory,
        read: _Read,
    ) -> tuple[feeds.Claim, health.PollOutcome, Gap | None]:
        parsed, reading, source = read
        now_ms = self._now_ms()
        before = health.begin(feed, memory.state)
        decision = identity.decide(
            memory.seen,
            reading.document,
            self._context(feed, before, parsed, now_ms, memory.version),
            reading.unchanged,
        )
        if switching.has_switched(feed, before, answer.address):
            decision = switching.settle(decision, memory.seen, switching.last_good_s(before))
        if source is not None and source.how:
            decision = page_items.settled(
                decision, reading.document, memory.seen, source.how, switching.last_good_s(before)
            )
        state = _answered(feed, before, answer, now_ms, same=_same_feed(before, parsed, reading, memory))
        state = state._replace(
            validators=state.validators._replace(url=answer.address, body_hash=answer.body_hash),
            document=self._after_long_read(feed, _document(before.document, parsed, decision, now_ms)),
        )
        if source is not None:
            state = _after_source(state, source)
        gap = find_gap(memory.seen.values(), decision, now_ms // 1000)
        if gap is not None and now_ms - before.document.gap_told_ms >= GAP_NOTICE_MS:
            state = state._replace(document=state.document._replace(gap_told_ms=now_ms))
        outcome = self._succeeded(feed, state, answer, now_ms)
        work = feeds.Claim(
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

    async def _report_gap(self, feed: Feed, state: FeedState, gap: Gap) -> None:
        """Before the claim: after a crash in between, the same gap is found again and stored once."""
        now_ms = self._now_ms()
        await gaps.add(self._redis, feed.id, gap, now_ms)
        if now_ms - state.document.gap_told_ms >= GAP_NOTICE_MS:
            await notices.drop(self._services, [cause_of(feed.id, GAP)])
            await notices.notify_once(self._services, cause_of(feed.id, GAP), health.gap_text(feed, gap))

    def _context(
        self, feed: Feed, state: FeedState, parsed: ParsedDocument, now_ms: int, version: int
    ) -> identity.PollContext:
        return identity.PollContext(
            feed=feed,
            now=now_ms // 1000,
            first_sight=not state.document.seen_since_ms,
            config_version=version,
            document_time=state.document.document_ms // 1000,
            confirmed_time=state.document.confirmed_ms // 1000,
            document_lang=parsed.feed.lang,
            keep_s=int(self._services.settings.seen_retention_s),
        )


def _log_claim(work: feeds.Claim) -> None:
    if log.isEnabledFor(logging.DEBUG):
        for line in claim_lines(work):
            log.debug("%s", line)


def _same_body(state: FeedState, answer: _Answer) -> bool:
    known = state.validators
    return known.url == answer.address and answer.body_hash == known.body_hash


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


def _answered(
    feed: Feed, state: FeedState, answer: _Answer, now_ms: int, *, same: bool, unchanged: int = 0
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


def _update(feed: Feed, before: FeedState, outcome: health.PollOutcome) -> feeds.StateUpdate:
    return feeds.StateUpdate(feed.id, changes(before, outcome.state), outcome.due_ms, before.generation)


def _note(feed: Feed, state: FeedState, answer: _Answer, new: int, unchanged: int) -> PollNote:
    polling = state.polling
    return PollNote(feed.id, polling.polled_ms // 1000, answer.result.status, new, polling.took_ms, unchanged)


def _failure(
    feed: Feed, known: FeedState, state: FeedState, error: NewswatchError, started_ms: int
) -> PollNote:
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
