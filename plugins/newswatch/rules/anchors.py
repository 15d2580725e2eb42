"""Which part of a rule to search for in every item: the part that occurs least often.

A rule is evaluated only when one of its anchors occurs, so a rule that asks for "the" and for
"Nabiullina" is anchored at the name. How rare a word is in the news is guessed from its length
and from the number of rules that use it: people who write rules also use common words more often,
and a word that ten thousand rules share is a bad anchor, however rare it is in the news.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from typing_extensions import assert_never

from newswatch.rules.tables import DEFAULT_BITS, PhraseKey, Plan, Tables, kind_of

COMMON = frozenset(
    (
        "a", "an", "the", "of", "in", "on", "to", "for", "and", "or", "by",
        "is", "are", "be", "was", "were", "has", "have", "had", "it", "its", "as",
        "at", "with", "that", "this", "from", "said", "say", "says", "will", "not", "no",
        "new", "more", "over", "after", "up", "out", "about", "who", "what", "but", "he",
        "she", "they", "his", "her", "their", "we", "us", "i", "you", "и", "в",
        "на", "по", "с", "о", "не", "что", "за", "к", "из", "у", "от",
        "для", "der", "die", "das", "und", "le", "la", "les", "de", "el", "los",
    )
)  # fmt: skip

_MOST = 0.5
_PATTERN_COST, _IDENTITY_COST = 0.5, 0.2

Choice = tuple[float, list[Plan]]
"""The guessed cost of the anchors (how often they occur, times the rules they lead to), and the anchors."""


class Anchors:
    """Chooses anchors for the plans of one watchlist."""

    def __init__(self, tables: Tables, plans: Iterable[Plan]) -> None:
        self._tables = tables
        self._uses = _word_uses(tables, plans)
        self._costs = [self._cost(key) for key in tables.phrases]
        self._set_costs = [
            sum(self._costs[phrase] for phrase in tables.all_members(number))
            for number in range(len(tables.sets))
        ]

    def choose(self, plan: Plan) -> list[Plan]:
        """Plans of kind p, r or i, one of which is found in every item that matches `plan`."""
        if plan[0] == "v":
            return [["p", number, DEFAULT_BITS] for number in plan[2]]
        return self._choice(plan)[1]

    def _choice(self, plan: Plan) -> Choice:
        kind = kind_of(plan)
        match kind:
            case "p":
                return self._costs[plan[1]], [plan]
            case "s":
                members = self._tables.all_members(plan[1])
                return self._set_costs[plan[1]], [["p", number, plan[2]] for number in members]
            case "r":
                return _PATTERN_COST, [plan]
            case "i":
                return _IDENTITY_COST, [plan]
            case "e":
                return self._choice(plan[1])
            case "n":
                return min(self._choice(plan[1]), self._choice(plan[2]), key=_cost_of)
            case "&":
                positive = (child for child in plan[1] if child[0] != "!")
                return min((self._choice(child) for child in positive), key=_cost_of)
            case "|":
                parts = [self._choice(child) for child, _, _ in plan[1]]
                return sum(map(_cost_of, parts)), [anchor for _, anchors in parts for anchor in anchors]
            case "!" | "v":
                # The parser refuses a query, branch or bracket that is only a NOT, and an event is all of a rule.
                raise ValueError("a plan that only says what must not be there has no anchor")
            case _:
                assert_never(kind)

    def _cost(self, key: PhraseKey) -> float:
        guess = 1.0
        for text, how, _ in key:
            if text in COMMON:
                guess *= _MOST
            else:
                base = 0.05 if len(text) <= 3 else (0.16 if how == "prefix" else 0.08) / len(text)
                guess *= min(_MOST, base * (1 + self._uses[text]))
        return guess


def _word_uses(tables: Tables, plans: Iterable[Plan]) -> Counter[str]:
    """How many times rules use each word. Each use of a list counts once for each word of the list."""
    phrases: Counter[int] = Counter()
    sets: Counter[int] = Counter()
    for plan in plans:
        for term in positive_terms(plan):
            if term[0] == "p":
                phrases[term[1]] += 1
            elif term[0] == "s":
                sets[term[1]] += 1
    for number, uses in sets.items():
        for phrase in tables.all_members(number):
            phrases[phrase] += uses
    words: Counter[str] = Counter()
    for number, uses in phrases.items():
        for text, _, _ in tables.phrases[number]:
            words[text] += uses
    return words


def positive_terms(plan: Plan) -> Iterator[Plan]:
    """The phrases, sets, patterns, identities and events of a plan that an item must have, or may have."""
    kind = kind_of(plan)
    match kind:
        case "p" | "s" | "r" | "i" | "v":
            yield plan
        case "e":
            yield from positive_terms(plan[1])
        case "n":
            yield from positive_terms(plan[1])
            yield from positive_terms(plan[2])
        case "&":
            for child in plan[1]:
                yield from positive_terms(child)
        case "|":
            for child, _, _ in plan[1]:
                yield from positive_terms(child)
        case "!":
            return
        case _:
            assert_never(kind)


def _cost_of(choice: Choice) -> float:
    return choice[0]
