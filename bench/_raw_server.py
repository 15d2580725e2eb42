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

WORDS = (
    "the", "central", "bank", "council", "market", "opposes", "plan", "rate", "levy", "harbour", "vote", "report",
    "on", "for", "new",
)  # fmt: skip


async def serve(
    respond: Callable[[str, bytes], bytes], tls: ssl.SSLContext | None = None, idle_s: float | None = None
) -> None:
    """Print a port and serve there until standard input ends. `respond` gets path and head of a request.

    A connection that was idle for `idle_s` is closed.
    """

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), idle_s):
                writer.write(respond(head.split(b" ", 2)[1].decode(), head))
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.TimeoutError, ConnectionError):
            pass
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls, backlog=1_024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


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
