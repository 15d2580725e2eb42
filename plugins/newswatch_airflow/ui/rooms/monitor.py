"""For monitors: health as JSON and metrics for Prometheus, with a static token instead of a login."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from newswatch.errors import RedisRefused, RedisUnavailable
from newswatch.pipeline.base.configuration import in_force
from newswatch.pipeline.oversight.alerts import count_states
from newswatch.pipeline.oversight.feeds import counted
from newswatch.pipeline.oversight.latency import LOOKED_AT
from newswatch.pipeline.oversight.metrics import CONTENT_TYPE_PLAIN_0_0_4, Measured, exposition
from newswatch.pipeline.oversight.queues import read_queues
from newswatch.pipeline.oversight.status import as_dict
from newswatch.store import archive, hops
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms
from newswatch_airflow.ui.access import monitor
from newswatch_airflow.ui.rooms.status import whole_status
from newswatch_airflow.ui.shared import SharedDep

router = APIRouter(dependencies=[Depends(monitor)], tags=["monitoring"])


@router.get("/api/health")
async def health(shared: SharedDep) -> JSONResponse:
    """200 while nobody has to act at once, else 503. The body says why."""
    try:
        status = await whole_status(await shared.services())
    except (RedisUnavailable, RedisRefused) as error:
        await shared.forget()
        finding = {"cause": "redis", "level": "error", "what": str(error), "runbook": "redis-is-away"}
        return JSONResponse(
            {"ok": False, "state": "failing", "sentence": str(error), "findings": [finding]}, 503
        )
    return JSONResponse(as_dict(status), 200 if status.ok else 503)


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(shared: SharedDep) -> Response:
    """Figures in Prometheus's text format; 503 if Redis cannot be reached."""
    services = await shared.services()
    bundle = await in_force(services)
    with redis_errors():
        items_total = await archive.items_total(services.redis)
        matches_today = await archive.matches_on_day(services.redis, to_ms(services.clock()))
    measured = Measured(
        status=await whole_status(services),
        queues=await read_queues(services, bundle),
        hops=await hops.read(services.redis),
        feeds=counted(await shared.statuses(services, bundle)) if bundle else {},
        states=await count_states(services, LOOKED_AT),
        items_total=items_total,
        matches_today=matches_today,
    )
    return Response(exposition(measured), media_type=CONTENT_TYPE_PLAIN_0_0_4)
