"""Queries, lists and examples, checked by the query language. Problems are reported at their places in the files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from newswatch.config.checker import ListFinding, Lists, QueryChecker, QueryFinding
from newswatch.config.records import CheckedMapping
from newswatch.config.report import FileReport
from newswatch.config.watchlist_file import ListSource, RuleSource, WatchlistPart
from newswatch.config.word_lists import node_of_entry
from newswatch.config.yaml_tree import ListNode, Scalar
from newswatch.models import Rule

MAX_ERRORS_PER_QUERY = 3

_LIST_USE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_-]*)")
_COMMENT = re.compile(r"[ \t]+(#[^\r\n]*)")
_NEEDS_QUOTES = re.compile(r"[\s\-?:,\[\]{}#&*!|>'\"%@`]|.*(?::\s|\s#|:$)", re.DOTALL)
"""Text that YAML would not read as the same plain text. There the quotes are needed by YAML."""


def check_queries(part: WatchlistPart, checker: QueryChecker, default_lang: str) -> None:
    """FileReport problems of lists, queries and examples in the files that were read.

    A query that uses a list with errors is not checked: the list's own error comes first.
    """
    lists = part.sound_lists()
    broken = part.lists.keys() - lists.keys()
    if part.rules or part.lists:
        broken |= _check_lists(part, lists, broken, checker)
    for source in part.rules:
        event: CheckedMapping | None = source.given.get("event")
        if event is not None:
            _check_event_rule(source, event, checker, part, (lists, broken), default_lang)
            continue
        node = source.given.node_of("query")
        query: str | None = source.given.get("query")
        if query is None or not isinstance(node, Scalar):
            continue
        _warn_of_yaml(source, node)
        if _uses(query, broken, lists, complete=part.complete):
            continue
        lang = (source.given.get("languages") or (default_lang,))[0]
        if _check_query(source, node, query, checker.check_query(query, lists, lang)) and source.rule:
            _check_examples(source, source.rule, checker, lists, lang)


def _check_event_rule(
    source: RuleSource,
    given: CheckedMapping,
    checker: QueryChecker,
    part: WatchlistPart,
    known: tuple[Lists, set[str]],
    default_lang: str,
) -> None:
    lists, broken = known
    rule = source.rule
    if rule is None or rule.event is None:
        return
    if any(_uses(text, broken, lists, complete=part.complete) for text in rule.event.texts):
        return
    findings = checker.check_event(rule.event, lists)
    label = f"rule {rule.id!r}: event"
    for finding in findings:
        node = given.node_of(finding.part)
        where = node.items[finding.index] if isinstance(node, ListNode) else node
        line, col = (
            source.report.place(where, finding.offset)
            if isinstance(where, Scalar)
            else (where.line, where.col)
        )
        say = source.report.error_at if finding.is_error else source.report.warning_at
        say(line, col, f"{label}: {finding.part}: {finding.message}")
    if not any(finding.is_error for finding in findings):
        _check_examples(source, rule, checker, lists, (rule.languages or (default_lang,))[0])


def _uses(query: str, broken: set[str], lists: Lists, *, complete: bool) -> bool:
    names = _LIST_USE.findall(query)
    return any(name in broken or (not complete and name not in lists) for name in names)


def _check_lists(part: WatchlistPart, lists: Lists, broken: set[str], checker: QueryChecker) -> set[str]:
    """FileReport wrong entries. Returns the names of the lists that have some.

    An entry that names a list with errors is not an error of its own list.
    """
    found = checker.check_lists(lists)
    for finding in found:
        if finding.list_name not in part.lists:
            continue
        entries = lists[finding.list_name]
        entry = entries[finding.entry_index] if 0 <= finding.entry_index < len(entries) else ""
        if not _uses(entry, broken, lists, complete=part.complete):
            _report_entry(part.lists[finding.list_name], finding)
    return {finding.list_name for finding in found}


def _report_entry(source: ListSource, finding: ListFinding) -> None:
    line, col = source.given.name.line, source.given.name.col
    entry = node_of_entry(source.given.node, finding.entry_index)
    if entry is not None:
        line, col = source.report.place(entry, finding.offset)
    source.report.error_at(line, col, f"list {finding.list_name!r}: {finding.message}")


def _check_query(
    source: RuleSource,
    node: Scalar,
    query: str,
    findings: tuple[Sequence[QueryFinding], Sequence[QueryFinding]],
) -> bool:
    """FileReport what the query language finds. Returns whether there is no error."""
    errors, warnings = findings
    label = f"rule {source.given.get('id', '')!r}: query"
    for finding in errors[:MAX_ERRORS_PER_QUERY]:
        line, col = source.report.place(node, min(finding.offset, len(query)))
        source.report.error_at(line, col, f"{label}: {finding.message}")
    for finding in warnings:
        line, col = source.report.place(node, min(finding.offset, len(query)))
        source.report.warning_at(line, col, f"{label}: {finding.message}")
    return not errors


def _check_examples(source: RuleSource, rule: Rule, checker: QueryChecker, lists: Lists, lang: str) -> None:
    if not rule.must_match and not rule.must_not_match:
        return
    for finding in checker.check_examples(rule, lists, lang):
        node = source.given.node_of(finding.kind)
        where = node.items[finding.index] if isinstance(node, ListNode) else node
        source.report.error(where, f"rule {rule.id!r}: {finding.kind}: {finding.message}")


def check_expiry(part: WatchlistPart, today: date) -> None:
    """Warn about expired rules. A step of its own, because the result changes with the day."""
    for source in part.rules:
        node = source.given.node_of("expires")
        _warn_of_expiry(
            source.report,
            source.given.get("id", ""),
            source.given.get("expires"),
            (node.line, node.col),
            today,
        )
    for kept, report in part.kept:
        for number, line, col in kept.expiries:
            rule = kept.rules[number]
            _warn_of_expiry(report, rule.id, rule.expires, (line, col), today)


def _warn_of_expiry(
    report: FileReport, rule_id: str, expires: str | None, place: tuple[int, int], today: date
) -> None:
    if expires is not None and date.fromisoformat(expires) < today:
        message = f"rule {rule_id!r}: expired on {expires} and no longer alerts: remove it or move the date"
        report.warning_at(*place, message)


def _warn_of_yaml(source: RuleSource, node: Scalar) -> None:
    """Warn if YAML may have removed a part of a query."""
    label = f"rule {source.given.get('id', '')!r}: query"
    text = node.text.strip()
    if node.style in ("'", '"') and "'" not in text and '"' not in text and not _NEEDS_QUOTES.match(text):
        source.report.warning(
            node,
            f"{label}: the quotes belong to YAML and are not part of the query; for exactly these words"
            f" write '\"{text[:60]}\"', otherwise leave the quotes out",
        )
    cut = _COMMENT.match(source.report.document.text, node.end) if not node.style else None
    if cut is not None:
        line, col = source.report.place(node, len(node.text))
        source.report.warning_at(
            line,
            col + cut.start(1) - node.end,
            f"{label}: YAML reads {cut[1][:40]!r} as a comment, which cuts the query here;"
            " put the query in a block (>-), or the comment on a line of its own",
        )
