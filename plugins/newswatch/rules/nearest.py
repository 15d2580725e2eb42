"""Why an item does not match a rule: which terms fail, and where the text comes nearest to them.

It judges the syntax tree term by term, so that it can name what is missing; the matcher, which is built
for speed, cannot. Both must agree on whether a rule matches, and the tests hold them to it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from typing_extensions import assert_never

from newswatch.models import Rule, Span
from newswatch.quantity import quantity
from newswatch.rules.build import MAX_DISTANCE
from newswatch.rules.evaluate import closest, in_order, longest_of
from newswatch.rules.fold import fold
from newswatch.rules.gaps import Hit, extent, pieces
from newswatch.rules.lists import Lists
from newswatch.rules.lookup import Lookup
from newswatch.rules.matcher import ItemText
from newswatch.rules.nearest_events import EventRules
from newswatch.rules.negation import Guard, guard_for
from newswatch.rules.nodes import (
    TEXT_FIELDS,
    And,
    Edge,
    Identity,
    ListTerm,
    Near,
    Node,
    Not,
    Or,
    Pattern,
    Phrase,
    Query,
    Scoped,
    Word,
)
from newswatch.rules.patterns import compile_pattern, searchable
from newswatch.rules.query import parse_query
from newswatch.rules.stems import latin_language, primary_language, stemmer_for
from newswatch.rules.tables import DEFAULT_BITS, FIELD_BITS
from newswatch.rules.verdict import FOUND_ELSEWHERE_CREDIT, NEGATED_CREDIT, PART_CREDIT, Failing, Verdict

_SHOWN_NAMES = 5
_WORDS_BEFORE = 6


@dataclass(frozen=True, slots=True)
class Nearness:
    """How near a rule comes to an item. It matches exactly when nothing fails.

    `found` are the terms that hold, each with its first place; `share` is the part of the terms that must
    be there that is, from 0 to 1.
    """

    failing: tuple[Failing, ...]
    found: tuple[tuple[str, Span], ...]
    share: float


class Reading:
    """One item, read once and held against as many rules as are asked about."""

    def __init__(
        self, item: ItemText, lists: Lists, default_lang: str = "en", events: EventRules | None = None
    ) -> None:
        """`events` are event rules that were compiled before; others are compiled when they are asked about."""
        self._item = item
        self._events = events
        self._lists = lists
        self._lang = item.lang or default_lang
        self._default_lang = default_lang
        texts = (item.title, item.summary, item.body, item.author)
        stem = stemmer_for(self._lang, default_lang)
        self._lookup = Lookup(texts, lists, stem, latin_language(self._lang, default_lang))
        self._scan = self._lookup.scan
        self._query = ""
        self._guard: Guard | None = None

    def nearness(self, rule: Rule, query: Query | None = None) -> Nearness:
        """What keeps the rule from matching, if anything. `query` is the rule's where it was parsed before.

        Raises QueryError for a query that cannot be read.
        """
        verdict = self._of_event(rule) if rule.event is not None else self._of_query(rule, query)
        failing = (*self._limits(rule), *verdict.failing)
        return Nearness(failing, verdict.found, verdict.have / verdict.want)

    def _of_event(self, rule: Rule) -> Verdict:
        known = self._events is not None and self._events.knows(rule)
        events = self._events if known else None
        return (events or EventRules([rule], self._lists, self._default_lang)).verdict(self._item, rule)

    def _of_query(self, rule: Rule, query: Query | None) -> Verdict:
        self._query = rule.query
        exclude = rule.negation == "exclude"
        self._guard = guard_for(self._lang, self._default_lang) if exclude else None
        return self._judge((query or parse_query(rule.query, self._lists)).root, DEFAULT_BITS)

    def _limits(self, rule: Rule) -> list[Failing]:
        """What the rule asks of an item besides its text."""
        failing = []
        item, feeds = self._item, rule.feeds
        if not feeds.admits(item.feed_id, item.feed_tags):
            wanted = [*(f"`{name}`" for name in feeds.ids), *(f"those tagged `{tag}`" for tag in feeds.tags)]
            text = f"the rule looks only at the feeds {_some(wanted, 'and')}, not at `{item.feed_id}`"
            failing.append(Failing("feeds", "feed", text))
        languages = sorted({primary_language(lang) for lang in rule.languages})
        if languages and primary_language(self._lang) not in languages:
            text = (
                f"the rule looks only at items in {_some(languages, 'and')}, and this one is in {self._lang}"
            )
            failing.append(Failing("languages", "language", text))
        return failing

    def _judge(self, node: Node, bits: int) -> Verdict:
        if isinstance(node, (Phrase, ListTerm)):
            return self._term(node, bits)
        if isinstance(node, Pattern):
            return self._pattern(node, bits)
        if isinstance(node, Identity):
            return self._identity(node)
        if isinstance(node, Scoped):
            return self._judge(node.child, FIELD_BITS[node.field])
        if isinstance(node, Edge):
            return self._edge(node, bits)
        if isinstance(node, Near):
            return self._near(node, bits)
        if isinstance(node, Not):
            return self._not(node, bits)
        if isinstance(node, And):
            return _joined([self._judge(child, bits) for child in node.children])
        if isinstance(node, Or):
            return self._or(node, bits)
        assert_never(node)

    # ── words ────────────────────────────────────────────────────────────────────────────────

    def _term(self, node: Phrase | ListTerm, bits: int) -> Verdict:
        everywhere = self._lookup.hits(node, -1)
        hits = self._scan.within(everywhere, bits)
        guard = self._guard
        asserted = [hit for hit in hits if guard is None or not guard.negates(self._scan, hit)]
        term = self._written(node)
        if asserted:
            return Verdict(found=((term, self._span(asserted[0])),), have=1, want=1)
        if hits:
            return _nearly(self._negated(term, hits[0], hits[0][0]), NEGATED_CREDIT)
        if everywhere:
            span = self._span(everywhere[0])
            text = f"{_quoted(term)} is in the {span.field}, and the rule looks only in the {_fields(bits, 'and')}"
            return _nearly(Failing(term, "elsewhere", text, (span,)), FOUND_ELSEWHERE_CREDIT)
        return self._absent(node, term, bits)

    def _absent(self, node: Phrase | ListTerm, term: str, bits: int) -> Verdict:
        nowhere = f"nowhere in the {_fields(bits, 'or')}"
        if isinstance(node, ListTerm):
            text = f"no entry of {_quoted(term)} ({len(self._lookup.members(node.name))} in all) is in the {_fields(bits, 'or')}"
            return Verdict((Failing(term, "absent", text),), want=1)
        if any(word.how in ("exact", "case") for word in node.words):
            forms = self._lookup.within(tuple(map(_in_any_form, node.words)), bits)
            if forms:
                span = self._span(forms[0])
                cased = any(word.how == "case" for word in node.words)
                wanted = "in this form and case" if cased else "in this form"
                text = f"the {span.field} has {_quoted(self._text(span))}, and the rule wants {_quoted(term)} exactly {wanted}"
                return _nearly(Failing(term, "form", text, (span,)), FOUND_ELSEWHERE_CREDIT)
        apart = self._gap_too_wide(node, term, bits)
        if apart:
            return _nearly(apart, FOUND_ELSEWHERE_CREDIT)
        longest, size = self._lookup.longest_part(node, bits)
        if longest is None:
            return Verdict((Failing(term, "absent", f"{_quoted(term)} is {nowhere}"),), want=1)
        part = self._span(longest)
        if self._in_order(node, bits):
            text = f"the {part.field} has the words of {_quoted(term)}, but other words between them"
        else:
            text = f"of {_quoted(term)} the {part.field} has only {_quoted(self._text(part))}"
        credit = PART_CREDIT * size / len(node.words)
        return _nearly(Failing(term, "part", text, (part,)), credit)

    def _in_order(self, node: Phrase, bits: int) -> bool:
        """Whether one block has all words of the phrase in their order, however far from each other."""
        first, *others = node.words
        return bool(self._lookup.within((first, *(replace(word, gap=MAX_DISTANCE) for word in others)), bits))

    def _gap_too_wide(self, node: Phrase, term: str, bits: int) -> Failing | None:
        """The phrase's words are in one block in their order, but too far from each other."""
        wide = tuple(replace(word, gap=MAX_DISTANCE if word.gap else 0) for word in node.words)
        hits = self._lookup.within(wide, bits) if wide != node.words else []
        if not hits:
            return None
        parts = pieces(min(hits, key=lambda hit: hit[1] - hit[0]))
        allowed = [word.gap for word in node.words if word.gap]
        gaps = zip(pairwise(parts), allowed, strict=True)
        one, other, most = next((a, b, most) for (a, b), most in gaps if b[0] - a[1] > most)
        spans = self._scan.span(one), self._scan.span(other)
        text = (
            f"in {_quoted(term)} the {spans[0].field} has {quantity(other[0] - one[1], 'word')} between "
            f"{_quoted(self._text(spans[0]))} and {_quoted(self._text(spans[1]))}, and ~{most} allows {most}"
        )
        return Failing(term, "apart", text, spans)

    # ── patterns, tags, feeds ────────────────────────────────────────────────────────────────

    def _pattern(self, node: Pattern, bits: int) -> Verdict:
        compiled: Any = compile_pattern(node.regex)
        spans = [
            Span(field, *match.span())
            for field, text in zip(TEXT_FIELDS, self._scan.texts, strict=True)
            for match in compiled.finditer(searchable(text))
            if match.end() > match.start()
        ]
        term = self._written(node)
        within = [span for span in spans if FIELD_BITS[span.field] & bits]
        if within:
            return Verdict(found=((term, within[0]),), have=1, want=1)
        if spans:
            text = f"{_quoted(term)} is in the {spans[0].field}, and the rule looks only in the {_fields(bits, 'and')}"
            return _nearly(Failing(term, "elsewhere", text, (spans[0],)), FOUND_ELSEWHERE_CREDIT)
        text = f"{_quoted(term)} is nowhere in the {_fields(bits, 'or')}"
        return Verdict((Failing(term, "absent", text),), want=1)

    def _identity(self, node: Identity) -> Verdict:
        term, item = self._written(node), self._item
        tags = sorted({fold(tag.strip()) for tag in (*item.tags, *item.feed_tags)})
        if node.value not in (tags if node.kind == "tag" else [fold(item.feed_id)]):
            if node.kind == "source":
                text = f"the item is of the feed `{item.feed_id}`, and the rule wants {_quoted(term)}"
            else:
                have = f"only {_some([f'`{tag}`' for tag in tags], 'and')}" if tags else "none"
                text = f"neither the item nor its feed has the tag of {_quoted(term)}; they have {have}"
            return Verdict((Failing(term, "absent", text),), want=1)
        for field, content in zip(TEXT_FIELDS, self._scan.texts, strict=True):
            if content.strip() and field != "author":
                return Verdict(found=((term, Span(field, 0, len(content))),), have=1, want=1)
        return Verdict((Failing(term, "absent", "the item has no text"),), want=1)

    # ── operators ────────────────────────────────────────────────────────────────────────────

    def _edge(self, node: Edge, bits: int) -> Verdict:
        verdict = self._judge(node.child, bits)
        if verdict.failing:
            return verdict
        hits = self._asserted(node, bits)
        if hits:
            return verdict
        hit = self._asserted(node.child, bits)[0]
        span, term = self._span(hit), self._written(node)
        edges = " and ".join(name for name, wanted in (("start", node.opens), ("end", node.closes)) if wanted)
        text = (
            f"{_quoted(self._text(span))} is in the {span.field}, and {_quoted(term)} wants it at the {edges}"
        )
        return _nearly(Failing(term, "elsewhere", text, (span,)), FOUND_ELSEWHERE_CREDIT)

    def _asserted(self, node: Node, bits: int) -> list[Hit]:
        """The hits of what NEAR and `^` take that no negation governs."""
        guard = self._guard
        match node:
            case Phrase() | ListTerm():
                hits = self._lookup.hits(node, bits)
                return [hit for hit in hits if guard is None or not guard.negates(self._scan, hit)]
            case Scoped():
                return self._asserted(node.child, FIELD_BITS[node.field])
            case Or():
                return in_order(hit for child in node.children for hit in self._asserted(child, bits))
            case Edge():
                hits = self._asserted(node.child, bits)
                return [
                    hit for hit in hits if self._scan.is_at_edge(hit, opens=node.opens, closes=node.closes)
                ]
            case _:
                return self._lookup.hits(node, bits, guard)

    def _near(self, node: Near, bits: int) -> Verdict:
        guard = self._guard
        lefts, rights = (self._lookup.hits(side, bits, guard) for side in (node.left, node.right))
        # The guard looks at pairs here, so each side is judged without it.
        self._guard = None
        sides = _joined([self._judge(node.left, bits), self._judge(node.right, bits)])
        self._guard = guard
        if sides.failing:
            return Verdict(sides.failing, sides.found, sides.have, sides.want + 1)
        negated: Failing | None = None
        for side, hits in ((node.left, lefts), (node.right, rights)):
            if not hits:
                hit = self._lookup.hits(side, bits)[0]
                negated = self._negated(self._written(side), hit, hit[0])
        longest = longest_of(rights)
        for left in lefts:
            for right in closest(
                self._scan, left, rights, node.distance, ordered=node.ordered, longest=longest
            ):
                first, second = sorted((left, right))
                if guard is None or not guard.negates_pair(self._scan, first, second):
                    spans = (self._span(left), self._span(right))
                    found = ((self._written(node.left), spans[0]), (self._written(node.right), spans[1]))
                    return Verdict(found=found, have=sides.want + 1, want=sides.want + 1)
                negated = negated or self._negated(self._written(node), second, first[0])
        failing = negated or self._too_far(node, lefts, rights)
        credit = NEGATED_CREDIT if negated else 0.0
        return Verdict((failing,), sides.found, sides.have + credit, sides.want + 1)

    def _too_far(self, node: Near, lefts: Sequence[Hit], rights: Sequence[Hit]) -> Failing:
        """Both operands are there, but not near each other as the rule wants it."""
        operator = f"{'ONEAR' if node.ordered else 'NEAR'}/{'S' if node.distance is None else node.distance}"
        one, other = _quoted(self._written(node.left)), _quoted(self._written(node.right))
        pairs = [pair for pair in _neighbours(lefts, rights) if self._together(*pair)]
        if not pairs:
            spans = self._span(lefts[0]), self._span(rights[0])
            text = (
                f"{one} is in the {spans[0].field} and {other} in the {spans[1].field}, "
                f"and {operator} looks within one field and paragraph, at different words"
            )
            return Failing(self._written(node), "separate", text, spans)
        # A pair in the wanted order comes first, then the nearest.
        ahead = [pair for pair in pairs if pair[0] < pair[1]] if node.ordered else pairs
        left, right = min(ahead or pairs, key=lambda pair: _gap(*pair))
        spans = self._span(left), self._span(right)
        field = spans[0].field
        if node.ordered and not ahead:
            text = f"{other} comes before {one} in the {field}, and {operator} wants it after"
            return Failing(self._written(node), "order", text, spans)
        if node.distance is None:
            text = f"{one} and {other} are in different sentences of the {field}, and {operator} wants them in one"
            return Failing(self._written(node), "apart", text, spans)
        gap = _gap(left, right)
        text = f"{one} and {other} are {quantity(gap, 'word')} apart in the {field}, and {operator} allows {node.distance}"
        return Failing(self._written(node), "apart", text, spans)

    def _together(self, left: Hit, right: Hit) -> bool:
        first, second = sorted((left, right))
        return first[1] <= second[0] and self._scan.same_block(first[0], second[1])

    def _not(self, node: Not, bits: int) -> Verdict:
        # A negated mention is a mention all the same: NOT is judged without the guard.
        guard, self._guard = self._guard, None
        verdict = self._judge(node.child, bits)
        self._guard = guard
        if verdict.failing:
            return Verdict()
        spans = tuple(span for _, span in verdict.found)
        there = " and ".join(f"{_quoted(term)} is in the {span.field}" for term, span in verdict.found)
        term = self._written(node)
        return Verdict((Failing(term, "excluded", f"{_quoted(term)} excludes it: {there}", spans),))

    def _or(self, node: Or, bits: int) -> Verdict:
        verdicts = [self._judge(child, bits) for child in node.children]
        best = max(verdicts, key=lambda verdict: verdict.rank)
        if not best.failing or best.have:
            return best
        names = [_quoted(self._written(child)) for child in node.children]
        text = f"none of {_some(names, 'or')} is there: {best.failing[0].text}"
        return Verdict((Failing(self._written(node), "absent", text),), want=best.want)

    # ── wording ──────────────────────────────────────────────────────────────────────────────

    def _negated(self, term: str, hit: Hit, first: int) -> Failing:
        """`hit` is negated; what is shown begins some words before `first`."""
        shown = max(self._scan.block_start(first), first - _WORDS_BEFORE), hit[1]
        after = min(self._scan.block_end(hit[1] - 1), hit[1] + 2)
        passage = self._text(self._scan.span((shown[0], after)))
        span = self._span(hit)
        text = f"{_quoted(term)} is negated in the {span.field}: “{passage}”"
        return Failing(term, "negated", text, (span,))

    def _span(self, hit: Hit) -> Span:
        return self._scan.span(extent(hit))

    def _written(self, node: Node) -> str:
        """A part of the query as the editor wrote it."""
        return self._query[node.start : node.end]

    def _text(self, span: Span) -> str:
        field: str = getattr(self._item, span.field)
        return field[span.start : span.end]


