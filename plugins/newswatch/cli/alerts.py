"""`newswatch alerts`: the newest alerts and their state."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from newswatch.cli.context import Invocation, command
from newswatch.cli.output import ago, as_json, table
from newswatch.pipeline.base.clock import utc_now
from newswatch.pipeline.base.services import Services
from newswatch.store import messages, outbox
from newswatch.store.client import redis_errors
from newswatch.store.messages import StoredAlert, StoredMessage


async def _newest(services: Services, limit: int) -> list[tuple[StoredAlert, StoredMessage | None]]:
    with redis_errors():
        ids = await outbox.recent_alerts(services.redis, limit)
        found = await messages.read_stored_alerts(services.redis, ids)
        by_id = await messages.read_messages(services.redis, [stored.message_id for stored in found])
    return [(stored, by_id.get(stored.message_id)) for stored in found]


def _row(stored: StoredAlert, queued: StoredMessage | None) -> dict[str, Any]:
    """`held`: its rule's threshold is not reached yet."""
    data = asdict(stored.alert)
    delivery = queued.delivery if queued else None
    data["state"] = delivery.state if delivery else "muted" if stored.muted else "held"
    if stored.withdrawn:
        data["state"] = "withdrawn"
    data["acknowledged_by"] = None
    if queued and queued.marks.ack and data["state"] == "sent":
        data["state"], data["acknowledged_by"] = "acknowledged", queued.marks.ack.by
    data["message_id"] = delivery.message.id if delivery else None
    data["ts"] = delivery.ts if delivery else None
    data["error"] = stored.withdrawn or (delivery.error if delivery else "")
    return data


@click.command(
    epilog="""
    JSON: a list of alerts, each with "id", "rule_id", "severity", "channel", "item_id", "revision", "feed_id",
    "link", "title", "excerpts", "published", "first_seen", "matched", "config_version", "story_id", "updated",
    "state", "acknowledged_by", "message_id", "ts" and "error". "state" is the state of its message, or
    "acknowledged", "withdrawn", "muted" or "held".
    """
)
@click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="How many alerts to list."
)
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
