"""The watcher in the triggerer: it looks at the configuration folder and wakes `check_config`.

The triggerer restarts a trigger that raises at once, again and again, so it never raises. Its stored form holds only
seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from newswatch_airflow.rhythm import EditRhythm


class ConfigWatcher(BaseEventTrigger):
    """Fires when a YAML file of the configuration folder was edited, added or removed.

    The resident of the deliver stage applies the edit; this shows in Airflow whether it is valid. It compares times and
    sizes and never reads the files.
    """

    def __init__(self, look_every_s: float = 2.0) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.look_every_s = look_every_s

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and arguments. The folder is the triggerer's own NEWSWATCH_CONFIG."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {"look_every_s": self.look_every_s}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look forever; yield an event for each settled edit."""
        from newswatch.config.load import folder_signature  # noqa: PLC0415 - DAG files import this module
        from newswatch_airflow.hooks import sound_settings  # noqa: PLC0415

        rhythm, folder = EditRhythm(), sound_settings().config_dir
        while True:
            seen = await asyncio.to_thread(folder_signature, folder)
            if rhythm.fires(seen, time.monotonic()):
                yield TriggerEvent({"edited": "configuration folder"})  # type: ignore[no-untyped-call]
            await asyncio.sleep(self.look_every_s)
