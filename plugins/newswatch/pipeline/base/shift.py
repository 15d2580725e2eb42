"""A shift: how long a resident stage works, what ends it early, and how it reports what is wrong.

A resident is a process that stays and waits for work in Redis. It records a pulse every few seconds, and checks whether
it should stop: because its DAG was paused, the code on disk changed, or it got SIGTERM. It then begins nothing new, and
finishes or records what is in hand. If somebody asks all residents to drain, it does the same and then stays idle, since
Airflow would start another run at once if it ended.

A problem that somebody has to fix turns a run red at once. While it lasts, the next runs turn red at the end of their
shift. So the other channels are served, and no red run follows another within a minute.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import signal
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from newswatch.code_version import version_on_disk
from newswatch.config.codec import UnreadableBundle
from newswatch.errors import NewswatchError, RedisRefused, RedisUnavailable, StageRed
from newswatch.pipeline.base.beats import Beats
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.base.silence import report_silence
from newswatch.pipeline.base.windows import busy_for_s
from newswatch.redact import redact_text
from newswatch.store import pulses, schema
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms
from newswatch.store.pulses import BEAT_S, Pulse, PulseState

log = logging.getLogger("newswatch.shift")

ASKED_TO_END = "it was asked to end (SIGTERM)"
CALM_S = 60.0
"""A run does not end red within this time of the last one that did."""
SAY_S = 60.0
"""How often the log gets a line that says what was done."""
PATIENCE_S = 1.0
"""How long a check waits for Airflow before the others are made."""
IDLE_S = 0.5
"""How often a drained resident checks whether it may work again."""
MOST_LONGER_S = 1_200.0
"""How much longer than planned a shift can be, because of release windows."""

Paused = Callable[[], Coroutine[None, None, bool]]
Ask = Callable[[], Coroutine[None, None, bool]]
"""Asks Airflow for a run of another DAG. Returns whether it was started."""


async def never_paused() -> bool:
    """Outside Airflow nothing pauses a stage."""
    return False


async def unheard() -> bool:
    """Outside Airflow nobody starts a run."""
    return False


@dataclass
class Shift:
    """One resident's time at work, `left_s` from now. `where` names its task's page, `run` and `attempt` its try."""

    services: Services
    stage: str
    left_s: float
    where: str = ""
    run: str = ""
    attempt: int = 0
    process: str = field(default_factory=lambda: secrets.token_hex(8))
    """By which a lease is known as this process's own."""
    paused: Paused = never_paused
    edited: Ask = unheard
    """Called after an edit of the configuration, valid or not."""
    article_waits: Ask = unheard
    """Called when an article waits and nobody reads."""
    chores: Sequence[Callable[[], Awaitable[None]]] = ()
    """What else is done with each beat."""
    counts: Callable[[], Mapping[str, int]] = dict
    """What was done so far in the shift, for a line of the log each minute."""
    reason: str = ""
    """Why it ends before its time."""
    _state: PulseState = "waiting"
    _note: str = ""
    _work: datetime | None = None
    _error: str = ""
    _error_at: datetime | None = None
    _halt: asyncio.Event = field(default_factory=asyncio.Event)
    _ended: bool = False
    _resting: bool = False
    _causes: dict[str, str] = field(default_factory=dict)
    _red: bool = False
    _asked: asyncio.Future[bool] | None = None
    """Airflow was asked whether the DAG is paused, and has not answered yet."""
    _longer_s: float = 0.0
    """How much longer it lasts because of release windows."""
    _faults: set[str] = field(default_factory=set)
    """Checks that failed when they were made last. Each is logged once."""
    _beats: Beats = field(default_factory=Beats)

    def __post_init__(self) -> None:
        self._began = self.services.clock()
        self._stop_at = time.monotonic() + self.left_s
        self._code = version_on_disk()

    # ── how long ──────────────────────────────────────────────────────────────────────────────

    @property
    def over(self) -> bool:
        """Whether nothing new may be begun, because the shift is over or the residents are draining."""
        return self._halt.is_set() or self.finished

    @property
    def finished(self) -> bool:
        """Whether the shift is at its end."""
        return self._ended or time.monotonic() >= self.stop_at

    @property
    def stop_at(self) -> float:
        """The planned end, on the monotonic clock."""
        return self._stop_at + self._longer_s

    def end(self, reason: str) -> None:
        """End it as soon as what is in hand is done."""
        if not self._ended:
            self.reason = reason
            log.info("the shift of the %s stage ends: %s", self.stage, reason)
            self._ended = True
            self._halt.set()

    async def wait(self, seconds: float) -> None:
        """Wait for `seconds`, or until nothing new may be begun."""
        left_s = min(seconds, self.stop_at - time.monotonic())
        if left_s > 0:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._halt.wait(), left_s)

    async def rest(self) -> None:
        """Nothing is in hand, and nothing may be begun: stay idle until that changes."""
        self._resting = True
        while self.over and not self.finished:  # noqa: ASYNC110 - two events and a clock end it
            await asyncio.sleep(IDLE_S)
        self._resting = False

    # ── what it reports ───────────────────────────────────────────────────────────────────────

    def working(self) -> None:
        """It is at its work, and nothing is wrong with the stage as a whole."""
        self._state, self._note = "working", ""

    def waiting(self, why: str) -> None:
        """It cannot work now; `why` is a sentence."""
        self._state, self._note = "waiting", why

    def did(self) -> None:
        """Something was done just now."""
        self._work = self.services.clock()

    def went_wrong(self, what: str) -> None:
        """This happened just now; `what` is a sentence. It is shown until something else does."""
        self._error, self._error_at = redact_text(what), self.services.clock()

    async def causes(self, now: dict[str, str]) -> None:
        """The causes that last now, each with a sentence. A new one ends the shift, which is then red."""
        if now.keys() == self._causes.keys():
            self._causes = dict(now)
            return
        with redis_errors():
            known, red_ms = await pulses.red_causes(self.services.redis, self.stage)
            now_ms = to_ms(self.services.clock())
            fresh = now.keys() - known
            if began := now.keys() - self._causes.keys():
                self.went_wrong("; ".join(now[cause] for cause in sorted(began)))
            onset = bool(fresh) and now_ms - red_ms >= CALM_S * 1000
            # A cause that is over is forgotten, so that it turns a run red if it begins again.
            lasting = frozenset(now) if onset else known & frozenset(now)
            await pulses.record_red(self.services.redis, self.stage, lasting, now_ms if onset else None)
        self._causes = dict(now)
        if onset:
            self._red = True
            self.end("; ".join(now[cause] for cause in sorted(fresh)))

    def lasting(self, cause: str, text: str) -> None:
        """Record a cause that does not end the shift, but turns it red if it still lasts at the end."""
        self._causes[cause] = text
        self.went_wrong(text)

    async def verdict(self, done: str) -> None:
        """Raises StageRed if a new cause ended the shift, or one lasts at its end. `done` says what was done."""
        if not self._causes:
            return
        if not self._red:
            with redis_errors():
                known, red_ms = await pulses.red_causes(self.services.redis, self.stage)
                now_ms = to_ms(self.services.clock())
                if now_ms - red_ms < CALM_S * 1000:
                    return
                await pulses.record_red(self.services.redis, self.stage, known | set(self._causes), now_ms)
        raise StageRed("\n".join([*self._causes.values(), f"All other work was done: {done}"]))

    # ── its pulse ─────────────────────────────────────────────────────────────────────────────

    @asynccontextmanager
    async def under_watch(self) -> AsyncIterator[None]:
        """Beat, and check whether to stop, until the block ends. Also catches SIGTERM, if this thread can."""
        keeper = asyncio.ensure_future(self._keep())
        loop = asyncio.get_running_loop()
        # Python handles signals in the main thread only.
        listens = threading.current_thread() is threading.main_thread()
        if listens:
            before = signal.getsignal(signal.SIGTERM)
            loop.add_signal_handler(signal.SIGTERM, self.end, ASKED_TO_END)
        try:
            yield
        except Exception as error:
            self.went_wrong(
                f"{type(error).__name__}: {error}" if not isinstance(error, NewswatchError) else str(error)
            )
            raise
        finally:
            if listens:
                loop.remove_signal_handler(signal.SIGTERM)
                # Without this a second SIGTERM would kill the process while it reports its end.
                signal.signal(signal.SIGTERM, before)
            waiting: set[asyncio.Future[Any]] = {keeper, *([self._asked] if self._asked else [])}
            while waiting:  # a cancellation that comes at the same time as Redis's reply is lost
                for task in waiting:
                    task.cancel()
                _, waiting = await asyncio.wait(waiting, timeout=IDLE_S)
            with contextlib.suppress(RedisUnavailable, RedisRefused), redis_errors():
                await pulses.beat(self.services.redis, self._pulse("ended", self.reason))

    def _pulse(self, state: PulseState, note: str) -> Pulse:
        until = self._began + timedelta(seconds=self.left_s + self._longer_s)
        now = self.services.clock()
        return Pulse(
            self.stage,
            state,
            self._began,
            until,
            now,
            self._work,
            note,
            self.where,
            self._beats.late_since,
            self._error,
            self._error_at,
        )

    async def _keep(self) -> None:
        """Beat and check whether to stop, every `BEAT_S`, until the shift ends. Errors do not end it."""
        said_at = time.monotonic()
        while not self._ended:
            if time.monotonic() - said_at >= SAY_S:
                said_at = time.monotonic()
                done = ", ".join(f"{number} {what}" for what, number in self.counts().items())
                log.info("%s since the shift began: %s", self.stage, done)
            for check in (
                self._beat,
                self._look_for_pause,
                self._look_for_code,
                self.look_for_schema,
                self.look_for_windows,
                self._look_at_others,
                *self.chores,
            ):
                await self.try_check(check)
            await asyncio.sleep(BEAT_S)

    async def try_check(self, check: Callable[[], Awaitable[object]]) -> None:
        """One check. A fault in it must neither end the shift nor keep the other checks from being made."""
        name = check.__name__.strip("_")
        try:
            await check()
        except (RedisUnavailable, RedisRefused, UnreadableBundle) as error:
            log.debug("%s of the %s stage: %s", name, self.stage, error)
        except Exception:
            # A chore may raise anything. It is logged once, and made again with the next beat.
            if name not in self._faults:
                log.exception("%s of the %s stage fails; it is tried every %.0f s", name, self.stage, BEAT_S)
            self._faults.add(name)
        else:
            self._faults.discard(name)

    async def _beat(self) -> None:
        self._beats.beat(self.services.clock(), time.monotonic())
        with redis_errors():
            pulse = self._pulse("drained" if self._resting else self._state, self._note)
            self._obey(await pulses.beat(self.services.redis, pulse))

    def _obey(self, request: pulses.DrainRequest | None) -> None:
        if self._ended:
            return
        if request is None:
            self._halt.clear()
        elif not self._halt.is_set():
            log.info("%s asked the residents to drain", request.by)
            self._note = f"{request.by} asked the residents to drain at {request.at:%H:%M} UTC"
            self._halt.set()

    async def _look_for_pause(self) -> None:
        """Airflow may take a minute to answer while its api-server is away. The pulse must not wait for it."""
        self._asked = self._asked or asyncio.ensure_future(self.paused())
        if not (await asyncio.wait({self._asked}, timeout=PATIENCE_S))[0]:
            return
        asked, self._asked = self._asked, None
        if asked.result():
            self.end("its DAG was paused")

    async def _look_for_code(self) -> None:
        if await asyncio.to_thread(version_on_disk) != self._code:
            self.end("the code on disk changed")

    async def look_for_schema(self) -> bool:
        """End it if a newer release has taken the data over. Returns whether one has."""
        with redis_errors():
            why = await schema.outgrown(self.services.redis)
        if why:
            self.end(why)
        return bool(why)

    async def look_for_windows(self) -> None:
        """Work on while release windows are open or about to open: the next shift would begin in the middle of one."""
        busy_s = await busy_for_s(self.services)
        beyond_s = time.monotonic() + busy_s - self._stop_at if busy_s > 0 else 0.0
        self._longer_s = min(max(beyond_s, 0.0), MOST_LONGER_S)

    async def _look_at_others(self) -> None:
        await report_silence(self.services, self.stage)


def rest_of(shift_s: float, began: datetime | None, now: datetime) -> float:
    """Seconds left of a shift whose run began at `began`: a retry works only the rest. Pure."""
    if began is None:
        return shift_s
    return max(0.0, shift_s - max(0.0, (now - began).total_seconds()))
