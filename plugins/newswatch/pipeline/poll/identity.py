"""Identity: which entries of a document are new items, which are edits, which are known. Pure.

`pipeline.poll.entry_ids` gives each entry its key. Entries and records are then paired, the surest pairs first
(`pipeline.poll.pairing`). An entry without a record is a new item.

In doubt it is a new item: central banks reuse titles, and one alert too many is better than one too few. The
decision is made here, outside Redis, from the feed's records. The claim script stores it only if nothing
changed meanwhile (docs/adr/0002).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from newswatch.models import Feed, Item
from newswatch.pipeline.poll.entry_ids import Identified
from newswatch.pipeline.poll.pairing import Pairing
from newswatch.store.seen import KnownBy, SeenRecord, digest

AHEAD_S = 86_400
"""Wrong time zones shift dates some hours ahead. A later date is an announcement and counts as no date."""
UNCLEAR_S = 15 * 3600
"""By how much a date with an unclear zone may be wrong: such a date silences nothing by itself."""
FIRST_UNDATED, FEWEST_FOR_SILENCE = 3, 50
"""At the first sight of a feed without dates the first three items may alert, unless it has more than 50."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision about a document: items to append, oldest first, and all records to store."""

    items: tuple[tuple[Item, SeenRecord], ...]
    whole: tuple[SeenRecord, ...]
    ids: Mapping[bytes, bytes]
    """The record's id by key, for entries that share their key with no other one of the document."""


@dataclass(frozen=True, slots=True)
class PollContext:
    """What a decision depends on besides the document. Times are whole seconds since 1970."""

    feed: Feed
    now: int
    first_sight: bool
    config_version: int
    document_time: int
    """When the feed's previous document was first seen, 0 if there was none."""
    confirmed_time: int
    """When the previous document was last confirmed unchanged."""
    document_lang: str = ""
    keep_s: int = 30 * 86_400


def decide(
    known: Mapping[bytes, SeenRecord],
    document: Sequence[Identified],
    context: PollContext,
    unchanged: Collection[bytes] = (),
) -> Decision:
    """Decide what is new, what is an edit, and what to remember. `document` is in document order.

    `unchanged` are known ids whose entries are in the document unchanged; those need not be in `document`.
    """
    known = {
        id_: record.shown_at(context.now) if id_ in unchanged else _confirmed(record, context)
        for id_, record in known.items()
    }
    pairing = Pairing(known, document, context.now, unchanged)
    whole = dict(known)
    items: list[tuple[Item, SeenRecord]] = []
    ids: dict[bytes, list[bytes]] = {}
    hopeful = _may_alert_undated(document) if context.first_sight else frozenset[int]()
    for place, one in enumerate(document):
        before, known_by = pairing.found.get(place, (None, one.known_by))
        if before is not None and before.key != one.key:
            whole.pop(before.id, None)
        id_ = before.id if before is not None and before.key == one.key else _free_id(one, whole)
        record = _record(one, id_, before, context, known_by, hopeful=place in hopeful)
        whole[id_] = record
        ids.setdefault(one.key, []).append(id_)
        if _has_news(one, before) and _worth_keeping(one, record, context):
            items.append((_item(one, record, context), record))
    horizon = context.now - context.keep_s
    kept = tuple(record for record in whole.values() if record.last_in_document >= horizon)
    return Decision(
        tuple(sorted(items, key=lambda pair: pair[1].published or context.now)),
        kept,
        {key: found[0] for key, found in ids.items() if len(found) == 1},
    )


def _confirmed(record: SeenRecord, context: PollContext) -> SeenRecord:
    """A record of the previous document counts as seen until that document was last confirmed."""
    if record.last_in_document == context.document_time < context.confirmed_time:
        return record.shown_at(context.confirmed_time)
    return record


def _has_news(one: Identified, before: SeenRecord | None) -> bool:
    return before is None or before.content != one.content


def _worth_keeping(one: Identified, record: SeenRecord, context: PollContext) -> bool:
    """Of the items that a new feed already had, those of the last week are kept for backtests. The others are only remembered."""
    return not record.silent or not one.published or one.published >= context.now - 7 * 86_400


def _may_alert_undated(document: Sequence[Identified]) -> frozenset[int]:
    if len(document) > FEWEST_FOR_SILENCE or any(one.published for one in document):
        return frozenset()
    return frozenset(range(FIRST_UNDATED))


def _free_id(one: Identified, taken: Mapping[bytes, SeenRecord]) -> bytes:
    """A new record's id: the key, or if an earlier item has that, a hash of everything."""
    id_, number = one.key, 0
    while id_ in taken:
        parts = (one.key, one.link, one.title, one.content)
        id_ = digest(f"{[part.hex() for part in parts]} {one.published} {number}", 8)
        number += 1
    return id_


def _record(
    one: Identified,
    id_: bytes,
    before: SeenRecord | None,
    context: PollContext,
    known_by: KnownBy,
    *,
    hopeful: bool,
) -> SeenRecord:
    if before is not None:
        edited = before.content != one.content
        repeated = not edited and before.key == one.key
        return before._replace(
            id=id_,
            key=one.key,
            link=one.link,
            title=one.title,
            content=one.content,
            published=one.published or before.published,
            last_in_document=context.now,
            revision=before.revision + edited,
            known_by=before.known_by if repeated else known_by,
        )
    return SeenRecord(
        id=id_,
        key=one.key,
        item=id_,
        link=one.link,
        title=one.title,
        content=one.content,
        published=one.published,
        first_seen=context.now,
        last_in_document=context.now,
        config_version=context.config_version,
        revision=0,
        silent=not hopeful and _is_silent(one, context),
        known_by=known_by,
    )


def _is_silent(one: Identified, context: PollContext) -> bool:
    """Whether a new item is too old to alert: for the first sight of a feed, or at all."""
    age_s = context.now - one.published
    slack_s = UNCLEAR_S if one.entry.dates_unclear else 0
    if not context.first_sight:
        return bool(one.published) and age_s > context.feed.max_age_s + slack_s
    return not (one.published and -AHEAD_S - slack_s <= age_s <= context.feed.first_sight_s + slack_s)


def _item(one: Identified, record: SeenRecord, context: PollContext) -> Item:
    entry, feed = one.entry, context.feed
    published = entry.published or entry.updated
    return Item(
        id=f"{feed.id}:{record.item.hex()}",
        feed_id=feed.id,
        revision=record.revision,
        guid=entry.guid,
        link=entry.link,
        canonical_link=one.canonical,
        title=entry.title,
        summary=entry.summary,
        body=entry.body,
        author=entry.author,
        tags=entry.tags,
        lang=entry.lang or context.document_lang or feed.lang,
        published=published,
        first_seen=datetime.fromtimestamp(record.first_seen, timezone.utc),
        config_version=record.config_version,
        silent=record.silent,
    )