def _nearly(failing: Failing, credit: float) -> Verdict:
    return Verdict((failing,), have=credit, want=1)


def _joined(verdicts: Iterable[Verdict]) -> Verdict:
    parts = list(verdicts)
    return Verdict(
        tuple(failing for part in parts for failing in part.failing),
        tuple(found for part in parts for found in part.found),
        sum(part.have for part in parts),
        sum(part.want for part in parts),
    )


def _neighbours(lefts: Sequence[Hit], rights: Sequence[Hit]) -> Iterable[tuple[Hit, Hit]]:
    """Each left hit with the right ones next to it on both sides."""
    for left in lefts:
        at = bisect_left(rights, left)
        yield from ((left, right) for right in rights[max(at - 2, 0) : at + 2])


def _gap(left: Hit, right: Hit) -> int:
    """The words between two hits that do not overlap."""
    first, second = sorted((left, right))
    return second[0] - first[1]


def _in_any_form(word: Word) -> Word:
    return replace(word, text=fold(word.text), how="prefix" if word.how == "prefix" else "stem")


def _quoted(term: str) -> str:
    return f"`{term}`"


def _fields(bits: int, joint: str) -> str:
    return _some([field for field in TEXT_FIELDS if FIELD_BITS[field] & bits], joint)


def _some(names: Sequence[str], joint: str) -> str:
    """Names as a sentence lists them, the first few of many."""
    if len(names) > _SHOWN_NAMES:
        return f"{', '.join(names[:_SHOWN_NAMES])} {joint} {len(names) - _SHOWN_NAMES} more"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {joint} {names[-1]}"
