"""Edits of the configuration files: the resident that delivers applies them, and says so to Airflow."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable

from newswatch.config.load import folder_signature
from newswatch.pipeline.base.adoption import adopt_config
from newswatch.pipeline.base.shift import PATIENCE_S, Shift


class Edits:
    """Applies edited configuration files, once for each edit, and calls `Shift.edited`."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        self._seen: Hashable = None
        self._untold = False
        self._asked: asyncio.Future[bool] | None = None

    async def apply(self) -> None:
        """Look at the folder.

        With the first look of a shift nobody knows which files were seen last: an edit between two shifts shows in what it
        changes, or in its errors.
        """
        services = self._shift.services
        seen = await asyncio.to_thread(folder_signature, services.config_dir)
        if seen != self._seen:
            adoption = await adopt_config(services)
            broken = any(problem.severity == "error" for problem in adoption.problems)
            self._untold |= self._seen is not None or adoption.changed or broken
            self._seen = seen
        if self._untold and self._asked is None:
            self._asked, self._untold = asyncio.ensure_future(self._shift.edited()), False
        if self._asked is not None:
            await self._answer(self._asked)

    async def _answer(self, asked: asyncio.Future[bool]) -> None:
        """Airflow may take a minute to answer while its api-server is away. The beat must not wait for it."""
        if not (await asyncio.wait({asked}, timeout=PATIENCE_S))[0]:
            return
        self._asked = None
        if asked.exception() is not None:
            self._untold = True
        asked.result()
