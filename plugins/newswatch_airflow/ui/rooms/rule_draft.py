"""A rule that is being written: what it would have caught, and what it makes of headlines, with repairs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from newswatch.config.draft import Draft
from newswatch.config.yaml_text import CannotEdit
from newswatch.errors import QueryError
from newswatch.models import Bundle, Event, Modality, Rule
from newswatch.pipeline.authoring import draft_changes, editing, live_results, try_many
from newswatch.pipeline.authoring.loosened import loosened
from newswatch.pipeline.authoring.rule_form import rule_of_form
from newswatch.pipeline.authoring.single_rule import EVENT, QUERY
from newswatch.pipeline.authoring.try_text import texts_at
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.oversight.rule_facts import meaning
from newswatch.rules.repair import Repair
from newswatch_airflow.ui.access import WriterDep, writer
from newswatch_airflow.ui.charts import Chart, by_day
from newswatch_airflow.ui.page import render
from newswatch_airflow.ui.rooms.rule_form import Fields
from newswatch_airflow.ui.shared import BundleDep, ServicesDep, Shared, SharedDep

router = APIRouter(dependencies=[Depends(writer)], tags=["watchlist"])

MOST_HITS = 5

_Name = Annotated[str, Field(max_length=300)]
_Word = Annotated[str, Field(max_length=1_000)]
_Words = Annotated[list[_Word], Field(max_length=1_000)]


class RuleDraft(BaseModel):
    """What is being written: the form's `fields`, or the `text` of the file `name`.

    `rule` is the id of the rule: of the form, the one that it edits; of a file, the one that is asked about. `more` asks
    to count on what the last answer left.
    """

    model_config = ConfigDict(extra="forbid")

    rule: _Name = ""
    fields: Fields | None = None
    name: _Name = ""
    text: Annotated[str, Field(max_length=5_000_000)] = ""
    more: bool = False


class TryRequest(RuleDraft):
    """Headlines, one a line."""

    headlines: Annotated[str, Field(max_length=100_000)] = ""


class PageRequest(BaseModel):
    """The address of a public web page or feed."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, Field(min_length=1, max_length=2_000)]


class EventParts(BaseModel):
    """An event as a repair leaves it."""

    who: _Words = []
    does: _Words = []
    what: _Words = []
    unless: _Words = []


class RepairParts(BaseModel):
    """A repair as the page got it: what the rule becomes, or the entry that a list gets."""

    model_config = ConfigDict(extra="forbid")

    query: Annotated[str, Field(max_length=10_000)] = ""
    event: EventParts | None = None
    modality: list[Modality]
    list_name: Annotated[str, Field(max_length=1_000, alias="list")] = ""
    entry: _Word = ""


class RepairRequest(RuleDraft):
    """A repair of the rule in a draft of its file."""

    repair: RepairParts


@dataclass(frozen=True, slots=True)
class _Drafted:
    """The rule, and the lists and feeds that it uses; of a file without a rule that is asked about, all its rules."""

    rule: Rule | None
    config: Draft | Bundle
    in_force: Bundle


class _Unfinished(Exception):
    """The rule cannot be tried yet. That is no fault while somebody is writing it, so the page only says so."""


async def _drafted(asked: RuleDraft, services: Services, shared: Shared, bundle: Bundle | None) -> _Drafted:
    if bundle is None:
        raise HTTPException(409, "No configuration is in force yet.")
    if asked.fields is not None:
        form = asked.fields
        if form.kind == "event" and not form.does.strip():
            raise _Unfinished("Say what is done: a list such as $sues, or verbs.")
        if form.kind == "query" and not form.query.strip():
            raise _Unfinished("Write the words to look for.")
        own_id = EVENT if form.kind == "event" else QUERY
        return _Drafted(rule_of_form(form, asked.rule or own_id), bundle, bundle)
    loaded = await shared.checked_draft(services, asked.name, asked.text)
    if loaded.draft is None:
        raise _Unfinished("The file has errors: correct them first.")
    rule = next((one for one in loaded.draft.rules if one.id == asked.rule), None)
    if asked.rule and rule is None:
        raise _Unfinished(f"The file has no rule {asked.rule[:100]}.")
    return _Drafted(rule, loaded.draft, bundle)


def _unfinished(asked: RuleDraft, error: Exception) -> str:
    """Why the draft cannot be tried. The form shows an error of the query at its field."""
    if asked.fields is not None and isinstance(error, QueryError):
        return "Correct the rule first: the form shows what is wrong."
    return str(error)


@router.post("/api/rules/live", response_class=HTMLResponse)
async def live(
    asked: RuleDraft,
    request: Request,
    visitor: WriterDep,
    services: ServicesDep,
    shared: SharedDep,
    bundle: BundleDep,
) -> HTMLResponse:
    """What the draft would have caught in the last seven days, as a fragment of HTML, or why that is not known yet."""
    try:
        drafted = await _drafted(asked, services, shared, bundle)
        if drafted.rule is None:
            return render(request, visitor, "unfinished.html", text="Put the cursor into a rule.")
        found = await live_results.live_results(
            services, drafted.config, drafted.rule, drafted.in_force, limit=MOST_HITS, more=asked.more
        )
    except (_Unfinished, QueryError) as error:
        return render(request, visitor, "unfinished.html", text=_unfinished(asked, error))
    days: Chart = by_day([hits for _, hits in found.days], found.until, "item", height=56, known=found.judged)
    query = meaning(drafted.rule, drafted.config.lists).query
    looser = "" if found.hits or not found.counted else _looser(drafted)
    return render(
        request,
        visitor,
        "live.html",
        found=found,
        days=days,
        words=query.meaning if query else None,
        looser=looser and {"query": looser, "modality": list(drafted.rule.modality)},
    )


