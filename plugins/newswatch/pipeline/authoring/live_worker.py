"""The thread in which drafts are compiled and matched, and the CPU time that each question takes of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from newswatch.garbage import collection_paused

T = TypeVar("T")

_thread = ThreadPoolExecutor(1, "live-results")
"""One thread for all questions: they take turns, pages are answered meanwhile, and compiled rules stay in it."""


class Worker:
    """Does one question's work in that thread. `spent_s` is the CPU time that it took so far."""

    def __init__(self) -> None:
        self.spent_s = 0.0

    async def do(self, work: Callable[[], T]) -> T:
        """The result of the work."""
        return await asyncio.get_running_loop().run_in_executor(_thread, self._timed, work)

    def _timed(self, work: Callable[[], T]) -> T:
        started = time.thread_time()
        try:
            with collection_paused():  # large lists make many objects, and none of them is garbage
                return work()
        finally:
            self.spent_s += time.thread_time() - started


def begin(work: Callable[[], object]) -> None:
    """Have work done in that thread, without waiting for it."""
    _thread.submit(work)
