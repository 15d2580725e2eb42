"""What could not be sent, and what could not be matched, with like causes folded into one."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from newswatch.pipeline.base.services import Services
from newswatch.pipeline.deliver.dead_letters import (
    DeadLetter,
    NoSuchDeadLetter,
    read_dead_letters,
    retry_dead_letters,
)
from newswatch.pipeline.match.dead_items import DeadItem, NoSuchDeadItem, read_dead_items, retry_dead_items
from newswatch.store import messages
from newswatch.store.client import redis_errors
from newswatch.store.codec import from_ms

SHOWN = 5
"""Of so many dead letters with one cause the payload is shown."""

Shown = TypeVar("Shown", DeadLetter, DeadItem)


@dataclass(frozen=True, slots=True)
class Fold(Generic[Shown]):
    """Dead letters of one channel with one cause, or items with one cause. `channel` is "" for items.

    `first` names the newest of them; a retry of all like it needs no more. `shown` are the newest ones.
    """

    first: str
    channel: str
    error: str
    count: int
    since: datetime
    shown: Sequence[Shown]


@dataclass(frozen=True, slots=True)
class _Case:
    """One that died: its id, its channel, the cause, and when."""

    name: str
    channel: str
    error: str
    at: datetime

    @property
    def kind(self) -> Hashable:
        """What it has in common with those like it: numbers in a cause do not make it another one."""
        return self.channel, re.sub(r"[0-9]+", "0", self.error)


def _folded(cases: Iterable[_Case]) -> list[list[_Case]]:
    """Like ones together, each group newest first, the largest group first. Pure."""
    groups: dict[Hashable, list[_Case]] = {}
    for case in sorted(cases, key=lambda one: one.at, reverse=True):
        groups.setdefault(case.kind, []).append(case)
    return sorted(groups.values(), key=len, reverse=True)


async def _dead_messages(services: Services) -> list[_Case]:
    with redis_errors():
        died = await messages.dead_letters(services.redis)
        found = await messages.read_readable(services.redis, died)
    return [
        _Case(name, stored.message.channel, stored.delivery.error, from_ms(died[name]))
        for name, stored in found.items()
    ]


async def read_letters(services: Services) -> list[Fold[DeadLetter]]:
    """All dead letters, those of one channel and cause folded. Raises RedisUnavailable."""
    groups = _folded(await _dead_messages(services))
    wanted = {case.name for group in groups for case in group[:SHOWN]}
    letters = {one.message.id: one for one in await read_dead_letters(services, wanted)} if wanted else {}
    folds = [_fold(group, [letters[one.name] for one in group if one.name in letters]) for group in groups]
    return [fold for fold in folds if fold.shown]  # the others were queued again meanwhile


async def read_items(services: Services) -> list[Fold[DeadItem]]:
    """All items that were set aside, those of one cause folded. Raises RedisUnavailable."""
    found = {one.stream_id: one for one in await read_dead_items(services)}
    groups = _folded(_case_of(one) for one in found.values())
    return [_fold(group, [found[one.name] for one in group]) for group in groups]


def _case_of(item: DeadItem) -> _Case:
    return _Case(item.stream_id, "", item.error, item.since)


def _fold(group: Sequence[_Case], shown: Sequence[Shown]) -> Fold[Shown]:
    newest = group[0]
    return Fold(newest.name, newest.channel, newest.error, len(group), group[-1].at, shown)


async def retry_letters_like(services: Services, name: str) -> int:
    """Queue again each dead letter of the channel and cause that this one has. Returns how many.

    Raises NoSuchDeadLetter and RedisUnavailable.
    """
    alike = _like(await _dead_messages(services), name)
    if not alike:
        raise NoSuchDeadLetter(f"no dead letter has the id {name}: it may have been queued again meanwhile")
    return await retry_dead_letters(services, alike)


async def retry_items_like(services: Services, name: str) -> int:
    """Match again each item of the cause that this one was set aside for. Returns how many the stream still had.

    Raises NoSuchDeadItem and RedisUnavailable.
    """
    alike = _like([_case_of(one) for one in await read_dead_items(services)], name)
    if not alike:
        raise NoSuchDeadItem(f"no item {name} is set aside: it may have been matched again meanwhile")
    return await retry_dead_items(services, alike)


def _like(cases: Sequence[_Case], name: str) -> list[str]:
    """The names of those like this one, itself among them; none if it is not there. Pure."""
    kind = next((one.kind for one in cases if one.name == name), None)
    return [one.name for one in cases if one.kind == kind] if kind is not None else []
