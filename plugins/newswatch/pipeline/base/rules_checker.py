"""Connects the two halves of checking a watchlist: config knows the places, rules knows the query language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from newswatch.config.checker import EventFinding, ExampleFinding, ListFinding, QueryFinding
from newswatch.errors import QueryError
from newswatch.models import Event, Rule
from newswatch.pipeline.base.item_text import plain_text
from newswatch.rules import ItemText, check_event, check_lists, compile_watchlist, review_query
from newswatch.rules.nearest import Reading
from newswatch.rules.repair import repairs

Lists = Mapping[str, Sequence[str]]


class RulesChecker:
    """The rule engine as the QueryChecker that `newswatch.config` declares."""

    def check_query(
        self, query: str, lists: Lists, lang: str
    ) -> tuple[list[QueryFinding], list[QueryFinding]]:
        """Errors and warnings of one query, with offsets into its text."""
        del lang
        try:
            warnings = review_query(query, lists)
        except QueryError as error:
            return [QueryFinding(error.message, error.offset, error.end)], []
        return [], [QueryFinding(w.message, w.offset, w.end) for w in warnings]

    def check_event(self, event: Event, lists: Lists) -> list[EventFinding]:
        """Unknown lists, words that cannot be read, names where a verb should be."""
        return [
            EventFinding(p.part, p.index, p.message, p.offset, p.is_error) for p in check_event(event, lists)
        ]

    def check_lists(self, lists: Lists) -> list[ListFinding]:
        """Bad entries, unknown nested lists and cycles."""
        return [
            ListFinding(problem.name, problem.index, problem.message, problem.offset)
            for problem in check_lists(lists)
        ]

    def check_examples(self, rule: Rule, lists: Lists, lang: str) -> list[ExampleFinding]:
        """Examples that must match and do not, and examples that must not match and do."""
        if not rule.must_match and not rule.must_not_match:
            return []
        watchlist = compile_watchlist([_everywhere(rule)], lists, lang)
        findings = []
        for index, text in enumerate(rule.must_match):
            if not watchlist.match(_example(text, lang)):
                why = _why(_everywhere(rule), lists, _example(text, lang))
                findings.append(ExampleFinding("must_match", index, f"does not match {text!r}: {why}"))
        for index, text in enumerate(rule.must_not_match):
            for match in watchlist.match(_example(text, lang)):
                span = match.spans[0]
                hit = text[span.start : span.end]
                findings.append(ExampleFinding("must_not_match", index, f"{hit!r} matches in {text!r}"))
        return findings


def _why(rule: Rule, lists: Lists, example: ItemText) -> str:
    """Which terms fail, where the example comes nearest to them, and an edit that would do."""
    failing = "; ".join(one.text for one in Reading(example, lists, example.lang).nearness(rule).failing)
    offered = repairs(rule, lists, example, example.lang)
    return f"{failing}. To match it, {offered[0].about}" if offered else failing


def _everywhere(rule: Rule) -> Rule:
    """The rule without limits on feeds and languages, because an example has only words."""
    return replace(rule, feeds=type(rule.feeds)(), languages=())


def _example(text: str, lang: str) -> ItemText:
    """The text in every field, so that queries limited to a field can be tried too."""
    return plain_text(text, text, text, lang, author=text)
