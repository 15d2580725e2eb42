"""`newswatch coach`: the smallest edits of a rule that do what its readers ask for."""

from __future__ import annotations

import click

from newswatch.acting_user import acting_user
from newswatch.cli.context import Invocation, command
from newswatch.cli.output import as_json, progress
from newswatch.pipeline.authoring.coach.apply import apply_proposal
from newswatch.pipeline.authoring.coach.report import as_dict, nothing, proposal_lines, summary
from newswatch.pipeline.authoring.coach.run import Advice, coach
from newswatch.pipeline.base.clock import utc_now
from newswatch.pipeline.base.services import Services


@click.command(
    "coach",
    epilog="""
    JSON: {"rule", "items", "irrelevant", "wanted", "others", "others_in_all", "missed", "proposals": [{"id", "kind",
    "about", "score", "irrelevant_lost", "irrelevant_caught", "wanted_lost", "missed_caught", "others_lost",
    "others_caught", "examples": {label: [headline]}, "files": [name], "diff", "must_match": [headline],
    "must_not_match": [headline], "shared": [rule]}]}. `kind` is drop, exact, exclude, negation, limit, require, add or
    allow. "wanted" counts acknowledged hits, and missed texts that an edit has caught since. "others" counts the newest
    hits without a mark. With --apply also "applied", the id.

    Exit: 1 if there is no such rule in the files, or no such proposal any more.
    """,
)
@click.argument("rule_id", metavar="ID")
@click.option(
    "--limit", default=5, show_default=True, type=click.IntRange(1, 50), help="How many edits to propose."
)
@click.option(
    "--examples", is_flag=True, help="Put the offered must_match and must_not_match into the diffs."
)
@click.option(
    "--apply", "applied", metavar="PROPOSAL", help="Save the proposal of this id, if it is still the same."
)
@command
def coach_command(call: Invocation, *, rule_id: str, limit: int, examples: bool, applied: str | None) -> None:
    """Propose the edits of a rule that help its readers most, each as a diff that `newswatch check` accepts.

    It learns from messages that readers marked as not relevant or acknowledged, and from `newswatch missed`. Each edit
    is tried on these and on the stored items. The rule is taken from the files. Nothing changes without --apply, which
    checks and saves the edit as the editor does, with the previous version in the history.
    """

    async def work(services: Services) -> Advice:
        with progress("Trying stored items", as_json=call.json) as report:
            return await coach(services, rule_id, most=limit, with_examples=examples, on_progress=report)

    advice = call.run(work)
    saved = None
    if applied is not None:
        saved = apply_proposal(call.settings, advice, applied, by=acting_user(), now=utc_now())
    if call.json:
        as_json(as_dict(advice) | ({"applied": applied} if saved else {}))
    elif saved:
        click.echo(f"Saved {saved}. It comes into force with the next check of the files.")
    else:
        _show(advice)


def _show(advice: Advice) -> None:
    click.echo(summary(advice))
    if not advice.proposals:
        click.echo(nothing(advice))
    for number, proposal in enumerate(advice.proposals, start=1):
        click.echo()
        for line in proposal_lines(advice, number, proposal):
            click.echo(line)
