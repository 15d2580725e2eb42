"""Name resolution that a slow name server cannot stop.

aiohttp resolves names in the event loop's default threads, and a small machine has only a few of
them. A few names that run into their timeout would delay all others. So this resolver has its own
threads.
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
        """Every address of `host`. Raises OSError if there is none, UnicodeError for an invalid name."""
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
        """Lets the threads end, without waiting for names that are still being resolved."""
        self._threads.shutdown(wait=False, cancel_futures=True)
