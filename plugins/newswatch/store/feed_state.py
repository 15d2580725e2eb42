"""What is known of one feed between polls, grouped by purpose, and how its Redis hash stores it.

Tuples rather than dataclasses: a cycle reads, copies and compares one state for each feed, and that is most of the
cost of an unchanged feed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple


class Validators(NamedTuple):
    """What the next request is compared with: the last document that `url` sent."""

    url: str = ""
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    full_ms: int = 0
    """When the server last sent a whole document."""
    streak: int = 0
    """How many 304 answers in a row came since."""


class LastDocument(NamedTuple):
    """What the feed's documents say."""

    title: str = ""
    document_ms: int = 0
    """When the present document was first seen."""
    confirmed_ms: int = 0
    """When it was last seen unchanged."""
    seen_since_ms: int = 0
    """When the feed was first read at all."""
    last_new_ms: int = 0
    ttl_s: int = 0
    """How often the document says it changes; 0 if it does not say."""
    gap_s: int = 0
    """The feed's rhythm: the median gap between its items; 0 if unknown."""
    silent_after_s: int = 0
    """After this long without an item the feed is silent; 0 if unknown."""
    newest_ms: int = 0
    unread: str = ""
    """The entries that could not be read: how many, and which."""
    long_ms: int = 0
    """When the document last needed the time and memory of a long one."""
    gap_told_ms: int = 0
    """When ops was last notified of a gap (`store.gaps`)."""


class PollRecord(NamedTuple):
    """How polling goes."""

    polled_ms: int = 0
    polled_url: str = ""
    """The URL that was configured when the feed was last polled."""
    failures: int = 0
    failing_since_ms: int = 0
    error: str = ""
    status: str = ""
    notified: str = ""
    """The notices to ops that are not over yet: given-up, stopped, silent, moved, unread, layout; separated by spaces."""
    unchanged: int = 0
    """Polls in a row without anything new, since the last entry of `store.polls`."""
    took_ms: int = 0
    """How long the last answer took."""


class Move(NamedTuple):
    """A permanent redirect: first watched, then adopted."""

    redirect_url: str = ""
    redirect_since_ms: int = 0
    redirect_polls: int = 0
    """In how many polls in a row it led to `redirect_url`."""
    adopted_url: str = ""
    """The URL that is requested instead of the configured one. The configured one is in `adopted_from`."""
    adopted_from: str = ""
    adopted_ms: int = 0


class Source(NamedTuple):
    """Which of the feed's addresses is read, and which ones fail. All empty while the first one answers."""

    address: str = ""
    """The fallback that is read; "" for the feed's own url."""
    address_since_ms: int = 0
    waits: str = ""
    """The addresses that fail (JSON), see `newswatch.pipeline.poll.addresses`."""


class Learned(NamedTuple):
    """How the source's documents are read."""

    kind: str = ""
    """What the first document was, if the configuration does not say it."""
    pattern: str = ""
    """A page's list (JSON), see `newswatch.pipeline.poll.learned_pattern`."""
    children: str = ""
    """What is kept of an index's sitemaps (JSON), see `newswatch.pipeline.poll.known_sitemaps`."""


class ArticleReads(NamedTuple):
    """Articles that were read for the feed's items, and those that were given up, with the last error."""

    articles_read: int = 0
    articles_failed: int = 0
    article_failed_ms: int = 0
    article_error: str = ""


class FeedState(NamedTuple):
    """What is known of one feed between polls. Times are milliseconds since 1970, 0 for unknown.

    `generation` grows with every claim.
    """

    validators: Validators = Validators()
    document: LastDocument = LastDocument()
    polling: PollRecord = PollRecord()
    move: Move = Move()
    source: Source = Source()
    articles: ArticleReads = ArticleReads()
    learned: Learned = Learned()
    generation: int = 0


_PARTS: tuple[type[Any], ...] = (Validators, LastDocument, PollRecord, Move, Source, ArticleReads, Learned)
_EMPTY = FeedState()
_GENERATION = b"gen"
_FIELDS: dict[bytes, tuple[int, str, bool]] = {
    field.encode(): (at, field, isinstance(part._field_defaults[field], int))
    for at, part in enumerate(_PARTS)
    for field in part._fields
}
"""Stored name → its part, its name there, and whether it is a number."""


def read_state(pairs: Iterable[tuple[bytes, bytes]]) -> FeedState:
    """The state in a hash. Fields of other versions are ignored."""
    parts: list[Any] = [*_EMPTY]
    values: dict[int, dict[str, str | int]] = {}
    for name, value in pairs:
        if name == _GENERATION:
            parts[-1] = int(value)
            continue
        at, field, is_number = _FIELDS.get(name, (-1, "", False))
        if field:
            read = int(float(value)) if is_number else value.decode("utf-8", "replace")
            values.setdefault(at, {})[field] = read
    for at, found in values.items():
        parts[at] = _PARTS[at](**found)
    return FeedState(*parts)


def changes(before: FeedState, after: FeedState) -> dict[str, str | int]:
    """The fields that differ, as they are stored. The claim script itself increments the generation."""
    parts: Iterable[tuple[type[Any], Any, Any]] = zip(_PARTS, before[:-1], after[:-1], strict=True)
    return {
        name: new
        for part, old_part, new_part in parts
        if old_part is not new_part
        for name, old, new in zip(part._fields, old_part, new_part, strict=True)
        if old != new
    }
