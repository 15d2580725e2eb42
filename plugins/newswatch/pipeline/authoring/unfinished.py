"""Questions that were answered in part and are asked again: what was counted so far, and who goes first."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

MOST = 4
"""Counts kept at a time. One of all stored items takes about 12 MB."""

IDLE_S = 30.0

T = TypeVar("T")


class Unfinished(Generic[T]):
    """A few counts, each until it is taken or nobody asked for `IDLE_S`.

    While it is full a further one is not kept and has to begin again, so that those that are kept come to an end.
    """

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[T, asyncio.TimerHandle]] = {}

    def keep(self, question: Hashable, count: T) -> None:
        """Keep it for the next answer to the same question."""
        self.take(question)
        if len(self._kept) < MOST:
            timer = asyncio.get_running_loop().call_later(IDLE_S, self._kept.pop, question, None)
            self._kept[question] = (count, timer)

    def take(self, question: Hashable) -> T | None:
        """Take out what was kept of this question; None if nothing was."""
        found = self._kept.pop(question, None)
        if found is None:
            return None
        count, timer = found
        timer.cancel()
        return count


class Turns:
    """First answers go before further ones: these wait between two pages while somebody waits for a first one."""

    def __init__(self) -> None:
        self._first = 0
        self._none = asyncio.Event()
        self._none.set()

    @contextmanager
    def first(self) -> Iterator[None]:
        """While a first answer is being made."""
        self._first += 1
        self._none.clear()
        try:
            yield
        finally:
            self._first -= 1
            if not self._first:
                self._none.set()

    async def wait(self) -> None:
        """Until nobody waits for a first answer."""
        await self._none.wait()
