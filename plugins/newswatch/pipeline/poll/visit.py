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
from typing import Any

from newswatch.errors import FetchFailed, FetchRefused, NewswatchError, ParseFailed, PermanentError
from newswatch.feeds.fetch import Fetcher
from newswatch.feeds.long_document import LongReader, is_long
from newswatch.feeds.redirect import at_address
from newswatch.feeds.wire import ParsedDocument
from newswatch.feeds.worker import ParserPool
from newswatch.models import FEED, Feed, FetchResult
from newswatch.pipeline.base import notices
from newswatch.pipeline.base.feed_causes import GAP, cause_of
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.poll import (
    addresses,
    changed_entries,
    figures,
    health,
    schedule,
    sources,
)
from newswatch.pipeline.poll.claim_log import claim_lines
from newswatch.pipeline.poll.layout_changes import Layouts
from newswatch.pipeline.poll.visit_outcome import (
    Answer,
    Read,
    after_long_read,
    answered,
    decide,
    failure_note,
    note_of,
    reports_gap,
    same_body,
    succeeded,
    update_of,
)
from newswatch.store import feeds, gaps
from newswatch.store.codec import to_ms
from newswatch.store.coverage import PollFigures
from newswatch.store.elements import unpack_elements
from newswatch.store.feed_state import FeedState
from newswatch.store.feeds import Memory
from newswatch.store.gaps import Gap
from newswatch.store.leases import Lease
from newswatch.store.polls import PollNote

log = logging.getLogger("newswatch.poll")

CLAIM_TRIES = 5
LONG_READ_EVERY_MS = 24 * 3_600_000
"""How often a document may take the time and memory of a long one."""


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
class Turn:
    """A feed to be polled, with its stored state. `due_ms` is when it was due, `planned_ms` when it was to be polled.

    With `more` another feed of its host is polled right after it.
    """

    feed: Feed
    state: FeedState
    due_ms: int
    planned_ms: int
    more: bool = False


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
            if answer.result.status == 304 or same_body(state, answer):
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
        state = state._replace(document=after_long_read(state.document, self._long_ms.get(feed.id)))
        outcome = health.failed(feed, state, error, now_ms=self._now_ms(), jitter=random.random())
        await self._notify(outcome)
        note = failure_note(feed, known, outcome.state, error, started_ms)
        return Visit(outcome, error=error, update=update_of(feed, known, outcome), note=note)

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
    ) -> Answer:
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
        return Answer(result, started_ms, body_hash, counted_s, address, tried)

    async def _unchanged(self, feed: Feed, known: FeedState, state: FeedState, answer: Answer) -> Visit:
        now_ms = self._now_ms()
        failed_before = known.polling.failures > 0
        unchanged = 0 if failed_before else state.polling.unchanged + 1
        state = answered(feed, state, answer, now_ms, same=True, unchanged=unchanged)
        outcome = succeeded(feed, state, answer, now_ms, random.random())
        await self._notify(outcome)
        note = note_of(feed, outcome.state, answer, 0, 0) if failed_before else None
        update, seen = update_of(feed, known, outcome), figures.of_answer(feed, known, now_ms)
        return Visit(outcome, not_modified=True, update=update, note=note, tried=answer.tried, figures=seen)

    async def _changed(self, turn: Turn, state: FeedState, answer: Answer) -> Visit:
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
            work, outcome, gap = decide(
                feed,
                answer,
                memory,
                read,
                now_ms=self._now_ms(),
                long_ms=self._long_ms.get(feed.id),
                keep_s=int(self._services.settings.seen_retention_s),
                jitter=random.random(),
            )
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
                note = note_of(feed, outcome.state, answer, new, before)
                size = len(answer.result.body)
                seen = figures.of_answer(feed, memory.state, work.now_ms, work.items)
                return Visit(outcome, new=new, size=size, note=note, tried=answer.tried, figures=seen)

    async def _read(self, feed: Feed, answer: Answer, memory: Memory) -> Read:
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
                return Read(parsed, whole, source)
        remembered = unpack_elements(memory.elements, changed_entries.circumstances(result.url))
        for elements in (remembered, {}):
            parsed = await self._parse(feed, result, memory, elements)
            reading = changed_entries.read(parsed, elements, memory.seen)
            if reading is not None:
                return Read(parsed, reading)
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

    async def _report_gap(self, feed: Feed, state: FeedState, gap: Gap) -> None:
        """Before the claim: after a crash in between, the same gap is found again and stored once."""
        now_ms = self._now_ms()
        await gaps.add(self._redis, feed.id, gap, now_ms)
        if reports_gap(state, now_ms):
            await notices.drop(self._services, [cause_of(feed.id, GAP)])
            await notices.notify_once(self._services, cause_of(feed.id, GAP), health.gap_text(feed, gap))


def _log_claim(work: feeds.Claim) -> None:
    if log.isEnabledFor(logging.DEBUG):
        for line in claim_lines(work):
            log.debug("%s", line)
