"""`newswatch match`: which rules match a text, a web page, a feed, or a file of items."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, TextIO

import click
from rich.text import Text

from newswatch.cli.context import Invocation, command
from newswatch.cli.highlight import marked_field
from newswatch.cli.output import as_json, console
from newswatch.config.draft import Draft
from newswatch.errors import PermanentError
from newswatch.models import Match, Span
from newswatch.pipeline.authoring.preview import read_url
from newswatch.pipeline.authoring.single_rule import lone_event, lone_rule
from newswatch.pipeline.authoring.try_many import as_dict as trial_dict
from newswatch.pipeline.authoring.try_many import try_many
from newswatch.pipeline.authoring.try_text import rules_for_any_feed
from newswatch.pipeline.base.clock import utc_now
from newswatch.pipeline.base.compiled_rules import compiled
from newswatch.pipeline.base.configuration import check_files
from newswatch.pipeline.base.item_text import plain_text
from newswatch.rules import ItemText, Watchlist


class BadLine(PermanentError):
    """A line of the JSONL file is not an item."""


@dataclass(frozen=True, slots=True)
class GivenText:
    """One text to match, with its id in the answer."""

    id: str
    text: ItemText


def _watchlist(call: Invocation, query: str | None, event: str | None) -> tuple[Watchlist, Draft]:
    """The files' rules in force today, for any feed, or the query or event alone, with their configuration.

    All may use the files' lists.
    """
    today = utc_now().date()
    draft = check_files(call.settings, today).sound_draft()
    if query is not None or event is not None:
        rule, warnings = (
            lone_rule(query, draft.lists) if query is not None else lone_event(event or "", draft.lists)
        )
        for warning in warnings:
            click.echo(warning, err=True)
        draft = replace(draft, rules=(rule,))
        rules = [rule]
    else:
        rules = rules_for_any_feed(draft, today.isoformat())
    return compiled(rules, draft.lists, draft.default_lang, call.cache), draft


def _read_lines(source: TextIO, name: str, lang: str) -> Iterator[GivenText]:
    for number, line in enumerate(source, start=1):
        if line.strip():
            yield _read_line(line, f"{name}:{number}:1", number, lang)


def _read_line(line: str, place: str, number: int, lang: str) -> GivenText:
    form = 'write one JSON object per line: {"id": …, "title": …, "summary": …}'
    try:
        data = json.loads(line)
    except ValueError as error:
        raise BadLine(f"{place}: not JSON ({error}); {form}") from error
    if not isinstance(data, dict):
        raise BadLine(f"{place}: not an item; {form}")
    texts = [data.get(key) or "" for key in ("title", "summary", "body", "lang")]
    if not all(isinstance(text, str) for text in texts):
        raise BadLine(f"{place}: title, summary, body and lang are strings")
    title, summary, body, own_lang = texts
    return GivenText(data.get("id", str(number)), plain_text(title, summary, body, own_lang or lang))


def _as_dict(text: ItemText, match: Match) -> dict[str, Any]:
    spans = [_span(text, span) for span in match.spans]
    found: dict[str, Any] = {"rule": match.rule_id, "alternative": match.alternative, "spans": spans}
    if match.event:
        found["event"] = [{"role": part.role, **_span(text, part.span)} for part in match.event]
        found["modality"] = match.modality
    return found


def _span(text: ItemText, span: Span) -> dict[str, Any]:
    words = getattr(text, span.field)[span.start : span.end]
    return {"field": span.field, "start": span.start, "end": span.end, "text": words}


def _print(given: GivenText, matches: list[Match], *, json_lines: bool) -> None:
    if json_lines:
        found = [_as_dict(given.text, match) for match in matches]
        as_json({"id": given.id, "matches": found})
        return
    if not matches:
        click.echo("No rule matches.")
    for match in matches:
        out = console()
        out.print(
            Text.assemble((match.rule_id, "bold"), f"  ({match.alternative})" if match.alternative else "")
        )
        for name in dict.fromkeys(span.field for span in match.spans):
            ranges = [(span.start, span.end) for span in match.spans if span.field == name]
            out.print(marked_field(name, getattr(given.text, name), ranges))


def _explain(given: GivenText, matches: list[Match], draft: Draft, rule_id: str, *, json_lines: bool) -> None:
    """Which terms of one rule fail, where the text comes nearest, and what would do."""
    (trial,) = try_many(draft, [given.text], utc_now().date().isoformat(), rule_id)
    if json_lines:
        found = [_as_dict(given.text, match) for match in matches]
        explained = trial_dict(trial)
        as_json(
            {"id": given.id, "matches": found, "near": explained["near"], "repairs": explained["repairs"]}
        )
        return
    if not trial.near:
        _print(given, [one for one in matches if one.rule_id == rule_id], json_lines=False)
    for near in trial.near:
        click.echo(f"Rule {near.rule_id} does not match: {near.text}")
    for repair in trial.repairs:
        edited = f": {repair.rule.query}" if repair.rule.query and not repair.list_name else ""
        click.echo(f"  To match it, {repair.about}{edited}")


@click.command(
    epilog="""
    JSON: one line for each text: {"id", "matches": [{"rule", "alternative", "spans": [{"field", "start", "end",
    "text"}], "event": [{"role", …the same}], "modality"}]}. `event` and `modality` are there where the rule is an
    event: role is who, does or what. With --why there are "near": [{"rule", "share", "text", "failing": [{"term", "cause",
    "text", "spans"}]}] and "repairs": [{"about", "query", "event", "modality", "list", "entry"}]. Offsets count code points. --jsonl reads lines of {"id", "title", "summary", "body", "lang"} and
    always prints JSON.
    """
)
@click.option("--title", default="", help="The headline.")
@click.option("--summary", default="", help="The standfirst or teaser.")
@click.option("--body", default="", help="The main text; blank lines separate its paragraphs.")
@click.option("--lang", default="", help="Language of the text, e.g. en or ru.")
@click.option("--url", default="", help="A web page or a feed to fetch and match.")
@click.option(
    "--why",
    metavar="RULE",
    help="Say why this rule does not match, and which edit of it would do. With --query or --event it is `query` or `event`.",
)
@click.option(
    "--jsonl",
    type=click.File("r", encoding="utf-8"),
    help="A file of items, one JSON object per line; - is standard input.",
)
@click.option(
    "--query", metavar="TEXT", help="A query to try instead of the rules; it may use the lists of the files."
)
@click.option(
    "--event",
    metavar="TEXT",
    help="An event to try instead of the rules: who=$regulators does=$sues what=$crypto, or {who: …, does: …}.",
)
@command
def match(
    call: Invocation,
    *,
    url: str,
    lang: str,
    jsonl: TextIO | None,
    query: str | None,
    event: str | None,
    why: str | None,
    **fields: str,
) -> None:
    """Show which rules match a text, a web page, a feed or a file of items.

    The rules are those of the files, whether in force or not. With --query or --event, that is tried instead.
    """
    sources = [any(fields.values()), bool(url), jsonl is not None]
    if sum(sources) != 1:
        raise click.UsageError("give one of: --title/--summary/--body, --url, --jsonl")
    if query is not None and event is not None:
        raise click.UsageError("give --query or --event, not both")
    if why is not None and jsonl is not None:
        raise click.UsageError("--why goes with a text or --url, not with --jsonl")
    watchlist, draft = _watchlist(call, query, event)
    default_lang = draft.default_lang
    if jsonl is not None:
        for given in _read_lines(jsonl, jsonl.name, lang or default_lang):
            _print(given, watchlist.match(given.text), json_lines=True)
        return
    if url:
        found = asyncio.run(read_url(url, call.settings))
        texts = [
            GivenText(
                one.link or url,
                plain_text(one.title, one.summary, one.body, one.lang or lang or default_lang),
            )
            for one in found
        ]
    else:
        texts = [GivenText("text", plain_text(**fields, lang=lang or default_lang))]
    for given in texts:
        if len(texts) > 1 and not call.json:
            click.echo(given.text.title or given.id)
        matches = watchlist.match(given.text)
        if why is None:
            _print(given, matches, json_lines=call.json)
        else:
            _explain(given, matches, draft, why, json_lines=call.json)
