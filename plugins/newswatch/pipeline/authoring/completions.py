"""What an editor may complete in a watchlist file: keys, lists, packs, receivers, feeds, tags, fixed words. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from newswatch.config.draft import Draft
from newswatch.config.records import Record
from newswatch.config.shapes import EVENT, FEED_FILTER, RULE, THRESHOLD, WATCHLIST_FILE
from newswatch.models import MODALITIES, SEVERITIES, Bundle, Feed, Receiver, Rule
from newswatch.packs import load_pack, pack_names
from newswatch.quantity import quantity
from newswatch.rules.lists import Lists, list_entries

MOST_FEEDS = 2_000
_SHOWN = 5

OPERATORS = (
    ("AND", "both must be in the item"),
    ("OR", "one of them is enough"),
    ("AND NOT", "what follows must not be in the item"),
    ("NEAR/5", "at most five words between, in any order"),
    ("ONEAR/5", "at most five words between, in this order"),
    ("NEAR/S", "in one sentence"),
    ("title:", "only in the headline"),
    ("summary:", "only in the standfirst"),
    ("body:", "only in the article"),
    ("author:", "only in the author's name"),
    ("tag:", "the item or its feed has this tag"),
    ("source:", "the item is of this feed"),
)

LANGUAGES = (
    ("en", "English"),
    ("de", "German"),
    ("fr", "French"),
    ("es", "Spanish"),
    ("ru", "Russian"),
    ("it", "Italian"),
    ("pt", "Portuguese"),
    ("nl", "Dutch"),
    ("zh", "Chinese"),
    ("ja", "Japanese"),
    ("ar", "Arabic"),
)


@dataclass(frozen=True, slots=True)
class Completion:
    """A word to insert, and one line that explains it."""

    text: str
    about: str


@dataclass(frozen=True, slots=True)
class Completions:
    """Everything by where it may be written. `keys` are by the record that they belong to."""

    keys: dict[str, tuple[Completion, ...]]
    lists: tuple[Completion, ...]
    packs: tuple[Completion, ...]
    receivers: tuple[Completion, ...]
    feeds: tuple[Completion, ...]
    tags: tuple[Completion, ...]
    severities: tuple[Completion, ...]
    modalities: tuple[Completion, ...]
    negations: tuple[Completion, ...]
    owners: tuple[Completion, ...]
    languages: tuple[Completion, ...]
    operators: tuple[Completion, ...]


def completions(config: Draft | Bundle) -> Completions:
    """What may be completed under this configuration. Of very many feeds, the first ones."""
    return Completions(
        keys={record.name: _keys(record) for record in (WATCHLIST_FILE, RULE, EVENT, FEED_FILTER, THRESHOLD)},
        lists=tuple(Completion(f"${name}", _entries_of(name, config.lists)) for name in sorted(config.lists)),
        packs=tuple(Completion(f"${name}", _pack(name)) for name in sorted(pack_names())),
        receivers=tuple(_receiver(one) for one in config.receivers),
        feeds=tuple(_feed(one) for one in config.feeds[:MOST_FEEDS]),
        tags=_tags(config.feeds),
        severities=_plain(SEVERITIES, _SEVERITY_ABOUT),
        modalities=_plain(MODALITIES, _MODALITY_ABOUT),
        negations=_plain(tuple(_NEGATION_ABOUT), _NEGATION_ABOUT),
        owners=_owners(config.rules),
        languages=tuple(Completion(*one) for one in LANGUAGES),
        operators=tuple(Completion(*one) for one in OPERATORS),
    )


def as_dict(found: Completions) -> dict[str, Any]:
    """For JSON."""
    return asdict(found)


_SEVERITY_ABOUT = {
    "low": "can wait",
    "medium": "the default",
    "high": "goes first, and through quiet hours that except it",
}
_NEGATION_ABOUT = {
    "ignore": "a negated hit counts",
    "exclude": "a negated hit does not count",
}
_MODALITY_ABOUT = {
    "stated": "the text states it",
    "possible": "the text says that it may come",
    "denied": "the text denies it or says that it is over",
    "question": "the text asks whether it is so",
}


def _plain(words: Sequence[str], about: dict[str, str]) -> tuple[Completion, ...]:
    return tuple(Completion(word, about[word]) for word in words)


def _keys(record: Record) -> tuple[Completion, ...]:
    return tuple(Completion(key.name, key.about) for key in record.keys)


def _entries_of(name: str, lists: Lists) -> str:
    return _some([entry.text for entry in list_entries(name, lists)])


def _pack(name: str) -> str:
    pack = load_pack(name)
    return _some([entry.text for entry in pack.part("entries") or pack.part("verbs")])


def _some(entries: Iterable[str]) -> str:
    """The first entries and how many there are."""
    own = list(entries)
    shown = ", ".join(own[:_SHOWN])
    return f"{shown} and {len(own) - _SHOWN:,} more" if len(own) > _SHOWN else shown


def _receiver(one: Receiver) -> Completion:
    return Completion(one.id, f"{one.mode}, channel {one.channel}")


def _feed(one: Feed) -> Completion:
    return Completion(one.id, f"{', '.join(one.tags)}: {one.url}" if one.tags else one.url)


def _owners(rules: Iterable[Rule]) -> tuple[Completion, ...]:
    counts = Counter(rule.owner for rule in rules if rule.owner)
    return tuple(Completion(owner, quantity(count, "rule")) for owner, count in sorted(counts.items()))


def _tags(feeds: Iterable[Feed]) -> tuple[Completion, ...]:
    counts = Counter(tag for feed in feeds for tag in feed.tags)
    return tuple(Completion(tag, quantity(count, "feed")) for tag, count in sorted(counts.items()))
