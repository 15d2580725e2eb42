"""The editor: one watchlist file at a time, or feeds.yaml, checked while the user types, and saved."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from newswatch.config.load import FEEDS, WATCHLIST
from newswatch.config.rule_text import lines_of_entry
from newswatch.errors import ConfigError, Problem
from newswatch.pipeline.authoring import editing
from newswatch.pipeline.authoring.live_results import prepare
from newswatch_airflow.ui.access import ReaderDep, WriterDep, reader, writer
from newswatch_airflow.ui.diffs import DiffLine, changed_lines
from newswatch_airflow.ui.page import render
from newswatch_airflow.ui.shared import BundleDep, ServicesDep, SharedDep

router = APIRouter(dependencies=[Depends(reader)])
writes = APIRouter(dependencies=[Depends(writer)], tags=["watchlist"])

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


class Wanted(NamedTuple):
    """What the URL asks for: a file, or a rule or feed in it, an earlier version, a line from 1."""

    name: str
    rule: str
    feed: str
    version: str
    line: int


def _wanted(
    name: _Name = "",
    rule: _Name = "",
    feed: _Name = "",
    version: _Name = "",
    line: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> Wanted:
    return Wanted(name, rule, feed, version, line)


WantedDep = Annotated[Wanted, Depends(_wanted)]


@router.get("/watchlist/edit", response_class=HTMLResponse, include_in_schema=False)
async def editor_page(
    request: Request, visitor: ReaderDep, services: ServicesDep, bundle: BundleDep, wanted: WantedDep
) -> HTMLResponse:
    """One file, at `line`, `rule` or `feed`. If none is named, the one that holds the rule or feed, or else watchlist.yaml."""
    name, rule, feed, version, line = wanted
    names = editing.file_names(services.config_dir)
    found = editing.file_of_rule(services.config_dir, rule) if rule and not name else None
    chosen = name or found or (FEEDS if feed else WATCHLIST if WATCHLIST in names or not names else names[0])
    if not names and chosen != FEEDS:
        raise HTTPException(
            404, "There is no watchlist file yet: create config/watchlist.yaml with a list `rules:`."
        )
    file = editing.read_file(services.config_dir, chosen)
    text = editing.read_version(services.config_dir, chosen, version) if version else file.text
    of_feeds = chosen == FEEDS
    if of_feeds and not visitor.writes:  # the URL of a feed may have a key in it
        raise HTTPException(403, "To see feeds.yaml, you need the right to edit the DAG poll_feeds.")
    if visitor.writes and not of_feeds:
        await prepare(services, bundle.default_lang if bundle else "en")
    return render(
        request,
        visitor,
        "editor.html",
        here="feeds" if of_feeds else "watchlist",
        file=file,
        names=[] if of_feeds else names,
        of_feeds=of_feeds,
        text=text,
        version=version,
        rule=rule,
        feed=feed,
        line=line or _line_of(chosen, text, rule, feed),
        now=services.clock(),
    )


def _line_of(name: str, text: str, rule: str, feed: str) -> int:
    """Where the rule or the feed begins, 0 if it is not there or the file is broken."""
    wanted = feed if name == FEEDS else rule
    found = lines_of_entry(name, text, "feeds" if name == FEEDS else "rules", wanted) if wanted else None
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


@writes.post("/api/files/check")
async def check(asked: DraftRequest, services: ServicesDep, shared: SharedDep) -> dict[str, Any]:
    """Check the configuration with this draft in it."""
    loaded = await shared.checked_draft(services, asked.name, asked.text)
    rules = [rule.id for rule in loaded.draft.rules][:1000] if loaded.draft else []
    return {"ok": loaded.draft is not None, "problems": problems_json(loaded.problems), "rules": rules}


@writes.post("/api/files/diff", response_class=HTMLResponse)
async def diff_draft(
    asked: DraftRequest, request: Request, visitor: WriterDep, services: ServicesDep, shared: SharedDep
) -> HTMLResponse:
    """What saving this draft would change in the file as it is now, as a fragment of HTML."""

    def work() -> list[DiffLine]:
        return changed_lines(editing.read_file(services.config_dir, asked.name).text, asked.text)

    async with shared.heavy:
        rows = await asyncio.to_thread(work)
    return render(request, visitor, "diff.html", rows=rows)


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


router.include_router(writes)
