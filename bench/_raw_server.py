"""A tiny HTTP server for the benchmarks of polling, in a process of its own, and words for its documents.

It does so little that its own work hardly slows the measured process on a small machine.
"""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import cast

WORDS = (
    "the", "central", "bank", "council", "market", "opposes", "plan", "rate", "levy", "harbour", "vote", "report",
    "on", "for", "new",
)  # fmt: skip


async def serve(
    respond: Callable[[str, bytes], bytes], tls: ssl.SSLContext | None = None, idle_s: float | None = None
) -> None:
    """Print a port and serve there until standard input ends. `respond` gets path and head of a request.

    A connection that is idle for `idle_s` after an answer is closed.
    """
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Connection(respond, idle_s), "127.0.0.1", 0, ssl=tls, backlog=1_024
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


class _Connection(asyncio.Protocol):
    """One connection, with one request at a time."""

    def __init__(self, respond: Callable[[str, bytes], bytes], idle_s: float | None) -> None:
        self._respond = respond
        self._idle_s = idle_s
        self._head = b""
        self._idle: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._wait(None)
        self._head += data
        if self._head.endswith(b"\r\n\r\n"):
            head, self._head = self._head, b""
            self._transport.write(self._respond(head.split(b" ", 2)[1].decode(), head))
            self._wait(self._idle_s)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._wait(None)

    def _wait(self, seconds: float | None) -> None:
        if self._idle is not None:
            self._idle.cancel()
        loop = asyncio.get_running_loop()
        self._idle = None if seconds is None else loop.call_later(seconds, self._transport.close)


@contextmanager
def running(module: str, options: Sequence[str]) -> Iterator[int]:
    """Run `python -m MODULE OPTIONS`, which must call `serve`. Gives the port."""
    command = [sys.executable, "-m", module, *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        if server.stdout is None:
            raise RuntimeError("the server has no output")
        try:
            yield int(server.stdout.readline())
        finally:
            server.kill()
