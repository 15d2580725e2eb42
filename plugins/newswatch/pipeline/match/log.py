"""The log of matching. It names items, rules and messages, and its length is limited for each run.

At INFO the first fifty alerts of a run get a line each, and the others are counted at the end. At DEBUG every
alert has a line, and so has every item without one.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from redis.asyncio import Redis

from newswatch.models import Alert
from newswatch.store.items import StreamEntry
from newswatch.store.messages import StoredAlert, StoredMessage, read_messages, read_stored_alerts
from newswatch.store.sightings import is_capped

log = logging.getLogger("newswatch.match")

MOST_LINES = 50


class MatchLog:
    """The log of one run."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._left = MOST_LINES
        self._left_out = 0

    async def batch(self, entries: Sequence[StreamEntry], alerts: Sequence[Alert]) -> None:
        """Log what was handed over. Raises RedisError."""
        debug = log.isEnabledFor(logging.DEBUG)
        shown = alerts if debug else alerts[: self._left]
        found = await read_stored_alerts(self._redis, [alert.id for alert in shown])
        stored = {one.alert.id: one for one in found}
        messages = await read_messages(self._redis, [one.message_id for one in stored.values()])
        for alert in shown:
            record = stored.get(alert.id)
            what = alert_line(record, messages.get(record.message_id)) if record else "its record is gone"
            log.log(
                logging.INFO if self._left > 0 else logging.DEBUG,
                "item %s, revision %d: rule %s, %s",
                *(alert.item_id, alert.revision, alert.rule_id, what),
            )
            self._left -= 1
        self._left_out += len(alerts) - len(shown)
        if debug:
            _log_others(entries, {alert.item_id for alert in alerts})

    def finish(self) -> None:
        """Log how many alerts got no line."""
        if self._left_out:
            log.info("%d more alerts; `newswatch alerts` lists them", self._left_out)


def alert_line(stored: StoredAlert, message: StoredMessage | None) -> str:
    """Where an alert went. Pure."""
    channel = stored.alert.channel
    if stored.muted:
        return f"muted in {channel}"
    if not stored.message_id:
        return f"held for {channel}: its threshold waits for more stories"
    capped = "capped, " if message is not None and is_capped(message) else ""
    kind = f"{message.message.kind} " if message is not None else ""
    return f"{capped}{kind}message {stored.message_id} for {channel}"


def _log_others(entries: Sequence[StreamEntry], alerted: set[str]) -> None:
    for entry in entries:
        if entry.item is not None and entry.item.id not in alerted:
            what = "silent" if entry.item.silent else "no rule"
            log.debug("item %s, revision %d: %s", entry.item.id, entry.item.revision, what)
