"""Deleting a rule, and the list of deleted ones."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from newswatch.config.yaml_text import CannotEdit
from newswatch.pipeline.authoring import editing, rule_removal
from newswatch_airflow.ui.access import ReaderDep, WriterDep, reader, writer
from newswatch_airflow.ui.diffs import DiffLine, changed_lines, unified_lines
from newswatch_airflow.ui.page import render
from newswatch_airflow.ui.rooms.rule import RuleId
from newswatch_airflow.ui.shared import ServicesDep, SharedDep

router = APIRouter(dependencies=[Depends(reader)])
writes = APIRouter(dependencies=[Depends(writer)], tags=["watchlist"])

MOST_REMOVED = 50


class RemoveRequest(BaseModel):
    """The version of the file that the user saw, and why the rule is deleted."""

    model_config = ConfigDict(extra="forbid")

    digest: Annotated[str, Field(max_length=64)]
    reason: Annotated[str, Field(max_length=300)] = ""


@router.get("/watchlist/removed", response_class=HTMLResponse, include_in_schema=False)
async def removed_page(
    request: Request, visitor: ReaderDep, services: ServicesDep, shared: SharedDep
) -> HTMLResponse:
    """The rules that were deleted and are in no file now. It reads the kept versions, so it has a page of its own."""
    async with shared.heavy:
        removed = await asyncio.to_thread(rule_removal.removed_rules, services.config_dir, MOST_REMOVED)
    return render(
        request,
        visitor,
        "removed.html",
        here="watchlist",
        removed=[(one, unified_lines(one.diff)) for one in removed],
        most=MOST_REMOVED,
    )


@writes.post("/api/rules/{rule_id}/removal", response_class=HTMLResponse)
async def preview_removal(
    rule_id: RuleId, request: Request, visitor: WriterDep, services: ServicesDep, shared: SharedDep
) -> HTMLResponse:
    """What deleting the rule would change, as a fragment of HTML; 409 if something needs the rule."""

    def work() -> tuple[rule_removal.Removal, list[DiffLine]]:
        removal = rule_removal.removal_of(services.settings, rule_id, services.clock())
        return removal, changed_lines(removal.before, removal.after)

    try:
        async with shared.heavy:
            removal, rows = await asyncio.to_thread(work)
    except (rule_removal.CannotRemove, CannotEdit) as error:
        raise HTTPException(409, str(error)) from error
    return render(request, visitor, "removal.html", rule_id=rule_id, removal=removal, rows=rows)


@writes.post("/api/rules/{rule_id}/remove")
async def remove(
    rule_id: RuleId, asked: RemoveRequest, visitor: WriterDep, services: ServicesDep, shared: SharedDep
) -> dict[str, Any]:
    """Delete the rule; 409 if the file has changed since, or if something needs the rule."""

    def work() -> str:
        return rule_removal.remove_rule(
            services.settings,
            rule_id,
            expected=asked.digest,
            by=visitor.name,
            now=services.clock(),
            reason=" ".join(asked.reason.split()),
        )

    try:
        async with shared.heavy:
            name = await asyncio.to_thread(work)
    except (rule_removal.CannotRemove, CannotEdit, editing.ChangedMeanwhile) as error:
        raise HTTPException(409, str(error)) from error
    return {"message": f"Rule {rule_id} is deleted from {name}. It is out of force within 30 seconds."}


router.include_router(writes)
