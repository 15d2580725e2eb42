"""Items that could not be matched: reading them with the reason, and trying them again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from newswatch.errors import PermanentError
from newswatch.models import Item
from newswatch.pipeline.base import notices
from newswatch.pipeline.base.services import Services
from newswatch.store import items
from newswatch.store.client import redis_errors
from newswatch.store.codec import from_ms


class NoSuchDeadItem(PermanentError):
    """The id given names no item that was set aside."""


@dataclass(frozen=True, slots=True)
class DeadItem:
    """One item that was set aside. `item` is None if its text cannot be read, or is no longer stored.

    `since` is when it came into the stream; an item that cannot be matched is set aside within seconds.
    """

    stream_id: str
    error: str
    since: datetime
    item: Item | None

    @property
    def title(self) -> str:
        """Its headline, "" if that cannot be read."""
        return self.item.title if self.item else ""


async def read_dead_items(services: Services) -> list[DeadItem]:
    """The newest first. Raises RedisUnavailable."""
    with redis_errors():
        errors = await items.set_aside_items(services.redis)
        found = await items.entries(services.redis, errors)
    return [
        DeadItem(name, errors[name], from_ms(_order(name)[0]), found[name].item)
        for name in sorted(errors, key=_order, reverse=True)
    ]


async def retry_dead_items(services: Services, ids: Collection[str] = ()) -> int:
    """Put them into the stream again: those with the given ids, or all. Returns how many the stream still had.

    Raises NoSuchDeadItem, with nothing changed, and RedisUnavailable.
    """
    with redis_errors():
        known = await items.set_aside_items(services.redis)
        unknown = [name for name in ids if name not in known]
        if unknown:
            raise NoSuchDeadItem(
                f"no item {unknown[0]} is set aside: it may have been matched again meanwhile"
            )
        count = 0
        for name in sorted(ids or known, key=_order):
            count += await items.try_again(services.redis, name)
        if not await items.set_aside_items(services.redis):
            await notices.clear_notice(
                services, "item-unmatched", "All items that were set aside are matched again."
            )
    return count


def _order(stream_id: str) -> tuple[int, int]:
    moment, _, number = stream_id.partition("-")
    return int(moment), int(number or 0)
