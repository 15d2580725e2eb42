"""Name resolution that one slow name server cannot bring to a halt.

aiohttp resolves in the event loop's default threads, a handful on a small machine; a few names
that take their full timeout would hold up all others. This resolver has threads of its own.
"""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

from aiohttp import abc

_THREADS = 48
_FLAGS = socket.AI_ADDRCONFIG


class SystemResolver(abc.AbstractResolver):
    """The system's resolver (`getaddrinfo`: hosts file, DNS), many names at once."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="newswatch-dns")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[abc.ResolveResult]:
        """Every address of `host`. Raises OSError where there is none, UnicodeError for impossible names."""
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=_FLAGS)
        )
        return [
            abc.ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=int(address[1]),
                family=kind,
                proto=proto,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, proto, _, address in found
        ]

    async def close(self) -> None:
        """Lets the threads end; names still being asked for are waited for by nobody."""
        self._threads.shutdown(wait=False, cancel_futures=True)
