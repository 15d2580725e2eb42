"""Stores readers' clicks: acknowledged, muted, not relevant.

Each click is one atomic step in Redis, and the newest click of a kind counts, because Slack may send a click twice,
late, or over two connections. The message in Slack is updated afterwards.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from newswatch.models import Alert, Item, Mark, Message
from newswatch.pipeline.base.item_text import quoted_item
from newswatch.pipeline.base.services import Services
from newswatch.slack.buttons import MUTE_HOURS
from newswatch.slack.clicks import Click
from newswatch.store import items, marks, messages
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms

log = logging.getLogger("newswatch.clicks")

CLOCKS_APART_MS = 5_000
"""Redis names stream entries by its own clock."""

Effect = Literal["taken", "known", "unknown_message", "other_channel"]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a click. Only with `taken` did anything change."""

    effect: Effect
    message_id: str


async def take_click(services: Services, click: Click) -> Taken:
    """Store a click. Raises RedisUnavailable; then it is safe to send the click again."""
    with redis_errors():
        found = await messages.read_message(services.redis, click.message_id)
        if found is None:
            return Taken("unknown_message", click.message_id)
        message = found.message
        if message.channel != click.channel:
            log.warning(
                "a click on message %s came from another channel than the message's own", click.message_id
            )
            return Taken("other_channel", click.message_id)
        alerts = await messages.read_alerts(services.redis, message.alert_ids)
        if not alerts:  # past their retention: its rules are no longer known
            return Taken("unknown_message", click.message_id)
        done = await _note(services, click, message, alerts)
    effects: dict[int, Effect] = {1: "taken", 0: "known", -1: "unknown_message"}
    return Taken(effects[done], click.message_id)


async def _note(services: Services, click: Click, message: Message, alerts: list[Alert]) -> int:
    redis, now_ms = services.redis, to_ms(services.clock())
    kind, on = click.action.kind, click.action.on
    by = click.user_name or click.user_id
    mark = Mark(on, by, click.user_id, click.at)
    if kind == "ack":
        # To acknowledge a digest says nothing about each of its items.
        counted = [] if message.kind == "digest" else alerts
        return await marks.put_ack(redis, click.message_id, mark, now_ms, counted)
    rules = sorted({alert.rule_id for alert in alerts})
    if kind == "mute":
        until = click.at + timedelta(hours=MUTE_HOURS) if on else None
        mark = Mark(on, by, click.user_id, click.at, until)
        return await marks.put_mute(redis, click.message_id, mark, now_ms, rules, click.channel)
    matched = await _matched_items(services, alerts)
    return await marks.put_irrelevant(redis, click.message_id, mark, now_ms, matched)


async def _matched_items(services: Services, alerts: list[Alert]) -> list[tuple[str, Item]]:
    """Each rule with the item as it matched. If the item is no longer stored, it has only the text that the alert quotes."""
    if not alerts:
        return []
    latest_ms = max(to_ms(alert.matched) for alert in alerts) + CLOCKS_APART_MS
    wanted = {alert.item_id: alert.revision for alert in alerts}
    stored = await items.items_before(services.redis, wanted, latest_ms)
    return [(alert.rule_id, stored.get(alert.item_id) or quoted_item(alert)) for alert in alerts]
