"""`newswatch feeds`: each feed's state, its last new item, its last error and what to do."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from newswatch.cli.context import Invocation, command
from newswatch.cli.feeds_check import check
from newswatch.cli.feeds_opml import export, import_
from newswatch.cli.feeds_preview import preview
from newswatch.cli.output import ago, as_json, table
from newswatch.feeds.host import host_and_port
from newswatch.models import Feed
from newswatch.pipeline.base.adoption import adopt_config
from newswatch.pipeline.base.clock import utc_now
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.oversight import feed_report
from newswatch.pipeline.oversight.feeds import next_poll, next_windows
from newswatch.pipeline.poll import addresses, moved_feeds
from newswatch.pipeline.poll.health import reason, span
from newswatch.redact import redact_url
from newswatch.store import feeds as store
from newswatch.store import hosts
from newswatch.store.client import redis_errors
from newswatch.store.codec import from_ms, to_ms
from newswatch.store.feed_state import FeedState

_JSON = """
JSON: a list of {"id", "url", "title", "state", "every_s", "rhythm_s", "next_poll", "last_polled", "last_new_item",
"failures", "failing_since", "error", "moved_to", "redirects_to", "read_from", "read_from_since", "paused_until", "advice", "articles_read",
"articles_failed", "article_error", "last_article_failure", "windows"}. "windows" are the next release windows, each
{"at", "until", "timezone", "every_s", "expect", "open"}. "read_from" is the
fallback that is read instead of the url, or null. "state" is new, ok, silent, slowed, waiting, failing,
refused, layout-changed, given-up or stopped (docs/runbook.md, Feeds).
"""


async def _states(services: Services) -> list[dict[str, Any]]:
    adoption = await adopt_config(services)
    configured = adoption.bundle.feeds if adoption.bundle else ()
    with redis_errors():
        states = await store.read_states(services.redis, [feed.id for feed in configured])
        due = await store.read_due(services.redis)
        requested = {
            feed.id: host_and_port(addresses.expected_url(feed, states[feed.id])) for feed in configured
        }
        paused = await hosts.pauses(services.redis, requested.values())
    now_ms = to_ms(services.clock())
    return [
        _row(feed, states[feed.id], due.get(feed.id, 0), paused.get(requested[feed.id], 0), now_ms)
        for feed in configured
    ]


def _time(ms: float) -> datetime | None:
    return from_ms(ms) if ms else None


def _row(feed: Feed, state: FeedState, due_ms: float, paused_ms: int, now_ms: int) -> dict[str, Any]:
    moved, read_from = moved_feeds.request_url(feed, state), addresses.in_use(feed, state)
    return {
        "id": feed.id,
        "url": redact_url(feed.url),
        "title": state.document.title,
        "state": feed_report.word(state, paused_ms, now_ms),
        "every_s": feed.every_s,
        "rhythm_s": state.document.gap_s or None,
        "next_poll": next_poll(feed, due_ms, now_ms),
        "last_polled": _time(state.polling.polled_ms),
        "last_new_item": _time(state.document.last_new_ms),
        "failures": state.polling.failures,
        "failing_since": _time(state.polling.failing_since_ms),
        "error": state.polling.error,
        "moved_to": redact_url(moved) if moved != feed.url else None,
        "redirects_to": redact_url(state.move.redirect_url) if state.move.redirect_url else None,
        "read_from": redact_url(read_from) if read_from != feed.url else None,
        "read_from_since": _time(state.source.address_since_ms) if read_from != feed.url else None,
        "paused_until": _time(paused_ms) if paused_ms > now_ms else None,
        "advice": feed_report.advice(feed, state, paused_ms, now_ms),
        "articles_read": state.articles.articles_read,
        "articles_failed": state.articles.articles_failed,
        "article_error": state.articles.article_error,
        "last_article_failure": _time(state.articles.article_failed_ms),
        "windows": [one.as_dict() for one in next_windows(feed, from_ms(now_ms))],
    }


def _articles(row: dict[str, Any]) -> str:
    """How many articles of a feed were read and failed; "" if none was requested."""
    if not (row["articles_read"] or row["articles_failed"]):
        return ""
    return f"{row['articles_read']} read, {row['articles_failed']} failed"


def _next(moment: datetime | None, now: datetime) -> str:
    return "due" if moment is None or moment <= now else ago(moment, now)


def _window(row: dict[str, Any]) -> str:
    """When the feed's next release is due, in the window's own time zone; "" if none is known."""
    if not row["windows"]:
        return ""
    one, *others = row["windows"]
    zone = ZoneInfo(one["timezone"])
    begins, ends = (datetime.fromisoformat(one[name]).astimezone(zone) for name in ("at", "until"))
    text = f"open until {ends:%H:%M}" if one["open"] else f"{begins:%d %b %H:%M}"
    return f"{text} {one['timezone']}" + (f" (+{len(others)})" if others else "")


def _errors(row: dict[str, Any], now: datetime) -> str:
    article = f"article, {ago(row['last_article_failure'], now)}: {row['article_error']}"
    error = reason(row["id"], row["error"])
    return "; ".join(filter(None, (error, article if row["article_error"] else "")))


@click.group(invoke_without_command=True, epilog=_JSON)
@command
def feeds(call: Invocation) -> None:
    """List the configured feeds and their status, or use a command below."""
    if click.get_current_context().invoked_subcommand is None:
        _list(call)


@feeds.command("list", epilog=_JSON)
@command
def list_(call: Invocation) -> None:
    """List the configured feeds and their status."""
    _list(call)


def _list(call: Invocation) -> None:
    rows = call.run(_states)
    if call.json:
        as_json(rows)
        return
    now = utc_now()
    table(
        (
            "Feed",
            "State",
            "Every",
            "Rhythm",
            "Next poll",
            "Next window",
            "Last new item",
            "Articles",
            "Last error",
            "What to do",
        ),
        [
            (
                *(row["id"], row["state"], span(row["every_s"]), span(row["rhythm_s"] or 0)),
                *(_next(row["next_poll"], now), _window(row), ago(row["last_new_item"], now), _articles(row)),
                *(_errors(row, now), row["advice"]),
            )
            for row in rows
        ],
        "No feeds are configured.",
        optional=("Rhythm", "Next window", "Articles", "Last error", "What to do"),
    )


for one in (preview, check, import_, export):
    feeds.add_command(one)
