"""The first page: the status in one sentence, with the problems found."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from newswatch.pipeline.base.services import Services
from newswatch.pipeline.base.silence import state_of, worst_first
from newswatch.pipeline.deliver.workspace import adopt_workspace
from newswatch.pipeline.oversight.finding_groups import grouped
from newswatch.pipeline.oversight.mended_runs import mended
from newswatch.pipeline.oversight.status import Status, as_dict, read_status
from newswatch_airflow.ui import runs
from newswatch_airflow.ui.access import ReaderDep, reader, writer
from newswatch_airflow.ui.charts import by_hour
from newswatch_airflow.ui.page import render
from newswatch_airflow.ui.shared import ServicesDep, SharedDep

router = APIRouter(dependencies=[Depends(reader)])
writes = APIRouter(dependencies=[Depends(writer)], tags=["status"])

MOST_FINDINGS = 50


async def whole_status(services: Services) -> Status:
    """Our own status and that of our DAGs in Airflow. Raises RedisUnavailable."""
    standings = await asyncio.to_thread(runs.standings)
    slots = await asyncio.to_thread(runs.slot_findings, services.settings.poll_shards)
    over = await mended(services, runs.failed(standings))
    further = [*runs.findings(standings, over), *slots]
    return await read_status(services, further, runs.begun(standings))


@router.get("/", response_class=HTMLResponse, include_in_schema=False)
async def status_page(request: Request, visitor: ReaderDep, services: ServicesDep) -> HTMLResponse:
    """The status, and the number of new items by hour."""
    status = await whole_status(services)
    return render(
        request,
        visitor,
        "status.html",
        here="",
        status=status,
        groups=grouped(status.findings),
        residents=worst_first(status.residents, status.now),
        states={pulse.stage: state_of(pulse, status.now) for pulse in status.residents},
        chart=by_hour(status.figures.last_item_hours, status.now),
        most=MOST_FINDINGS,
    )


@router.get("/api/status", tags=["status"])
async def status_json(services: ServicesDep) -> dict[str, object]:
    """The first page as JSON, for a logged-in user."""
    return as_dict(await whole_status(services))


@writes.post("/api/workspace/adopt")
async def adopt(services: ServicesDep, shared: SharedDep) -> dict[str, str]:
    """Send to the workspace of the Slack token, as its bot, from now on."""
    _, found = await adopt_workspace(replace(services, sender=await shared.slack()))
    return {"message": f"Messages go to {found.workspace} from now on, sent by {found.bot}."}


router.include_router(writes)
