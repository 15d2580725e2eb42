"""How likely it is, by their words, that two items report one event. Pure.

The likeness of two headlines is the share of their words that they have in common, each word weighed by its rarity (its
idf). It is the geometric mean of two shares: of the first headline that the second item has, and the reverse. A word that
is only in the other item's summary counts a little less. Without summaries, likeness is the cosine of the weighed words.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from newswatch.stories.wording import Wording

IN_SUMMARY = 0.8
DIFFERENCE = 0.1
"""How much more alike two headlines must be if their names or numbers differ."""

WITHOUT_RUBRIC = 0.25
"""How alike two headlines with the same rubric must be once the rubric is left out."""

Weight = Callable[[str], float]


def likeness(one: Wording, other: Wording, weight: Weight) -> float:
    """From 0, nothing in common, to 1."""
    common = sum(map(weight, one.headline & other.headline))
    mine = share(one, other, weight, total(one, weight), common)
    return math.sqrt(mine * share(other, one, weight, total(other, weight), common)) if mine else 0.0


def total(one: Wording, weight: Weight) -> float:
    """The weight of all words of a headline."""
    return sum(map(weight, one.words))


def share(one: Wording, other: Wording, weight: Weight, of: float, common: float) -> float:
    """The share of `one`'s headline, whose words weigh `of` together, that `other` has.

    The words that both headlines have weigh `common`.
    """
    if other.summary:
        common += IN_SUMMARY * sum(map(weight, one.headline & other.summary))
    return common / of if of else 0.0


def doubt(one: Wording, other: Wording, weight: Weight) -> float:
    """How much more alike the two must be because of what differs between them. 1 if they cannot be one story.

    They cannot if one template announces two events, or the two are items of a series:

    - titles with the same rubric and little else in common: "Word of the day: …";
    - titles with different days, or with full dates and any other difference;
    - titles with different names or numbers: the weather in two towns. If they have names in common that weigh more, they
      only have to be `DIFFERENCE` more alike: two death tolls of one storm;
    - titles with different names and different numbers, or with several numbers and none in common: two games;
    - titles without names that begin with different words: "Gold price reaches record", "Oil price falls …".
    """
    if 0 < one.rubric == other.rubric and one.words[: one.rubric] == other.words[: other.rubric]:
        one, other = one.without_rubric(), other.without_rubric()
        if likeness(one, other, weight) < WITHOUT_RUBRIC:
            return 1.0
    if differ(one.days, other.days) or (
        one.is_edition and other.is_edition and one.headline != other.headline
    ):
        return 1.0
    mine, others = one.names - other.all, other.names - one.all
    names, numbers = bool(mine and others), differ(one.numbers, other.numbers)
    if not names and not numbers:
        return float(_begin_differently(one, other))
    if names and numbers:
        return 1.0
    if min(len(one.numbers), len(other.numbers)) > 1 and one.numbers.isdisjoint(other.numbers):
        return 1.0
    common = sum(map(weight, one.names & other.names))
    different = min(sum(map(weight, mine)), sum(map(weight, others)))
    return DIFFERENCE if common and common >= different else 1.0


def _begin_differently(one: Wording, other: Wording) -> bool:
    """Whether headlines without names are about different things."""
    if one.names or other.names or not one.words or not other.words:
        return False
    return one.words[0] not in other.all and other.words[0] not in one.all


def differ(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether each has something that the other lacks."""
    return bool(one - other) and bool(other - one)
