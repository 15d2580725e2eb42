"""Edits of items that alerted before: what is known of them, and what is said in their threads.

The scripts say it (`correct` in the prelude): a thread gets three lines at most, and the message a mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis

from newswatch.models import Alert
from newswatch.store import keys
from newswatch.store.client import fields, text

_ALERT = "alert:"


@dataclass(frozen=True, slots=True)
class Correction:
    """Lines for the thread of `message`, the message that carries the alert, and the mark that it gets."""

    message: str
    lines: tuple[str, ...]
    mark: str

    def row(self) -> dict[str, Any]:
        """What the scripts read."""
        return {"message": self.message, "lines": list(self.lines), "mark": self.mark}


@dataclass(frozen=True, slots=True)
class Edits:
    """What to do about edits. `snapshot` has the messages of the `refreshed` alerts, as they must still be.

    `said` remembers what readers know: item, what it is about, the text.
    """

    corrections: Sequence[Correction] = ()
    refreshed: Sequence[Alert] = ()
    snapshot: Mapping[str, str] = field(default_factory=dict)
    said: Sequence[tuple[str, str, str]] = ()


NO_EDITS = Edits()


@dataclass(frozen=True, slots=True)
class AlertedItem:
    """The alerts of one item, and what was said of its edits."""

    alert_ids: tuple[str, ...]
    said: Mapping[str, str]


async def read_alerted(redis: Redis, item_ids: Sequence[str]) -> dict[str, AlertedItem]:
    """Those of the items that alerted within the last days."""
    pipe = redis.pipeline(transaction=False)
    for name in item_ids:
        pipe.hgetall(keys.alerted(name))
    found = {}
    for name, row in zip(item_ids, await pipe.execute(), strict=True):
        known = fields(row)
        ids = tuple(key.removeprefix(_ALERT) for key in known if key.startswith(_ALERT))
        if ids:
            said = {key: value for key, value in known.items() if not key.startswith(_ALERT)}
            found[name] = AlertedItem(ids, said)
    return found


async def read_snapshots(redis: Redis, message_ids: Iterable[str]) -> dict[str, str]:
    """The messages as `snapshot` of the prelude writes them."""
    wanted = list(dict.fromkeys(message_ids))
    pipe = redis.pipeline(transaction=False)
    for name in wanted:
        pipe.hmget(keys.message(name), ["state", "frozen", "alerts"])
    rows = await pipe.execute()
    return {name: "|".join(map(text, row)) for name, row in zip(wanted, rows, strict=True)}
