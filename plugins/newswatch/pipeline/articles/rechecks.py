"""Reads the link of an alert again, for feeds with `recheck: true`, with the stage's client, limits and credentials.

`second_look` decides what follows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple

from newswatch.errors import FetchFailed, FetchRefused, ParseFailed
from newswatch.models import Alert, Feed
from newswatch.pipeline.articles import second_look
from newswatch.pipeline.base.configuration import rules_in_force
from newswatch.pipeline.base.past_alerts import Concerns, read_past
from newswatch.pipeline.base.services import Services
from newswatch.store import items, mutes, rechecks
from newswatch.store.codec import to_ms
from newswatch.store.corrections import Correction
from newswatch.store.leases import Lease
from newswatch.store.mutes import muted_by
from newswatch.store.rechecks import Recheck


class PageText(NamedTuple):
    """A web page as it was read: the address after redirects, and the article's text."""

    url: str
    text: str


ReadPage = Callable[[Feed, str], Awaitable[PageText]]
"""Reads a page of a feed. Raises FetchFailed, FetchRefused and ParseFailed."""


@dataclass(frozen=True, slots=True)
class Rechecker:
    """Handles one link at a time."""

    services: Services
    lease: Lease
    read_page: ReadPage

    async def drop(self, recheck: Recheck) -> None:
        """It is not read again: its feed was removed, or does not ask for it any more."""
        await rechecks.settle(self.services.redis, self.lease, recheck, None, now_ms=self._now_ms())

    async def handle(self, feed: Feed, recheck: Recheck) -> None:
        """Read it and say what changed. Raises FetchFailed where the host asked for a pause, with nothing stored."""
        try:
            page = await self.read_page(feed, recheck.link)
            reading = second_look.of_answer(recheck, page.url, page.text)
        except (FetchFailed, FetchRefused, ParseFailed) as error:
            if isinstance(error, FetchFailed) and error.retry_after_s is not None:
                raise
            reading = second_look.of_error(recheck, error)
        now_ms = self._now_ms()
        step = second_look.follows(recheck, reading, now_ms)
        due_ms, found, said = step.due_ms, list[Correction](), list[tuple[str, str]]()
        if step.compare or (step.confirm and await self._host_is_read(feed, recheck)):
            past = (await read_past(self.services.redis, [recheck.item_id])).get(recheck.item_id)
            concerns = await self._concerns()
            if past is not None and step.compare:
                found, said = second_look.changes(recheck, reading.text, past, concerns)
            elif past is not None:
                found = second_look.withdrawn(recheck, past, concerns, reading.status)
            due_ms = None if step.confirm else due_ms
        await rechecks.settle(
            self.services.redis, self.lease, step.after, due_ms, now_ms=now_ms, corrections=found, said=said
        )

    async def _host_is_read(self, feed: Feed, recheck: Recheck) -> bool:
        links = (await items.latest_links(self.services.redis, feed.id)).values()
        for url in second_look.other_pages(recheck, links):
            if await self._is_read(feed, url):
                return True
        return False

    async def _is_read(self, feed: Feed, url: str) -> bool:
        try:
            page = await self.read_page(feed, url)
        except (FetchFailed, FetchRefused, ParseFailed):
            return False
        return bool(page.text.strip()) and second_look.is_same_address(page.url, url)

    async def _concerns(self) -> Concerns:
        known, now = await mutes.read(self.services.redis), self.services.clock()
        ruleset = await rules_in_force(self.services)
        rules = {rule.id for rule in ruleset.rules} if ruleset is not None else set()

        def concerns(alert: Alert) -> bool:
            return alert.rule_id in rules and muted_by(known, alert.rule_id, alert.channel, now) is None

        return concerns

    def _now_ms(self) -> int:
        return to_ms(self.services.clock())
