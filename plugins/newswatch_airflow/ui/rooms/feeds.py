"""Feeds: the table, one feed's page, poll now."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from newswatch.config.feeds_append import NewFeed, id_for
from newswatch.config.load import FEEDS
from newswatch.models import Bundle, Feed
from newswatch.pipeline.authoring import editing
from newswatch.pipeline.authoring.feed_preview import FeedPreview, preview_url
from newswatch.pipeline.authoring.preview_matches import Shown, matched
from newswatch.pipeline.authoring.selector_proposal import block, json_block
from newswatch.pipeline.authoring.source_check import accept
from newswatch.pipeline.authoring.try_text import rules_for_any_feed
from newswatch.pipeline.base.compiled_rules import compiled
from newswatch.pipeline.base.disk_cache import DiskCache
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.oversight import coverage
from newswatch.pipeline.oversight import feeds as overview
from newswatch.pipeline.oversight.feed_trouble import WORST_FIRST, folded, worst_first
from newswatch.quantity import quantity
from newswatch.rules import ItemText
from newswatch.slack.text import clean
from newswatch.store.client import redis_errors
from newswatch.store.codec import from_ms
from newswatch.store.feeds import make_due
from newswatch.store.layouts import LayoutChange, PageSight
from newswatch.store.previews import PER_MINUTE, count_preview
from newswatch_airflow.ui.access import PageVisitor, ReaderDep, WriterDep, reader, writer
from newswatch_airflow.ui.charts import by_hour, strips
from newswatch_airflow.ui.file_faults import file_faults
from newswatch_airflow.ui.page import render, with_query
from newswatch_airflow.ui.shared import BundleDep, ServicesDep, Shared, SharedDep

router = APIRouter(dependencies=[Depends(reader)])
writes = APIRouter(dependencies=[Depends(writer)])

PAGE = 50
COVERED_DAYS = 7
MOST_COVERED = 500
MOST_STRIPS = 12
"""So many feeds have their items shown by hour."""
MOST_TROUBLED = 500
"""So many feeds in trouble are read for one page, the worst first."""
_SHOWN_ITEMS = 10

_Text = Annotated[str, Query(max_length=200)]


def _wanted(text: _Text = "", tag: _Text = "", state: _Text = "") -> dict[str, str]:
    return {"text": text.strip(), "tag": tag, "state": state}


WantedDep = Annotated[dict[str, str], Depends(_wanted)]


@router.get("/feeds", response_class=HTMLResponse, include_in_schema=False)
async def feeds_page(
    request: Request,
    visitor: ReaderDep,
    services: ServicesDep,
    bundle: BundleDep,
    shared: SharedDep,
    wanted: WantedDep,
    start: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> HTMLResponse:
    """One page of the feeds that fit the filter."""
    statuses = await shared.statuses(services, bundle) if bundle else {}
    found = worst_first(await _found(services, shared, bundle, wanted), statuses)
    apart = [] if any(wanted.values()) else [feed for feed in found if statuses.get(feed.id) in WORST_FIRST]
    found = found[len(apart) :]
    here = found[start : start + PAGE]
    troubles = folded(await overview.read_lines(services, apart[:MOST_TROUBLED])) if not start else []
    queries = request.query_params
    return render(
        request,
        visitor,
        "feeds.html",
        here="feeds",
        wanted=wanted,
        faults=file_faults(services, visitor, await shared.checked_soon(services)),
        version=bundle.label if bundle else "",
        lines=await overview.read_lines(services, here),
        counts=overview.counted(statuses),
        troubles=troubles,
        troubled=len(apart),
        most_troubled=MOST_TROUBLED,
        chart=by_hour(await overview.read_hours(services), services.clock()),
        busiest=strips(await shared.items_by_feed(services), services.clock(), MOST_STRIPS),
        releases=overview.next_releases(bundle, services.clock()) if bundle else [],
        tags=sorted({tag for feed in bundle.feeds for tag in feed.tags}) if bundle else [],
        known_states=overview.STATUSES,
        configured=len(bundle.feeds) if bundle else 0,
        total=len(found),
        first=start + 1,
        last=start + len(here),
        previous=with_query(queries, start=max(0, start - PAGE) or None) if start else None,
        following=with_query(queries, start=start + PAGE) if start + PAGE < len(found) else None,
    )


async def _found(
    services: Services, shared: Shared, bundle: Bundle | None, wanted: dict[str, str]
) -> list[Feed]:
    if bundle is None:
        return []
    found = overview.chosen(bundle, wanted["text"], wanted["tag"])
    if not wanted["state"]:
        return found
    statuses = await shared.statuses(services, bundle)
    return [feed for feed in found if statuses.get(feed.id) == wanted["state"]]


@router.get("/coverage", response_class=HTMLResponse, include_in_schema=False)
async def coverage_page(
    request: Request, visitor: ReaderDep, services: ServicesDep, bundle: BundleDep, shared: SharedDep
) -> HTMLResponse:
    """How well each feed could be read, and where items were probably missed: the worst first."""
    rows = await _covered(services, bundle, shared)
    return render(
        request,
        visitor,
        "coverage.html",
        here="feeds",
        rows=rows[:MOST_COVERED],
        total=len(rows),
        days=COVERED_DAYS,
    )


@router.get("/coverage.csv", tags=["feeds"])
async def coverage_csv(services: ServicesDep, bundle: BundleDep, shared: SharedDep) -> Response:
    """The coverage of all feeds over the same time, as CSV."""
    table = coverage.as_table(await _covered(services, bundle, shared))
    return Response(table, media_type="text/csv; charset=utf-8")


async def _covered(services: Services, bundle: Bundle | None, shared: Shared) -> list[coverage.FeedCoverage]:
    """All feeds, the worst first."""
    async with shared.heavy:
        rows = await coverage.read(services, bundle, COVERED_DAYS * 86_400) if bundle else []
    return coverage.worst_first(rows)


@router.get("/feeds/{feed_id}", response_class=HTMLResponse, include_in_schema=False)
async def feed_page(
    request: Request, feed_id: str, visitor: ReaderDep, services: ServicesDep, bundle: BundleDep
) -> HTMLResponse:
    """One feed; 404 for one that is not configured."""
    life = await overview.read_feed(services, _feed(bundle, feed_id))
    kept_s = services.settings.item_retention_s
    sides = layout_sides(life.layout) if life.layout is not None else ()
    return render(request, visitor, "feed.html", here="feeds", life=life, kept_s=kept_s, sides=sides)


class LayoutSide(NamedTuple):
    """What a page showed before or after its layout change: its items, each with whether the other side has it too."""

    name: Literal["Before", "After"]
    at: datetime
    items: list[tuple[str, str, bool]]
    head: str


def layout_sides(change: LayoutChange) -> list[LayoutSide]:
    """Both documents of a layout change, or the later one alone where no earlier one was kept. Pure."""
    before, after = change.before, change.after
    shown: list[tuple[Literal["Before", "After"], PageSight, PageSight | None]] = [("After", after, before)]
    if before is not None:
        shown.insert(0, ("Before", before, after))
    sides = []
    for name, side, other in shown:
        both = {title for title, _ in other.items} if other is not None else set()
        rows = [(title, link, title in both) for title, link in side.items]
        sides.append(
            LayoutSide(name, from_ms(side.at_ms), rows, "\n".join(map(clean, side.head.splitlines())))
        )
    return sides


def _feed(bundle: Bundle | None, feed_id: str) -> Feed:
    feed = next((one for one in bundle.feeds if one.id == feed_id), None) if bundle else None
    if feed is None:
        raise HTTPException(404, "No feed in force has this id.")
    return feed


@router.get("/api/feeds", tags=["feeds"])
async def feeds_json(
    services: ServicesDep,
    bundle: BundleDep,
    shared: SharedDep,
    wanted: WantedDep,
    start: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> dict[str, Any]:
    """50 feeds from `start` on as JSON; `total` says how many fit."""
    found = await _found(services, shared, bundle, wanted)
    lines = await overview.read_lines(services, found[start : start + PAGE])
    return {"total": len(found), "feeds": [overview.as_dict(line) for line in lines]}


@writes.post("/api/feeds/{feed_id}/poll", tags=["feeds"])
async def poll_now(feed_id: str, services: ServicesDep, bundle: BundleDep) -> dict[str, str]:
    """Have the feed polled now. If its host asked for a pause, the feed still waits."""
    feed = _feed(bundle, feed_id)
    with redis_errors():
        await make_due(services.redis, [feed.id])
    return {"message": f"{feed.id} will be polled within seconds."}


class PollRequest(BaseModel):
    """Ids of feeds, with spaces between them."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[str, Field(min_length=1, max_length=MOST_TROUBLED * 61)]


