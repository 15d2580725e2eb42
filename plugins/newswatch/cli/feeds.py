"""`newswatch feeds`: each feed's state, its last new item, its last error and what to do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from newswatch.cli.context import Invocation, command
from newswatch.cli.output import ago, as_json, table
from newswatch.models import Feed
from newswatch.pipeline.configure import adopt_config
from newswatch.pipeline.services import Services, utc_now
from newswatch.redact import redact_url
from newswatch.store import feeds as store
from newswatch.store.client import redis_errors
from newswatch.store.codec import from_ms


async def _states(services: Services) -> list[dict[str, Any]]:
    adoption = await adopt_config(services)
    configured = adoption.bundle.feeds if adoption.bundle else ()
    with redis_errors():
        states = await store.read_states(services.redis, [feed.id for feed in configured])
        due = await store.read_due(services.redis)
    return [_row(feed, states[feed.id], due.get(feed.id, 0)) for feed in configured]


def _time(ms: float) -> datetime | None:
    return from_ms(ms) if ms else None


def _row(feed: Feed, state: store.FeedState, due_ms: float) -> dict[str, Any]:
    return {
        "id": feed.id,
        "url": redact_url(feed.url),
        "title": state.title,
        "state": state.status or "new",
        "every_s": feed.every_s,
        "next_poll": _time(due_ms),
        "last_polled": _time(state.polled_ms),
        "last_new_item": _time(state.last_new_ms),
        "failures": state.failures,
        "error": state.error,
    }


@click.group(invoke_without_command=True)
@command
def feeds(call: Invocation) -> None:
    """Feeds and how they fare."""
    if click.get_current_context().invoked_subcommand is None:
        _list(call)


@feeds.command("list")
@command
def list_(call: Invocation) -> None:
    """List every configured feed with its state."""
    _list(call)


def _list(call: Invocation) -> None:
    rows = call.run(_states)
    if call.json:
        as_json(rows)
        return
    now = utc_now()
    table(
        ("Feed", "State", "Every", "Next poll", "Last new item", "Last error"),
        [
            (
                *(row["id"], row["state"], f"{row['every_s']:g} s", ago(row["next_poll"], now)),
                *(ago(row["last_new_item"], now), row["error"]),
            )
            for row in rows
        ],
        "No feeds are configured.",
    )
