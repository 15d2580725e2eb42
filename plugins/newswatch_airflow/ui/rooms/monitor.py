"""For machines that watch: health as JSON. A static token instead of a login."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from newswatch.errors import RedisUnavailable
from newswatch.pipeline.overview.status import as_dict
from newswatch_airflow.ui.access import monitor
from newswatch_airflow.ui.desk import DeskDep
from newswatch_airflow.ui.rooms.status import whole_status

router = APIRouter(dependencies=[Depends(monitor)], tags=["monitoring"])


@router.get("/api/health")
async def health(desk: DeskDep) -> JSONResponse:
    """200 when nobody has to act at once, 503 when somebody has to; the body says why."""
    try:
        status = await whole_status(await desk.services())
    except RedisUnavailable as error:
        await desk.forget()
        finding = {"cause": "redis", "level": "error", "what": str(error), "runbook": "redis-is-away"}
        return JSONResponse({"ok": False, "sentence": str(error), "findings": [finding]}, 503)
    return JSONResponse(as_dict(status), 200 if status.ok else 503)
