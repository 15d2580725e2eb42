"""Which stage does nothing while work waits for it, or cannot keep up, since when, and what to do.

The residents poll feeds when they are due, and begin work as soon as it arrives. If work that can be done has waited for
two minutes, its stage does not run; or it is at work and behind, which needs no action for the first ten minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, cast

from newswatch.models import Bundle, Feed
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.oversight.backlog import Backlog
from newswatch.quantity import quantity
from newswatch.store import configuration, feeds
from newswatch.store.client import redis_errors
from newswatch.store.codec import from_ms
from newswatch.store.pulses import Pulse

STANDSTILL_S = 120.0
"""How long work may wait. For a feed polled every minute that is three intervals after its last poll."""
BEHIND_S = 300.0
"""How long one feed may wait while others are polled."""
FAR_BEHIND_S = 600.0
"""A stage that is behind by more needs action."""
SAMPLED_FEEDS = 500

Stage = Literal["poll", "match", "articles", "deliver"]

DAGS: dict[Stage, str] = {
    "poll": "poll_feeds",
    "match": "match_items",
    "articles": "fetch_articles",
    "deliver": "deliver_alerts",
}
_LIGHTER: dict[Stage, str] = {
    "poll": "More workers and shards, fewer feeds or a longer `every` help.",
    "match": "Less else on the machine helps.",
    "articles": "Fewer feeds with `article: true` help.",
    "deliver": "Slack takes one message a second per channel: the queues under Delivery show where most wait.",
}
_MORE: Mapping[Stage, str] = {
    "poll": " Does Redis have free memory?",
    "articles": " Its runs are started by poll_feeds: does that work?",
}


@dataclass(frozen=True, slots=True)
class Standstill:
    """A stage for which work waits. `since` is when its oldest work arrived. `behind`: it is at work, but not fast enough."""

    stage: Stage
    since: datetime
    what: str
    do: str
    behind: bool = False
    urgent: bool = True
    """Whether somebody has to act."""


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


def standstills(
    backlog: Backlog, polling: Polling, now: datetime, residents: Iterable[Pulse]
) -> list[Standstill]:
    """The stages that stand still, and those that are at work and behind. Pure."""
    busy = {one.stage for one in residents if one.work and (now - one.work).total_seconds() <= STANDSTILL_S}
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
            verb = quantity(number, f"{nouns[stage]} waits", f"{nouns[stage]}s wait")
            what = form.format(verb, _since(since, now))
            if stage in busy:
                found.append(_behind(stage, since, f"{what}. The stage is at work, but behind.", now))
            else:
                found.append(Standstill(stage, since, f"{what}.", _do(stage)))
    return found


def _behind(stage: Stage, since: datetime, what: str, now: datetime) -> Standstill:
    do = f"Nothing is lost, but alerts come late. If it lasts, give the machine more processor time. {_LIGHTER[stage]}"
    urgent = (now - since).total_seconds() > FAR_BEHIND_S
    return Standstill(stage, since, what, do, behind=True, urgent=urgent)


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
        return [_behind("poll", due, what, now)]
    return []


def _do(stage: Stage) -> str:
    return f"Check whether {DAGS[stage]} runs: is it paused, is the scheduler up?{_MORE.get(stage, '')}"


def _since(moment: datetime, now: datetime) -> str:
    minutes = (now - moment).total_seconds() / 60
    ago = f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h"
    day = "" if moment.date() == now.date() else f"{moment:%d %B} "
    return f"{day}{moment:%H:%M} UTC ({ago})"


def dag_of(resident: str) -> str:
    """The DAG in which a resident works."""
    return DAGS["poll"] if resident.startswith("poll") else DAGS[cast("Stage", resident)]
