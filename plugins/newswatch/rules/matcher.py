"""The watchlist, compiled: which rules an item matches, and why.

Pure: no I/O, no clock. One pass of Aho-Corasick over the item's stems finds the rules that may match
(see `plan` and `index`). Only those are evaluated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from newswatch.errors import QueryError
from newswatch.models import EventPart, FeedFilter, Match, Rule, Span
from newswatch.rules.budget import Budget
from newswatch.rules.evaluate import Evaluation, Found, Place
from newswatch.rules.events import EventReading, Occurrence
from newswatch.rules.fold import fold
from newswatch.rules.gaps import Piece, pieces
from newswatch.rules.index import Index
from newswatch.rules.negation import guard_for
from newswatch.rules.patterns import compile_pattern, pattern_groups, searchable
from newswatch.rules.plan import Planner, RulePlan
from newswatch.rules.scan import Scan
from newswatch.rules.stems import latin_language, primary_language, stemmer_for, stemming_key
from newswatch.rules.tables import DEFAULT_BITS, FIELD_BITS, EventRow, Plan, StanceRow, Tables

FORMAT = 4
"""The format of `Watchlist.dumps`. Raise it with every change to the form of plans."""

MAX_LANGUAGE_NAMES = 1_000
"""How many spellings of languages are remembered. Feeds may give anything as their language."""


@dataclass(frozen=True, slots=True)
class ItemText:
    """What the matcher sees of an item. Texts are not folded; `lang` "" means unknown."""

    title: str = ""
    summary: str = ""
    body: str = ""
    author: str = ""
    lang: str = ""
    feed_id: str = ""
    feed_tags: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class Watchlist:
    """Rules compiled for matching. Do not share one between threads: matching fills its caches."""

    def __init__(self, rules: Sequence[RulePlan], tables: Tables, default_lang: str) -> None:
        self.rules = tuple(rules)
        self.tables = tables
        self._default_lang = default_lang
        self._indexes: dict[str, Index] = {}
        self._by_language: dict[str, Index] = {}
        self._patterns = [compile_pattern(regex) for regex in tables.patterns]
        self._gates = {number: gate for number, rule in enumerate(rules) if (gate := _gate(rule))}
        self._plans: dict[int, Plan] = {}
        self._uses_author = tables.uses_author
        self._by_identity: dict[tuple[str, str], list[int]] = {}
        self._by_pattern: dict[int, list[int]] = {}
        self._note_anchors()
        self._groups = pattern_groups(tables.patterns, self._by_pattern)

    def _note_anchors(self) -> None:
        for number, rule in enumerate(self.rules):
            for key in rule.anchor_ids:
                self._by_identity.setdefault(key, []).append(number)
            for pattern in rule.anchor_patterns:
                self._by_pattern.setdefault(pattern, []).append(number)

    def __len__(self) -> int:
        return len(self.rules)

    def match(self, item: ItemText) -> list[Match]:
        """The rules that the item matches, in the order of the watchlist. Raises TooCostly for a text that takes too long."""
        lang = item.lang or self._default_lang
        texts: tuple[str, ...] = (item.title, item.summary, item.body)
        if self._uses_author:
            texts = (*texts, item.author)
        scan = Scan(texts, self.index(lang))
        proven, touched = scan.touched()
        if self._groups:
            touched.update(self._touched_by_pattern(texts))
        if self._by_identity:
            touched.update(self._touched_by_identity(item))
        possible = scan.index.needs.possible(touched, scan.stream) if touched else []
        return self._verify(item, scan, proven, possible, lang) if proven or possible else []

    def reading(self, item: ItemText) -> tuple[Scan, EventReading, Sequence[EventRow]]:
        """The item as event rules read it, and the events in the order of their rules: to explain matches."""
        lang = item.lang or self._default_lang
        scan = Scan((item.title, item.summary, item.body), self.index(lang))
        return scan, EventReading(scan, guard_for(lang, self._default_lang)), self.tables.events

    def index(self, lang: str) -> Index:
        """The search structure for items of a language, built when it is first needed."""
        index = self._by_language.get(lang)
        if index is None:
            latin = latin_language(lang, self._default_lang)
            key = f"{latin}+{stemming_key(lang, self._default_lang)}"
            if key not in self._indexes:
                stem = stemmer_for(lang, self._default_lang)
                self._indexes[key] = Index(self.rules, self.tables, stem, latin)
            if len(self._by_language) > MAX_LANGUAGE_NAMES:
                self._by_language.clear()
            index = self._by_language[lang] = self._indexes[key]
        return index

    def _touched_by_pattern(self, texts: Sequence[str]) -> set[int]:
        plain = [searchable(text) for text in texts if text]
        hits = (hit for group in self._groups for hit in group.hits(plain))
        return {number for hit in hits for number in self._by_pattern[hit]}

    def _touched_by_identity(self, item: ItemText) -> set[int]:
        keys = [("tag", tag) for tag in _tags(item)]
        keys.append(("source", fold(item.feed_id)))
        return {number for key in keys for number in self._by_identity.get(key, ())}

    def _verify(
        self,
        item: ItemText,
        scan: Scan,
        proven: Mapping[int, list[Piece]],
        possible: Sequence[int],
        lang: str,
    ) -> list[Match]:
        evaluation: Evaluation | None = None
        reading: EventReading | None = None
        matches = []
        rules, gates, span, budget = self.rules, self._gates, scan.span, Budget(len(scan.raws))
        for number in sorted([*proven, *possible]):
            budget.check()
            rule = rules[number]
            if gates and number in gates and not gates[number].admits(item, lang):
                continue
            if number in proven:
                # Most rules of a large watchlist are one phrase and need no evaluation.
                hits = proven[number]
                if self._uses_author:
                    hits = scan.within(hits, DEFAULT_BITS)
                if hits:
                    matches.append(Match(rule.rule_id, tuple([span(hit) for hit in hits]), rule.query))
                continue
            plan = self._plan(number)
            if plan[0] == "v":
                reading = reading or EventReading(scan, guard_for(lang, self._default_lang))
                found = reading.first(self.tables.events[plan[1]])
                if found is not None:
                    matches.append(_event_match(rule, scan, found))
                continue
            evaluation = evaluation or Evaluation(
                scan, self._patterns, _tags(item), fold(item.feed_id), budget
            )
            guard = guard_for(lang, self._default_lang) if rule.exclude_negated else None
            reasons = evaluation.why(plan, guard)
            if reasons is not None:
                matches.append(_match(rule, scan, *reasons))
        return matches

    def _plan(self, number: int) -> Plan:
        plan = self._plans.get(number)
        if plan is None:
            plan = self._plans[number] = json.loads(self.rules[number].plan)
        return plan

    def dumps(self) -> bytes:
        """The compiled rules for a cache. They are data only, so a damaged cache does no harm."""
        return json.dumps(
            {
                "format": FORMAT,
                "default_lang": self._default_lang,
                "rules": [_row(rule) for rule in self.rules],
                "phrases": self.tables.phrases,
                "sets": self.tables.sets,
                "set_languages": list(self.tables.set_languages.items()),
                "lexicons": self.tables.lexicons,
                "events": [asdict(event) for event in self.tables.events],
                "patterns": self.tables.patterns,
                "uses_author": self.tables.uses_author,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode("utf-8", "surrogatepass")

    @classmethod
    def loads(cls, data: bytes) -> Watchlist:
        """The watchlist that `dumps` wrote. Raises ValueError for anything else; then compile again."""
        try:
            raw = json.loads(data.decode("utf-8", "surrogatepass"))
            if raw["format"] != FORMAT:
                raise ValueError(f"compiled watchlist of format {raw['format']}, not {FORMAT}")
            tables = Tables(
                phrases=[tuple((text, how, gap) for text, how, gap in words) for words in raw["phrases"]],
                sets=[tuple(members) for members in raw["sets"]],
                set_languages={
                    number: {lang: tuple(members) for lang, members in bound.items()}
                    for number, bound in raw["set_languages"]
                },
                patterns=raw["patterns"],
                lexicons=raw["lexicons"],
                events=[_event_row(event) for event in raw["events"]],
                uses_author=raw["uses_author"],
            )
            return cls([_rule_plan(fields) for fields in raw["rules"]], tables, raw["default_lang"])
        except (KeyError, TypeError, IndexError) as error:
            raise ValueError(f"not a compiled watchlist: {error!r}") from error


def compile_watchlist(
    rules: Sequence[Rule], lists: Mapping[str, Sequence[str]], default_lang: str = "en"
) -> Watchlist:
    """Compile rules. `default_lang` is the language of items that do not name one.

    Raises QueryError, naming the rule, for a query or list entry that cannot be read.
    """
    planner = Planner(lists)
    for rule in rules:
        _add(planner, rule)
    return Watchlist(planner.plans(), planner.tables, default_lang)


def _add(planner: Planner, rule: Rule) -> None:
    try:
        planner.add(rule)
    except QueryError as error:
        message = f"rule {rule.id}: {error.message}"
        raise QueryError(message, offset=error.offset, end=error.end) from error


def _tags(item: ItemText) -> frozenset[str]:
    return frozenset(fold(tag.strip()) for tag in (*item.tags, *item.feed_tags))


@dataclass(frozen=True, slots=True)
class _Gate:
    """What a rule requires of an item besides its text."""

    feeds: FeedFilter
    languages: frozenset[str]

    def admits(self, item: ItemText, lang: str) -> bool:
        """Whether the rule looks at this item at all."""
        return self.feeds.admits(item.feed_id, item.feed_tags) and (
            not self.languages or primary_language(lang) in self.languages
        )


def _gate(rule: RulePlan) -> _Gate | None:
    if not rule.feed_ids and not rule.feed_tags and not rule.languages:
        return None
    feeds = FeedFilter(rule.feed_ids, rule.feed_tags)
    return _Gate(feeds, frozenset(primary_language(lang) for lang in rule.languages))


def _match(rule: RulePlan, scan: Scan, found: Found, place: Place) -> Match:
    # Hits are in reading order already. The other pieces of text have to be sorted in.
    words = sorted({piece for hit in found[0] for piece in pieces(hit)})
    ordered = tuple([scan.span(piece) for piece in words])
    if found[1]:
        ordered = tuple(sorted({*ordered, *found[1]}, key=_reading_order))
    start, end = place or (0, len(rule.query))
    return Match(rule.rule_id, ordered, rule.query[start:end])


def _event_match(rule: RulePlan, scan: Scan, found: Occurrence) -> Match:
    parts = sorted((EventPart(role, scan.span(hit)) for role, hit in found.hits), key=lambda part: part.span)
    spans = sorted({part.span for part in parts}, key=_reading_order)
    return Match(rule.rule_id, tuple(spans), found.template, tuple(parts), found.modality)


def _reading_order(span: Span) -> tuple[int, int, int]:
    return FIELD_BITS[span.field], span.start, span.end


def _event_row(fields: dict[str, Any]) -> EventRow:
    stances = tuple(StanceRow(**{**stance, "links": tuple(stance["links"])}) for stance in fields["stances"])
    return EventRow(**{**fields, "stances": stances, "modality": tuple(fields["modality"])})


def _row(rule: RulePlan) -> list[Any]:
    return [getattr(rule, name) for name in RulePlan.__slots__]


def _rule_plan(fields: Sequence[Any]) -> RulePlan:
    name, query, plan, plain, phrases, patterns, ids, languages, feed_ids, feed_tags, exclude = fields
    return RulePlan(
        rule_id=name,
        query=query,
        plan=plan,
        plain=plain,
        anchor_phrases=tuple(phrases),
        anchor_patterns=tuple(patterns),
        anchor_ids=tuple((kind, value) for kind, value in ids),
        languages=tuple(languages),
        feed_ids=tuple(feed_ids),
        feed_tags=tuple(feed_tags),
        exclude_negated=exclude,
    )
