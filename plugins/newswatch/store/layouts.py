"""A web page's last layout change: what the page showed before and after it, for people. Bounded, and kept 14 days.

What the page shows while its list is found is kept beside it, so that there is a "before".
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from redis.asyncio import Redis

from newswatch.store import keys

SIGHT_RETENTION_S = 90 * 86_400
CHANGE_RETENTION_S = 14 * 86_400
MOST_ITEMS, MOST_TITLE_CHARS, MOST_LINK_CHARS = 50, 300, 500
MOST_HEAD_CHARS = 40_000
"""So much of a document is kept, from its beginning."""

How = Literal["lost", "moved"]
"""`lost`: the list was not found any more. `moved`: it was found in another form, and reading goes on."""


@dataclass(frozen=True, slots=True)
class PageSight:
    """What a page showed: its items as (title, link), and the beginning of the document as it was sent."""

    at_ms: int
    items: tuple[tuple[str, str], ...]
    head: str


@dataclass(frozen=True, slots=True)
class LayoutChange:
    """The document before and after a change. `before` is None if no earlier document was kept."""

    how: How
    why: str
    before: PageSight | None
    after: PageSight


def sight(at_ms: int, body: bytes, items: Iterable[tuple[str, str]]) -> PageSight:
    """What is kept of a document. Pure."""
    kept = [(title[:MOST_TITLE_CHARS], link[:MOST_LINK_CHARS]) for title, link in items][:MOST_ITEMS]
    # Four bytes a character at most.
    head = body[: 4 * MOST_HEAD_CHARS].decode("utf-8", "replace")[:MOST_HEAD_CHARS]
    return PageSight(at_ms, tuple(kept), head)


async def keep(redis: Redis, feed_id: str, seen: PageSight) -> None:
    """Remember what the page shows now."""
    await redis.set(keys.page(feed_id), _packed(asdict(seen)), ex=SIGHT_RETENTION_S)


async def note_change(redis: Redis, feed_id: str, how: How, why: str, after: PageSight) -> None:
    """Store a layout change. While a list stays lost, the first document without it is kept."""
    before = _sight(await redis.get(keys.page(feed_id)))
    known = await read_change(redis, feed_id)
    if known is not None and how == known.how == "lost" and known.before == before:
        return
    change = LayoutChange(how, why, before, after)
    await redis.set(keys.layout(feed_id), _packed(asdict(change)), ex=CHANGE_RETENTION_S)


async def read_change(redis: Redis, feed_id: str) -> LayoutChange | None:
    """The last layout change; None if there was none in the last 14 days, or another version wrote it."""
    data = _unpacked(await redis.get(keys.layout(feed_id)))
    try:
        before, after = data["before"], data["after"]
        shown = _of(before) if before is not None else None
        return LayoutChange(data["how"], data["why"], shown, _of(after))
    except (KeyError, TypeError, ValueError):
        return None


def _sight(stored: Any) -> PageSight | None:
    try:
        return _of(_unpacked(stored))
    except (KeyError, TypeError, ValueError):
        return None


def _of(data: dict[str, Any]) -> PageSight:
    return PageSight(int(data["at_ms"]), tuple((title, link) for title, link in data["items"]), data["head"])


def _packed(data: dict[str, Any]) -> bytes:
    return zlib.compress(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"))


def _unpacked(stored: Any) -> dict[str, Any]:
    data = json.loads(zlib.decompress(stored)) if stored else {}
    return data if isinstance(data, dict) else {}
