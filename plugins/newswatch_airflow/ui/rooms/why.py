"""Why an item did or did not alert, asked by its link, its headline or its id."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from newswatch.pipeline.oversight.why import WhyAnswer, explain
from newswatch_airflow.ui.access import ReaderDep, reader
from newswatch_airflow.ui.page import render
from newswatch_airflow.ui.shared import Shared, SharedDep

router = APIRouter(dependencies=[Depends(reader)])


@router.get("/why", response_class=HTMLResponse, include_in_schema=False)
async def why_page(
    request: Request,
    visitor: ReaderDep,
    shared: SharedDep,
    item: Annotated[str, Query(max_length=2_000)] = "",
) -> HTMLResponse:
    """The answer for each feed that has the item, or the question alone."""
    answer = await _explained(shared, item) if item.strip() else None
    return render(request, visitor, "why.html", here="alerts", item=item, answer=answer)


async def _explained(shared: Shared, item: str) -> WhyAnswer:
    """Every rule is judged, which takes a while where there are many: beside the other pages."""

    async def work() -> WhyAnswer:
        async with await shared.own_services() as own:
            return await explain(own, item)

    async with shared.heavy:
        return await asyncio.to_thread(lambda: asyncio.run(work()))
