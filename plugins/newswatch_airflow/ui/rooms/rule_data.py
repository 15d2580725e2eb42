"""JSON for the pages of rules: completions, a rule's facts, restoring one rule."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from newswatch.config.yaml_text import CannotEdit
from newswatch.errors import ConfigError
from newswatch.models import Bundle
from newswatch.pipeline.authoring import completions as completing
from newswatch.pipeline.authoring import editing, rule_history
from newswatch.pipeline.oversight import rule_facts
from newswatch_airflow.ui.access import WriterDep, reader, writer
from newswatch_airflow.ui.shared import BundleDep, ServicesDep, SharedDep

router = APIRouter(dependencies=[Depends(reader)], tags=["watchlist"])
writes = APIRouter(dependencies=[Depends(writer)], tags=["watchlist"])

_Name = Annotated[str, Field(max_length=500)]


class RestoreRequest(BaseModel):
    """The version of a file, by the name of its kept copy, and why."""

    model_config = ConfigDict(extra="forbid")

    file: _Name
    kept: _Name
    reason: _Name = ""


def _in_force(bundle: Bundle | None) -> Bundle:
    if bundle is None:
        raise HTTPException(409, "No configuration is in force yet.")
    return bundle


@router.get("/api/completions")
async def complete(bundle: BundleDep) -> dict[str, Any]:
    """What an editor may complete, with a line about each."""
    return completing.as_dict(completing.completions(_in_force(bundle)))


@router.get("/api/rules/{rule_id}/facts")
async def facts(rule_id: str, services: ServicesDep, bundle: BundleDep) -> dict[str, Any]:
    """Everything about a rule in force."""
    config = _in_force(bundle)
    rule = next((one for one in config.rules if one.id == rule_id), None)
    if rule is None:
        raise HTTPException(404, f"No rule {rule_id[:100]!r} is in force.")
    return rule_facts.as_dict(await rule_facts.read_facts(services, config, rule))


@writes.post("/api/rules/{rule_id}/restore")
async def restore(
    rule_id: str, asked: RestoreRequest, visitor: WriterDep, services: ServicesDep, shared: SharedDep
) -> dict[str, Any]:
    """Give one rule the lines of an earlier version; 409 if that changes nothing or cannot be done."""
    try:
        async with shared.heavy:
            saved = await asyncio.to_thread(
                rule_history.restore_rule,
                services.settings,
                rule_id,
                asked.file,
                asked.kept,
                by=visitor.name,
                now=services.clock(),
                reason=asked.reason,
            )
    except (rule_history.NothingToRestore, CannotEdit, editing.ChangedMeanwhile) as error:
        raise HTTPException(409, str(error)) from error
    except ConfigError as error:
        raise HTTPException(422, f"That version does not pass the check today: {error}") from error
    return {
        "message": f"Rule {rule_id} is restored. It is in force within 30 seconds.",
        "digest": saved.digest,
    }


router.include_router(writes)
