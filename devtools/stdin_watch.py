"""Makes a server end with its parent: the kernel closes its standard input when the parent ends."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator

from aiohttp import web

from devtools.process import PID_HEADER


def end_with_stdin(app: web.Application) -> None:
    """End the server when its standard input ends. Its answers carry its process id."""

    async def name_process(_: web.Request, response: web.StreamResponse) -> None:
        response.headers[PID_HEADER] = str(os.getpid())

    app.on_response_prepare.append(name_process)

    async def watch(_: web.Application) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()

        def check() -> None:
            if not os.read(0, 1024):
                loop.remove_reader(0)
                os.kill(os.getpid(), signal.SIGTERM)

        loop.add_reader(0, check)
        yield
        loop.remove_reader(0)

    app.cleanup_ctx.append(watch)
