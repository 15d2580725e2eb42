"""`newswatch feeds preview`: what a feed contains, and which rules would match."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from newswatch.cli.context import Invocation, command, fail
from newswatch.cli.highlight import marked_field
from newswatch.cli.output import ago, as_json, console
from newswatch.config.draft import Draft
from newswatch.document import lost_entries_text
from newswatch.errors import FetchRefused
from newswatch.feeds.auth import resolver
from newswatch.feeds.pages.find import PageList
from newswatch.models import FEED, KINDS, PAGE, Feed
from newswatch.pipeline.authoring.feed_preview import FeedPreview, preview_file, preview_url
from newswatch.pipeline.authoring.preview_matches import Shown
from newswatch.pipeline.authoring.preview_matches import matched as matched_items
from newswatch.pipeline.authoring.selector_proposal import block, json_block
from newswatch.pipeline.authoring.try_text import rules_for_any_feed
from newswatch.pipeline.base.clock import utc_now
from newswatch.pipeline.base.compiled_rules import compiled
from newswatch.pipeline.base.configuration import check_files
from newswatch.pipeline.base.disk_cache import DiskCache
from newswatch.quantity import quantity
from newswatch.redact import redact_url
from newswatch.rules import Watchlist

_SHOWN_TITLES = 3

Matched = list[Shown]


def _draft(call: Invocation) -> Draft:
    loaded = check_files(call.settings, utc_now().date())
    return loaded.sound_draft()


def _feed(draft: Draft, source: str) -> Feed | None:
    """The configured feed of this id or URL."""
    return next((feed for feed in draft.feeds if source in (feed.id, feed.url)), None)


def _watchlist(draft: Draft, cache: DiskCache, *, everywhere: bool) -> Watchlist:
    """The rules that have not expired. For a feed that is not configured they apply whatever their limits on feeds."""
    today = utc_now().date().isoformat()
    rules = rules_for_any_feed(draft, today) if everywhere else draft.rules_on(today)
    return compiled(rules, draft.lists, draft.default_lang, cache)


def _matched(draft: Draft, feed: Feed | None, preview: FeedPreview, cache: DiskCache) -> Matched:
    watchlist = _watchlist(draft, cache, everywhere=feed is None)
    return matched_items(watchlist, preview.feed, draft.default_lang, feed)


def _look(call: Invocation, source: str, feed: Feed | None, how: Feed) -> FeedPreview:
    """`feed` is the configured feed, if it is one; `how` says how anything else is read."""
    if feed is None and not _is_url(source):
        return asyncio.run(preview_file(Path(source), how))
    asked = feed or replace(how, url=source)
    work = partial(preview_url, settings=call.settings, resolve_auth=resolver(call.settings.feed_secrets))
    try:
        return asyncio.run(work(asked))
    except FetchRefused as error:
        if feed is not None or error.kind != "address" or error.target:
            raise
        # A person at a terminal of this machine may look at its network; a redirect from outside may not.
        found = asyncio.run(work(replace(asked, allow_private=True)))
        return replace(found, private=True)


@click.command(
    epilog="""
    JSON: {"kind", "url", "title", "lang", "announced": [url], "moved_to", "needs_allow_private", "items": [{"title",
    "link", "guid", "published", "summary", "matches": [rule id]}], "lists": [{"number", "chosen", "items",
    "confidence", "reasons", "titles": [title], "selector"}], "selector": {"items", "title", "link", "date", "summary"},
    "problem"}. The "selector" of a list gives the same items, or is null; the other one has the paths in a JSON list. "kind" is feed, page, sitemap or json. "lists"
    are the lists of a page, the most likely first, with their first titles. "problem" says why there are no items, or is
    null. Times are in UTC; "published" is null where the document gives none.

    Exit: 1 if there is nothing to read.
    """
)
@click.argument("source", metavar="URL|FILE|ID")
@click.option(
    "--url", "base", metavar="BASE", help="The address that a FILE was read from, for relative links."
)
@click.option("--type", "kind", type=click.Choice(KINDS), help="Read it as this kind. Default: what it is.")
@click.option(
    "--list", "number", type=click.IntRange(1), help="The list of a page to show. Default: its news."
)
@click.option("--most", default=20, show_default=True, help="How many items to show.")
@command
def preview(
    call: Invocation, *, source: str, base: str | None, kind: str | None, number: int | None, most: int
) -> None:
    """Show what newswatch sees at a URL, in a file or in a configured feed, and what would match.

    It reads feeds, web pages with a list of news, sitemaps and JSON documents with a list. A web page that announces
    feeds is read by the first of them; `--type page` reads the page itself. Every item is shown, however old. Nothing is
    stored and nothing is sent.
    """
    draft = _draft(call)
    feed = _feed(draft, source)
    if base is not None and (feed is not None or _is_url(source)):
        raise click.UsageError("--url is for a FILE: it says where that was read from")
    if base is not None and not _is_url(base):
        raise click.UsageError(f"--url: {base!r} is not an http or https address")
    kind = kind or (PAGE if number else None)
    how = Feed(id="preview", url=base or "", kind=kind or "", list_number=number or 0)
    if feed is not None and kind:
        feed = replace(feed, kind=kind, list_number=number or feed.list_number)
    found = _look(call, source, feed, how)
    matched = _matched(draft, feed, found, call.cache)
    problem = found.problem or ("" if matched or found.kind == FEED else _nothing(found))
    if call.json:
        as_json(_as_json(found, matched, problem))
    else:
        _show(found, matched, most)
    if problem:
        fail(problem, as_json=False)


def _is_url(text: str) -> bool:
    return text.lower().startswith(("http://", "https://"))


def _nothing(found: FeedPreview) -> str:
    """Why a sitemap or a JSON document has nothing to show."""
    if found.children:
        return f"this is an index of sitemaps: preview one of them, such as {redact_url(found.children[0])}"
    return f"the {found.kind} document has no items"


def _as_json(found: FeedPreview, matched: Matched, problem: str) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "url": redact_url(found.url),
        "title": found.feed.title,
        "lang": found.feed.lang,
        "announced": [redact_url(url) for url in found.announced],
        "moved_to": redact_url(found.permanent_url) if found.permanent_url else None,
        "needs_allow_private": found.private,
        "unread": [str(one) for one in found.feed.lost],
        "items": [
            {
                "title": entry.title,
                "link": entry.link,
                "guid": entry.guid,
                "published": _iso(entry.published or entry.updated),
                "summary": entry.summary,
                "matches": [match.rule_id for match in matches],
            }
            for entry, _, matches in matched
        ],
        "lists": [_list_as_json(found, number) for number in range(1, len(_lists(found)) + 1)],
        "selector": asdict(found.paths) if found.paths else None,
        "problem": problem or None,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(timezone.utc).isoformat() if moment else None


def _lists(found: FeedPreview) -> Sequence[PageList]:
    return found.lists.lists if found.lists else ()


def _selector(found: FeedPreview, number: int) -> str:
    """The selector that gives the items of a list, "" for none."""
    return found.selectors[number - 1] if number <= len(found.selectors) else ""


def _is_chosen(found: FeedPreview, number: int) -> bool:
    if found.number:
        return number == found.number
    return found.lists is not None and number <= found.lists.main


def _list_as_json(found: FeedPreview, number: int) -> dict[str, Any]:
    one = _lists(found)[number - 1]
    return {
        "number": number,
        "chosen": _is_chosen(found, number),
        "items": len(one.items),
        "confidence": one.confidence,
        "reasons": list(one.reasons),
        "titles": [item.title for item in one.items[:_SHOWN_TITLES]],
        "selector": _selector(found, number) or None,
    }


def _show(found: FeedPreview, matched: Matched, most: int) -> None:
    out, now = console(), utc_now()
    name = found.feed.title or ("(no title)" if found.kind == FEED else found.kind)
    out.print(Text.assemble((name, "bold"), f"  {redact_url(found.url)}"))
    if found.announced:
        out.print(Text("This page announces: " + ", ".join(map(redact_url, found.announced))))
    if found.private:
        out.print(Text("It is in a private network: as a feed it needs `allow_private: true`"))
    if found.permanent_url:
        out.print(Text(f"It moved permanently: use {redact_url(found.permanent_url)}"))
    hits = sum(1 for _, _, matches in matched if matches)
    undated = sum(1 for entry, _, _ in matched if not (entry.published or entry.updated))
    out.print(Text(f"{quantity(len(matched), 'item')}, {undated} without a date, {hits} would match"))
    if found.feed.lost:
        out.print(Text(f"{lost_entries_text(found.feed.lost)} cannot be read"))
    for entry, text, matches in matched[:most]:
        when = ago(entry.published or entry.updated, now) or "undated"
        out.print(Text(f"{when:>12}  {entry.title or '(no title)'}"))
        for match in matches:
            out.print(Text(f"{'':12}  {match.rule_id}", style="bold"))
            for name in dict.fromkeys(span.field for span in match.spans):
                ranges = [(span.start, span.end) for span in match.spans if span.field == name]
                out.print(Text.assemble(" " * 12, marked_field(name, getattr(text, name), ranges)))
    if len(matched) > most:
        out.print(Text(f"… and {len(matched) - most} more (--most)"))
    if found.paths is not None:
        out.print(Text(json_block(found.paths)))
    _show_lists(found)


def _show_lists(found: FeedPreview) -> None:
    out = console()
    for number, one in enumerate(_lists(found), 1):
        mark = "Read" if _is_chosen(found, number) else "Not read"
        sure = f"{one.confidence:.0%} sure" if _is_chosen(found, number) else f"--list {number} shows it"
        out.print(Text(f"List {number}: {mark}, {sure}. {'; '.join(one.reasons)}."))
        if not _is_chosen(found, number):
            out.print(Text(f"{'':12}  {' / '.join(item.title for item in one.items[:_SHOWN_TITLES])}"))
        if css := _selector(found, number):
            out.print(Text(f"{'':12}  {block(css)}"))
