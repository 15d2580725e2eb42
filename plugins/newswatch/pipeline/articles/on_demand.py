"""When the article reader begins, and when it ends.

Most installations read no articles, and a process that waits for them takes 60 MB. So a run begins when an article waits: the
first poll shard looks with each beat, and asks Airflow for it. It ends after a minute in which no article was due.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from newswatch.pipeline.base.shift import Shift
from newswatch.pipeline.base.silence import is_there
from newswatch.residents import ON_DEMAND
from newswatch.store import articles, pulses
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms

log = logging.getLogger("newswatch.articles")

AGAIN_S = 30.0
"""How long after a request the next one may be made. A run may take some seconds to begin."""
QUIET_S = 60.0
"""How long nothing must be due before the reader ends. A second try of a web page comes after a minute too."""


class ReaderStart:
    """Calls `Shift.article_waits` when an article is due and nobody reads."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        self._asked: asyncio.Future[bool] | None = None

    async def start_reader(self) -> None:
        """Look, and ask if a run is wanted. The beat does not wait for the answer, which may take Airflow minutes."""
        if self._asked is not None:
            if not self._asked.done():
                return
            asked, self._asked = self._asked, None
            error = asked.exception()
            if error is not None:
                log.warning("Airflow has not started a run of fetch_articles, and is asked again: %s", error)
            elif not asked.result():
                # The last run is just ending, for example: the next look must be able to ask.
                with redis_errors():
                    await articles.forget_asking(self._shift.services.redis)
        if await self._is_wanted():
            self._asked = asyncio.ensure_future(self._shift.article_waits())

    async def _is_wanted(self) -> bool:
        """Whether an article is due, and neither a reader is there nor another process has just asked for one."""
        redis, now = self._shift.services.redis, self._shift.services.clock()
        with redis_errors():
            due, _ = await articles.due_since(redis, to_ms(now))
            if not due:
                return False
            readers = await pulses.read(redis, [ON_DEMAND])
            if any(is_there(one, now) for one in readers) or await pulses.drain_request(redis):
                return False
            return await articles.may_ask_for_reader(redis, AGAIN_S)


class QuietEnd:
    """Ends the reader's shift when nothing was due for `after_s` seconds, nor will be within as many."""

    def __init__(self, shift: Shift, after_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._shift = shift
        self._after_s = after_s
        self._clock = clock
        self._since: float | None = None

    async def look(self) -> None:
        """Look, and end the shift if it is time. An article that is being read is still due."""
        services = self._shift.services
        soon_ms = to_ms(services.clock()) + int(self._after_s * 1000)
        with redis_errors():
            due, _ = await articles.due_since(services.redis, soon_ms)
        if due:
            self._since = None
        elif self._since is None:
            self._since = self._clock()
        elif self._clock() - self._since >= self._after_s:
            self._shift.end("no article waits")
