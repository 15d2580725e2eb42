"""JSON for the pages of rules: live results, many headlines, completions, a rule's facts, restoring one rule."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from newswatch.config.yaml_text import CannotEdit
from newswatch.errors import ConfigError, QueryError
from newswatch.models import DEFAULT_MODALITY, Bundle, Event, FeedFilter, Modality, Rule
from newswatch.pipeline.authoring import completions as completing
from newswatch.pipeline.authoring import editing, live_report, live_results, rule_history, try_many
from newswatch.pipeline.authoring.single_rule import EVENT, QUERY
from newswatch.pipeline.oversight import rule_facts
from newswatch_airflow.ui.access import WriterDep, reader, writer
from newswatch_airflow.ui.shared import BundleDep, ServicesDep, SharedDep

router = APIRouter(dependencies=[Depends(reader)], tags=["watchlist"])
writes = APIRouter(dependencies=[Depends(writer)], tags=["watchlist"])

MOST_LINES = 100_000

_Name = Annotated[str, Field(max_length=500)]
_Names = Annotated[list[_Name], Field(max_length=1_000)]


class EventParts(BaseModel):
    """Who does what to whom, as lists and words."""

    model_config = ConfigDict(extra="forbid")

    who: _Names = []
    does: _Names
    what: _Names = []
    unless: _Names = []


class DraftRule(BaseModel):
    """What a rule that is being written looks for: a query or an event. `rule` is its id, if it has one."""

    model_config = ConfigDict(extra="forbid")

    rule: _Name = ""
    query: Annotated[str, Field(max_length=10_000)] = ""
    event: EventParts | None = None
    modality: list[Modality] = list(DEFAULT_MODALITY)
    negation: Annotated[str, Field(pattern="^(ignore|exclude)$")] = "ignore"
    languages: _Names = []
    feed_ids: _Names = []
    feed_tags: _Names = []
    must_match: _Names = []
    must_not_match: _Names = []

    def as_rule(self) -> Rule:
        """The rule. Nobody is notified by it."""
        event = (
            None if self.event is None else Event(**{k: tuple(v) for k, v in self.event.model_dump().items()})
        )
        return Rule(
            id=self.rule or (QUERY if event is None else EVENT),
            query="" if event else self.query,
            event=event,
            modality=tuple(self.modality),
            negation="exclude" if self.negation == "exclude" else "ignore",
            languages=tuple(self.languages),
            feeds=FeedFilter(tuple(self.feed_ids), tuple(self.feed_tags)),
            must_match=tuple(self.must_match),
            must_not_match=tuple(self.must_not_match),
        )


class TryRequest(DraftRule):
    """Headlines, one a line."""

    headlines: Annotated[str, Field(max_length=MOST_LINES)]


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


@writes.post("/api/rules/live")
async def live(asked: DraftRule, services: ServicesDep, bundle: BundleDep) -> JSONResponse:
    """What the draft would have caught in the last seven days; 422 with the place of the mistake if it cannot be read."""
    config = _in_force(bundle)
    try:
        found = await live_results.live_results(services, config, asked.as_rule(), config)
    except QueryError as error:
        return _unreadable(error)
    return JSONResponse(live_report.as_dict(found))


@writes.post("/api/rules/try")
async def try_headlines(asked: TryRequest, bundle: BundleDep, shared: SharedDep) -> JSONResponse:
    """Each headline's verdict by the draft, why it does not match, and repairs."""
    config = _in_force(bundle)
    texts = try_many.headlines(asked.headlines, config.default_lang)
    try:
        async with shared.heavy:
            found = await asyncio.to_thread(try_many.try_rule, asked.as_rule(), config, texts)
    except QueryError as error:
        return _unreadable(error)
    return JSONResponse({"trials": [try_many.as_dict(one) for one in found]})


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


def _unreadable(error: QueryError) -> JSONResponse:
    return JSONResponse({"detail": error.message, "offset": error.offset, "end": error.end}, 422)


router.include_router(writes)
