"""What is known of one feed between polls, and how it stands in its Redis hash.

A tuple rather than a dataclass: a cycle reads, copies and compares one for each feed, and most of
what a feed that did not change costs us is this.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class FeedState(NamedTuple):
    """What is known of one feed between polls. Times are milliseconds since 1970, 0 unknown."""

    generation: int = 0
    url: str = ""
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    document_ms: int = 0
    confirmed_ms: int = 0
    seen_since_ms: int = 0
    polled_ms: int = 0
    last_new_ms: int = 0
    failures: int = 0
    failing_since_ms: int = 0
    error: str = ""
    status: str = ""
    title: str = ""
    ttl_s: int = 0
    """How often the document says it changes; 0 for not said."""
    gap_s: int = 0
    """The feed's own rhythm: half of its items came closer together than this; 0 unknown."""
    silent_after_s: int = 0
    """After how long without an item the feed is silent against its own rhythm; 0 unknown."""
    newest_ms: int = 0
    full_ms: int = 0
    """When the server last sent a whole document, and how often it answered 304 since."""
    streak: int = 0
    told: str = ""
    """What ops was notified of and not yet that it is over: any of given-up, stopped, silent and moved, with a
    space between them; "" for nothing."""
    unchanged: int = 0
    """Polls in a row, since the last entry of `store.polls`, that brought nothing new."""
    took_ms: int = 0
    """How long the last answer took."""
    move_url: str = ""
    """Where a permanent redirect leads, since when and in how many polls it led there."""
    move_since_ms: int = 0
    move_polls: int = 0
    moved_url: str = ""
    """The URL asked in place of the configured one, which is kept in `moved_from`."""
    polled_url: str = ""
    """The URL that was configured when the feed was last polled."""
    moved_from: str = ""
    moved_ms: int = 0
    articles_read: int = 0
    articles_failed: int = 0
    """Pages given up on; the last of them when (`article_failed_ms`) and why (`article_error`)."""
    article_failed_ms: int = 0
    article_error: str = ""


_STORED_AS = {"generation": "gen"}
_NAMES = tuple(_STORED_AS.get(name, name) for name in FeedState._fields)
_FIELDS = {
    name.encode(): (field, isinstance(FeedState._field_defaults[field], int))
    for name, field in zip(_NAMES, FeedState._fields, strict=True)
}


def read_state(pairs: Iterable[tuple[bytes, bytes]]) -> FeedState:
    """The state that stands in a hash; fields of other versions are passed over."""
    values: dict[str, str | int] = {}
    for name, value in pairs:
        field, is_number = _FIELDS.get(name, ("", False))
        if field:
            values[field] = int(float(value)) if is_number else value.decode("utf-8", "replace")
    return FeedState(**values)  # type: ignore[arg-type]


def changes(before: FeedState, after: FeedState) -> dict[str, str | int]:
    """The fields that differ, as they are written."""
    values: tuple[str | int, ...] = after
    return {name: new for name, old, new in zip(_NAMES, before, values, strict=True) if old != new}
