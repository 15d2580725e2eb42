"""Reports of one story under different links, found by the words of their titles. Pure.

A title belongs to the story of the most similar known title, if that is similar enough (`required`).
`newswatch.stories.likeness` says how similarity is measured. The rarity of words is counted over the titles of the last 48
hours, plus `UNSEEN` imaginary ones, so that it means something from the first title on. The more titles are known, the more
of them look alike by accident, so the limit rises with their number. A title must also have something in common with the
first title of the story, so that a story does not grow by chains.
"""

from __future__ import annotations

import json
import math
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from newswatch.stories.likeness import doubt, likeness, share, total
from newswatch.stories.wording import Wording

WINDOW_S = 48 * 3600.0
ALIKE = 0.39
FEW_TITLES = 200
STRICTER = 0.05
"""How much more alike titles must be each time the number of known titles, from FEW_TITLES on, grows by a factor of e."""
SAME_FEED = 0.1
"""How much more alike titles of one feed must be, since a feed repeats its own turns of phrase. If there is any doubt, they
are two stories."""
SAME_FEED_HOURS = 12
"""A similar title that a feed publishes later than this is a new story: central banks reuse titles."""
CERTAIN = 0.8
SAME = 0.9
"""From this likeness on, a title counts as a copy of the other, and belongs to the same story."""
LIKE_FIRST = 0.5
"""A title must be at least this share of the required likeness alike to the first title of the story."""
MIN_WORDS = 3
UNSEEN = 100
SUMMARY_WORDS = 14
LEFT_OUT = 0.5
"""The words that are not looked up may weigh this share of the least weight that two titles must have in common. A lower
share finds fewer candidates, a higher one looks up fewer words; the result is the same."""

_NOWHERE = array("I")


@dataclass(frozen=True, slots=True)
class KnownTitle:
    """A title of the last 48 hours: `at` says when it was matched, in seconds since 1970, `hour` when it was published."""

    story: str
    link: str
    feed: str
    wording: Wording
    at: float
    hour: int = 0
    """Hours since 1970."""

    @property
    def first(self) -> bool:
        """Whether this is the first title of its story: the story's id is that of its first link."""
        return self.story == self.link

    def to_json(self) -> str:
        """The stored form, without the time: `[link, feed, hour, words]`, with the summary's words and the story where there are any."""
        words, summary = self.wording.to_text()
        row = [self.link, self.feed, self.hour, words, summary, "" if self.first else self.story]
        while row[-1] == "":
            row.pop()
        return json.dumps(row, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str, at: float) -> KnownTitle:
        """The title that `to_json` wrote."""
        link, feed, hour, words, summary, story = [*json.loads(text), "", "", ""][:6]
        return cls(story or link, link, feed, Wording.from_text(words, summary), at, hour)


@dataclass(frozen=True, slots=True)
class Attachment:
    """The story that a title belongs to. `likeness` is 1 for the same link."""

    story: str
    likeness: float

    @property
    def certain(self) -> bool:
        """Whether the title clearly belongs to the story."""
        return self.likeness >= CERTAIN


def required(known: int) -> float:
    """How alike two titles must be to be one story when this many are known."""
    return ALIKE + STRICTER * math.log(max(known, FEW_TITLES) / FEW_TITLES)


