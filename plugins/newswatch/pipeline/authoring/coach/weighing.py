"""What each candidate gains and loses, over the labelled texts and over the stored items. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from newswatch.errors import QueryError
from newswatch.models import Rule
from newswatch.pipeline.authoring.coach.candidate import Candidate, Kind
from newswatch.pipeline.authoring.coach.labels import Texts
from newswatch.rules import ItemText, Watchlist, check_event, compile_watchlist, review_query
from newswatch.rules.lists import Lists

WANTED_LOST, UNWANTED_BACK, OTHER_CHANGED = 3.0, 1.0, 0.1
"""What it costs to lose a hit that a reader wanted, to catch one again that a reader did not want, and to gain or lose
a hit without a mark. An unwanted hit that is lost and a missed text that is caught each bring 1."""

OTHERS_A_MARK = 3
"""With more other hits than this for each mark, each costs less. Otherwise thirty marks would count for nothing where
thousands of items are stored."""


_KINDS: tuple[Kind, ...] = (
    "exact",
    "negation",
    "drop",
    "allow",
    "add",
    "limit",
    "require",
    "exclude",
)
"""First the kinds that are about the rule's own words, last those about words that only happen to be there."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Item ids that a candidate changes."""

    removed: frozenset[str] = frozenset()
    """Unwanted, and no longer caught."""
    gained: frozenset[str] = frozenset()
    """Missed, and now caught."""
    lost: frozenset[str] = frozenset()
    """Wanted, and no longer caught."""
    back: frozenset[str] = frozenset()
    """Unwanted, and caught again."""
    others_lost: frozenset[str] = frozenset()
    others_gained: frozenset[str] = frozenset()
    other_cost: float = OTHER_CHANGED

    @property
    def score(self) -> float:
        """The greater, the more useful."""
        return (
            len(self.removed)
            + len(self.gained)
            - WANTED_LOST * len(self.lost)
            - UNWANTED_BACK * len(self.back)
            - self.other_cost * (len(self.others_lost) + len(self.others_gained))
        )


@dataclass(frozen=True, slots=True)
class Weighed:
    """A candidate with its effect. `also_caught` are texts among the stored items that it gains."""

    candidate: Candidate
    effect: Effect
    also_caught: Mapping[str, ItemText] = field(default_factory=dict)


def problems_of(rule: Rule, lists: Lists) -> set[str]:
    """What `check` would say of the rule's event or query, errors and warnings."""
    if rule.event is not None:
        return {problem.message for problem in check_event(rule.event, lists)}
    try:
        return {warning.message for warning in review_query(rule.query, lists)}
    except QueryError as error:
        return {error.message}


def weigh(
    candidates: Iterable[Candidate], texts: Texts, default_lang: str, known_problems: set[str]
) -> list[Weighed]:
    """The candidates over the labelled texts and the present hits, without those that leave nothing to be caught.

    Nor those with which `check` would say anything else than of the present rule, which are `known_problems`.
    """
    sound = [one for one in candidates if problems_of(one.rule, one.lists) <= known_problems]
    tried = {**texts.caught, **texts.labelled}
    weighed = []
    for candidate, caught in _caught_by(sound, tried, default_lang):
        effect = _effect(texts, caught)
        if caught - texts.unwanted.keys() - texts.avoided.keys():
            weighed.append(Weighed(candidate, effect))
    return weighed


def _effect(texts: Texts, caught: set[str]) -> Effect:
    return Effect(
        removed=frozenset(texts.unwanted.keys() - caught),
        gained=frozenset(texts.missed.keys() & caught),
        lost=frozenset(texts.wanted.keys() - caught),
        back=frozenset(texts.avoided.keys() & caught),
        others_lost=frozenset(texts.others.keys() - caught),
        other_cost=other_cost(len(texts.labelled), len(texts.others)),
    )


def other_cost(marks: int, others: int) -> float:
    """What each hit without a mark costs that is gained or lost."""
    return OTHER_CHANGED * min(1.0, OTHERS_A_MARK * marks / max(1, others))


def _caught_by(
    candidates: Sequence[Candidate], texts: Mapping[str, ItemText], default_lang: str
) -> Iterator[tuple[Candidate, set[str]]]:
    """What each candidate catches. Those with the same lists are compiled together."""
    for numbers in same_lists(candidates):
        group = [candidates[number] for number in numbers]
        watchlist = compiled_together(group, default_lang)
        caught: list[set[str]] = [set() for _ in group]
        for name, text in texts.items():
            for match in watchlist.match(text):
                caught[int(match.rule_id)].add(name)
        yield from zip(group, caught, strict=True)


def same_lists(candidates: Sequence[Candidate]) -> list[list[int]]:
    """The numbers of the candidates that have the same lists, together. Most leave the lists as they are."""
    groups: dict[int, list[int]] = {}
    for number, one in enumerate(candidates):
        groups.setdefault(id(one.lists), []).append(number)
    return list(groups.values())


def compiled_together(candidates: Sequence[Candidate], default_lang: str) -> Watchlist:
    """The candidates' rules, with their numbers as ids. They have the same lists."""
    rules: list[Rule] = [replace(one.rule, id=str(number)) for number, one in enumerate(candidates)]
    return compile_watchlist(rules, candidates[0].lists, default_lang)


def best_first(weighed: Iterable[Weighed], texts: Texts, *, alike: int = 1) -> list[Weighed]:
    """Those that do some good, the most useful first; of one kind with the same effect only the `alike` smallest.

    Of two that are as useful the smaller one comes first, then the one whose kind says more about the rule.
    """
    ordered = sorted(
        (one for one in weighed if one.effect.score > 0 and _is_asked_for(one.effect, texts)),
        key=lambda one: (
            -one.effect.score,
            one.candidate.size,
            _KINDS.index(one.candidate.kind),
            one.candidate.about,
        ),
    )
    seen: Counter[tuple[Kind, Effect]] = Counter()
    found: list[Weighed] = []
    for one in ordered:
        key = one.candidate.kind, one.effect
        seen[key] += 1
        if seen[key] <= alike:
            found.append(one)
    return found


def _is_asked_for(effect: Effect, texts: Texts) -> bool:
    return len(effect.removed) >= texts.least_unwanted or len(effect.gained) >= texts.least_missed
