"""Alerted items whose links are read again, for feeds with `recheck: true`.

The hand-over of the match stage adds them. The articles stage settles each reading in one step, together with what the
threads say of it (`lua/recheck.lua`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from newswatch.errors import LeaseLost
from newswatch.store import keys
from newswatch.store.client import fields, script_of, text
from newswatch.store.corrections import Correction
from newswatch.store.leases import Lease

FIRST_MS = 600_000
"""How long after the alert its link is first read again."""
MOST_TEXT_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class NewRecheck:
    """A link to be read again. `article` is the text that was read there before the alert, "" if it was not read."""

    item_id: str
    feed_id: str
    link: str
    title: str
    article: str = ""

    def row(self) -> dict[str, Any]:
        """What the script reads."""
        row = {"item": self.item_id, "feed": self.feed_id, "link": self.link, "title": self.title}
        return {**row, "text": self.article[:MOST_TEXT_CHARS], "first": FIRST_MS}


@dataclass(frozen=True, slots=True)
class Recheck:
    """A link that is read again, and what is known of it.

    `since_ms` is when it alerted, `step` how many of the readings are over. `read` says whether a reading found an article
    at this very address, `article` is the text that it had, then or before the alert. `gone_ms` is since when it answers 404 or 410, 0 if it does not.
    `stamp` grows with every reading.
    """

    item_id: str
    feed_id: str
    link: str
    title: str
    since_ms: int
    step: int = 0
    read: bool = False
    article: str = ""
    gone_ms: int = 0
    stamp: str = "0"


async def due_rechecks(redis: Redis, now_ms: int, *, known: Collection[str], most: int) -> list[Recheck]:
    """The `most` links that are due longest, without those whose item is in `known`."""
    found: Any = await redis.zrangebyscore(keys.RECHECKS, "-inf", now_ms, start=0, num=most)
    ids = [name for name in (text(member) for member in found) if name not in known]
    pipe = redis.pipeline(transaction=False)
    for name in ids:
        pipe.hgetall(keys.recheck(name))
    rows = [fields(row) for row in await pipe.execute()]
    return [_recheck(name, row) for name, row in zip(ids, rows, strict=True)]


def _recheck(item_id: str, row: dict[str, str]) -> Recheck:
    """As it was stored; without a link if its record has expired."""
    return Recheck(
        item_id=item_id,
        feed_id=row.get("feed", ""),
        link=row.get("link", ""),
        title=row.get("title", ""),
        since_ms=int(float(row.get("since", "0"))),
        step=int(row.get("step", "0")),
        read=row.get("read") == "1",
        article=row.get("text", ""),
        gone_ms=int(row.get("gone", "0")),
        stamp=row.get("tries", ""),
    )


async def settle(
    redis: Redis,
    lease: Lease,
    after: Recheck,
    due_ms: int | None,
    *,
    now_ms: int,
    corrections: Sequence[Correction] = (),
    said: Sequence[tuple[str, str]] = (),
) -> bool:
    """Store what a reading showed, and say it; `due_ms` None: it was the last one. Raises LeaseLost.

    Returns False if another process settled it meanwhile.
    """
    values = {
        "step": after.step,
        "read": int(after.read),
        "text": after.article[:MOST_TEXT_CHARS],
        "gone": after.gone_ms,
    }
    args: list[str | int] = [
        *(lease.token, after.item_id, after.stamp, "" if due_ms is None else due_ms, now_ms),
        json.dumps([part for pair in values.items() for part in pair], ensure_ascii=False),
        json.dumps([one.row() for one in corrections], ensure_ascii=False),
        json.dumps(list(said), ensure_ascii=False),
    ]
    answer = int(await script_of(redis, "recheck")(keys=[lease.key], args=args))
    if answer < 0:
        raise LeaseLost("another process runs the articles stage now and continues the work")
    return answer == 1


async def postpone(redis: Redis, item_ids: Iterable[str], until_ms: int) -> None:
    """Postpone readings. Those that were removed meanwhile stay removed."""
    names = dict.fromkeys(item_ids, until_ms)
    if names:
        await redis.zadd(keys.RECHECKS, names, xx=True, gt=True)
