"""The watchlist, compiled: which rules an item matches, and why.

Pure: no I/O, no clock. One pass of Aho-Corasick over the item's stems finds the rules that can
match at all (see `plan` and `index`); only those are evaluated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any

from newswatch.errors import QueryError
from newswatch.models import FeedFilter, Match, Rule
from newswatch.rules.evaluate import Evaluation, Found
from newswatch.rules.fold import fold
from newswatch.rules.index import Index
from newswatch.rules.negation import guard_for
from newswatch.rules.patterns import compile_pattern, pattern_groups, searchable
from newswatch.rules.plan import FIELD_BITS, Planner, RulePlan, Tables, walk
from newswatch.rules.scan import Scan
from newswatch.rules.stems import primary_language, stemmer_for, stemming_key

FORMAT = 1
"""Of `Watchlist.dumps`. It grows with every change of the plans' form."""


@dataclass(frozen=True, slots=True)
class ItemText:
    """What the matcher looks at. Texts are original text; `lang` "" means unknown."""

    title: str = ""
    summary: str = ""
    body: str = ""
    author: str = ""
    lang: str = ""
    feed_id: str = ""
    feed_tags: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class Watchlist:
    """Rules compiled for matching. Threads may not share one: it fills caches as it works."""

    def __init__(self, rules: Sequence[RulePlan], tables: Tables, default_lang: str) -> None:
        self._rules = tuple(rules)
        self._tables = tables
        self._default_lang = default_lang
        self._indexes: dict[str, Index] = {}
        self._patterns = [compile_pattern(regex) for regex in tables.patterns]
        self._feeds = [FeedFilter(rule.feed_ids, rule.feed_tags) for rule in rules]
        self._languages = [frozenset(primary_language(lang) for lang in rule.languages) for rule in rules]
        self._uses_author = any(
            node[0] in "psr" and node[2] & FIELD_BITS["author"] for rule in rules for node in walk(rule.plan)
        )
        self._by_identity: dict[tuple[str, str], list[int]] = {}
        self._by_pattern: dict[int, list[int]] = {}
        self._note_anchors()
        self._groups = pattern_groups(tables.patterns, self._by_pattern)

    def _note_anchors(self) -> None:
        for number, rule in enumerate(self._rules):
            for anchor in rule.anchors:
                if anchor[0] == "i":
                    self._by_identity.setdefault((anchor[1], anchor[2]), []).append(number)
                elif anchor[0] == "r":
                    self._by_pattern.setdefault(anchor[1], []).append(number)

    def __len__(self) -> int:
        return len(self._rules)

    def match(self, item: ItemText) -> list[Match]:
        """The rules that the item satisfies, in the order in which the rules were given."""
        lang = item.lang or self._default_lang
        texts: tuple[str, ...] = (item.title, item.summary, item.body)
        if self._uses_author:
            texts = (*texts, item.author)
        scan = Scan(texts, self.index(lang))
        touched = scan.touched()
        if self._groups:
            touched.update(self._touched_by_pattern(texts))
        if self._by_identity:
            touched.update(self._touched_by_identity(item))
        return self._verify(item, scan, sorted(touched), lang) if touched else []

    def index(self, lang: str) -> Index:
        """The search structure for items of a language, built when first asked for."""
        key = stemming_key(lang, self._default_lang)
        if key not in self._indexes:
            stem = stemmer_for(lang, self._default_lang)
            self._indexes[key] = Index(self._rules, self._tables, stem)
        return self._indexes[key]

    def _touched_by_pattern(self, texts: Sequence[str]) -> set[int]:
        plain = [searchable(text) for text in texts if text]
        hits = (hit for group in self._groups for hit in group.hits(plain))
        return {number for hit in hits for number in self._by_pattern[hit]}

    def _touched_by_identity(self, item: ItemText) -> set[int]:
        keys = [("tag", tag) for tag in _tags(item)]
        keys.append(("source", fold(item.feed_id)))
        return {number for key in keys for number in self._by_identity.get(key, ())}

    def _verify(self, item: ItemText, scan: Scan, touched: Sequence[int], lang: str) -> list[Match]:
        evaluation = Evaluation(scan, self._patterns, _tags(item), fold(item.feed_id))
        matches = []
        for number in touched:
            rule = self._rules[number]
            if not self._feeds[number].admits(item.feed_id, item.feed_tags):
                continue
            if self._languages[number] and primary_language(lang) not in self._languages[number]:
                continue
            guard = guard_for(lang, self._default_lang) if rule.exclude_negated else None
            found = evaluation.why(rule.plan, guard)
            if found is not None:
                place = evaluation.alternative(rule.plan, guard)
                matches.append(_match(rule, scan, found, place))
        return matches

    def dumps(self) -> bytes:
        """The compiled rules for a cache: data only, so that a spoilt cache can do no harm."""
        return json.dumps(
            {
                "format": FORMAT,
                "default_lang": self._default_lang,
                "rules": [astuple(rule) for rule in self._rules],
                "phrases": self._tables.phrases,
                "sets": self._tables.sets,
                "patterns": self._tables.patterns,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode("utf-8", "surrogatepass")

    @classmethod
    def loads(cls, data: bytes) -> Watchlist:
        """The watchlist that `dumps` wrote. Raises ValueError for anything else: compile again."""
        try:
            raw = json.loads(data.decode("utf-8", "surrogatepass"))
            if raw["format"] != FORMAT:
                raise ValueError(f"compiled watchlist of format {raw['format']}, not {FORMAT}")
            tables = Tables(
                phrases=[
                    (kind, tuple((text, prefix) for text, prefix in words)) for kind, words in raw["phrases"]
                ],
                sets=[tuple(members) for members in raw["sets"]],
                patterns=raw["patterns"],
            )
            return cls([_rule_plan(fields) for fields in raw["rules"]], tables, raw["default_lang"])
        except (KeyError, TypeError, IndexError) as error:
            raise ValueError(f"not a compiled watchlist: {error!r}") from error


def compile_watchlist(
    rules: Sequence[Rule], lists: Mapping[str, Sequence[str]], default_lang: str = "en"
) -> Watchlist:
    """Compile rules. `default_lang` stems items that name no language.

    Raises QueryError, naming the rule, for a query or list entry that cannot be read.
    """
    planner = Planner(lists)
    return Watchlist([_plan(planner, rule) for rule in rules], planner.tables, default_lang)


def _plan(planner: Planner, rule: Rule) -> RulePlan:
    try:
        return planner.rule(rule)
    except QueryError as error:
        message = f"rule {rule.id}: {error.message}"
        raise QueryError(message, offset=error.offset, end=error.end) from error


def _tags(item: ItemText) -> frozenset[str]:
    return frozenset(fold(tag.strip()) for tag in (*item.tags, *item.feed_tags))


def _match(rule: RulePlan, scan: Scan, found: Found, place: tuple[int, int] | None) -> Match:
    spans = {scan.span(hit) for hit in found[0]}
    spans.update(found[1])
    order = sorted(spans, key=lambda span: (FIELD_BITS[span.field], span.start, span.end))
    start, end = place or (0, len(rule.query))
    return Match(rule.rule_id, tuple(order), rule.query[start:end])


def _rule_plan(fields: Sequence[Any]) -> RulePlan:
    rule_id, query, plan, anchors, languages, feed_ids, feed_tags, exclude_negated = fields
    return RulePlan(
        rule_id, query, plan, anchors, tuple(languages), tuple(feed_ids), tuple(feed_tags), exclude_negated
    )
