"""Which stage does nothing while work waits for it, since when, and what to do.

The residents poll feeds when they are due, and begin work as soon as it arrives. If work that can be done has waited for
two minutes, its stage does not run, or cannot keep up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from newswatch.models import Bundle, Feed
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.oversight.backlog import Backlog
from newswatch.store import configuration, feeds
from newswatch.store.client import redis_errors
from newswatch.store.codec import from_ms

STANDSTILL_S = 120.0
"""How long work may wait. For a feed polled every minute that is three intervals after its last poll."""
BEHIND_S = 300.0
"""How long one feed may wait while others are polled."""
SAMPLED_FEEDS = 500

Stage = Literal["poll", "match", "articles", "deliver"]

_DAGS: dict[Stage, str] = {
    "poll": "poll_feeds",
    "match": "match_items",
    "articles": "fetch_articles",
    "deliver": "deliver_alerts",
}


@dataclass(frozen=True, slots=True)
class Standstill:
    """A stage that does nothing although work waits. `since` is when its oldest work arrived."""

    stage: Stage
    since: datetime
    what: str
    do: str


@dataclass(frozen=True, slots=True)
class Polling:
    """When the longest-waiting feed became due (None: none is due), and the last poll (0: never), in ms."""

    due_since_ms: int | None
    last_ms: int


IDLE = Polling(None, 0)


async def read_polling(services: Services, bundle: Bundle | None) -> Polling:
    """The state of polling. Of many feeds only an even sample is read. Raises RedisUnavailable."""
    if bundle is None or not bundle.feeds:
        return IDLE
    sample = [feed.id for feed in sampled(bundle.feeds)]
    with redis_errors():
        adopted_ms = await configuration.adopted_ms(services.redis)
        due_ms = await feeds.earliest_due(services.redis, sample, adopted_ms)
        return Polling(due_ms, await feeds.last_polled(services.redis, sample))


def sampled(feeds_: Sequence[Feed]) -> Sequence[Feed]:
    """An even sample of many feeds, so that a page stays quick."""
    return feeds_[:: max(1, -(-len(feeds_) // SAMPLED_FEEDS))]


def standstills(backlog: Backlog, polling: Polling, now: datetime) -> list[Standstill]:
    """The stages that stand still. Pure."""
    waiting: list[tuple[Stage, int, float, str]] = [
        ("match", backlog.items, backlog.oldest_item_age_s, "{} for matching, the oldest since {}"),
        (
            "articles",
            backlog.due_articles,
            backlog.oldest_article_age_s,
            "{} to be read, the oldest since {}",
        ),
        ("deliver", backlog.due_messages, backlog.oldest_due_age_s, "{} to be sent, the oldest since {}"),
    ]
    nouns = {"match": "item", "articles": "article", "deliver": "message"}
    found = _polling(polling, now)
    for stage, number, age_s, form in waiting:
        if age_s > STANDSTILL_S:
            since = now - timedelta(seconds=age_s)
            verb = f"{number:,} {nouns[stage]}{' waits' if number == 1 else 's wait'}"
            found.append(Standstill(stage, since, f"{form.format(verb, _since(since, now))}.", _do(stage)))
    return found


def _polling(polling: Polling, now: datetime) -> list[Standstill]:
    if polling.due_since_ms is None:
        return []
    due, last = from_ms(polling.due_since_ms), from_ms(polling.last_ms)
    waited_s = (now - due).total_seconds()
    if waited_s <= STANDSTILL_S:
        return []
    if not polling.last_ms:
        what = f"No feed has been polled yet, but feeds have been due since {_since(due, now)}."
        return [Standstill("poll", due, what, _do("poll"))]
    if (now - last).total_seconds() > STANDSTILL_S:
        what = f"Nothing has been polled since {_since(last, now)}, although feeds are due."
        return [Standstill("poll", last, what, _do("poll"))]
    if waited_s > BEHIND_S:
        what = (
            f"Polling is behind: other feeds are polled, but one feed has been due since {_since(due, now)}."
        )
        do = "Check how long the runs of poll_feeds take. More workers, fewer feeds or a longer `every` help."
        return [Standstill("poll", due, what, do)]
    return []


def _do(stage: Stage) -> str:
    more = " Does Redis have free memory?" if stage == "poll" else ""
    return f"Check whether {_DAGS[stage]} runs: is it paused, is the scheduler up?{more}"


def _since(moment: datetime, now: datetime) -> str:
    minutes = (now - moment).total_seconds() / 60
    ago = f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h"
    day = "" if moment.date() == now.date() else f"{moment:%d %B} "
    return f"{day}{moment:%H:%M} UTC ({ago})"
