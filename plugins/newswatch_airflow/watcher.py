"""Watchers in the triggerer: they look at Redis or at the configuration folder and wake a DAG.

They cover what task events cannot: lost events, retries and digests that become due, items from
other producers, files edited by hand. The triggerer restarts a trigger that raises at once, again
and again. So these never raise: an error is logged, and they look again later. Their stored form
holds only names and seconds; connections are looked up by name.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Hashable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from newswatch_airflow.rhythm import BacklogRhythm, EditRhythm

if TYPE_CHECKING:
    from pathlib import Path

    from newswatch.pipeline.base.services import Services

Stage = Literal["match", "deliver", "articles"]

LOOK_TIMEOUT_S = 10.0
"""A look at Redis is given up after this time. It is longer than the client's own socket timeouts."""

ERROR_PAUSE_S = 3.0
"""Pause after a failed look. It is short because recovery after a restart of Redis waits for it."""

ERROR_LOG_S = 300.0
"""An error that lasts is logged again after this time."""


class BacklogWatcher(BaseEventTrigger):
    """Fires when an item ("match"), a message ("deliver") or an article ("articles") is due for over `waited_s`.

    The payload is `{"stage", "waiting", "oldest_age_s"}`, for people who look at the asset event.
    """

    def __init__(self, stage: Stage, waited_s: float = 5.0, look_every_s: float = 1.0) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.stage: Stage = stage
        self.waited_s = waited_s
        self.look_every_s = look_every_s
        self._services: Services | None = None
        self._error_logged_at: float | None = None

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and arguments; no connection, no secret."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {"stage": self.stage, "waited_s": self.waited_s, "look_every_s": self.look_every_s},
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look forever; yield an event whenever the rhythm says so."""
        rhythm = BacklogRhythm(waited_s=self.waited_s)
        try:
            while True:
                seen = await self._look()
                if seen and rhythm.fires(seen[1], time.monotonic()):
                    waiting = {"stage": self.stage, "waiting": seen[0], "oldest_age_s": round(seen[1], 1)}
                    yield TriggerEvent(waiting)  # type: ignore[no-untyped-call]
                await asyncio.sleep(self.look_every_s if seen else ERROR_PAUSE_S)
        finally:
            await self._close()

    async def _look(self) -> tuple[int, float] | None:
        """How many wait, and the age of the oldest in seconds. None if Redis cannot be reached."""
        try:
            seen = await asyncio.wait_for(self._read(), LOOK_TIMEOUT_S)
        except Exception as error:  # noqa: BLE001 - any error: the triggerer must not restart in a loop
            self._log_error(error)
            await self._close()
            return None
        if self._error_logged_at is not None:
            self._error_logged_at = None
            self.log.info("The %s backlog can be read again.", self.stage)
        return seen

    async def _read(self) -> tuple[int, float]:
        await asyncio.to_thread(
            import_module, "newswatch.pipeline.oversight.backlog"
        )  # the first time takes a while
        from newswatch.pipeline.oversight.backlog import read_backlog  # noqa: PLC0415 - DAG files import this module
        from newswatch_airflow.hooks import trigger_services  # noqa: PLC0415

        if self._services is None:
            self._services = await trigger_services()
        await self._services.read_clock()
        backlog = await read_backlog(self._services)
        if self.stage == "match":
            return backlog.items, backlog.oldest_item_age_s
        if self.stage == "articles":
            return backlog.due_articles, backlog.oldest_article_age_s
        return backlog.due_messages, backlog.oldest_due_age_s

    async def _close(self) -> None:
        """Drop the client. The next look makes a new one, from the connection as it is then."""
        services, self._services = self._services, None
        if services is None:
            return
        try:
            await asyncio.wait_for(services.redis.aclose(), LOOK_TIMEOUT_S)
        except Exception as error:  # noqa: BLE001 - a socket that cannot be closed is broken anyway
            self.log.debug("Closing the Redis client failed: %s", type(error).__name__)

    def _log_error(self, error: Exception) -> None:
        from newswatch.redact import redact_text  # noqa: PLC0415

        now = time.monotonic()
        if self._error_logged_at is not None and now - self._error_logged_at < ERROR_LOG_S:
            return
        self._error_logged_at = now
        self.log.warning(
            "The %s backlog cannot be read (%s: %s). It will try again every %.0f s. Until then only the "
            "10-minute timer and the tasks' own events start runs. Check Redis and the connection "
            "newswatch_redis.",
            self.stage,
            type(error).__name__,
            redact_text(str(error)),
            ERROR_PAUSE_S,
        )


class ConfigWatcher(BaseEventTrigger):
    """Fires when a YAML file of the configuration folder was edited, added or removed.

    With it an edit is in force some 10 s later. Without the triggerer, `check_config` and `poll_feeds`
    still look once a minute. It compares times and sizes and never reads the files.
    """

    def __init__(self, look_every_s: float = 2.0) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.look_every_s = look_every_s

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and arguments. The folder is the triggerer's own NEWSWATCH_CONFIG."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {"look_every_s": self.look_every_s}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look forever; yield an event for each settled edit."""
        from newswatch_airflow.hooks import sound_settings  # noqa: PLC0415 - DAG files import this module

        rhythm, folder = EditRhythm(), sound_settings().config_dir
        while True:
            seen = await asyncio.to_thread(folder_signature, folder)
            if rhythm.fires(seen, time.monotonic()):
                yield TriggerEvent({"edited": "configuration folder"})  # type: ignore[no-untyped-call]
            await asyncio.sleep(self.look_every_s)


def folder_signature(folder: Path) -> Hashable:
    """Name, time, size and inode of every YAML file in the folder and in its `watchlist.d`."""
    found: list[tuple[str, int, int, int]] = []
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("watchlist.d/*.yaml")]):
        try:
            stat = path.stat()
        except OSError:  # removed or unreadable since the listing: the next look sees that
            continue
        found.append((str(path), stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return tuple(found)
