"""`newswatch rule`: what one rule means."""

from __future__ import annotations

from dataclasses import asdict

import click
from rich.text import Text

from newswatch.cli.context import Invocation, command
from newswatch.cli.output import as_json, console
from newswatch.errors import ConfigError, PermanentError
from newswatch.models import Rule
from newswatch.pipeline.base.clock import utc_now
from newswatch.pipeline.base.configuration import check_files
from newswatch.rules import Explained, explain_event


@click.group()
def rule() -> None:
    """Look at one rule."""


@rule.command(
    epilog="""
    JSON: {"rule", "query", "event": null or {"parts": [[part, lists and words, entries]], "query", "guards": [text],
    "modality": [text]}}. The query of an event is what its templates are in the query language: it matches what the
    event matches and more, and the guards say what is left out.

    Exit: 1 if there is no such rule in the files.
    """
)
@click.argument("rule_id", metavar="ID")
@command
def explain(call: Invocation, *, rule_id: str) -> None:
    """Print the query that a rule stands for, and the guards of an event in words."""
    loaded = check_files(call.settings, utc_now().date())
    if loaded.draft is None:
        raise ConfigError(list(loaded.errors))
    found = next((one for one in loaded.draft.rules if one.id == rule_id), None)
    if found is None:
        raise PermanentError(
            f"the files have no rule {rule_id!r}: `newswatch check` lists what is wrong with them"
        )
    event = found.event
    explained = None if event is None else explain_event(event, found.modality, loaded.draft.lists)
    if call.json:
        as_json({"rule": rule_id, "query": found.query, "event": explained and asdict(explained)})
    else:
        _show(found, explained)


def _show(found: Rule, explained: Explained | None) -> None:
    out = console()
    out.print(Text(found.id, "bold"))
    if explained is None:
        out.print(Text(f"  {found.query}"))
        return
    for part, texts, entries in explained.parts:
        out.print(Text(f"  {part:7}{texts}  ({entries:,} entries)"))
    out.print(Text("  It stands for this query, less what the guards leave out:", "bold"))
    out.print(Text(f"    {explained.query}"))
    out.print(Text("  Guards:", "bold"))
    for guard in explained.guards:
        out.print(Text(f"    - {guard}"))
    out.print(Text("  It counts where", "bold"))
    for one in explained.modality:
        out.print(Text(f"    - {one}"))
