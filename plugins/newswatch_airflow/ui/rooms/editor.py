"""The editor: one watchlist file at a time, checked while the user types, tried, backtested, saved."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from newswatch.config.draft import Draft
from newswatch.config.load import WATCHLIST
from newswatch.config.rule_text import lines_of_rule
from newswatch.durations import parse_duration
from newswatch.errors import ConfigError, Problem
from newswatch.pipeline.authoring import editing
from newswatch.pipeline.authoring.backtest import BacktestQuestion, BacktestReport, run_backtest
from newswatch.pipeline.authoring.backtest_report import chart as days_of
from newswatch.pipeline.authoring.hit_count import RuleReport
from newswatch.pipeline.authoring.try_text import texts_at, try_texts
from newswatch.pipeline.base.item_text import plain_text
from newswatch_airflow.ui import vocabulary
from newswatch_airflow.ui.access import ReaderDep, WriterDep, reader, writer
from newswatch_airflow.ui.charts import Chart, bars
from newswatch_airflow.ui.diffs import changed_lines
from newswatch_airflow.ui.page import render
from newswatch_airflow.ui.shared import BundleDep, ServicesDep, Shared, SharedDep

router = APIRouter(dependencies=[Depends(reader)])
writes = APIRouter(dependencies=[Depends(writer)], tags=["watchlist"])

MOST_RULES = 50
MOST_PROBLEMS = 200

_Name = Annotated[str, Query(max_length=300)]


class DraftRequest(BaseModel):
    """A file's name and its proposed text."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=300)]
    text: Annotated[str, Field(max_length=5_000_000)]


class SaveRequest(DraftRequest):
    """`digest` names the version that the text was edited from; `reason` is kept with it."""

    digest: Annotated[str, Field(max_length=64)]
    reason: Annotated[str, Field(max_length=300)] = ""


class TryRequest(DraftRequest):
    """A headline and a text, or the URL of a web page or a feed."""

    title: Annotated[str, Field(max_length=2_000)] = ""
    summary: Annotated[str, Field(max_length=20_000)] = ""
    url: Annotated[str, Field(max_length=2_000)] = ""


class BacktestRequest(DraftRequest):
    """How far to look back, and for which rule; an empty rule means all rules."""

    since: Annotated[str, Field(max_length=20)] = "7d"
    rule: Annotated[str, Field(max_length=200)] = ""


