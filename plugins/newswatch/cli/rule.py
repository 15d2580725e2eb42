"""`newswatch rule`: what one rule means, and which of its words bring what readers want."""

from __future__ import annotations

from dataclasses import asdict

import click
from rich.text import Text

from newswatch.cli.context import Invocation, command
from newswatch.cli.output import as_json, console, table
from newswatch.pipeline.authoring.hit_terms import TermCount
from newswatch.pipeline.authoring.rule_of import rule_of
from newswatch.pipeline.authoring.rule_stats import RuleStats, as_dict, read_stats
from newswatch.pipeline.base.clock import utc_now
from newswatch.pipeline.base.configuration import check_files
from newswatch.pipeline.oversight.rule_facts import meaning
from newswatch.quantity import quantity
from newswatch.rules import Explained, ExplainedQuery
from newswatch.rules.query_text import lines_of


@click.group()
def rule() -> None:
    """Look at one rule."""


@rule.command(
    epilog="""
    JSON: {"rule", "query", "meaning": null or {"meaning": {"text", "parts": [the same, for each part]}, "notes": [text]},
    "event": null or {"parts": [[part, lists and words, entries]], "query", "guards": [text], "modality": [text]}}. A rule
    has a meaning if it is a query. The query of an event is its templates in the query language. It matches everything
    that the event matches and more; the guards say what is left out.

    Exit: 1 if there is no such rule in the files.
    """
)
@click.argument("rule_id", metavar="ID")
@command
def explain(call: Invocation, *, rule_id: str) -> None:
    """Print what a rule means, in words. For an event, print its query too."""
    draft = check_files(call.settings, utc_now().date()).sound_draft()
    found = meaning(rule_of(draft, rule_id), draft.lists)
    if call.json:
        query, event = found.query and asdict(found.query), found.event and asdict(found.event)
        as_json(
            {
                "rule": rule_id,
                "query": "" if found.query is None else found.looks_for,
                "meaning": query,
                "event": event,
            }
        )
        return
    console().print(Text(rule_id, "bold"))
    if found.event is not None:
        _show_event(found.event)
    if found.query is not None:
        _show_query(found.looks_for, found.query)


def _show_query(query: str, explained: ExplainedQuery) -> None:
    out = console()
    out.print(Text(f"  {query}"))
    for depth, text in lines_of(explained.meaning):
        out.print(Text(f"  {'  ' * depth}{'- ' if depth else ''}{text}"))
    for note in explained.notes:
        out.print(Text(f"  {note}"))


def _show_event(explained: Explained) -> None:
    out = console()
    for part, texts, entries in explained.parts:
        out.print(Text(f"  {part:7}{texts}  ({quantity(entries, 'entry', 'entries')})"))
    out.print(Text("  It is the same as this query, without what the guards leave out:", "bold"))
    out.print(Text(f"    {explained.query}"))
    out.print(Text("  Guards:", "bold"))
    for guard in explained.guards:
        out.print(Text(f"    - {guard}"))
    out.print(Text("  It counts where", "bold"))
    for one in explained.modality:
        out.print(Text(f"    - {one}"))


@rule.command(
    epilog="""
    JSON: {"rule", "alerted", "stored", "acknowledged", "irrelevant", "missed", "terms": [{"part", "term", "forms":
    {form: hits}, "hits", "acknowledged", "irrelevant"}]}. `part` is who, does or what, and null where the rule is a
    query.

    Exit: 1 if there is no such rule in the files.
    """
)
@click.argument("rule_id", metavar="ID")
@command
def stats(call: Invocation, *, rule_id: str) -> None:
    """Count a rule's hits by the term that hit, with those that readers acknowledged or marked as not relevant.

    Hits are the items of the rule's alerts, each counted once, as long as alerts are kept. Stored items that gave no
    alert (they were silent, or older than the rule) are added if the rule in the files matches them. The forms of a
    word are one term, shown in its commonest form.
    """
    found = call.run(lambda services: read_stats(services, rule_id))
    if call.json:
        as_json(as_dict(found))
        return
    table(
        ("Term", "Part", "Hits", "Not relevant", "Acknowledged", "Forms"),
        [
            (one.term, one.part or "", *map(str, (one.hits, one.irrelevant, one.acknowledged)), _forms(one))
            for one in found.terms
        ],
        f"{rule_id} has no hits.",
        optional=("Part", "Forms"),
    )
    click.echo(_total(found), err=True)


def _forms(term: TermCount) -> str:
    if len(term.forms) < 2:
        return ""
    return ", ".join(f"{form} {count}" for form, count in term.forms.items())


def _total(found: RuleStats) -> str:
    stored = f" and {quantity(found.stored, 'stored item')} without an alert" if found.stored else ""
    return (
        f"{found.rule_id}: {quantity(found.alerted, 'item')} alerted{stored}; {found.irrelevant:,} not relevant, "
        f"{found.acknowledged:,} acknowledged, {found.missed:,} missed. "
        f"`newswatch coach {found.rule_id}` proposes edits."
    )
