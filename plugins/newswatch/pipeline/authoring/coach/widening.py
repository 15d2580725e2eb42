"""Candidates that catch what was missed: a term that is lacking, an exclusion that goes too far. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from newswatch.models import MODALITIES, FeedFilter
from newswatch.pipeline.authoring.coach.candidate import Candidate, ListEdit, Subject
from newswatch.pipeline.authoring.coach.labels import Texts
from newswatch.pipeline.authoring.coach.terms import SpokenTerm, entries_of_term, entries_with_homes
from newswatch.pipeline.authoring.coach.words import Grams, usual_form
from newswatch.rules import ItemText, Query, parse_query
from newswatch.rules.nearest import Nearness, Reading
from newswatch.rules.nearest_events import EventRules
from newswatch.rules.nodes import And, ListTerm, Node, Not, Or, Phrase
from newswatch.rules.query_edits import (
    walk,
    with_alternative,
    with_forms,
    without_child,
    written,
)
from newswatch.rules.verdict import Failing

LONGEST_TERM = 3
MOST_TERMS = 60
"""How many terms are tried for one part that is missing; most match nothing and are dropped at once."""

_ADDABLE = ("who", "does", "what")


@dataclass(frozen=True)
class Widening:
    """Candidates for one rule and the texts that it missed. `default_lang` is that of texts without one."""

    subject: Subject
    texts: Texts
    default_lang: str

    def candidates(self) -> Iterator[Candidate]:
        """All of them. Most catch nothing: weigh them on the missed texts first."""
        if not self.texts.missed:
            return
        judged = list(self._judged())
        if self.subject.rule.event is not None:
            yield from self._allowances(judged)
            for part in _ADDABLE:
                lacking = [text for text, one in judged if _lacks(one, part)]
                for term in self._terms(lacking):
                    about = f"add `{term}` to {part}"
                    yield self.subject.with_entry("add", about, part, term, widens=True)  # type: ignore[arg-type]
            return
        query = parse_query(self.subject.rule.query, self.subject.lists)
        for node, failing, texts in self._failing_nodes(query, judged):
            yield from self._for_node(query, node, failing, texts)

    def _judged(self) -> Iterator[tuple[ItemText, Nearness]]:
        subject = self.subject
        rule = replace(subject.rule, feeds=FeedFilter(), languages=())
        events = EventRules([rule], subject.lists, self.default_lang)
        for text in self.texts.missed.values():
            yield text, Reading(text, subject.lists, self.default_lang, events).nearness(rule)

    def _terms(self, texts: list[ItemText]) -> list[str]:
        """Words and phrases that several of these texts share, those first that most share, the shorter ones first."""
        grams = Grams(self.default_lang, LONGEST_TERM)
        grams.add_all(texts)
        shared = (gram for gram, count in grams.texts.items() if count >= self.texts.least_missed)
        best = sorted(shared, key=lambda gram: (-grams.texts[gram], len(gram)))
        return [usual_form(grams.forms[gram]) for gram in best[:MOST_TERMS]]

    # ── events ───────────────────────────────────────────────────────────────────────────────

    def _allowances(self, judged: list[tuple[ItemText, Nearness]]) -> Iterator[Candidate]:
        """With another modality; without the entries of `unless` that excluded missed texts."""
        event, modality = self.subject.rule.event, self.subject.rule.modality
        if event is None:
            return
        if any(failing.cause in ("negated", "question") for _, one in judged for failing in one.failing):
            for other in MODALITIES:
                if other not in modality:
                    about = f"count what is only {other}" if other == "possible" else f"count what is {other}"
                    yield self.subject.with_modality("allow", about, (*modality, other))
        homes = list(entries_with_homes(event.unless, self.subject.lists))
        for text, one in judged:
            for failing in one.failing:
                if failing.cause == "excluded":
                    span = failing.spans[0]
                    words = getattr(text, span.field)[span.start : span.end]
                    found = entries_of_term(SpokenTerm(words, text.lang, self.default_lang), homes)
                    own = [entry.text for entry in found if entry.home is None]
                    edits = [ListEdit(entry.home, entry.text) for entry in found if entry.home is not None]
                    about = f"allow `{words}`: drop it from unless"
                    allowed = self.subject.without_entries("allow", about, "unless", own, edits, widens=True)
                    if found and allowed is not None:
                        yield allowed

    # ── queries ──────────────────────────────────────────────────────────────────────────────

    def _failing_nodes(
        self, query: Query, judged: list[tuple[ItemText, Nearness]]
    ) -> list[tuple[Node, Failing, list[ItemText]]]:
        """The parts of the query that fail in missed texts, each with those texts."""
        by_text: dict[str, Node] = {}
        for node, _ in walk(query.root):
            by_text.setdefault(written(query, node), node)
        found: dict[str, tuple[Node, Failing, list[ItemText]]] = {}
        for text, one in judged:
            for failing in one.failing:
                if failing.term in by_text:
                    known = found.setdefault(failing.term, (by_text[failing.term], failing, []))
                    known[2].append(text)
        return list(found.values())

    def _for_node(
        self, query: Query, node: Node, failing: Failing, texts: list[ItemText]
    ) -> Iterator[Candidate]:
        if failing.cause == "excluded":
            yield from self._without_exclusion(query, node)
        elif failing.cause == "form" and isinstance(node, Phrase):
            bare = " ".join(word.text for word in node.words)
            about = f"write `{bare}` in any form"
            yield self.subject.with_query("allow", about, with_forms(query, node, [bare]), widens=True)
        elif failing.cause in ("absent", "part") and isinstance(node, Phrase | ListTerm | Or):
            for term in self._terms(texts):
                about = f"add `{term}` beside `{written(query, node)}`"
                text = with_alternative(query, node, term)
                yield self.subject.with_query("add", about, text, size=len(term.split()), widens=True)

    def _without_exclusion(self, query: Query, excluded: Node) -> Iterator[Candidate]:
        for node, _ in walk(query.root):
            if isinstance(node, And) and excluded in node.children:
                number = node.children.index(excluded)
                about = f"allow what `{written(query, excluded)}` excludes"
                yield self.subject.with_query("allow", about, without_child(query, node, number), widens=True)
        inner = excluded.child if isinstance(excluded, Not) else None
        if isinstance(inner, Or):
            for number, child in enumerate(inner.children):
                about = f"allow `{written(query, child)}`"
                yield self.subject.with_query(
                    "allow", about, without_child(query, inner, number), widens=True
                )


def _lacks(nearness: Nearness, part: str) -> bool:
    return any(one.cause == "absent" and one.term.startswith(f"{part}:") for one in nearness.failing)
