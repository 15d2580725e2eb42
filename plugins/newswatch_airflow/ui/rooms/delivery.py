"""Delivery: queues, pauses, dead letters, mutes, and the time from publication to Slack."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from newswatch.durations import parse_duration
from newswatch.pipeline.authoring.muting import mute_rule, muted_now, unmute_rule
from newswatch.pipeline.deliver.dead_letters import read_dead_letters, retry_dead_letters
from newswatch.pipeline.oversight.latency import EDGES_S, Latency
from newswatch.pipeline.oversight.queues import read_queues, without_receiver
from newswatch.store import mutes
from newswatch_airflow.ui.access import ReaderDep, WriterDep, reader, writer
from newswatch_airflow.ui.charts import Chart, bars
from newswatch_airflow.ui.page import render, span
from newswatch_airflow.ui.shared import BundleDep, ServicesDep, SharedDep

router = APIRouter(dependencies=[Depends(reader)])
writes = APIRouter(dependencies=[Depends(writer)], tags=["delivery"])

MOST_LETTERS = 50


class MuteRequest(BaseModel):
    """How long, e.g. 2h or 3d, and where; an empty channel means everywhere."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    for_: Annotated[str, Field(alias="for", max_length=20)] = "24h"
    channel: Annotated[str, Field(max_length=50)] = ""


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
    letters, dead = await read_dead_letters(services, MOST_LETTERS)
    return render(
        request,
        visitor,
        "delivery.html",
        here="delivery",
        queues=await read_queues(services, bundle),
        without_receiver=without_receiver,
        letters=[(letter, json.dumps(letter.payload, indent=1, ensure_ascii=False)) for letter in letters],
        dead=dead,
        mutes=await muted_now(services),
        everywhere=mutes.EVERYWHERE,
        latency=latency,
        edges=EDGES_S,
        chart=_chart(latency),
        p50=latency.quantile_s(0.5),
        p95=latency.quantile_s(0.95),
    )


def _chart(latency: Latency) -> Chart:
    counts = latency.histogram()
    names = [f"up to {span(edge)}" for edge in EDGES_S] + [f"over {span(EDGES_S[-1])}"]
    labels = [f"{name}: {count}" for name, count in zip(names, counts, strict=True)]
    return bars(counts, labels, "Time from publication to Slack: " + ", ".join(labels))


@writes.post("/api/dead/{message_id}/retry")
async def retry(message_id: str, services: ServicesDep) -> dict[str, str]:
    """Queue one dead letter again, or with `all` every one."""
    count = await retry_dead_letters(services, () if message_id == "all" else (message_id,))
    return {
        "message": f"{count} queued again; deliver_alerts sends {'it' if count == 1 else 'them'} within seconds."
    }


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
    return {
        "message": f"{rule_id} is no longer muted; {sum(one.muted for one in ended)} alerts were suppressed."
    }


router.include_router(writes)
