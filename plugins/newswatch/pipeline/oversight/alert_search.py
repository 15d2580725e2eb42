"""Alerts that fit a filter, newest first, a page at a time.

A search reads the shortest list that contains all alerts that can fit. The hand-over keeps a list for each rule,
feed, channel and severity, and for muted, held and withdrawn alerts (`store.keys`). Alerts that are not sent yet are in
the outbox. Only a search for words of a headline has to read every alert; it stops after a while, and the page says
where to continue.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from newswatch.pipeline.base.services import Services
from newswatch.pipeline.oversight.alerts import AlertLine, line_of
from newswatch.store import archive, keys, messages
from newswatch.store.archive import Cursor
from newswatch.store.client import redis_errors
from newswatch.store.codec import alert_marks, to_ms
from newswatch.store.messages import StoredAlert

PATIENCE_S = 0.05
"""How long one page searches before it offers to continue."""

_BATCH = 250
_MOST_UNSENT = 2_000
"""With more alerts than these waiting, the newest alerts are among them anyway."""


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """The filter. An empty field fits everything. `text` is searched for in the headline."""

    rule: str = ""
    feed: str = ""
    channel: str = ""
    severity: str = ""
    state: str = ""
    text: str = ""

    @property
    def empty(self) -> bool:
        """Whether every alert fits."""
        return self == AlertFilter()

    def admits(self, line: AlertLine) -> bool:
        """Whether this alert fits."""
        alert = line.alert
        return (
            self.rule in ("", alert.rule_id)
            and self.feed in ("", alert.feed_id)
            and self.channel in ("", alert.channel)
            and self.severity in ("", alert.severity)
            and self.state in ("", line.state)
            and self.text.casefold() in alert.title.casefold()
        )

    @property
    def marks(self) -> tuple[str, ...]:
        """A part of the record of every alert that fits, to skip others without parsing them. Pure."""
        exact = {"rule": self.rule, "feed": self.feed, "channel": self.channel, "severity": self.severity}
        return alert_marks({name: value for name, value in exact.items() if value}, self.text)

    @property
    def lists(self) -> tuple[str, ...]:
        """The lists that contain all alerts that can fit. Pure."""
        facets = (("rule", self.rule), ("feed", self.feed), ("channel", self.channel))
        names = [keys.alerts_of(facet, value) for facet, value in facets if value]
        if self.severity:
            names.append(keys.alerts_of("severity", self.severity))
        if self.state in ("muted", "withdrawn"):
            names.append(keys.alerts_of("state", self.state))
        return tuple(names)


@dataclass(frozen=True, slots=True)
class AlertPage:
    """One page. `further` is where the next one begins, None at the end. `looked_at` counts the alerts read."""

    lines: tuple[AlertLine, ...]
    further: Cursor | None
    looked_at: int


class _Places:
    """Where alerts that can fit are, newest first: a list in Redis, or places that are already known."""

    def __init__(self, services: Services, name: str, known: Sequence[Cursor] | None) -> None:
        self._services = services
        self._name = name
        self._known = known

    async def next(self, before: Cursor | None, count: int) -> list[Cursor]:
        """The next places, fewer than `count` at the end."""
        if self._known is None:
            return await archive.alerts_before(self._services.redis, before, count, self._name)
        older = [place for place in self._known if before is None or place.older_than(before)]
        return older[:count]


async def list_alerts(
    services: Services, wanted: AlertFilter, *, before: Cursor | None, limit: int
) -> AlertPage:
    """The newest alerts that fit, older than `before`. Raises RedisUnavailable."""
    lines: list[AlertLine] = []
    looked_at, stop_at = 0, time.monotonic() + PATIENCE_S
    size = limit + 1 if wanted.empty else _BATCH
    with redis_errors():
        source = await _places(services, wanted)
        while True:
            places = await source.next(before, size)
            looked_at += len(places)
            for line, place in await _fitting(services, wanted, places):
                if len(lines) == limit:
                    return AlertPage(tuple(lines), before, looked_at)
                lines.append(line)
                before = place
            if len(places) < size:
                return AlertPage(tuple(lines), None, looked_at)
            if len(lines) < limit:
                before = places[-1]
            if time.monotonic() > stop_at:
                return AlertPage(tuple(lines), before, looked_at)


async def _places(services: Services, wanted: AlertFilter) -> _Places:
    name = await archive.shortest(services.redis, wanted.lists) if wanted.lists else keys.ALERTS
    known = None
    if wanted.state == "dead":
        known = await archive.dead_places(services.redis, _MOST_UNSENT)
    elif wanted.state in ("queued", "sending", "held"):
        known = await archive.unsent_places(services.redis, _MOST_UNSENT)
    return _Places(services, name, known)


async def _fitting(
    services: Services, wanted: AlertFilter, places: Sequence[Cursor]
) -> list[tuple[AlertLine, Cursor]]:
    """The alerts at these places that fit. Only their messages are read."""
    by_id = {place.alert_id: place for place in places}
    stored = await messages.read_stored_alerts(services.redis, list(by_id), wanted.marks)
    lines = await _lines(services, stored)
    return [(line, by_id[line.alert.id]) for line in lines if wanted.admits(line)]


async def _lines(services: Services, stored: Sequence[StoredAlert]) -> list[AlertLine]:
    found = await messages.read_messages(services.redis, [one.message_id for one in stored])
    now_ms = to_ms(services.clock())
    return [line_of(one, found.get(one.message_id), now_ms) for one in stored]
