"""Reports of one story under different links, found by similar titles. Pure.

Two titles belong to one story when they share at least `SIMILAR` of their word stems (Jaccard index
≥ 0.4) and come from different feeds within 48 hours. Similar titles from one feed do not count, nor do
titles with different numbers: "Weather for May 17" and "Weather for May 18", "X 5, Devil Rays 0" and
the next game. So that a story does not grow by chains, a new title must also be similar to the first
title of the story.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass

WINDOW_S = 48 * 3600.0
SIMILAR = 0.36
CERTAIN = 0.7
SIMILAR_TO_FIRST = 0.25
MIN_STEMS = 3
_ROUNDING = 1e-9
"""In floating point 0.36 × 25 may be a little more than 9."""


@dataclass(frozen=True, slots=True)
class KnownTitle:
    """A title of the last 48 hours: `stems` without repetition, `at` in seconds since 1970."""

    story: str
    link: str
    feed: str
    stems: frozenset[str]
    at: float

    @property
    def first(self) -> bool:
        """Whether this is the first title of its story: the story's id is that of its first link."""
        return self.story == self.link

    def to_json(self) -> str:
        """The stored form, without the time: `[link, feed, stems]`, and the story if this is not its first."""
        row = [self.link, self.feed, " ".join(sorted(self.stems))]
        return json.dumps(
            row if self.first else [*row, self.story], ensure_ascii=False, separators=(",", ":")
        )

    @classmethod
    def from_json(cls, text: str, at: float) -> KnownTitle:
        """The title that `to_json` wrote."""
        link, feed, stems, *story = json.loads(text)
        return cls(story[0] if story else link, link, feed, frozenset(stems.split()), at)


@dataclass(frozen=True, slots=True)
class Attachment:
    """The story that a title belongs to. `similarity` is the Jaccard index, 1 for the same link."""

    story: str
    similarity: float

    @property
    def certain(self) -> bool:
        """Whether the title clearly belongs to the story."""
        return self.similarity >= CERTAIN


def similarity(one: frozenset[str], other: frozenset[str]) -> float:
    """The Jaccard index: the number of common stems over that of all stems, 0 to 1."""
    common = len(one & other)
    return common / (len(one) + len(other) - common) if common else 0.0


def numbers_contradict(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether each title has a number that the other one lacks."""
    mine = {stem for stem in one if stem[0].isdigit()}
    theirs = {stem for stem in other if stem[0].isdigit()}
    return bool(mine - theirs) and bool(theirs - mine)


class Titles:
    """The titles of the last 48 hours, by stem."""

    def __init__(self, known: Iterable[KnownTitle] = ()) -> None:
        self._known: list[KnownTitle] = []
        self._by_stem: dict[str, list[int]] = {}
        self._firsts: dict[str, frozenset[str]] = {}
        self._by_link: dict[str, str] = {}
        for one in known:
            self.add(one)

    def add(self, one: KnownTitle) -> None:
        """Remember a title."""
        for stem in one.stems:
            self._by_stem.setdefault(stem, []).append(len(self._known))
        self._known.append(one)
        self._by_link.setdefault(one.link, one.story)
        if one.first:
            self._firsts[one.story] = one.stems

    def story_of(self, link: str, feed: str, stems: frozenset[str], at: float) -> Attachment | None:
        """The known story that this link or title belongs to, None if it begins a new one."""
        if link in self._by_link:
            return Attachment(self._by_link[link], 1.0)
        if len(stems) < MIN_STEMS:
            return None
        best: Attachment | None = None
        for number in self._candidates(stems):
            one = self._known[number]
            found = similarity(stems, one.stems)
            if found < SIMILAR or one.feed == feed or abs(at - one.at) > WINDOW_S:
                continue
            if numbers_contradict(stems, one.stems):
                continue
            if best is not None and found <= best.similarity:
                continue
            first = self._firsts.get(one.story, one.stems)
            if similarity(stems, first) >= SIMILAR_TO_FIRST:
                best = Attachment(one.story, found)
        return best

    def _candidates(self, stems: frozenset[str]) -> list[int]:
        """The titles that may be similar enough, in the order in which they were added.

        A similar title shares at least `SIMILAR` of these stems, so it has at least one stem of any
        six tenths and one more. Those looked up are the rarest, so that stems which nearly every title has
        cost nothing.
        """
        none: list[int] = []
        found = sorted((self._by_stem.get(stem, none) for stem in stems), key=len)
        rarest = found[: len(stems) - math.ceil(SIMILAR * len(stems) - _ROUNDING) + 1]
        return sorted(set().union(*rarest))
