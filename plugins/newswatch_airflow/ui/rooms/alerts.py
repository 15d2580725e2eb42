"""Alerts by story, newest first, and one alert's page."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse

from newswatch.models import SEVERITIES, Bundle
from newswatch.pipeline.oversight import alerts as overview
from newswatch.pipeline.oversight.alert_search import AlertFilter, list_alerts
from newswatch.pipeline.oversight.alerts import Step
from newswatch.pipeline.oversight.story_cards import list_stories
from newswatch.store.archive import Cursor
from newswatch_airflow.ui import runs
from newswatch_airflow.ui.access import ReaderDep, reader
from newswatch_airflow.ui.page import base_of, render, span, with_query
from newswatch_airflow.ui.shared import BundleDep, ServicesDep, SharedDep

router = APIRouter(dependencies=[Depends(reader)])

PAGE = 50

_Text = Annotated[str, Query(max_length=200)]


def wanted_alerts(
    rule: _Text = "",
    feed: _Text = "",
    channel: _Text = "",
    severity: _Text = "",
    state: _Text = "",
    text: _Text = "",
) -> AlertFilter:
    """The filter that the URL names."""
    return AlertFilter(rule.strip(), feed.strip(), channel, severity, state, text.strip())


WantedDep = Annotated[AlertFilter, Depends(wanted_alerts)]


def _cursor(before: _Text = "") -> Cursor | None:
    return Cursor.parse(before)


CursorDep = Annotated[Cursor | None, Depends(_cursor)]


@router.get("/alerts", response_class=HTMLResponse, include_in_schema=False)
async def alerts_page(
    request: Request,
    visitor: ReaderDep,
    services: ServicesDep,
    bundle: BundleDep,
    wanted: WantedDep,
    before: CursorDep,
) -> HTMLResponse:
    """The stories of one page of alerts that fit the filter."""
    page = await list_stories(services, wanted, before=before, limit=PAGE)
    receivers = receiver_names(bundle)
    further = with_query(request.query_params, before=page.further) if page.further else None
    return render(
        request,
        visitor,
        "alerts.html",
        here="alerts",
        page=page,
        wanted=wanted,
        further=further,
        channels=sorted(receivers),
        receivers=receivers,
        severities=SEVERITIES,
        states=overview.STATES,
    )


def receiver_names(bundle: Bundle | None) -> dict[str, str]:
    """The name of each channel: the ids of its receivers."""
    found: dict[str, list[str]] = {}
    for receiver in bundle.receivers if bundle else ():
        found.setdefault(receiver.channel, []).append(receiver.id)
    return {channel: ", ".join(names) for channel, names in found.items()}


@router.get("/alerts/{alert_id}", response_class=HTMLResponse, include_in_schema=False)
async def alert_page(
    request: Request,
    alert_id: str,
    visitor: ReaderDep,
    services: ServicesDep,
    shared: SharedDep,
    bundle: BundleDep,
) -> HTMLResponse:
    """One alert's history; 404 if it is not stored (any more)."""
    life = await overview.read_life(services, alert_id)
    if life is None:
        kept = span(services.settings.alert_retention_s)
        raise HTTPException(404, f"No alert has this id. Alerts are kept for {kept}.")
    message = life.line.message
    ts = message.delivery.ts if message else None
    slack = await shared.slack_link(message.message.channel, ts) if message and ts else ""
    rule = next((one for one in bundle.rules if one.id == life.line.alert.rule_id), None) if bundle else None
    return render(
        request,
        visitor,
        "alert.html",
        here="alerts",
        life=life,
        steps=_with_spans(life.steps),
        runs=await asyncio.to_thread(runs.runs_of, life.steps),
        airflow=f"{request.url.scheme}://{request.url.netloc}{base_of(request).removesuffix('/newswatch')}",
        rule=rule,
        version=bundle.label if bundle else "",
        slack=slack,
        receivers=receiver_names(bundle),
    )


def _with_spans(steps: Sequence[Step]) -> list[tuple[Step, str]]:
    """Each step with the time since the one before it."""
    timed, last = [], None
    for step in steps:
        after = span((step.at - last).total_seconds()) if step.at and last else ""
        timed.append((step, after))
        last = step.at or last
    return timed


@router.get("/api/alerts", tags=["alerts"])
async def alerts_json(services: ServicesDep, wanted: WantedDep, before: CursorDep) -> dict[str, Any]:
    """One page of alerts as JSON; `before` of the next page is in `further`, null at the end."""
    page = await list_alerts(services, wanted, before=before, limit=PAGE)
    return {
        "alerts": [overview.as_dict(line) for line in page.lines],
        "further": str(page.further) if page.further else None,
    }
