"""A local HTTP server that can misbehave, and the shared data where it exists."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from newswatch.feeds.fetch import Fetcher
from newswatch.models import Feed

SHARED_FEEDS = Path(__file__).resolve().parents[3] / "shared" / "data" / "feeds"


@dataclass
class Request:
    """One request as it came over the wire; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]


Answer = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class FeedServer:
    """Answers by path with raw bytes or with a coroutine that writes what it likes."""

    port: int = 0
    answers: dict[str, bytes | Answer] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    running: int = 0
    most_running: int = 0

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._answer(_request(head), writer)
        writer.close()

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        self.requests.append(request)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            answer = self.answers.get(request.target, response(b"nothing here", status="404 Not Found"))
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                await answer(request, writer)
        finally:
            self.running -= 1


def _request(head: bytes) -> Request:
    first, *lines = head.decode("utf-8", "surrogateescape").rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    return Request(method, target, {name.strip().lower(): value.strip() for name, _, value in pairs})


def response(body: bytes = b"", *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + body


def redirect(location: str, status: int = 302) -> bytes:
    return response(b"", f"Location: {location}", status=f"{status} Moved")


async def start_server(ssl=None) -> AsyncIterator[FeedServer]:
    found = FeedServer()
    tasks: set[asyncio.Task] = set()

    async def serve(reader, writer):
        tasks.add(asyncio.current_task())
        await found.serve(reader, writer)

    listener = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=ssl)
    found.port = listener.sockets[0].getsockname()[1]
    yield found
    listener.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def make_fetcher(**options) -> Fetcher:
    settings = {
        "user_agent": "newswatch-test",
        "resolve_auth": lambda name: None,
        "env": {},
        "timeout_s": 5.0,
    }
    return Fetcher(**(settings | options))


def shared_files(kind: str) -> list[Path]:
    """The shared feeds of a kind; one stand-in that skips where they are absent."""
    found = sorted((SHARED_FEEDS / kind).glob("*"))
    missing = pytest.mark.skip(reason=f"{SHARED_FEEDS / kind} is kept outside the repository")
    return [pytest.param(p, id=p.name) for p in found] or [pytest.param(None, id="absent", marks=missing)]


RSS = b"<rss version='2.0'><channel><title>t</title></channel></rss>"


def feed(url, **options):
    return Feed(id="gazette", url=url, **({"allow_private": True} | options))


async def get(fetcher, url, etag=None, last_modified=None, **options):
    return await fetcher.fetch(feed(url, **options), etag=etag, last_modified=last_modified)


class DNS(aiohttp.abc.AbstractResolver):
    """Answers from a table of names and addresses, and notes what it was asked."""

    def __init__(self, table):
        self.table = table
        self.asked = []

    async def resolve(self, host, port=0, family=socket.AF_INET):
        self.asked.append(host)
        if host not in self.table:
            raise OSError(None, "no such host")
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET,
                "proto": 0,
                "flags": 0,
            }
            for address in self.table[host]
        ]

    async def close(self):
        pass