def _looser(drafted: _Drafted) -> str:
    """A query that lets other words between the words of a phrase, "" where the rule is something else."""
    query = drafted.rule.query if drafted.rule else None
    return loosened(query, drafted.in_force.default_lang) if query else ""


@router.post("/api/rules/changed", response_class=HTMLResponse)
async def changed_rules(
    asked: RuleDraft,
    request: Request,
    visitor: WriterDep,
    services: ServicesDep,
    shared: SharedDep,
    bundle: BundleDep,
) -> HTMLResponse:
    """What each rule that the draft of a file changes would gain and lose, as a fragment of HTML."""
    try:
        drafted = await _drafted(asked, services, shared, bundle)
    except _Unfinished as error:
        return render(request, visitor, "unfinished.html", text=str(error))
    changes, tried = [], []
    if isinstance(drafted.config, Draft):
        changes = draft_changes.changed_in(drafted.config, drafted.in_force)
        tried = await draft_changes.try_changes(
            services, drafted.config, drafted.in_force, changes, more=asked.more
        )
    return render(
        request, visitor, "changed.html", tried=tried, more=len(changes) - len(tried), name=asked.name
    )


@router.post("/api/rules/try", response_class=HTMLResponse)
async def try_headlines(
    asked: TryRequest,
    request: Request,
    visitor: WriterDep,
    services: ServicesDep,
    shared: SharedDep,
    bundle: BundleDep,
) -> HTMLResponse:
    """Each headline's verdict, why it does not match, and repairs, as a fragment of HTML.

    The rule's own tests that fail come first. Without a rule, all rules of the file are tried.
    """
    today = services.clock().date().isoformat()
    try:
        drafted = await _drafted(asked, services, shared, bundle)
        rule, config = drafted.rule, drafted.config
        texts = try_many.headlines(asked.headlines, config.default_lang)
        async with shared.heavy:
            failing = await asyncio.to_thread(try_many.failing_tests, rule, config) if rule else []
            if rule is not None:
                tried = await asyncio.to_thread(try_many.try_rule, rule, config, texts)
            elif isinstance(config, Draft):
                tried = await asyncio.to_thread(try_many.try_many, config, texts, today)
            else:
                tried = []
    except (_Unfinished, QueryError) as error:
        said = _unfinished(asked, error) if asked.headlines.strip() else ""
        return render(request, visitor, "unfinished.html", text=said)
    return render(
        request,
        visitor,
        "tried.html",
        rule=rule,
        failing=failing,
        tried=tried,
        matching=sum(1 for one in tried if one.matches),
        in_form=asked.fields is not None,
        most=try_many.MOST_TEXTS,
        repair_of=lambda trial: try_many.as_dict(trial)["repairs"],
    )


@router.post("/api/rules/repair")
async def repair(asked: RepairRequest, services: ServicesDep, shared: SharedDep) -> dict[str, Any]:
    """The text of the file with the repair in it. Nothing is saved."""
    loaded = await shared.checked_draft(services, asked.name, asked.text)
    rule = next((one for one in loaded.draft.rules if one.id == asked.rule), None) if loaded.draft else None
    if rule is None or loaded.draft is None:
        raise HTTPException(422, "The file has errors, or the rule is gone: look at the draft first.")
    made, folder = asked.repair, services.config_dir
    event = (
        None
        if made.event is None
        else Event(**{name: tuple(texts) for name, texts in made.event.model_dump().items()})
    )
    after = replace(rule, query=made.query, event=event, modality=tuple(made.modality))
    one = Repair("", after, loaded.draft.lists, made.list_name, made.entry)

    def work() -> dict[str, str]:
        texts = {name: editing.read_file(folder, name).text for name in editing.file_names(folder)}
        return try_many.repaired_texts({**texts, asked.name: asked.text}, rule, one)

    try:
        changed = await asyncio.to_thread(work)
    except CannotEdit as error:
        raise HTTPException(422, str(error)) from error
    others = [name for name in changed if name != asked.name]
    if others:
        raise HTTPException(409, f"The repair changes {', '.join(others)}: open that file and make it there.")
    return {"text": changed.get(asked.name, asked.text)}


@router.post("/api/rules/headlines")
async def headlines(asked: PageRequest, services: ServicesDep, bundle: BundleDep) -> dict[str, list[str]]:
    """The headlines of a feed, or the headline and standfirst of a web page, to be tried."""
    found = await texts_at(bundle.default_lang if bundle else "en", asked.url, services.settings)
    lines = (" ".join((one.title or one.summary).split()) for one in found)
    return {"headlines": [line for line in lines if line]}
