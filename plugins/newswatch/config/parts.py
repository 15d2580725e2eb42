"""A bundle in parts, as Redis stores the one in force: no stage has to read what it does not need.

Receivers, rules and release windows are one part each. Feeds are in buckets by the hash of their host, so that a poll
shard reads its own, and a feed is found by its id. Each part is JSON of its own, with the schema's version.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from newswatch.config.codec import (
    SCHEMA_VERSION,
    dumped,
    from_plain,
    from_schema,
    rules_from_plain,
    rules_to_plain,
    to_plain,
)
from newswatch.models import Bundle, Feed, Receiver, Ruleset, Window

BUCKETS = 1_024
RECEIVERS, RULES, WINDOWS = "receivers", "rules", "windows"

FeedWindow = tuple[str, Window]
"""A feed's id and one of its release windows."""


def bucket_of(url: str) -> int:
    """The bucket of a feed with this URL: all feeds of a host are in the same one. Pure."""
    # Ten times as fast as to parse the URL, which was checked before.
    host = url.split("/", 3)[2].rpartition("@")[2].partition(":")[0].lower()
    return crc32(host.encode()) % BUCKETS


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts by name, the buckets of feeds by number, and the bucket of each feed by its id."""

    named: Mapping[str, str]
    buckets: Mapping[int, str]
    places: Mapping[str, int]


def parts_of(bundle: Bundle) -> Parts:
    """The bundle in parts. A feed is stored with its position among all feeds."""
    buckets: dict[int, list[Any]] = {}
    places: dict[str, int] = {}
    for position, feed in enumerate(bundle.feeds):
        places[feed.id] = bucket_of(feed.url)
        buckets.setdefault(places[feed.id], []).append([position, to_plain(feed)])
    named = {
        RECEIVERS: [to_plain(receiver) for receiver in bundle.receivers],
        RULES: rules_to_plain(bundle),
        WINDOWS: [[feed_id, to_plain(window)] for feed_id, window in windows_of(bundle.feeds)],
    }
    return Parts(
        {name: _part(content) for name, content in named.items()},
        {number: _part(content) for number, content in buckets.items()},
        places,
    )


def windows_of(feeds: Iterable[Feed]) -> tuple[FeedWindow, ...]:
    """All release windows of these feeds, in the order of their times. Pure."""
    found = ((feed.id, window) for feed in feeds if feed.windows for window in feed.windows)
    return tuple(sorted(found, key=lambda one: (one[1].at_s, one[0])))


def _part(content: Any) -> str:
    return dumped({"schema": SCHEMA_VERSION, "is": content})


# All raise NewerBundle or UnreadableBundle if this release cannot read the part.


def receivers_from(text: str) -> tuple[Receiver, ...]:
    """The receivers."""
    return from_schema(text, lambda plain: tuple(from_plain(Receiver, one) for one in plain["is"]))


def ruleset_from(text: str, version: int, digest: str, receivers: tuple[Receiver, ...]) -> Ruleset:
    """The rules and what belongs to them."""
    return from_schema(
        text, lambda plain: Ruleset(version, digest, receivers=receivers, **rules_from_plain(plain["is"]))
    )


def rules_since(text: str) -> dict[str, int]:
    """`rule_since` of rules that cannot be read, if it can be found; otherwise empty."""
    try:
        found = json.loads(text)["is"]["rule_since"]
        return {str(rule_id): int(version) for rule_id, version in found.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def windows_from(text: str) -> tuple[FeedWindow, ...]:
    """The release windows of all feeds, in the order of their times."""
    return from_schema(
        text, lambda plain: tuple((feed_id, from_plain(Window, one)) for feed_id, one in plain["is"])
    )


def feeds_from(buckets: Iterable[str]) -> tuple[Feed, ...]:
    """The feeds in these buckets, in the order of the configuration."""
    rows: list[tuple[int, Feed]] = []
    for text in buckets:
        rows += from_schema(text, lambda plain: [(at, from_plain(Feed, one)) for at, one in plain["is"]])
    return tuple(feed for _, feed in sorted(rows, key=lambda row: row[0]))
