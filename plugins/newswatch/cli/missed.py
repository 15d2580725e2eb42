"""`newswatch missed`: record what a rule should have caught."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from newswatch.acting_user import acting_user
from newswatch.cli.context import Invocation, command
from newswatch.cli.output import FINE, PROBLEM, as_json
from newswatch.pipeline.authoring.missed import MissedReport, report_missed


@click.command(
    epilog="""
    JSON: {"recorded", "rule", "title", "link", "matching": [rule], "nearest": [{"rule_id", "share", "failing":
    [{"term", "cause", "text", "spans"}], "text"}]}. `nearest` has three rules at most, and begins with the rule
    given by --rule.

    Exit: 1 if the rule given by --rule, or without it any rule, already matches the text. Then nothing is recorded.
    """
)
@click.argument("text", metavar='"HEADLINE"|URL')
@click.option("--rule", "rule_id", metavar="ID", help="The rule that should have caught it.")
@command
def missed(call: Invocation, *, text: str, rule_id: str | None) -> None:
    """Record a headline or web page that a rule should have caught, and say which term the rule lacks.

    `newswatch coach ID` proposes edits that catch it. Without --rule nothing is recorded: the rules that come nearest
    are shown, so that you can choose one. The rules are taken from the files, whether in force or not.
    """
    report = call.run(lambda services: report_missed(services, text, rule_id, acting_user()))
    caught = rule_id in report.matching if rule_id else bool(report.matching)
    if call.json:
        as_json(_as_dict(report))
    else:
        _show(report, caught=caught)
    raise SystemExit(PROBLEM if caught else FINE)


def _show(report: MissedReport, *, caught: bool) -> None:
    if report.recorded:
        click.echo(f"Recorded for {report.rule_id}: {report.item.title}")
    if report.matching:
        names = " and ".join(report.matching)
        click.echo(f"{names} already {'matches' if len(report.matching) == 1 else 'match'} it.")
    if caught:
        click.echo("Nothing was recorded. `newswatch why` says what became of the item.")
        return
    for one in report.nearest:
        click.echo(f"  {one.share:4.0%}  {one.rule_id}: {one.text}")
    if report.rule_id is None:
        click.echo("Nothing was recorded. Say which rule should have caught it: --rule ID")


def _as_dict(report: MissedReport) -> dict[str, Any]:
    return {
        "recorded": report.recorded,
        "rule": report.rule_id,
        "title": report.item.title,
        "link": report.item.link,
        "matching": report.matching,
        "nearest": [asdict(one) for one in report.nearest],
    }
