"""One rule: what it means, what it caught, what readers said, what would improve it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from newswatch.config.checked_file import UsedNames
from newswatch.models import Rule
from newswatch.pipeline.authoring.coach.apply import apply_proposal
from newswatch.pipeline.authoring.coach.report import effects, nothing, summary
from newswatch.pipeline.authoring.coach.run import Advice, coach
from newswatch.pipeline.authoring.rule_history import rule_history
from newswatch.pipeline.authoring.rule_stats import RuleStats, read_stats
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.oversight import rules as overview
from newswatch.pipeline.oversight.alert_search import AlertFilter, list_alerts
from newswatch.pipeline.oversight.rule_facts import meaning, quiet_text, recorded_days
from newswatch.quantity import quantity
from newswatch.rules.event_plan import entries_of
from newswatch.store import archive, keys, mutes
from newswatch.store.client import redis_errors
from newswatch.store.codec import from_ms
from newswatch_airflow.ui.access import ReaderDep, WriterDep, reader, writer
from newswatch_airflow.ui.charts import by_day, by_day_and_hour
from newswatch_airflow.ui.diffs import unified_lines
from newswatch_airflow.ui.file_faults import place_of
from newswatch_airflow.ui.page import render
from newswatch_airflow.ui.rooms.alerts import receiver_names
from newswatch_airflow.ui.shared import BundleDep, ServicesDep, Shared, SharedDep

router = APIRouter(dependencies=[Depends(reader)])
writes = APIRouter(dependencies=[Depends(writer)], tags=["watchlist"])

LAST_HITS = 5
MOST_MOMENTS = 5_000
"""The picture by hour is drawn from the newest of a rule's alerts."""
MOST_TERMS = 100
PROPOSALS = 5
MOST_CHANGES = 50

RuleId = Annotated[str, Path(min_length=1, max_length=200)]


@dataclass(frozen=True, slots=True)
class UsedList:
    """A list that a rule uses: how many entries it has, and the first ones."""

    name: str
    entries: int
    first: str


@router.get("/watchlist/rules/{rule_id}", response_class=HTMLResponse, include_in_schema=False)
async def rule_page(
    request: Request,
    rule_id: RuleId,
    visitor: ReaderDep,
    services: ServicesDep,
    shared: SharedDep,
    bundle: BundleDep,
) -> HTMLResponse:
    """A rule in force, or one of the files that is not in force yet; 404 for any other.

    A rule in force is shown before a long check of the files has ended.
    """
    in_force = next((one for one in bundle.rules if one.id == rule_id), None) if bundle else None
    loaded = await (shared.checked_soon(services) if in_force else shared.checked(services))
    draft = loaded.draft if loaded else None
    in_files = next((one for one in draft.rules if one.id == rule_id), None) if draft else None
    rule = in_force or in_files
    if rule is None:
        raise HTTPException(
            404,
            "No rule has this id. It may have been renamed, or deleted: see Deleted rules on the Watchlist.",
        )
    lists: Mapping[str, Sequence[str]] = bundle.lists if in_force and bundle else draft.lists if draft else {}
    now = services.clock()
    (line,) = await overview.read_lines(services, [rule])
    page = await list_alerts(services, AlertFilter(rule=rule_id), before=None, limit=LAST_HITS)
    recorded = recorded_days(await overview.recorded_since(services), now)
    return render(
        request,
        visitor,
        "rule.html",
        here="watchlist",
        rule=rule,
        line=line,
        place=place_of(services, loaded, rule_id) if loaded else None,
        checking=loaded is None,
        pending=in_files is not None and in_files != in_force,
        new=in_force is None,
        removed=in_force is not None and draft is not None and in_files is None,
        broken=loaded is not None and draft is None,
        version=bundle.label if bundle else "",
        means=meaning(rule, lists),
        lists=used_lists(rule, lists),
        receivers={one.id: one.channel for one in bundle.receivers} if bundle else {},
        channels=receiver_names(bundle),
        days=by_day(line.days, now, "alert"),
        hours=by_day_and_hour(await _moments(services, rule_id, now), now, len(line.days)),
        alerts=page.lines,
        quiet=quiet_text(recorded),
        nothing=_nothing(min(recorded, len(line.days))),
        irrelevant=await overview.irrelevant_to(services, bundle, rule_id),
        everywhere=mutes.EVERYWHERE,
    )