@writes.post("/api/feeds/poll", tags=["feeds"])
async def poll_many(asked: PollRequest, services: ServicesDep, bundle: BundleDep) -> dict[str, str]:
    """Have these feeds polled now, as far as their hosts allow it."""
    ids = [_feed(bundle, feed_id).id for feed_id in dict.fromkeys(asked.ids.split())]
    with redis_errors():
        await make_due(services.redis, ids)
    return {"message": f"{quantity(len(ids), 'feed')} will be polled within seconds."}


@writes.post("/api/feeds/{feed_id}/accept", tags=["feeds"])
async def accept_list(feed_id: str, services: ServicesDep, bundle: BundleDep) -> dict[str, str]:
    """Take the list that a web page shows now as its list; 422 if it shows none."""
    found = await accept(services, _feed(bundle, feed_id))
    if not found.items:
        raise HTTPException(422, "; ".join(found.faults) or "The page shows no list of items.")
    return {"message": f"The list that {feed_id} shows now, of {quantity(found.items, 'item')}, is its list."}


@writes.post("/api/feeds/{feed_id}/preview", response_class=HTMLResponse, tags=["feeds"])
async def preview_configured(
    feed_id: str,
    request: Request,
    visitor: WriterDep,
    services: ServicesDep,
    bundle: BundleDep,
    shared: SharedDep,
) -> HTMLResponse:
    """What newswatch would read from a configured feed now, as a fragment of HTML. Ten times a minute for each user."""
    feed = _feed(bundle, feed_id)
    await _limit_previews(services, visitor)
    found = await preview_url(feed, services.settings, services.resolve_auth)
    return _previewed(request, visitor, found, await _matched(found, bundle, services, shared), known=feed.id)


