"""A long document, read once with more time and memory than a usual one.

A feed of thousands of entries costs more than a document may when all of them are new. Later only its changed
entries are parsed. So it may be expensive once, if it looks like a long feed and not like a hostile document.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

from newswatch.errors import ParseFailed
from newswatch.feeds.entry_cuts import entry_cuts
from newswatch.feeds.wire import ParsedDocument
from newswatch.feeds.worker import ParserPool

FEWEST_ENTRIES = 20
"""A document with fewer entries is not long. If it costs too much, it is hostile or broken."""
_CPU_S_PER_ENTRY = 0.004
"""Ten times what an entry usually costs."""
_LEAST_CPU_S = 10.0
_MEMORY_BYTES = 500_000_000
_WALL_S_PER_CPU_S = 4


class LongReader:
    """Reads long documents of at most `most_entries`, one at a time. `setting` is the variable that says how many."""

    def __init__(self, most_entries: int, setting: str) -> None:
        self._most = most_entries
        self._setting = setting
        self._turn = asyncio.Semaphore(1)

    async def read(
        self, body: bytes, *, url: str, headers: Mapping[str, str], seen: Collection[bytes]
    ) -> ParsedDocument:
        """As `ParserPool.parse_new`. Raises ParseFailed (limit) also for a document with too many entries."""
        count = len(entry_cuts(body))
        if count > self._most:
            raise ParseFailed(
                f"the document has {count:,} entries, and at most {self._most:,} are read at once:"
                f" ask its publisher for a shorter document, or raise {self._setting}",
                kind="limit",
            )
        cpu_s = max(_LEAST_CPU_S, self._most * _CPU_S_PER_ENTRY)
        async with (
            self._turn,
            ParserPool(
                cpu_s=cpu_s,
                memory_bytes=_MEMORY_BYTES,
                wall_s=cpu_s * _WALL_S_PER_CPU_S,
                remedy=f"ask its publisher for a shorter document, or raise {self._setting}",
            ) as pool,
        ):
            return await pool.parse_new(body, url=url, headers=headers, seen=seen)


def is_long(body: bytes) -> bool:
    """Whether a document has many entries, as a long feed has."""
    return len(entry_cuts(body)) >= FEWEST_ENTRIES
