"""Delivery: queues, pauses, dead letters, mutes, and the time from publication to Slack."""

from __future__ import annotations

import json
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from newswatch.durations import parse_duration
from newswatch.pipeline.authoring.muting import mute_rule, muted_now, suppressed, unmute_rule
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.deliver.by_hand import drop_queue, move_queue
from newswatch.pipeline.deliver.dead_letters import retry_dead_letters
from newswatch.pipeline.match.dead_items import retry_dead_items
from newswatch.pipeline.oversight.dead import (
    read_items,
    read_letters,
    retry_items_like,
    retry_letters_like,
)
from newswatch.pipeline.oversight.latency import EDGES_S, Latency
from newswatch.pipeline.oversight.queues import read_queues, worst_first
from newswatch.quantity import quantity
from newswatch.store import hops, mutes, queue_lengths
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms
from newswatch_airflow.ui.access import ReaderDep, WriterDep, reader, writer
from newswatch_airflow.ui.charts import Chart, Layers, bars, queue_day, times_by_hour
from newswatch_airflow.ui.page import between, render, span
from newswatch_airflow.ui.rooms.alerts import receiver_names
from newswatch_airflow.ui.shared import BundleDep, ServicesDep, SharedDep

router = APIRouter(dependencies=[Depends(reader)])
writes = APIRouter(dependencies=[Depends(writer)], tags=["delivery"])

MOST_ITEMS = 20
"""Of items set aside for one cause so many are listed."""
LONG_QUEUE = 20
"""A queue with this many messages is drawn in full, unless another one is longer."""
HOP_NAMES: dict[hops.Hop, str] = {
    "publication_to_seen": "From publication to our poll",
    "seen_to_matched": "From the poll to the match",
    "matched_to_begun": "From the match to its turn in the queue",
    "begun_to_sent": "From its turn to Slack's answer",
}


class MuteRequest(BaseModel):
    """How long, e.g. 2h or 3d, and where; an empty channel means everywhere."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    for_: Annotated[str, Field(alias="for", max_length=20)] = "24h"
    channel: Annotated[str, Field(max_length=50)] = ""


class MoveRequest(BaseModel):
    """The channel, by its id, that a queue is moved to."""

    model_config = ConfigDict(extra="forbid")

    to: Annotated[str, Field(min_length=1, max_length=50)]


class DropRequest(BaseModel):
    """Why a queue is discarded."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=300)]


class UnmuteRequest(BaseModel):
    """In which channel; empty means wherever the rule is muted."""

    model_config = ConfigDict(extra="forbid")

    channel: Annotated[str, Field(max_length=50)] = ""


@router.get("/delivery", response_class=HTMLResponse, include_in_schema=False)
async def delivery_page(
    request: Request, visitor: ReaderDep, services: ServicesDep, bundle: BundleDep, shared: SharedDep
) -> HTMLResponse:
    """Everything that is queued, and what stops it."""
    latency = await shared.latency(services)
    letters, items = await read_letters(services), await read_items(services)
    queues = await read_queues(services, bundle)
    day = await _day(services)
    return render(
        request,
        visitor,
        "delivery.html",
        here="delivery",
        queues=queues,
        lines=worst_first(queues.lines, services.clock()),
        channels=sorted({one.channel for one in bundle.receivers}) if bundle else [],
        receivers=receiver_names(bundle),
        letters=letters,
        dead=sum(fold.count for fold in letters),
        as_json=lambda payload: json.dumps(payload, indent=1, ensure_ascii=False),
        items=items,
        most_items=MOST_ITEMS,
        unmatched=sum(fold.count for fold in items),
        mutes=await muted_now(services),
        everywhere=mutes.EVERYWHERE,
        latency=latency,
        edges=EDGES_S,
        chart=_chart(latency),
        hours=day.chart if day.alerts else None,
        lengths=await _lengths(services),
        hops=day.hops,
        longest=max([*(line.queued for line in queues.lines), LONG_QUEUE]),
        p50=latency.quantile_s(0.5),
        p95=latency.quantile_s(0.95),
    )


class Day(NamedTuple):
    """The last 24 hours: alerts whose way was measured, a chart by hour, and p50 and p95 of each part of the way in words."""

    alerts: int
    chart: Layers
    hops: list[tuple[str, str, str]]


async def _day(services: Services) -> Day:
    now = services.clock()
    with redis_errors():
        hours = await hops.read_hours(services.redis, to_ms(now))
    whole = [hour["publication_to_sent"] for hour in hours]
    by_hour = [(one.column(0.5), one.column(0.95)) for one in whole]
    ways = []
    for hop, name in HOP_NAMES.items():
        day = hops.together([hour[hop] for hour in hours])
        p50, p95 = day.column(0.5), day.column(0.95)
        if p50 is not None and p95 is not None:
            ways.append((name, between(p50), between(p95)))
    return Day(sum(sum(one.counts) for one in whole), times_by_hour(by_hour, now, between), ways)