class Titles:
    """The titles of the last 48 hours, by word."""

    def __init__(self, known: Iterable[KnownTitle] = ()) -> None:
        self._known: list[KnownTitle] = []
        self._headlines: list[frozenset[str]] = []
        self._by_word: dict[str, array[int]] = {}
        self._logs: dict[str, float] = {}
        self._log_all = math.log(UNSEEN)
        self._firsts: dict[str, Wording] = {}
        self._by_link: dict[str, str] = {}
        for one in known:
            self.add(one)

    def weight(self, word: str) -> float:
        """How rare a word is: the logarithm of the number of all titles divided by the number of those that have it."""
        return self._log_all - self._logs.get(word, 0.0)

    def add(self, one: KnownTitle) -> None:
        """Remember a title."""
        number = len(self._known)
        for word in one.wording.words:
            having = self._by_word.get(word)
            if having is None:
                having = self._by_word[word] = array("I")
            having.append(number)
            self._logs[word] = math.log(len(having) + 1)
        self._known.append(one)
        self._headlines.append(one.wording.headline)
        self._log_all = math.log(len(self._known) + UNSEEN)
        self._by_link.setdefault(one.link, one.story)
        if one.first:
            self._firsts[one.story] = one.wording

    def remembered(self, wording: Wording) -> Wording:
        """A title's wording as it is kept: with the rarest words of the summary."""
        if len(wording.summary) <= SUMMARY_WORDS:
            return wording
        rarest = sorted((-self.weight(word), word) for word in wording.summary)
        return replace(wording, summary=frozenset(word for _, word in rarest[:SUMMARY_WORDS]))

    def story_of(self, link: str, feed: str, wording: Wording, at: float, hour: int = 0) -> Attachment | None:
        """The known story that this link or title belongs to, None if it begins a new one."""
        if link in self._by_link:
            return Attachment(self._by_link[link], 1.0)
        if len(wording.words) < MIN_WORDS:
            return None
        enough = required(len(self._known))
        weights = {word: self.weight(word) for word in wording.words}
        mine = total(wording, weights.__getitem__)
        best: Attachment | None = None
        for number, common in self._candidates(weights, wording, mine, enough * enough * mine):
            one = self._known[number]
            same_feed = one.feed == feed
            if abs(at - one.at) > WINDOW_S or (same_feed and abs(hour - one.hour) > SAME_FEED_HOURS):
                continue
            has = share(wording, one.wording, weights.__getitem__, mine, common)
            found = math.sqrt(
                has * share(one.wording, wording, self.weight, self._total(one.wording), common)
            )
            if found < enough + SAME_FEED * same_feed or (best is not None and found <= best.likeness):
                continue
            doubtful = doubt(wording, one.wording, self.weight)
            if doubtful and (same_feed or found < enough + doubtful):
                continue
            if found >= SAME or self._like_first(wording, one.story) >= LIKE_FIRST * enough:
                best = Attachment(one.story, found)
        return best

    def _total(self, known: Wording) -> float:
        """`likeness.total` of a known headline, faster."""
        return len(known.words) * self._log_all - sum(map(self._logs.__getitem__, known.words))

    def _like_first(self, wording: Wording, story: str) -> float:
        first = self._firsts.get(story)
        return 1.0 if first is None else likeness(wording, first, self.weight)

    def _candidates(
        self, weights: Mapping[str, float], wording: Wording, rest: float, least: float
    ) -> list[tuple[int, float]]:
        """The titles with words in the headline that weigh `least` together, and their weight, in the order of adding.

        `rest` is the weight of all words of the headline. Words are looked up, the rarest first, until the others weigh
        little. Words that nearly every title has cost nothing. Words that only summaries have in common do not make a
        candidate.
        """
        words = sorted(wording.words, key=weights.__getitem__, reverse=True)
        looked_up = 0
        while looked_up < len(words) and rest >= least * LEFT_OUT:
            rest -= weights[words[looked_up]]
            looked_up += 1
        having = [self._by_word.get(word, _NOWHERE) for word in words[:looked_up]]
        # The rarest words are enough for a candidate, each by itself. Of the others it must have several.
        rare = 0
        while rare < looked_up and weights[words[rare]] + rest >= least:
            rare += 1
        possible = set(chain(*having[:rare]))
        several = rare
        while several < looked_up and rest < least:
            rest += weights[words[several]]
            several += 1
        if rest >= least:
            counts = Counter(chain(*having[rare:]))
            possible.update([number for number, count in counts.items() if count >= several - rare])
        headline, headlines, weight = wording.headline, self._headlines, weights.__getitem__
        found = []
        for number in possible:
            common = sum(map(weight, headline & headlines[number]))
            if common >= least:
                found.append((number, common))
        found.sort()
        return found
