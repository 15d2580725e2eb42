"""Stories told under other links: titles that say nearly the same. Pure.

Two titles are twins when at least four tenths of their word stems are common (Jaccard ≥ .4) and
they come from different feeds within 48 hours. One feed's own similar titles are no twins, nor are
titles whose numbers contradict each other: "Weather for May 17" and "Weather for May 18", "X 5,
Devil Rays 0" and the next game. A story does not grow by chains: a newcomer must also resemble
the title the story began with.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass

WINDOW_S = 48 * 3600.0
TWIN = 0.4
CERTAIN = 0.7
CHAIN = 0.25
FEWEST_STEMS = 3
_ROUNDING = 1e-9
"""0.4 × 15 is a little more than 6 to a computer."""


@dataclass(frozen=True, slots=True)
class KnownTitle:
    """One title of the last two days: `stems` without repetition, `at` in seconds since 1970."""

    story: str
    link: str
    feed: str
    stems: frozenset[str]
    at: float

    @property
    def first(self) -> bool:
        """Whether the story began with it: a story is named by the link it began with."""
        return self.story == self.link

    def to_json(self) -> str:
        """As it is remembered, without its time: `[link, feed, stems, story]`, the story only where it is another's."""
        row = [self.link, self.feed, " ".join(sorted(self.stems))]
        return json.dumps(
            row if self.first else [*row, self.story], ensure_ascii=False, separators=(",", ":")
        )

    @classmethod
    def from_json(cls, text: str, at: float) -> KnownTitle:
        """One remembered title."""
        link, feed, stems, *story = json.loads(text)
        return cls(story[0] if story else link, link, feed, frozenset(stems.split()), at)


@dataclass(frozen=True, slots=True)
class Attachment:
    """The story a title belongs to, and how sure that is (Jaccard, 1 the same)."""

    story: str
    likeness: float

    @property
    def certain(self) -> bool:
        """Whether nobody would doubt it."""
        return self.likeness >= CERTAIN


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard: common stems over all stems, 0 to 1."""
    common = len(one & other)
    return common / (len(one) + len(other) - common) if common else 0.0


def numbers_contradict(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether each title has a number that the other has not."""
    mine = {stem for stem in one if stem[0].isdigit()}
    theirs = {stem for stem in other if stem[0].isdigit()}
    return bool(mine - theirs) and bool(theirs - mine)


class Titles:
    """The titles of the last 48 hours, by stem; grows as stories are told."""

    def __init__(self, told: Iterable[KnownTitle] = ()) -> None:
        self._told: list[KnownTitle] = []
        self._by_stem: dict[str, list[int]] = {}
        self._firsts: dict[str, frozenset[str]] = {}
        self._by_link: dict[str, str] = {}
        for one in told:
            self.add(one)

    def add(self, one: KnownTitle) -> None:
        """Remember a title."""
        for stem in one.stems:
            self._by_stem.setdefault(stem, []).append(len(self._told))
        self._told.append(one)
        self._by_link.setdefault(one.link, one.story)
        if one.first:
            self._firsts[one.story] = one.stems

    def story_of(self, link: str, feed: str, stems: frozenset[str], at: float) -> Attachment | None:
        """The story this link or title tells, None when it begins a new one."""
        if link in self._by_link:
            return Attachment(self._by_link[link], 1.0)
        if len(stems) < FEWEST_STEMS:
            return None
        best: Attachment | None = None
        for number in self._candidates(stems):
            one = self._told[number]
            alike = likeness(stems, one.stems)
            if alike < TWIN or one.feed == feed or abs(at - one.at) > WINDOW_S:
                continue
            if numbers_contradict(stems, one.stems):
                continue
            if best is not None and alike <= best.likeness:
                continue
            first = self._firsts.get(one.story, one.stems)
            if likeness(stems, first) >= CHAIN:
                best = Attachment(one.story, alike)
        return best

    def _candidates(self, stems: frozenset[str]) -> list[int]:
        """The titles that may be twins, in the order they were told.

        A twin shares at least four tenths of these stems, so it has one of any six tenths and one more:
        the rarest are looked up, and words that every title has are never counted.
        """
        none: list[int] = []
        found = sorted((self._by_stem.get(stem, none) for stem in stems), key=len)
        rarest = found[: len(stems) - math.ceil(TWIN * len(stems) - _ROUNDING) + 1]
        return sorted(set().union(*rarest))
