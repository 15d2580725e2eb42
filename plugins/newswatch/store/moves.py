"""Moving queued messages to another channel."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from redis.asyncio import Redis

from newswatch.models import Alert, Message, alert_id
from newswatch.store import keys
from newswatch.store.client import script_of
from newswatch.store.codec import alert_to_json, to_ms


async def move(
    redis: Redis,
    message: Message,
    alerts: Sequence[Alert],
    to: str,
    *,
    now_ms: int,
    size: int,
    kept_s: float,
    by_operator: bool = False,
) -> bool:
    """Move these alerts of a queued message, all or some, to another channel. Returns False if it is not queued.

    They keep their ids, under which they are known. A notice to ops is moved without alerts.
    """
    rows = [
        [
            one.id,
            alert_to_json(replace(one, channel=to)),
            to_ms(one.matched),
            alert_id(one.rule_id, one.item_id, to),
        ]
        for one in alerts
    ]
    args: list[str | int] = [
        message.id,
        message.channel,
        to,
        now_ms,
        int(kept_s),
        keys.STORY_RETENTION_S,
        size,
    ]
    args += ["1" if by_operator else "", json.dumps(rows, ensure_ascii=False)]
    return bool(await script_of(redis, "move")(args=args))


async def known_there(redis: Redis, alert: Alert, channel: str) -> bool:
    """Whether the alert's rule has an alert of the same item in that channel."""
    return bool(await redis.exists(keys.alert(alert_id(alert.rule_id, alert.item_id, channel))))
