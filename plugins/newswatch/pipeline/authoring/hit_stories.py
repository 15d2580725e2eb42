"""How many stories a rule's hits are, as readers would get them: reports of one story share a message in Slack."""

from __future__ import annotations

from collections.abc import Callable

from newswatch.models import Item
from newswatch.pipeline.match.watch import hour_of
from newswatch.stories.link import story_id
from newswatch.stories.titles import KnownTitle, Titles
from newswatch.stories.wording import Wording

COMPARED = 100
"""Only so many titles are compared, since the time that it takes grows with their square. Of the other items, those with
one link are a story, so that a rule with very many hits has at most as many stories as are counted."""

ALIKE = 0.55
"""How alike two titles must be to count as one story. That is more than alerts need, since here only hits are known: the
rule's own words are in each of them, and weigh more than they would among all titles."""
FEWEST_WORDS = 5
"""Of a shorter title, the rule's own words are too large a part."""


class HitStories:
    """Gives each story a number. `wording`: the words of an item's title and summary."""

    def __init__(self, wording: Callable[[Item], Wording]) -> None:
        self._wording = wording
        self._titles = Titles()
        self._compared = 0
        self._of_item: dict[int, int] = {}
        self._numbers: dict[str, int] = {}

    def number_of(self, number: int, item: Item) -> int:
        """The number of the story that the item belongs to. `number` is the item's own."""
        known = self._of_item.get(number)
        if known is None:
            known = self._of_item[number] = self._numbers.setdefault(self._story_of(item), len(self._numbers))
        return known

    def _story_of(self, item: Item) -> str:
        link = story_id(item)
        if self._compared == COMPARED:
            return link
        wording, at, hour = (
            self._wording(item),
            (item.published or item.first_seen).timestamp(),
            hour_of(item),
        )
        if len(wording.words) < FEWEST_WORDS:
            return link
        self._compared += 1
        found = self._titles.story_of(link, item.feed_id, wording, at, hour)
        story = link if found is None or found.likeness < ALIKE else found.story
        self._titles.add(KnownTitle(story, link, item.feed_id, self._titles.remembered(wording), at, hour))
        return story
