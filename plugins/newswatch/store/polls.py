"""A feed's last polls, for its page: one entry for each poll that changed something or failed.

A poll that brought nothing new has no entry and costs nothing here. Each entry has the number of such polls before it;
those since the last entry are counted in the feed's state (`unchanged`, `took_ms`). A failure that repeats replaces
its entry and counts up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from newswatch.store import keys
from newswatch.store.client import text

MOST = 20
MOST_ERROR = 200


@dataclass(frozen=True, slots=True)
class PollNote:
    """One poll. `status` is HTTP's, 0 without an answer; `new` counts items and revisions."""

    feed_id: str
    at_s: int
    status: int
    new: int
    took_ms: int
    unchanged: int
    """Polls directly before it that brought nothing new."""
    failures: int = 0
    """Its number among failures in a row; 0: it succeeded."""
    error: str = ""
    again: bool = False
    """The same failure as the last entry, which it replaces. Not stored."""


def add(pipe: Any, note: PollNote) -> None:
    """Add the entry and drop the oldest beyond MOST, within the caller's pipeline."""
    name = keys.polls(note.feed_id)
    if note.again:
        pipe.rpop(name)
    pipe.rpush(name, _packed(note))
    pipe.ltrim(name, -MOST, -1)


async def read(redis: Redis, feed_id: str) -> list[PollNote]:
    """The stored entries, newest first. One that cannot be parsed is left out."""
    rows: Any = await redis.lrange(keys.polls(feed_id), 0, -1)
    notes = (_unpacked(feed_id, text(row)) for row in reversed(rows))
    return [note for note in notes if note is not None]


def _packed(note: PollNote) -> str:
    numbers = (note.at_s, note.status, note.new, note.took_ms, note.unchanged, note.failures)
    return f"{' '.join(map(str, numbers))} {note.error[:MOST_ERROR]}".rstrip()


def _unpacked(feed_id: str, row: str) -> PollNote | None:
    words = row.split(" ", 6)
    try:
        at_s, status, new, took_ms, unchanged, failures = map(int, words[:6])
    except ValueError:
        return None
    return PollNote(feed_id, at_s, status, new, took_ms, unchanged, failures, "".join(words[6:]))
