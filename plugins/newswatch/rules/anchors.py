"""Which part of a rule to search for in every item: the part that is found least often.

A rule is looked at only when one of its anchors occurs, so a rule that asks for "the" and for
"Nabiullina" is anchored at the name. How rare a word is in the news is guessed from its length
and from how many rules use it: editors too write common words more often, and a word of ten
thousand rules is a bad anchor however rare it may be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from newswatch.rules.tables import PhraseKey, Plan, Tables

_COMMON = frozenset(
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
"""How many rules times items the anchors are guessed to touch, and the anchors."""


class Anchors:
    """Chooses anchors for the plans of one watchlist."""

    def __init__(self, tables: Tables, plans: Iterable[Plan]) -> None:
        self._tables = tables
        self._uses = _word_uses(tables, plans)
        self._costs = [self._cost(key) for key in tables.phrases]
        self._set_costs = [sum(self._costs[number] for number in members) for members in tables.sets]

    def choose(self, plan: Plan) -> list[Plan]:
        """Plans of kind p, r or i, one of which is found in every item that matches `plan`."""
        return self._choice(plan)[1]

    def _choice(self, plan: Plan) -> Choice:
        kind = plan[0]
        if kind == "p":
            return self._costs[plan[1]], [plan]
        if kind == "s":
            members = self._tables.sets[plan[1]]
            return self._set_costs[plan[1]], [["p", number, plan[2]] for number in members]
        if kind == "r":
            return _PATTERN_COST, [plan]
        if kind == "i":
            return _IDENTITY_COST, [plan]
        if kind == "n":
            return min(self._choice(plan[1]), self._choice(plan[2]), key=_first)
        if kind == "&":
            positive = (child for child in plan[1] if child[0] != "!")
            return min((self._choice(child) for child in positive), key=_first)
        parts = [self._choice(child) for child, _, _ in plan[1]]
        return sum(cost for cost, _ in parts), [anchor for _, anchors in parts for anchor in anchors]

    def _cost(self, key: PhraseKey) -> float:
        guess = 1.0
        for text, prefix in key[1]:
            if text in _COMMON:
                guess *= _MOST
            else:
                base = 0.05 if len(text) <= 3 else (0.16 if prefix else 0.08) / len(text)
                guess *= min(_MOST, base * (1 + self._uses[text]))
        return guess


def _word_uses(tables: Tables, plans: Iterable[Plan]) -> Counter[str]:
    """How many times rules use each word, a list's words once for each use of the list."""
    phrases: Counter[int] = Counter()
    sets: Counter[int] = Counter()
    for plan in plans:
        for kind, number in _positive_terms(plan):
            (phrases if kind == "p" else sets)[number] += 1
    for number, uses in sets.items():
        for phrase in tables.sets[number]:
            phrases[phrase] += uses
    words: Counter[str] = Counter()
    for number, uses in phrases.items():
        for text, _ in tables.phrases[number][1]:
            words[text] += uses
    return words


def _positive_terms(plan: Plan) -> Iterator[tuple[str, int]]:
    """Kind and number of each phrase and set that may be an anchor."""
    kind = plan[0]
    if kind in "ps":
        yield kind, plan[1]
    elif kind == "n":
        yield from _positive_terms(plan[1])
        yield from _positive_terms(plan[2])
    elif kind == "&":
        for child in plan[1]:
            yield from _positive_terms(child)
    elif kind == "|":
        for child, _, _ in plan[1]:
            yield from _positive_terms(child)


def _first(choice: Choice) -> float:
    return choice[0]
