"""Obvious edits of a rule after which it matches a text that it does not match now. Pure.

Each edit answers what `nearest` says is wrong: too few words allowed between two, the wrong form or field, a form that
a term lacks. It is offered only if the rule then matches the text and fails no example that it does not fail already.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from newswatch.errors import QueryError
from newswatch.models import Event, FeedFilter, Modality, Rule, Span
from newswatch.quantity import quantity
from newswatch.rules.build import MAX_DISTANCE
from newswatch.rules.event_plan import entries_of
from newswatch.rules.fold import fold
from newswatch.rules.lists import Lists, list_entries
from newswatch.rules.matcher import ItemText, compile_watchlist
from newswatch.rules.nearest import Reading
from newswatch.rules.nearest_events import EventRules
from newswatch.rules.nodes import Edge, ListTerm, Near, Node, Or, Phrase, Query, Scoped
from newswatch.rules.query import parse_query
from newswatch.rules.query_edits import replaced, walk, with_alternative, written
from newswatch.rules.stems import stem
from newswatch.rules.tokens import tokenize
from newswatch.rules.verdict import Failing

MOST = 3
"""Repairs offered for one text."""

WIDEST = 12
"""More words between two terms are not an obvious repair: they have nothing to do with each other."""

_STEPS = 3
_LIKE = 4
"""Words are alike that have so many letters at the beginning in common, and at least half of the longer word."""

_FIGURES = re.compile(r"\d+ words?")
_GAP = re.compile(r"~(\d+)")


@dataclass(frozen=True, slots=True)
class Repair:
    """An edit in words, and the rule and lists that it comes to. `list_name` is the list that gets `entry`, if any."""

    about: str
    rule: Rule
    lists: Lists
    list_name: str = ""
    entry: str = ""


def repairs(
    rule: Rule, lists: Lists, text: ItemText, default_lang: str = "en", events: EventRules | None = None
) -> list[Repair]:
    """The repairs that work, at most `MOST`; none if the rule matches. Limits on feeds and languages are not touched.

    `events` has the rule, if it is an event and was compiled before. Raises QueryError for a rule that cannot be read.
    """
    asked = replace(rule, feeds=FeedFilter(), languages=())
    failing = failing_examples(asked, lists, default_lang)
    found: dict[str, Repair] = {}
    waiting = [(Repair("", asked, lists), 0)]
    while waiting and len(found) < MOST:
        start, steps = waiting.pop(0)
        for one in _steps(start, text, default_lang, None if steps else events):
            kind = _FIGURES.sub("", one.about)  # where 1 word between is enough, 2 are no other repair
            known = any(
                _asks(one) == _asks(other) for other in found.values()
            )  # the same edit in other words
            if kind in found or known or len(found) >= MOST:
                continue
            if _matches(one.rule, one.lists, text, default_lang):
                if failing_examples(one.rule, one.lists, default_lang) <= failing:
                    found[kind] = replace(
                        one, rule=replace(one.rule, feeds=rule.feeds, languages=rule.languages)
                    )
            elif steps + 1 < _STEPS and len(waiting) < MOST and not one.list_name:
                waiting.append((one, steps + 1))
    return list(found.values())


def _asks(repair: Repair) -> tuple[object, ...]:
    """What a repair comes to."""
    return repair.rule.query, repair.rule.event, set(repair.rule.modality), repair.lists


def failing_examples(rule: Rule, lists: Lists, default_lang: str) -> frozenset[tuple[str, str]]:
    """The examples that the rule fails, each with its kind. An example is looked for in every field."""
    if not rule.must_match and not rule.must_not_match:
        return frozenset()
    lang = (rule.languages or (default_lang,))[0]
    watchlist = compile_watchlist([replace(rule, feeds=FeedFilter(), languages=())], lists, lang)

    def hit(example: str) -> bool:
        return bool(watchlist.match(ItemText(example, example, example, example, lang)))

    return frozenset(
        [("must_match", one) for one in rule.must_match if not hit(one)]
        + [("must_not_match", one) for one in rule.must_not_match if hit(one)]
    )


def _matches(rule: Rule, lists: Lists, text: ItemText, default_lang: str) -> bool:
    try:
        return bool(compile_watchlist([rule], lists, default_lang).match(text))
    except QueryError:  # an edit that the grammar does not take
        return False


def _steps(start: Repair, text: ItemText, default_lang: str, events: EventRules | None) -> Iterator[Repair]:
    """What may be done about each term that fails, the likeliest first."""
    rule, lists = start.rule, start.lists
    if rule.event is not None and events is None:
        events = EventRules([rule], lists, default_lang)
    for failing in Reading(text, lists, default_lang, events).nearness(rule).failing:
        if rule.event is not None:
            steps = _of_event(rule, rule.event, lists, failing, text, default_lang)
        else:
            query = parse_query(rule.query, lists)
            steps = _of_query(rule, query, lists, failing, text, default_lang)
        for one in steps:
            yield replace(one, about=f"{start.about}, and {one.about}" if start.about else one.about)


# ── queries ───────────────────────────────────────────────────────────────────────────────────


def _of_query(
    rule: Rule, query: Query, lists: Lists, failing: Failing, text: ItemText, default_lang: str
) -> Iterator[Repair]:
    node = next(
        (one for one, negated in walk(query.root) if not negated and written(query, one) == failing.term),
        None,
    )
    if node is None:
        return
    for about, edited in _edits(query, node, failing, text):
        yield Repair(about, replace(rule, query=edited), lists)
    if failing.cause in ("absent", "part") and isinstance(node, Phrase | ListTerm | Or):
        yield from _with_form(rule, query, lists, node, text, default_lang)


def _edits(query: Query, node: Node, failing: Failing, text: ItemText) -> Iterator[tuple[str, str]]:
    """Edits of the query's text, each in words."""
    match failing.cause:
        case "apart" if isinstance(node, Near) and len(failing.spans) == 2:
            gap = _words_between(text, *failing.spans)
            if gap <= WIDEST:
                yield _allow(gap), _with_distance(query, node, gap)
        case "apart" if isinstance(node, Phrase):
            yield from _with_wider_gaps(query, node, failing, text)
        case "order" if isinstance(node, Near):
            edited = _operator(query, node).replace("ONEAR", "NEAR")
            yield "allow either order", _with_operator(query, node, edited)
        case "form" if isinstance(node, Phrase):
            own = written(query, node)
            if "'" in own:
                yield f"find {own} in any case", replaced(query.text, node, own.replace("'", '"'))
            bare = " ".join(fold(word.text) for word in node.words)
            yield f"find `{bare}` in any form", replaced(query.text, node, bare)
        case "elsewhere":
            yield from _without_scope(query, node)
        case "part" if isinstance(node, Phrase):
            yield from _with_gap(query, node)


