"""Identity: which entries of a document are new items, which are edits, which are known. Pure.

What an entry goes by is `pipeline.poll.entry_ids`'s to say. A new identity is the *edit* of a known
item, not a new one, only when the feed evidently rewrote its guids:

1. the known identity has left the document,
2. exactly one known item has that link (or, failing that, that title and publication day), and
   no other entry of the document lays claim to it,
3. the dates differ by less than 48 hours.

In doubt it is a new item: central banks reuse titles, and an alert too many is better than one
too few. The decision is made here, outside Redis, on what the feed is known to have shown; the
claim script then takes it over only if nothing changed meanwhile (see docs/adr/0002).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from newswatch.models import Feed, Item
from newswatch.pipeline.poll.entry_ids import Identified
from newswatch.store.seen import KnownBy, SeenRecord

CHURN_WINDOW_S = 48 * 3600
AHEAD_S = 86_400
"""Wrong time zones put dates some hours ahead; what is dated later announces something, and is as good as undated."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a document means: items to append, oldest first, and all records to remember."""

    items: tuple[tuple[Item, SeenRecord], ...]
    whole: tuple[SeenRecord, ...]


@dataclass(frozen=True, slots=True)
class Sighting:
    """The circumstances of one claim. Times are whole seconds since 1970."""

    feed: Feed
    now: int
    first_sight: bool
    config_version: int
    document_time: int
    """When the feed's previous document was first seen, 0 for none."""
    confirmed_time: int
    """When the previous document was last confirmed unchanged."""
    document_lang: str = ""
    keep_s: int = 30 * 86_400


class Churn:
    """Finds the known item that a new identity is the edit of."""

    def __init__(
        self,
        known: Mapping[bytes, SeenRecord],
        document: Sequence[Identified],
        now: int,
        unchanged: Collection[bytes] = (),
    ) -> None:
        self._now = now
        present = {one.id for one in document}.union(unchanged)
        self._present_items = {record.item for id_, record in known.items() if id_ in present}
        newcomers = [one for one in document if one.id not in known]
        self._link_claims = Counter(one.link for one in newcomers)
        self._title_claims = Counter(self._day(one.title, one.published) for one in newcomers)
        self._by_link: dict[bytes, dict[bytes, SeenRecord]] = {}
        self._by_title: dict[tuple[bytes, int], dict[bytes, SeenRecord]] = {}
        for record in known.values() if newcomers else ():
            if record.link in self._link_claims:
                self._by_link.setdefault(record.link, {})[record.item] = record
            day = self._day(record.title, record.published)
            if day in self._title_claims:
                self._by_title.setdefault(day, {})[record.item] = record

    @staticmethod
    def _day(title: bytes, published: int) -> tuple[bytes, int]:
        return title, published // 86_400

    def predecessor(self, one: Identified) -> tuple[SeenRecord | None, KnownBy]:
        """The one known item that `one` continues and what shows it; None: it is new."""
        if any(one.link):
            if self._link_claims[one.link] > 1:
                return None, ""
            found = self._by_link.get(one.link, {})
            if found:
                return self._only(found, one), "link"
        day = self._day(one.title, one.published)
        if not any(one.title) or not one.published or self._title_claims[day] > 1:
            return None, ""
        return self._only(self._by_title.get(day, {}), one), "title"

    def _only(self, found: Mapping[bytes, SeenRecord], one: Identified) -> SeenRecord | None:
        if len(found) != 1:
            return None
        ((item, record),) = found.items()
        if item in self._present_items:
            return None
        known_date = record.published or record.last_in_document
        new_date = one.published or self._now
        return record if abs(known_date - new_date) < CHURN_WINDOW_S else None


def decide(
    known: Mapping[bytes, SeenRecord],
    document: Sequence[Identified],
    sighting: Sighting,
    unchanged: Collection[bytes] = (),
) -> Decision:
    """What is new, what is an edit, and what to remember. `document` is in document order.

    `unchanged` are known ids that the document holds as it did before; their entries need not be
    in `document`.
    """
    known = {
        id_: record.shown_at(sighting.now) if id_ in unchanged else _confirmed(record, sighting)
        for id_, record in known.items()
    }
    churn = Churn(known, document, sighting.now, unchanged)
    whole = dict(known)
    items: list[tuple[Item, SeenRecord]] = []
    for one in document:
        before, known_by = known.get(one.id), one.known_by
        if before is None:
            before, shown_by = churn.predecessor(one)
            if before is not None:
                whole.pop(before.id, None)
                known_by = shown_by
        record = _record(one, before, sighting, known_by)
        whole[one.id] = record
        if _tells_something(one, before) and _worth_keeping(one, record, sighting):
            items.append((_item(one, record, sighting), record))
    horizon = sighting.now - sighting.keep_s
    kept = tuple(record for record in whole.values() if record.last_in_document >= horizon)
    return Decision(tuple(sorted(items, key=lambda pair: pair[1].published or sighting.now)), kept)


def _confirmed(record: SeenRecord, sighting: Sighting) -> SeenRecord:
    """A record of the previous document was in it until that document was last confirmed."""
    if record.last_in_document == sighting.document_time < sighting.confirmed_time:
        return record.shown_at(sighting.confirmed_time)
    return record


def _tells_something(one: Identified, before: SeenRecord | None) -> bool:
    return before is None or before.content != one.content


def _worth_keeping(one: Identified, record: SeenRecord, sighting: Sighting) -> bool:
    """Of what a feed held at first sight, the last week is kept for backtests; the rest is only remembered."""
    return not record.silent or not one.published or one.published >= sighting.now - 7 * 86_400


def _record(one: Identified, before: SeenRecord | None, sighting: Sighting, known_by: KnownBy) -> SeenRecord:
    if before is not None:
        edited = before.content != one.content
        repeated = not edited and before.id == one.id
        return before._replace(
            id=one.id,
            link=one.link,
            title=one.title,
            content=one.content,
            published=one.published or before.published,
            last_in_document=sighting.now,
            revision=before.revision + edited,
            known_by=before.known_by if repeated else known_by,
        )
    age_s = sighting.now - one.published
    fresh = -AHEAD_S <= age_s <= int(sighting.feed.first_sight_s)
    return SeenRecord(
        id=one.id,
        item=one.id,
        link=one.link,
        title=one.title,
        content=one.content,
        published=one.published,
        first_seen=sighting.now,
        last_in_document=sighting.now,
        config_version=sighting.config_version,
        revision=0,
        silent=sighting.first_sight and not (one.published and fresh),
        known_by=known_by,
    )


def _item(one: Identified, record: SeenRecord, sighting: Sighting) -> Item:
    entry, feed = one.entry, sighting.feed
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
        lang=entry.lang or sighting.document_lang or feed.lang,
        published=published,
        first_seen=datetime.fromtimestamp(record.first_seen, timezone.utc),
        config_version=record.config_version,
        silent=record.silent,
    )
