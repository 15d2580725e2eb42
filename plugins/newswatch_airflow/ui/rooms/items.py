"""All stored items: a search by words, and for each item why it did or did not alert."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from newswatch.feeds.canonical import canonical_link
from newswatch.pipeline.authoring.find_items import SHOWN, find_items
from newswatch.pipeline.oversight import why
from newswatch_airflow.ui.access import ReaderDep, reader
from newswatch_airflow.ui.page import base_of, render
from newswatch_airflow.ui.rooms.alerts import receiver_names
from newswatch_airflow.ui.shared import BundleDep, ServicesDep

router = APIRouter(dependencies=[Depends(reader)])

_Asked = Annotated[str, Query(max_length=2_000)]


@router.get("/items", response_class=HTMLResponse, include_in_schema=False)
async def items_page(
    request: Request,
    visitor: ReaderDep,
    services: ServicesDep,
    bundle: BundleDep,
    text: _Asked = "",
    feed: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """The newest items with these words. A link leads to its item."""
    if canonical_link(text):
        return RedirectResponse(f"{base_of(request)}/why?{urlencode({'item': text.strip()})}", 303)
    found = await find_items(services, bundle, text, feed.strip()) if bundle else None
    return render(
        request,
        visitor,
        "items.html",
        here="alerts",
        text=text,
        feed=feed,
        found=found,
        most=SHOWN,
        kept_s=services.settings.item_retention_s,
    )


@router.get("/why", response_class=HTMLResponse, include_in_schema=False)
async def why_page(
    request: Request,
    visitor: ReaderDep,
    services: ServicesDep,
    bundle: BundleDep,
    item: _Asked = "",
    *,
    all_rules: Annotated[bool, Query(alias="all")] = False,
) -> HTMLResponse:
    """Why an item did or did not alert: by its link, its full title or its id."""
    answer = await why.explain(services, item, all_rules=all_rules) if bundle and item.strip() else None
    return render(
        request,
        visitor,
        "why.html",
        here="alerts",
        item=item,
        answer=answer,
        all_rules=all_rules,
        receivers=receiver_names(bundle),
    )


@router.get("/api/why", tags=["alerts"])
async def why_json(services: ServicesDep, item: _Asked = "", *, all_rules: bool = False) -> dict[str, Any]:
    """Why an item did or did not alert, as `newswatch why --json` prints it."""
    return why.as_dict(await why.explain(services, item, all_rules=all_rules))
