"""What fetching and parsing cost: CPU time for a 304, for a full parse, for a reduced parse.

    python -m bench.feeds_fetch_parse [--json] [--requests 2000] [--feeds 200]

The server and the parser are processes of their own. The figures are CPU milliseconds of this process,
for fetching and for parsing here, and wall milliseconds for parsing in the parser process. Documents are
invented: 20 to 200 KB, with two new entries.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import socket
import time
from collections.abc import Callable
from typing import Any

import aiohttp

from bench._raw_server import WORDS, running, serve
from newswatch.feeds.fetch import Fetcher
from newswatch.feeds.parse import parse_document
from newswatch.feeds.parse_process import parse_job
from newswatch.feeds.reduce import reduce_document
from newswatch.feeds.worker import ParserPool
from newswatch.models import Feed

_NOT_MODIFIED = b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'
_URL = "https://bench.example/feed.xml"


def document(seed: int, size_bytes: int) -> bytes:
    """An RSS document of about `size_bytes`, the same for the same seed."""
    dice = random.Random(seed)
    items: list[str] = []
    total = 0
    while total < size_bytes:
        text = " ".join(dice.choices(WORDS, k=120))
        items.append(
            f"<item><title>{text[:70]}</title><link>https://bench.example/{seed}/{len(items)}</link>"
            f"<guid>{seed}-{len(items)}</guid><pubDate>Mon, 02 Nov 2026 10:00:00 GMT</pubDate>"
            f"<description>&lt;p&gt;{text}&lt;/p&gt;&lt;p&gt;{text[:200]}&lt;/p&gt;</description></item>"
        )
        total += len(items[-1])
    return f"<rss version='2.0'><channel><title>{seed}</title>{''.join(items)}</channel></rss>".encode()


class Loopback(aiohttp.abc.AbstractResolver):
    """Resolves every host name to this machine, so that the limit for each host does not matter."""

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 - aiohttp's interface
    ) -> list[aiohttp.abc.ResolveResult]:
        """The loopback address, whatever the name."""
        return [
            {
                "hostname": host,
                "host": "127.0.0.1",
                "port": port,
                "family": socket.AF_INET,
                "proto": 0,
                "flags": 0,
            }
        ]

    async def close(self) -> None:
        """Nothing to close."""


async def cost_of_304(requests: int, port: int) -> dict[str, float]:
    """CPU time for a conditional GET that is answered 304, 100 at once, over 50 hosts."""
    feeds = [
        Feed(id=str(n), url=f"http://h{n % 50}.example:{port}/f{n}.xml", allow_private=True)
        for n in range(requests)
    ]
    settings: dict[str, Any] = {
        "user_agent": "newswatch-bench",
        "resolve_auth": lambda _name: None,
        "env": {},
    }
    async with Fetcher(**settings, resolver=Loopback(), timeout_s=60) as fetcher:
        await asyncio.gather(*(fetcher.fetch(feed, etag='"1"', last_modified=None) for feed in feeds[:200]))
        cpu, began = time.process_time(), time.perf_counter()
        await asyncio.gather(*(fetcher.fetch(feed, etag='"1"', last_modified=None) for feed in feeds))
        return {
            "cpu_ms_per_304": (time.process_time() - cpu) / requests * 1000,
            "wall_ms_per_304": (time.perf_counter() - began) / requests * 1000,
        }


def cpu_ms(work: Callable[[int], object], count: int) -> float:
    began = time.process_time()
    for number in range(count):
        work(number)
    return (time.process_time() - began) / count * 1000


async def cost_of_parsing(feeds: int) -> dict[str, float]:
    """CPU time for a document: parsed in full, reduced to two new entries, and in the parser process."""
    documents = [document(n, random.Random(n).randrange(20_000, 200_000)) for n in range(feeds)]
    seen = []
    for body in documents:
        reduced = reduce_document(body, lambda _name: False)
        seen.append(reduced.kept[2:] if reduced else ())
    full = cpu_ms(lambda n: parse_document(documents[n], url=_URL, headers={}), feeds)
    reduced_ms = cpu_ms(lambda n: parse_job(documents[n], url=_URL, headers={}, seen=set(seen[n])), feeds)
    async with ParserPool() as pool:
        await pool.parse(documents[0], url=_URL, headers={})
        cpu, began = time.process_time(), time.perf_counter()
        for body, names in zip(documents, seen, strict=True):
            await pool.parse_new(body, url=_URL, headers={}, seen=names)
        wall_ms = (time.perf_counter() - began) / feeds * 1000
        owner_ms = (time.process_time() - cpu) / feeds * 1000
    return {
        "mean_document_kb": sum(map(len, documents)) / feeds / 1000,
        "cpu_ms_full_parse": full,
        "cpu_ms_reduced_parse": reduced_ms,
        "wall_ms_reduced_in_process": wall_ms,
        "cpu_ms_owner_of_process": owner_ms,
    }


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--json", action="store_true")
    options.add_argument("--requests", type=int, default=2_000)
    options.add_argument("--feeds", type=int, default=200)
    options.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.serve:
        asyncio.run(serve(lambda _path, _head: _NOT_MODIFIED))
        return
    with running("bench.feeds_fetch_parse", ["--serve"]) as port:
        found = asyncio.run(cost_of_304(chosen.requests, port))
    found |= asyncio.run(cost_of_parsing(chosen.feeds))
    found["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    if chosen.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:30} {value:10.3f}")


if __name__ == "__main__":
    main()
