"""Resident stages for tests: each in a thread with an event loop of its own, as a task process has it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from functools import partial

from newsroom import Newsroom
from newswatch.pipeline.articles.run import stay_reading
from newswatch.pipeline.base.configuration import Share
from newswatch.pipeline.base.shift import Shift
from newswatch.pipeline.deliver.stay import stay_delivering
from newswatch.pipeline.match.run import stay_matching
from newswatch.pipeline.poll.stay import stay_polling

WORK = {
    "poll-1": partial(stay_polling, share=Share(1, 1)),
    "match": stay_matching,
    "articles": stay_reading,
    "deliver": stay_delivering,
}


class Resident:
    """One at work. `counts` and `error` are there when it has ended."""

    def __init__(
        self,
        room: Newsroom,
        stage: str,
        *,
        left_s: float = 120.0,
        env: Mapping[str, str] | None = None,
        **options,
    ) -> None:
        self.room, self.stage = room, stage
        self.counts = self.error = None
        self._env = dict(env or {})
        self._options = {"left_s": left_s, **options}
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(60)

    def _run(self) -> None:
        async def work(services):
            self._loop = asyncio.get_running_loop()
            self.shift = Shift(services, self.stage, **self._options)
            self._ready.set()
            return await WORK[self.stage](self.shift)

        try:
            self.counts = self.room._do(work, env=self._env)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self.error = error

    @property
    def state(self) -> str | None:
        """What its pulse says."""
        return self.room.redis.hget(f"newswatch:pulse:{self.stage}", "state")

    @property
    def note(self) -> str | None:
        """Why it waits or ended."""
        return self.room.redis.hget(f"newswatch:pulse:{self.stage}", "note")

    def at_work(self) -> Resident:
        """Itself, once it works."""
        self.room.until(lambda: self.state == "working")
        return self

    def end(self) -> None:
        """As if somebody had asked it to."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self.shift.end, "the test is over")
        self.join()

    def join(self) -> None:
        """Wait for its end."""
        self._thread.join(120)
        assert not self._thread.is_alive()
