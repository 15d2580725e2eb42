"""`newswatch feeds preview`: what a feed contains, and which rules would match."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from newswatch.cli.context import Invocation, command
from newswatch.cli.highlight import marked_field
from newswatch.cli.output import ago, as_json, console
from newswatch.config.draft import Draft
from newswatch.document import Entry, lost_entries_text
from newswatch.errors import FetchRefused
from newswatch.feeds.auth import resolver
from newswatch.models import Feed, Match
from newswatch.pipeline.authoring.feed_preview import FeedPreview, preview_file, preview_url
from newswatch.pipeline.authoring.try_text import rules_for_any_feed
from newswatch.pipeline.base.clock import utc_now
from newswatch.pipeline.base.compiled_rules import compiled
from newswatch.pipeline.base.configuration import check_files
from newswatch.pipeline.base.disk_cache import DiskCache
from newswatch.redact import redact_url
from newswatch.rules import ItemText, Watchlist

Matched = list[tuple[Entry, ItemText, list[Match]]]


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
    found: Matched = []
    for entry in preview.feed.entries:
        text = ItemText(
            title=entry.title,
            summary=entry.summary,
            body=entry.body,
            author=entry.author,
            lang=entry.lang or preview.feed.lang or (feed.lang if feed else draft.default_lang),
            feed_id=feed.id if feed else "",
            feed_tags=feed.tags if feed else (),
            tags=entry.tags,
        )
        found.append((entry, text, watchlist.match(text)))
    return found


def _look(call: Invocation, source: str, feed: Feed | None) -> FeedPreview:
    if feed is None and not source.lower().startswith(("http://", "https://")):
        return asyncio.run(preview_file(Path(source)))
    asked = feed or Feed(id="preview", url=source)
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
    JSON: {"url", "title", "lang", "announced": [url], "moved_to", "needs_allow_private", "items": [{"title",
    "link", "guid", "published", "summary", "matches": [rule id]}]}.
    """
)
@click.argument("source", metavar="URL|FILE|ID")
@click.option("--most", default=20, show_default=True, help="How many items to show.")
@command
def preview(call: Invocation, *, source: str, most: int) -> None:
    """Show what newswatch sees at a URL, in a file or in a configured feed, and what would match.

    For a web page, the feeds that it announces are listed. Nothing is stored and nothing is sent.
    """
    draft = _draft(call)
    feed = _feed(draft, source)
    found = _look(call, source, feed)
    matched = _matched(draft, feed, found, call.cache)
    if call.json:
        as_json(_as_json(found, matched))
        return
    _show(found, matched, most)


def _as_json(found: FeedPreview, matched: Matched) -> dict[str, Any]:
    return {
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
                "published": entry.published or entry.updated,
                "summary": entry.summary,
                "matches": [match.rule_id for match in matches],
            }
            for entry, _, matches in matched
        ],
    }


def _show(found: FeedPreview, matched: Matched, most: int) -> None:
    out, now = console(), utc_now()
    out.print(Text.assemble((found.feed.title or "(no title)", "bold"), f"  {redact_url(found.url)}"))
    if found.announced:
        out.print(Text("This page announces: " + ", ".join(map(redact_url, found.announced))))
    if found.private:
        out.print(Text("It is in a private network: as a feed it needs `allow_private: true`"))
    if found.permanent_url:
        out.print(Text(f"It moved permanently: use {redact_url(found.permanent_url)}"))
    hits = sum(1 for _, _, matches in matched if matches)
    undated = sum(1 for entry, _, _ in matched if not (entry.published or entry.updated))
    out.print(Text(f"{len(matched)} items, {undated} without a date, {hits} would match"))
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
