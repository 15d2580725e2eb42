"""`newswatch alerts`: the newest alerts and their state."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from newswatch.cli.context import Invocation, command
from newswatch.cli.output import ago, as_json, table
from newswatch.models import Alert
from newswatch.pipeline.services import Services, utc_now
from newswatch.store import outbox
from newswatch.store.client import redis_errors


async def _newest(services: Services, limit: int) -> list[tuple[Alert, outbox.Queued | None, bool]]:
    with redis_errors():
        ids = await outbox.recent_alerts(services.redis, limit)
        found = await outbox.read_alerts(services.redis, ids)
        places = await outbox.alert_messages(services.redis, [alert.id for alert in found])
        named = dict.fromkeys(name for name, _ in places if name)
        messages = await outbox.read_messages(services.redis, named)
    by_id = {queued.delivery.message.id: queued for queued in messages}
    return [(alert, by_id.get(name), muted) for alert, (name, muted) in zip(found, places, strict=True)]


def _row(alert: Alert, queued: outbox.Queued | None, muted: bool) -> dict[str, Any]:  # noqa: FBT001
    """`held`: the rule has a threshold, and its surge has not come yet."""
    data = asdict(alert)
    delivery = queued.delivery if queued else None
    data["state"] = delivery.state if delivery else "muted" if muted else "held"
    data["acknowledged_by"] = None
    if queued and queued.marks.ack and data["state"] == "sent":
        data["state"], data["acknowledged_by"] = "acknowledged", queued.marks.ack.by
    data["message_id"] = delivery.message.id if delivery else None
    data["ts"] = delivery.ts if delivery else None
    data["error"] = delivery.error if delivery else ""
    return data


@click.command(
    epilog="""
    JSON: a list of alerts, each with "id", "rule_id", "severity", "channel", "item_id", "revision", "feed_id",
    "link", "title", "excerpts", "published", "first_seen", "matched", "config_version", "story_id", "updated",
    "state", "acknowledged_by", "message_id", "ts" and "error". "state" is the state of its message, or
    "acknowledged", "muted" or "held".
    """
)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="How many.")
@command
def alerts(call: Invocation, *, limit: int) -> None:
    """List the newest alerts, newest first."""
    rows = [_row(*pair) for pair in call.run(lambda services: _newest(services, limit))]
    if call.json:
        as_json(rows)
        return
    now = utc_now()
    table(
        ("Matched", "State", "Severity", "Rule", "Feed", "Channel", "Title"),
        [
            (
                *(ago(row["matched"], now), row["state"], row["severity"], row["rule_id"]),
                *(row["feed_id"], row["channel"], row["title"]),
            )
            for row in rows
        ],
        "No alerts yet.",
    )
