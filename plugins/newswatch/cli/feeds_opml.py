"""`newswatch feeds import` and `export`: lists of feeds from and for other readers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import click

from newswatch.cli.context import Invocation, command
from newswatch.cli.output import as_json
from newswatch.config.draft import Draft
from newswatch.config.feeds_append import NewFeed, append_feeds, id_for, tag_for
from newswatch.config.load import FEEDS
from newswatch.config.words import check_url, is_language
from newswatch.errors import ParseFailed
from newswatch.feeds.canonical import canonical_link
from newswatch.feeds.opml import Outline, read_opml, write_opml
from newswatch.pipeline.base.clock import utc_now
from newswatch.pipeline.base.configuration import check_files
from newswatch.quantity import quantity
from newswatch.redact import redact_url


@dataclass(frozen=True, slots=True)
class Sorted:
    """The feeds of an OPML document: those to add, and those left out with the reason."""

    new: tuple[NewFeed, ...]
    left_out: tuple[tuple[str, str], ...]


def sort_out(outlines: tuple[Outline, ...], draft: Draft) -> Sorted:
    """The feeds of the document that are new. The same URL in another spelling is not."""
    known = {canonical_link(feed.url): feed.id for feed in draft.feeds}
    taken = {feed.id for feed in draft.feeds}
    new: list[NewFeed] = []
    left_out: list[tuple[str, str]] = []
    for outline in outlines:
        name = canonical_link(outline.url)
        reason = _refusal(outline.url) or (f"already configured as {known[name]}" if name in known else "")
        if reason:
            left_out.append((redact_url(outline.url), reason))
            continue
        feed_id = id_for(outline.title or urlsplit(outline.url).hostname or "", taken)
        tags = tuple(dict.fromkeys(filter(None, map(tag_for, outline.tags))))
        lang = outline.lang.lower()
        new.append(NewFeed(feed_id, outline.url, tags, lang if is_language(lang) else ""))
        taken.add(feed_id)
        known[name] = feed_id
    return Sorted(tuple(new), tuple(left_out))


def _refusal(url: str) -> str:
    try:
        check_url(url)
    except ValueError as error:
        return str(error)
    if not url.isprintable():
        return "its URL contains control characters"
    if "***" in url:
        return "its URL had a secret, which was left out when it was exported: add this feed by hand"
    return "its URL contains a password: name credentials with `auth`" if "@" in urlsplit(url).netloc else ""


def _draft(call: Invocation) -> Draft:
    loaded = check_files(call.settings, utc_now().date())
    return loaded.sound_draft()


@click.command(
    "import",
    epilog='JSON: {"added": [{"id", "url", "tags", "lang"}], "left_out": [{"url", "reason"}], "written": bool}',
)
@click.argument("opml", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Print what would be added and change nothing.")
@command
def import_(call: Invocation, *, opml: Path, dry_run: bool) -> None:
    """Add the feeds of an OPML document to feeds.yaml; feeds that are already there are left out."""
    try:
        found = sort_out(read_opml(opml.read_bytes()), _draft(call))
    except ParseFailed as error:
        raise ParseFailed(f"{opml}: {error}", kind=error.kind) from error
    if found.new and not dry_run:
        append_feeds(call.settings.config_dir / FEEDS, found.new)
    if call.json:
        added = [
            {"id": feed.id, "url": feed.url, "tags": feed.tags, "lang": feed.lang or None}
            for feed in found.new
        ]
        left = [{"url": url, "reason": reason} for url, reason in found.left_out]
        as_json({"added": added, "left_out": left, "written": bool(found.new) and not dry_run})
        return
    for url, reason in found.left_out:
        click.echo(f"left out {url}: {reason}", err=True)
    for feed in found.new:
        click.echo("\n".join(feed.lines("  ")))
    verb = "would be added" if dry_run else "added"
    click.echo(f"{quantity(len(found.new), 'feed')} {verb}, {len(found.left_out)} left out.", err=True)


@click.command("export", epilog="JSON: none; it prints OPML.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file instead of the screen.",
)
@command
def export(call: Invocation, *, output: Path | None) -> None:
    """Print the configured feeds as OPML; passwords and tokens in URLs are left out."""
    outlines = [Outline(redact_url(feed.url), feed.id, feed.tags, feed.lang) for feed in _draft(call).feeds]
    document = write_opml("newswatch feeds", outlines)
    if output is not None:
        output.write_bytes(document)
    else:
        click.echo(document.decode(), nl=False)