class PreviewRequest(BaseModel):
    """The URL of a feed, a web page, a sitemap or a JSON list."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, Field(min_length=1, max_length=2_000)]
    type: Literal["", "feed", "page", "sitemap", "json"] = ""
    list: Annotated[int, Field(ge=0, le=8)] = 0


class AddRequest(PreviewRequest):
    """The source's URL, its future id and its kind; tags are separated by commas. `list` 0: the page's news."""

    id: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    tags: Annotated[str, Field(max_length=200, pattern=r"^[\w., -]*$")] = ""


@writes.post("/api/feeds/preview", response_class=HTMLResponse, tags=["feeds"])
async def preview(
    asked: PreviewRequest,
    request: Request,
    visitor: WriterDep,
    services: ServicesDep,
    bundle: BundleDep,
    shared: SharedDep,
) -> HTMLResponse:
    """What newswatch would read there and what would match, as a fragment of HTML. Public addresses only, ten times a minute for each user."""
    await _limit_previews(services, visitor)
    feed = Feed(id="preview", url=asked.url, kind=asked.type, list_number=asked.list, allow_private=False)
    found = await preview_url(feed, services.settings, services.resolve_auth)
    items = await _matched(found, bundle, services, shared)
    taken = {one.id for one in bundle.feeds} if bundle else set()
    name = found.feed.title or urlsplit(found.url).hostname or "feed"
    known = next((one.id for one in bundle.feeds if one.url == found.url), "") if bundle else ""
    refusal = (await asyncio.to_thread(editing.read_file, services.config_dir, FEEDS)).refusal
    suggested = id_for(name, taken)
    return _previewed(request, visitor, found, items, known=known, suggested=suggested, refusal=refusal)


async def _limit_previews(services: Services, visitor: PageVisitor) -> None:
    """Count a preview. Raises HTTPException(429) if the user has asked for too many."""
    with redis_errors():
        wait_s = await count_preview(services.redis, visitor.name)
    if wait_s:
        raise HTTPException(
            429,
            f"You asked for {PER_MINUTE} previews within a minute: wait {wait_s} s.",
            {"Retry-After": str(wait_s)},
        )


def _previewed(
    request: Request,
    visitor: PageVisitor,
    found: FeedPreview,
    items: list[Shown],
    *,
    known: str = "",
    suggested: str = "",
    refusal: str = "",
) -> HTMLResponse:
    return render(
        request,
        visitor,
        "preview.html",
        found=found,
        shown=items[:_SHOWN_ITEMS],
        others=[item for item in items[_SHOWN_ITEMS:] if item.matches][:_SHOWN_ITEMS],
        matching=sum(1 for item in items if item.matches),
        blocks=[block(css) if css else "" for css in found.selectors],
        paths=json_block(found.paths) if found.paths else "",
        suggested=suggested,
        known=known,
        refusal=refusal,
    )


async def _matched(
    found: FeedPreview, bundle: Bundle | None, services: Services, shared: Shared
) -> list[Shown]:
    """The items with the rules in force that they would match."""
    if bundle is None:
        return [Shown(entry, ItemText(title=entry.title), ()) for entry in found.feed.entries]
    rules = rules_for_any_feed(bundle, services.clock().date().isoformat())

    def work() -> list[Shown]:
        watchlist = compiled(rules, bundle.lists, bundle.default_lang, DiskCache(services.settings.cache))
        return matched(watchlist, found.feed, bundle.default_lang)

    async with shared.heavy:
        return await asyncio.to_thread(work)


@writes.post("/api/feeds", tags=["feeds"])
async def add(
    asked: AddRequest, visitor: WriterDep, services: ServicesDep, shared: SharedDep
) -> dict[str, str]:
    """Add a feed to feeds.yaml. Refused, with nothing changed, if the result would not pass the check."""
    tags = tuple(filter(None, (tag.strip() for tag in asked.tags.split(","))))
    feed = NewFeed(asked.id, asked.url, tags, kind=asked.type, list_number=asked.list)
    async with shared.heavy:
        await asyncio.to_thread(
            editing.add_feed, services.settings, feed, by=visitor.name, now=services.clock()
        )
    return {"message": f"{asked.id} was added to feeds.yaml and will be polled within half a minute."}


router.include_router(writes)
