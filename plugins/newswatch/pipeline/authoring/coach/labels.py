"""The labelled texts of a rule, as the matcher reads them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from newswatch.models import Feed, Item, Rule
from newswatch.pipeline.authoring.reader_labels import ReaderLabels
from newswatch.pipeline.base.item_text import item_text, quoted_item
from newswatch.rules import ItemText, Watchlist, compile_watchlist
from newswatch.rules.lists import Lists

MOST_OTHERS = 150
"""Candidates are weighed on this many of the newest hits without a mark: more of them cost seconds and say little more."""

FEW = 2
"""With no more marks than these, one is enough to ask for an edit."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts by item id. The rule catches all of `unwanted`, `wanted` and `others`, and none of `missed` and `avoided`.

    `wanted` are acknowledged, or were missed before an edit, `unwanted` not relevant, `others` hits among the stored items
    without a mark. `missed` should be caught; they include acknowledged items that an edit of the
    rule lost. `avoided` are not relevant, and the rule does not catch them any more.
    """

    unwanted: Mapping[str, ItemText]
    avoided: Mapping[str, ItemText]
    wanted: Mapping[str, ItemText]
    missed: Mapping[str, ItemText]
    others: Mapping[str, ItemText]
    all_others: int = 0
    """How many others there are; only the newest MOST_OTHERS are among `others`."""
    least_unwanted: int = 1
    least_missed: int = 1
    """This many marks must ask for an edit, unwanted or missed ones: what fits only one says little about the next."""

    @property
    def caught(self) -> dict[str, ItemText]:
        """Everything that the rule catches."""
        return {**self.others, **self.wanted, **self.unwanted}

    @property
    def labelled(self) -> dict[str, ItemText]:
        """Everything about which a reader said something."""
        return {**self.unwanted, **self.avoided, **self.wanted, **self.missed}


def labelled_texts(
    labels: ReaderLabels, rule: Rule, lists: Lists, default_lang: str, feeds: Mapping[str, Feed]
) -> Texts:
    """The texts that readers labelled. An acknowledged item has the text that its alert quotes."""
    wanted = {name: quoted_item(alert) for name, alert in labels.wanted.items()}
    watchlist = compile_watchlist([rule], lists, default_lang)
    unwanted, avoided = _caught(labels.irrelevant, rule, feeds, watchlist)
    caught, lost = _caught(wanted, rule, feeds, watchlist)
    found, missed = _caught(labels.missed, rule, feeds, watchlist)
    return Texts(
        unwanted,
        avoided,
        {**caught, **found},
        {**missed, **lost},
        {},
        least_unwanted=_least(len(labels.irrelevant)),
        least_missed=_least(len(labels.missed) + len(lost)),
    )


def _least(marks: int) -> int:
    return 1 if marks <= FEW else FEW


def with_hits(texts: Texts, hits: Mapping[str, ItemText]) -> Texts:
    """The texts together with the rule's hits among the stored items, oldest first, whose text is complete.

    An acknowledged item may need more of its text than the alert quotes, so only here it turns out to be caught.
    """
    caught = {**texts.wanted, **{name: text for name, text in texts.missed.items() if name in hits}}
    others = [name for name in hits if name not in texts.labelled]
    return replace(
        texts,
        wanted={name: hits.get(name, text) for name, text in caught.items()},
        missed={name: text for name, text in texts.missed.items() if name not in hits},
        others={name: hits[name] for name in others[-MOST_OTHERS:]},
        all_others=len(others),
    )


def _caught(
    items: Mapping[str, Item], rule: Rule, feeds: Mapping[str, Feed], watchlist: Watchlist
) -> tuple[dict[str, ItemText], dict[str, ItemText]]:
    """The texts that the rule matches, and the others."""
    found: dict[str, ItemText] = {}
    rest: dict[str, ItemText] = {}
    for name, item in items.items():
        text = text_of(item, rule, feeds)
        (found if watchlist.match(text) else rest)[name] = text
    return found, rest


def text_of(item: Item, rule: Rule, feeds: Mapping[str, Feed]) -> ItemText:
    """An item's text. One from no feed is read as if it came from a feed that the rule looks at."""
    feed = feeds.get(item.feed_id)
    text = item_text(item, feed)
    if item.feed_id and (feed is not None or not rule.feeds.tags):
        return text
    return replace(text, feed_id=text.feed_id or next(iter(rule.feeds.ids), ""), feed_tags=rule.feeds.tags)