def _nothing(days: int) -> str:
    """What to say where there is nothing to draw: never of more days than there are data for. Pure."""
    if not days:
        return "No alerts yet."
    return f"No alerts in {quantity(days, 'day')}."


async def _moments(services: Services, rule_id: str, now: datetime) -> list[datetime]:
    with redis_errors():
        places = await archive.alerts_before(
            services.redis, None, MOST_MOMENTS, keys.alerts_of("rule", rule_id)
        )
    return [at for at in (from_ms(place.matched_ms) for place in places) if at <= now]


def used_lists(rule: Rule, lists: Mapping[str, Sequence[str]]) -> list[UsedList]:
    """The lists and packs that the rule names. Pure."""
    found = []
    for name in sorted(UsedNames.of([rule], {}).lists):
        entries = entries_of((f"${name}",), lists)
        shown = ", ".join(str(one) for one in lists.get(name, ())[:8])
        found.append(UsedList(name, len(entries), shown))
    return found


@router.get("/watchlist/rules/{rule_id}/terms", response_class=HTMLResponse, include_in_schema=False)
async def terms_page(
    request: Request, rule_id: RuleId, visitor: ReaderDep, shared: SharedDep
) -> HTMLResponse:
    """The rule's hits by the term that hit. It reads every stored item, so it is asked for."""

    async def work() -> RuleStats:
        async with await shared.own_services() as own:
            return await read_stats(own, rule_id)

    async with shared.heavy:
        stats = await asyncio.to_thread(lambda: asyncio.run(work()))
    return render(
        request,
        visitor,
        "rule_terms.html",
        here="watchlist",
        rule_id=rule_id,
        stats=stats,
        terms=stats.terms[:MOST_TERMS],
        left_out=max(0, len(stats.terms) - MOST_TERMS),
    )


@router.get("/watchlist/rules/{rule_id}/history", response_class=HTMLResponse, include_in_schema=False)
async def history_page(
    request: Request, rule_id: RuleId, visitor: ReaderDep, services: ServicesDep, shared: SharedDep
) -> HTMLResponse:
    """Who changed the rule, when, why and how. It reads the kept versions of the files, so it is asked for."""
    async with shared.heavy:
        changes = await asyncio.to_thread(rule_history, services.config_dir, rule_id)
    return render(
        request,
        visitor,
        "rule_history.html",
        here="watchlist",
        rule_id=rule_id,
        changes=[(one, unified_lines(one.diff)) for one in changes[:MOST_CHANGES]],
    )


# ── the coach ─────────────────────────────────────────────────────────────────────────────────


class ProposalRequest(BaseModel):
    """The id of a proposal, as the coach gave it."""

    model_config = ConfigDict(extra="forbid")

    proposal: Annotated[str, Field(min_length=1, max_length=20)]


async def _advice(shared: Shared, rule_id: str) -> Advice:
    async def work() -> Advice:
        async with await shared.own_services() as own:
            return await coach(own, rule_id, most=PROPOSALS)

    async with shared.heavy:
        return await asyncio.to_thread(lambda: asyncio.run(work()))


@writes.post("/api/rules/{rule_id}/coach", response_class=HTMLResponse)
async def coach_rule(
    request: Request, rule_id: RuleId, visitor: WriterDep, shared: SharedDep
) -> HTMLResponse:
    """The edits that help most, each with its diff, as a fragment of HTML. Changes nothing."""
    advice = await _advice(shared, rule_id)
    return render(
        request,
        visitor,
        "coach.html",
        rule_id=rule_id,
        summary=summary(advice),
        nothing="" if advice.proposals else nothing(advice),
        proposals=[(one, effects(advice, one), unified_lines(one.diff)) for one in advice.proposals],
    )


@writes.post("/api/rules/{rule_id}/coach/apply")
async def apply_coach(
    rule_id: RuleId, asked: ProposalRequest, visitor: WriterDep, services: ServicesDep, shared: SharedDep
) -> dict[str, Any]:
    """Save a proposal, if it is still the same."""
    advice = await _advice(shared, rule_id)
    async with shared.heavy:
        name = await asyncio.to_thread(
            apply_proposal,
            services.settings,
            advice,
            asked.proposal,
            by=visitor.name,
            now=services.clock(),
        )
    return {"message": f"{name} is saved. It is in force within 30 seconds."}


router.include_router(writes)
