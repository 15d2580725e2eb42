"""`newswatch coverage`: how well each feed could be read."""

from __future__ import annotations

from dataclasses import asdict

import click

from newswatch.cli.context import Invocation, command
from newswatch.cli.options import duration
from newswatch.cli.output import ago, as_json, table
from newswatch.pipeline.base.adoption import adopt_config
from newswatch.pipeline.base.clock import utc_now
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.oversight.coverage import FeedCoverage, as_table, read
from newswatch.pipeline.poll.health import span


async def _rows(services: Services, since_s: float) -> list[FeedCoverage]:
    adoption = await adopt_config(services)
    return await read(services, adoption.bundle, since_s) if adoption.bundle else []


@click.command(
    epilog="""
    JSON: a list of {"feed_id", "since", "readable", "unread_s", "blocked_since", "blocked_by", "items", "lag_p50_s",
    "lag_p95_s", "gaps", "closing_every_s"}. "readable" is the share of the time since "since" in which the feed could be read, from 0 to 1, or
    null if it never was. Lags run from an item's date to when newswatch saw it, and are right to a tenth. Items that a
    feed had when it was added, and dates without a time, do not count. A gap is a document that shares nothing with the one
    before, so that items were probably missed; "closing_every_s" is the interval that would have closed all gaps, or null.
    CSV has the same columns.
    """
)
@click.option(
    "--since",
    "since_s",
    default="7d",
    show_default=True,
    callback=duration,
    metavar="DURATION",
    help="How far to look back, in whole days (UTC); 35 days are kept.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@command
def coverage(call: Invocation, *, since_s: float, as_csv: bool) -> None:
    """Show for each feed how long it could be read, what blocks it, and how late its items came."""
    rows = call.run(lambda services: _rows(services, since_s))
    if call.json:
        as_json([asdict(row) for row in rows])
    elif as_csv:
        click.echo(as_table(rows), nl=False)
    else:
        now = utc_now()
        table(
            (
                "Feed",
                "Readable",
                "Not read for",
                "Blocked",
                "Items",
                "Lag p50",
                "Lag p95",
                "Gaps",
                "Every",
                "By what",
            ),
            [
                (
                    row.feed_id,
                    "" if row.readable is None else f"{row.readable:.2%}",
                    span(row.unread_s),
                    ago(row.blocked_since, now),
                    str(row.items),
                    *(span(round(row.lag_p50_s or 0)), span(round(row.lag_p95_s or 0))),
                    *(str(row.gaps) if row.gaps else "", span(row.closing_every_s or 0), row.blocked_by),
                )
                for row in rows
            ],
            "No feeds are configured.",
            optional=("Blocked", "Gaps", "Every", "By what"),
        )