def _allow(words: int) -> str:
    return f"allow {quantity(words, 'word')} between"


def _words_between(text: ItemText, one: Span, other: Span) -> int:
    first, second = sorted((one, other), key=lambda span: span.start)
    between: str = getattr(text, first.field)[first.end : second.start]
    return sum(1 for token in tokenize(between) if token.text)


def _operator(query: Query, node: Near) -> str:
    return query.text[node.left.end : node.right.start]


def _with_operator(query: Query, node: Near, operator: str) -> str:
    return query.text[: node.left.end] + operator + query.text[node.right.start :]


def _with_distance(query: Query, node: Near, distance: int) -> str:
    return _with_operator(query, node, re.sub(r"/(\d+|S)", f"/{distance}", _operator(query, node)))


def _with_wider_gaps(
    query: Query, node: Phrase, failing: Failing, text: ItemText
) -> Iterator[tuple[str, str]]:
    gap = _words_between(text, *failing.spans)
    own = written(query, node)
    for found in _GAP.finditer(own):
        if int(found[1]) < gap <= min(WIDEST, MAX_DISTANCE):
            yield _allow(gap), replaced(query.text, node, f"{own[: found.start()]}~{gap}{own[found.end() :]}")


def _with_gap(query: Query, node: Phrase) -> Iterator[tuple[str, str]]:
    """A phrase with other words between two of its own."""
    own = written(query, node)
    if not re.fullmatch(r"[^\"'~()]+", own):
        return
    words = own.split()
    for gap in range(1, WIDEST // 2 + 1):
        for place in range(1, len(words)):
            edited = " ".join((*words[:place], f"~{gap}", *words[place:]))
            yield (
                f"{_allow(gap)} `{words[place - 1]}` and `{words[place]}`",
                replaced(query.text, node, edited),
            )


def _without_scope(query: Query, node: Node) -> Iterator[tuple[str, str]]:
    for outer, _ in walk(query.root):
        if isinstance(outer, Scoped) and outer.start <= node.start and node.end <= outer.end:
            about = f"look for `{written(query, outer.child)}` in every field"
            yield about, replaced(query.text, outer, written(query, outer.child))
        if isinstance(outer, Edge) and outer == node:
            about = f"find `{written(query, outer.child)}` anywhere in the field"
            yield about, replaced(query.text, outer, written(query, outer.child))


# ── forms that a term lacks ───────────────────────────────────────────────────────────────────


def _with_form(
    rule: Rule, query: Query, lists: Lists, node: Phrase | ListTerm | Or, text: ItemText, default_lang: str
) -> Iterator[Repair]:
    lang = text.lang or default_lang
    for form in _forms_like(_words_of(node, lists), text, lang):
        about = f"add `{form}` beside `{written(query, node)}`"
        beside = replace(rule, query=with_alternative(query, node, form))
        if not isinstance(node, ListTerm):
            yield Repair(about, beside, lists)
            continue
        yield Repair(f"{about} in this rule", beside, lists)
        own = (*lists.get(node.name, (f"${node.name}",)), form)
        about = f"add `{form}` to the list {node.name}, for each rule with it"
        yield Repair(about, rule, {**lists, node.name: own}, node.name, form)
    if isinstance(node, Phrase) and len(node.words) > 1:
        yield from _with_other_form(rule, query, lists, node, text, lang)


def _words_of(node: Node, lists: Lists) -> Iterator[str]:
    """The words of one-word phrases below a node, and the entries of lists."""
    for one, _ in walk(node):
        if isinstance(one, Phrase) and len(one.words) == 1:
            yield one.words[0].text
        elif isinstance(one, ListTerm):
            yield from (entry.text for entry in list_entries(one.name, lists))


def _with_other_form(
    rule: Rule, query: Query, lists: Lists, node: Phrase, text: ItemText, lang: str
) -> Iterator[Repair]:
    """The phrase beside the same phrase with another form of one of its words."""
    own = written(query, node)
    for word in dict.fromkeys(own.split()):
        for form in _forms_like([word], text, lang):
            other = own.replace(word, form)
            about = f"add `{other}` beside `{own}`"
            yield Repair(about, replace(rule, query=with_alternative(query, node, other)), lists)


def _forms_like(known: Iterable[str], text: ItemText, lang: str) -> list[str]:
    """The words of a text that look like forms of known words and have other stems."""
    stems = {stem(fold(word), lang): fold(word) for word in known if " " not in word}
    words = dict.fromkeys(
        token.text
        for field in (text.title, text.summary, text.body)
        for token in tokenize(field)
        if token.text
    )
    like = [
        word
        for word in words
        if stem(word, lang) not in stems and any(_alike(word, one) for one in stems.values())
    ]
    return like[:MOST]


def _alike(one: str, other: str) -> bool:
    same = next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    return same >= _LIKE and 2 * same >= max(len(one), len(other)) and one.isalpha()


# ── events ────────────────────────────────────────────────────────────────────────────────────


def _of_event(
    rule: Rule, event: Event, lists: Lists, failing: Failing, text: ItemText, default_lang: str
) -> Iterator[Repair]:
    if failing.cause in ("negated", "question"):
        wanted: Sequence[Modality] = ("question",) if failing.cause == "question" else ("possible", "denied")
        for modality in wanted:
            if modality not in rule.modality:
                about = {"question": "count what is asked", "denied": "count what is denied"}.get(
                    modality, "count what is only possible"
                )
                yield Repair(about, replace(rule, modality=(*rule.modality, modality)), lists)
        return
    part = failing.term.partition(":")[0]
    if failing.cause != "absent" or part not in ("who", "does", "what"):
        return
    names: tuple[str, ...] = getattr(event, part)
    entries = entries_of(names, lists, "verbs" if part == "does" else "entries")
    for form in _forms_like((entry.text for entry in entries), text, text.lang or default_lang):
        edited = replace(event, **{part: (*names, form)})
        yield Repair(f"add `{form}` to {part}", replace(rule, event=edited), lists)