async def _lengths(services: Services) -> list[tuple[str, Chart]]:
    """A picture of each queue over the day, with its heading; none without samples."""
    now = services.clock()
    with redis_errors():
        samples = await queue_lengths.read(services.redis)
    queues = {
        "Messages queued": [(one.at_s, one.messages) for one in samples],
        "Items waiting to be matched": [(one.at_s, one.items) for one in samples],
        "Articles waiting to be read": [(one.at_s, one.articles) for one in samples],
    }
    return [(name, queue_day(lengths, now, name)) for name, lengths in queues.items()] if samples else []


def _chart(latency: Latency) -> Chart:
    counts = latency.histogram()
    names = [f"up to {span(edge)}" for edge in EDGES_S] + [f"over {span(EDGES_S[-1])}"]
    labels = [f"{name}: {count}" for name, count in zip(names, counts, strict=True)]
    return bars(counts, labels, "Time from publication to Slack: " + ", ".join(labels))


@writes.post("/api/dead/{message_id}/retry")
async def retry(message_id: str, services: ServicesDep) -> dict[str, str]:
    """Queue one dead letter again, or with `all` every one."""
    return _queued(await retry_dead_letters(services, () if message_id == "all" else (message_id,)))


@writes.post("/api/dead/{message_id}/retry-like")
async def retry_like(message_id: str, services: ServicesDep) -> dict[str, str]:
    """Queue again a dead letter with all others of its channel that Slack refused for the same reason."""
    return _queued(await retry_letters_like(services, message_id))


def _queued(number: int) -> dict[str, str]:
    it = "it" if number == 1 else "them"
    return {"message": f"{number} queued again; deliver_alerts sends {it} within seconds."}


@writes.post("/api/set-aside/{place}/retry")
async def retry_item(place: str, services: ServicesDep) -> dict[str, str]:
    """Match an item again that was set aside, by its place in the stream, or with `all` every one."""
    return _matched(await retry_dead_items(services, () if place == "all" else (place,)))


@writes.post("/api/set-aside/{place}/retry-like")
async def retry_item_like(place: str, services: ServicesDep) -> dict[str, str]:
    """Match again an item with all others that were set aside for the same reason."""
    return _matched(await retry_items_like(services, place))


def _matched(number: int) -> dict[str, str]:
    if not number:
        return {
            "message": "The text is gone, so it cannot be matched again. The item was taken off this list."
        }
    again = quantity(number, "item is matched again", "items are matched again")
    return {"message": f"{again} within seconds. What still fails comes back here."}


@writes.post("/api/queues/{channel}/move")
async def move(channel: str, asked: MoveRequest, services: ServicesDep, bundle: BundleDep) -> dict[str, str]:
    """Move what waits for a channel to the channel of a receiver."""
    if asked.to not in {one.channel for one in bundle.receivers} if bundle else ():
        raise HTTPException(422, f"No receiver has the channel {asked.to}.")
    moved, left = await move_queue(services, channel, asked.to)
    return {"message": f"{quantity(moved, 'message')} moved to {asked.to}{_stay(left)}."}


@writes.post("/api/queues/{channel}/drop")
async def drop(channel: str, asked: DropRequest, visitor: WriterDep, services: ServicesDep) -> dict[str, str]:
    """Discard what waits for a channel. Its alerts are kept as withdrawn, with the reason."""
    dropped, left = await drop_queue(services, channel, asked.reason, visitor.name)
    return {"message": f"{quantity(dropped, 'message')} discarded{_stay(left)}."}


def _stay(left: int) -> str:
    return f"; {left} left because Slack may have {'it' if left == 1 else 'them'} already" if left else ""


@writes.post("/api/rules/{rule_id}/mute")
async def mute(rule_id: str, asked: MuteRequest, visitor: WriterDep, services: ServicesDep) -> dict[str, str]:
    """Mute a rule for a while. Its alerts are stored and counted, but not sent."""
    try:
        for_s = parse_duration(asked.for_)
    except ValueError as error:
        raise HTTPException(422, str(error)) from error
    made = await mute_rule(services, rule_id, for_s=for_s, by=visitor.name, channel=asked.channel or None)
    where = f"in {made.channel}" if asked.channel else "everywhere"
    return {"message": f"{rule_id} is muted {where} until {made.until:%Y-%m-%d %H:%M} UTC."}


@writes.post("/api/rules/{rule_id}/unmute")
async def unmute(rule_id: str, asked: UnmuteRequest, services: ServicesDep) -> dict[str, str]:
    """Unmute a rule."""
    ended = await unmute_rule(services, rule_id, asked.channel or None)
    return {"message": f"{rule_id} is no longer muted; {suppressed(ended)}."}


router.include_router(writes)
