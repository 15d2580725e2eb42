"""What each resident does in its shift. Importing this module loads everything that they can need."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from newswatch.pipeline.articles.on_demand import ReaderStart
from newswatch.pipeline.articles.run import stay_reading
from newswatch.pipeline.base.configuration import Share
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.base.shift import Shift
from newswatch.pipeline.deliver.stay import stay_delivering
from newswatch.pipeline.match.run import stay_matching
from newswatch.pipeline.oversight.heartbeat import after_cycle
from newswatch.pipeline.poll.stay import stay_polling
from newswatch.residents import shard_name

Work = Callable[[Shift], Awaitable[Any]]

HEARTBEAT_S = 60.0

FIXED: Mapping[str, Work] = {"match": stay_matching, "articles": stay_reading, "deliver": stay_delivering}


def work_of(stage: str, services: Services) -> Work:
    """The work of a stage, or of a poll shard."""
    return FIXED.get(stage) or _poll_shard(stage, services)


def _poll_shard(stage: str, services: Services) -> Work:
    of = services.settings.poll_shards
    (number,) = [number for number in range(1, of + 1) if shard_name(number) == stage]

    async def work(shift: Shift) -> Any:
        if number == 1:
            shift.chores = (_Heartbeat(services).once_a_minute, ReaderStart(shift).start_reader)
        return await stay_polling(shift, Share(number, of))

    return work


class _Heartbeat:
    """The daily lines, the ping to a monitor and the sample of the queues, once a minute, while feeds are polled."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._next = 0.0

    async def once_a_minute(self) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + HEARTBEAT_S
            await after_cycle(self._services)
