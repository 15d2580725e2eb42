"""The watchlist: every rule in force, with its alerts and mutes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import HTMLResponse

from newswatch.pipeline.authoring import editing
from newswatch.pipeline.oversight import rules as overview
from newswatch.pipeline.oversight.rules import RuleLine
from newswatch.store import mutes
from newswatch_airflow.ui.access import ReaderDep, reader
from newswatch_airflow.ui.charts import Chart, bars
from newswatch_airflow.ui.page import render, with_query
from newswatch_airflow.ui.shared import BundleDep, ServicesDep

router = APIRouter(dependencies=[Depends(reader)])

PAGE = 50

_Text = Annotated[str, Query(max_length=200)]


@router.get("/watchlist", response_class=HTMLResponse, include_in_schema=False)
async def watchlist_page(
    request: Request,
    visitor: ReaderDep,
    services: ServicesDep,
    bundle: BundleDep,
    text: _Text = "",
    silent: bool = False,  # noqa: FBT001, FBT002 - a flag of the URL
    start: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> HTMLResponse:
    """One page of the rules in force that fit the filter."""
    found = overview.chosen(bundle, text.strip()) if bundle else []
    if silent:
        found = await overview.silent_rules(services, found)
    lines = await overview.read_lines(services, found[start : start + PAGE])
    queries = request.query_params
    return render(
        request,
        visitor,
        "watchlist.html",
        here="watchlist",
        text=text,
        silent=silent,
        lines=[(line, _chart(line)) for line in lines],
        files=editing.file_names(services.config_dir),
        version=bundle.label if bundle else "none",
        kept_s=services.settings.alert_retention_s,
        configured=len(bundle.rules) if bundle else 0,
        total=len(found),
        first=start + 1,
        last=start + len(lines),
        everywhere=mutes.EVERYWHERE,
        previous=with_query(queries, start=max(0, start - PAGE) or None) if start else None,
        following=with_query(queries, start=start + PAGE) if start + PAGE < len(found) else None,
    )


@router.get("/watchlist/irrelevant/{rule_id}", response_class=HTMLResponse, include_in_schema=False)
async def irrelevant_page(
    request: Request,
    visitor: ReaderDep,
    services: ServicesDep,
    bundle: BundleDep,
    rule_id: Annotated[str, Path(min_length=1, max_length=200)],
) -> HTMLResponse:
    """What readers marked as not relevant for one rule, and whether the rule still catches it."""
    return render(
        request,
        visitor,
        "irrelevant.html",
        here="watchlist",
        rule_id=rule_id,
        known=bundle is not None and any(one.id == rule_id for one in bundle.rules),
        found=await overview.irrelevant_to(services, bundle, rule_id),
    )


def _chart(line: RuleLine) -> Chart:
    labels = [f"{len(line.days) - 1 - number} days ago: {count}" for number, count in enumerate(line.days)]
    summary = f"{sum(line.days)} alerts in {len(line.days)} days: {', '.join(str(day) for day in line.days)}"
    return bars(line.days, labels, summary, width=84, height=24)
