"""The watchlist: every rule, with its alerts, its receivers and its state, and the files that are broken."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from newswatch.config.draft import Loaded
from newswatch.models import Bundle
from newswatch.pipeline.authoring import editing
from newswatch.pipeline.oversight import rule_order
from newswatch.pipeline.oversight import rules as overview
from newswatch.pipeline.oversight.rule_facts import quiet_text, recorded_days
from newswatch.quantity import quantity
from newswatch.store import mutes
from newswatch_airflow.ui.access import ReaderDep, reader
from newswatch_airflow.ui.charts import by_day
from newswatch_airflow.ui.file_faults import file_faults
from newswatch_airflow.ui.page import render, with_query
from newswatch_airflow.ui.rooms.alerts import receiver_names
from newswatch_airflow.ui.shared import BundleDep, ServicesDep, SharedDep

router = APIRouter(dependencies=[Depends(reader)])

PAGE = 50
MOST_PENDING = 20

COLUMNS = {
    "rule": "Rule",
    "severity": "Severity",
    "notifies": "Notifies",
    "alerts": f"Alerts in {overview.STRIP_DAYS} days",
    "irrelevant": "Not relevant",
    "last": "Last alert",
    "owner": "Owner",
    "state": "State",
}
"""The columns by which the rules are sorted. That of all marks is sorted by those that are not relevant."""


class Wanted(BaseModel):
    """Which rules, from which one on, in which order: a column's name, with a minus for downwards."""

    text: Annotated[str, Field(max_length=200)] = ""
    silent: bool = False
    sort: Annotated[str, Field(pattern=rf"^(-?({'|'.join(COLUMNS)}))?$")] = ""
    start: Annotated[int, Field(ge=0, le=1_000_000)] = 0


@router.get("/watchlist", response_class=HTMLResponse, include_in_schema=False)
async def watchlist_page(
    request: Request,
    visitor: ReaderDep,
    services: ServicesDep,
    shared: SharedDep,
    bundle: BundleDep,
    wanted: Annotated[Wanted, Query()],
) -> HTMLResponse:
    """One page of the rules in force that fit the filter, and what is wrong with the files if that is known soon."""
    loaded = await shared.checked_soon(services)
    found = overview.chosen(bundle, wanted.text.strip()) if bundle else []
    if wanted.silent:
        found = await overview.silent_rules(services, found)
    order, start = rule_order.Order.of(wanted.sort), wanted.start
    if bundle and order.column:
        values = await rule_order.read_values(services, bundle.rules, order.column)
        found = rule_order.ordered(found, values, down=order.down)
    lines = await overview.read_lines(services, found[start : start + PAGE])
    queries, now = request.query_params, services.clock()
    recorded = recorded_days(await overview.recorded_since(services), now)
    return render(
        request,
        visitor,
        "watchlist.html",
        here="watchlist",
        text=wanted.text,
        silent=wanted.silent,
        order=order,
        columns=[
            (name, heading, with_query(queries, sort=str(order.after(name)), start=None))
            for name, heading in COLUMNS.items()
        ],
        lines=[(line, by_day(line.days, now, "alert", width=112, height=24)) for line in lines],
        days=overview.STRIP_DAYS,
        recorded=recorded,
        quiet=quiet_text(recorded),
        files=editing.file_names(services.config_dir),
        faults=file_faults(services, visitor, loaded),
        pending=_pending(bundle, loaded) if loaded else [],
        version=bundle.label if bundle else "",
        configured=len(bundle.rules) if bundle else 0,
        none_fits=_none_fits(len(bundle.rules) if bundle else 0),
        total=len(found),
        first=start + 1,
        last=start + len(lines),
        everywhere=mutes.EVERYWHERE,
        channels=receiver_names(bundle),
        cleared=with_query({}, sort=wanted.sort),
        previous=with_query(queries, start=max(0, start - PAGE) or None) if start else None,
        following=with_query(queries, start=start + PAGE) if start + PAGE < len(found) else None,
    )


def _none_fits(configured: int) -> str:
    """What is said when the filter leaves no rule. Pure."""
    if configured == 1:
        return "The only rule in force does not match the filter."
    return f"None of the {quantity(configured, 'rule')} in force matches the filter."


def _pending(bundle: Bundle | None, loaded: Loaded) -> list[str]:
    """Rules of the files that are not in force yet. Pure."""
    if loaded.draft is None or (bundle is not None and bundle.digest == loaded.draft.digest):
        return []
    known = {rule.id for rule in bundle.rules} if bundle else set()
    return [rule.id for rule in loaded.draft.rules if rule.id not in known][:MOST_PENDING]