@router.get("/watchlist/edit", response_class=HTMLResponse, include_in_schema=False)
async def editor_page(
    request: Request,
    visitor: ReaderDep,
    services: ServicesDep,
    name: _Name = "",
    rule: _Name = "",
    version: _Name = "",
    line: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> HTMLResponse:
    """One file, at `line` or at `rule`. If none is named, the one that holds `rule`, or else watchlist.yaml."""
    names = editing.file_names(services.config_dir)
    found = editing.file_of_rule(services.config_dir, rule) if rule and not name else None
    chosen = name or found or (WATCHLIST if WATCHLIST in names or not names else names[0])
    if not names:
        raise HTTPException(
            404, "There is no watchlist file yet: create config/watchlist.yaml with a list `rules:`."
        )
    file = editing.read_file(services.config_dir, chosen)
    text = editing.read_version(services.config_dir, chosen, version) if version else file.text
    return render(
        request,
        visitor,
        "editor.html",
        here="watchlist",
        file=file,
        names=names,
        text=text,
        version=version,
        rule=rule,
        line=line or _line_of(chosen, text, rule),
    )


def _line_of(name: str, text: str, rule: str) -> int:
    """Where the rule begins, 0 if it is not there or the file is broken."""
    found = lines_of_rule(name, text, rule) if rule else None
    return found[0] if found else 0


def problems_json(problems: tuple[Problem, ...]) -> list[dict[str, Any]]:
    """The first problems, as the scripts of the editor mark them."""
    return [
        {
            "file": one.file,
            "line": one.line,
            "col": one.col,
            "message": one.message,
            "severity": one.severity,
        }
        for one in problems[:MOST_PROBLEMS]
    ]


@router.get("/api/vocabulary", tags=["watchlist"])
async def vocabulary_json(bundle: BundleDep) -> dict[str, Any]:
    """What the editor completes: `keys` by the key that they are below, `names` by what they name."""
    return {"keys": vocabulary.keys(), "names": vocabulary.names(bundle)}


@writes.post("/api/files/check")
async def check(asked: DraftRequest, services: ServicesDep, shared: SharedDep) -> dict[str, Any]:
    """Check the configuration with this draft in it."""
    today = services.clock().date()
    async with shared.heavy:
        loaded = await asyncio.to_thread(
            editing.check_draft, services.settings, asked.name, asked.text, today
        )
    rules = [rule.id for rule in loaded.draft.rules][:1000] if loaded.draft else []
    return {"ok": loaded.draft is not None, "problems": problems_json(loaded.problems), "rules": rules}


@writes.post("/api/files/diff", response_class=HTMLResponse)
async def diff_draft(
    asked: DraftRequest, request: Request, visitor: WriterDep, services: ServicesDep
) -> HTMLResponse:
    """What saving this draft would change in the file as it is now, as a fragment of HTML."""
    file = await asyncio.to_thread(editing.read_file, services.config_dir, asked.name)
    return render(request, visitor, "diff.html", rows=changed_lines(file.text, asked.text))


@writes.post("/api/files/save")
async def save(
    asked: SaveRequest, visitor: WriterDep, services: ServicesDep, shared: SharedDep
) -> JSONResponse:
    """Save the draft: 409 if somebody else saved first, 422 if it does not pass the check."""
    try:
        async with shared.heavy:
            saved = await asyncio.to_thread(
                editing.save,
                services.settings,
                asked.name,
                asked.text,
                expected=asked.digest,
                by=visitor.name,
                now=services.clock(),
                reason=" ".join(asked.reason.split()),
            )
    except editing.ChangedMeanwhile as error:
        return JSONResponse({"detail": str(error), "text": error.text, "digest": error.digest}, 409)
    except ConfigError as error:
        detail = "The draft does not pass the check, so nothing was saved."
        return JSONResponse({"detail": detail, "problems": problems_json(error.problems)}, 422)
    return JSONResponse(
        {"message": f"{saved.name} is saved. It is in force within 30 seconds.", "digest": saved.digest}
    )


async def _draft(asked: DraftRequest, services: ServicesDep, shared: Shared) -> Draft:
    today = services.clock().date()
    async with shared.heavy:
        loaded = await asyncio.to_thread(
            editing.check_draft, services.settings, asked.name, asked.text, today
        )
    if loaded.draft is None:
        raise HTTPException(422, "The draft does not pass the check yet: correct it first.")
    return loaded.draft


@writes.post("/api/files/try", response_class=HTMLResponse)
async def try_draft(
    asked: TryRequest, request: Request, visitor: WriterDep, services: ServicesDep, shared: SharedDep
) -> HTMLResponse:
    """Which rules of the draft match a text, or what is at a public URL, as a fragment of HTML."""
    if not (asked.title or asked.summary or asked.url):
        raise HTTPException(422, "Give a headline, a text or a URL.")
    draft = await _draft(asked, services, shared)
    if asked.url:
        texts = await texts_at(draft, asked.url, services.settings)
    else:
        texts = [plain_text(asked.title, asked.summary, "", draft.default_lang)]
    today = services.clock().date().isoformat()
    tried = await asyncio.to_thread(try_texts, draft, texts, today)
    return render(request, visitor, "tried.html", tried=tried)


@writes.post("/api/files/backtest", response_class=HTMLResponse)
async def backtest_draft(
    asked: BacktestRequest, request: Request, visitor: WriterDep, services: ServicesDep, shared: SharedDep
) -> HTMLResponse:
    """What the draft would have caught among the stored items, compared with the rules in force; HTML."""
    try:
        question = BacktestQuestion(parse_duration(asked.since), asked.rule.strip() or None, None, 10)
    except ValueError as error:
        raise HTTPException(422, str(error)) from error
    with editing.draft_folder(services.config_dir, asked.name, asked.text) as folder:

        async def work() -> BacktestReport:
            async with await shared.own_services() as own:
                return await run_backtest(
                    replace(own, settings=replace(own.settings, config_dir=folder)), question
                )

        try:
            async with shared.heavy:
                report = await asyncio.to_thread(lambda: asyncio.run(work()))
        except ConfigError as error:
            raise HTTPException(422, "The draft does not pass the check yet: correct it first.") from error
    rows = sorted(report.rules, key=lambda one: (not (one.gained or one.lost), -one.hits))
    return render(
        request,
        visitor,
        "backtest.html",
        report=report,
        rows=[(row, _days(row, report)) for row in rows[:MOST_RULES]],
        left_out=max(0, len(rows) - MOST_RULES),
    )


def _days(row: RuleReport, report: BacktestReport) -> Chart:
    days = days_of(row.days, report.window)
    labels = [f"{day}: {hits}" for day, hits, _ in days]
    return bars(
        [hits for _, hits, _ in days], labels, f"Items of rule {row.rule} by day: {', '.join(labels)}"
    )


router.include_router(writes)
