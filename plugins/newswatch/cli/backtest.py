"""`newswatch backtest`: what rules or a query would have caught among the stored items."""

from __future__ import annotations

import click

from newswatch.cli.context import Invocation, command
from newswatch.cli.highlight import styled
from newswatch.cli.options import duration
from newswatch.cli.output import as_json, console, progress, table
from newswatch.pipeline.authoring.backtest import BacktestQuestion, BacktestReport, run_backtest
from newswatch.pipeline.authoring.backtest_report import Line, as_dict, note_lines, report_lines
from newswatch.pipeline.base.services import Services
from newswatch.quantity import quantity


@click.command(
    epilog="""
    JSON: {"since", "until", "query", "event", "items", "against", "notes": [text], "rules": [{"rule", "hits", "stories",
    "days": {day: count}, "examples", "gained", "lost", "gained_examples", "lost_examples", "irrelevant",
    "irrelevant_hits"}]}. "gained" and "lost" are item ids. An example is an item with its excerpts.
    """
)
@click.option(
    "--since",
    "since_s",
    callback=duration,
    metavar="DURATION",
    default="7d",
    show_default=True,
    help="How far to look back, e.g. 12h or 7d.",
)
@click.option(
    "--rule", "rule_id", metavar="ID", help="One rule as it is in the files, compared with the one in force."
)
@click.option("--query", metavar="TEXT", help="A query, tried as if it were a rule.")
@click.option(
    "--event",
    metavar="TEXT",
    help="An event, tried as if it were a rule: who=$regulators does=$sues what=$crypto, or {who: …, does: …}.",
)
@click.option(
    "--limit", default=10, show_default=True, type=click.IntRange(0, 1_000), help="How many hits to show."
)
@command
def backtest(
    call: Invocation, *, since_s: float, rule_id: str | None, query: str | None, event: str | None, limit: int
) -> None:
    """Show what rules would have caught among the items that are still stored.

    Without --rule, --query and --event, all rules are tried. Nothing is sent and nothing is changed. A changed rule is
    compared with the one in force.
    """
    if sum(one is not None for one in (rule_id, query, event)) > 1:
        raise click.UsageError("give only one of --rule, --query and --event")
    question = BacktestQuestion(since_s, rule_id, query, limit, event)

    async def work(services: Services) -> BacktestReport:
        with progress("Trying stored items", as_json=call.json) as report:
            return await run_backtest(services, question, on_progress=report)

    report = call.run(work)
    if call.json:
        as_json(as_dict(report))
    elif rule_id is None and not question.is_lone:
        _overview(report)
    else:
        for line in report_lines(report):
            _say(line)


def _overview(report: BacktestReport) -> None:
    """One row for each rule, those with the most hits first."""
    rows = sorted(report.rules, key=lambda rule: -rule.hits)
    table(
        ("Rule", "Items", "Stories", "Gained", "Lost"),
        [
            (
                *(rule.rule, str(rule.hits), str(rule.stories)),
                *((f"+{len(rule.gained)}", f"-{len(rule.lost)}") if rule.compared else ("", "")),
            )
            for rule in rows
        ],
        "The watchlist has no rules.",
    )
    _say(
        [(f"{quantity(report.items, 'stored item')} since {report.window.since:%Y-%m-%d %H:%M} UTC", False)],
        err=True,
    )
    for line in note_lines(report):
        _say(line, err=True)


def _say(line: Line, *, err: bool = False) -> None:
    if err:
        click.echo("".join(text for text, _ in line), err=True)
    else:
        console().print(styled(line))
