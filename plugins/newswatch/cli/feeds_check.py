"""`newswatch feeds check`: pages, sitemaps and JSON lists read again, and those that look wrong named."""

from __future__ import annotations

from dataclasses import asdict

import click

from newswatch.cli.context import Invocation, command
from newswatch.cli.output import PROBLEM, as_json, table
from newswatch.pipeline.authoring.source_check import SourceCheck, accept, check_sources
from newswatch.pipeline.base.adoption import adopt_config
from newswatch.pipeline.base.services import Services


@click.command(
    epilog="""
    JSON: a list of {"feed_id", "kind", "items", "dated", "confidence", "faults": [text]}. "confidence" is from 0 to 1,
    null where no list had to be found.

    Exit: 1 if a source looks wrong.
    """
)
@click.option(
    "--accept", "accepted", metavar="ID", help="Take the list that this page shows now as its list."
)
@command
def check(call: Invocation, *, accepted: str | None) -> None:
    """Read all pages, sitemaps and JSON lists again, and name those that look wrong.

    After a redesign a page may no longer have its list, and nothing on it alerts. If `feeds preview` shows the right
    list, `--accept` goes on with that: of what it has now, only items dated after the last good poll alert.
    """

    async def work(services: Services) -> list[SourceCheck]:
        adoption = await adopt_config(services)
        feeds = adoption.bundle.feeds if adoption.bundle else ()
        if accepted is None:
            return await check_sources(services, feeds)
        feed = next((one for one in feeds if one.id == accepted), None)
        if feed is None:
            raise click.UsageError(f"no configured feed has the id {accepted!r}")
        return [await accept(services, feed)]

    found = call.run(work)
    if call.json:
        as_json([asdict(one) for one in found])
    else:
        table(
            ("Feed", "Type", "Items", "Dated", "Looks wrong"),
            [(one.feed_id, one.kind, str(one.items), str(one.dated), "; ".join(one.faults)) for one in found],
            "No page, sitemap or JSON list is configured.",
        )
    if any(one.faults for one in found):
        raise SystemExit(PROBLEM)
