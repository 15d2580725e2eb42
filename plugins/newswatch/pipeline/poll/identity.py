"""Identity: which entries of a document are new items, which are edits, which are known. Pure.

`pipeline.poll.entry_ids` gives each entry its identity. A new identity is an *edit* of a known item, instead of
a new item, only if the feed evidently rewrote its guids:

1. the known identity has left the document,
2. exactly one known item has that link (or, failing that, that title and publication day), and
   no other entry of the document has it,
3. the dates differ by less than 48 hours.

In doubt it is a new item: central banks reuse titles, and one alert too many is better than one too few. The
decision is made here, outside Redis, from the feed's records. The claim script stores it only if nothing
changed meanwhile (docs/adr/0002).
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
"""Wrong time zones shift dates some hours ahead. A later date is an announcement and counts as no date."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision about a document: items to append, oldest first, and all records to store."""

    items: tuple[tuple[Item, SeenRecord], ...]
    whole: tuple[SeenRecord, ...]


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


class Churn:
    """Finds the known item of which a new identity is an edit."""

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
        """The known item that `one` is an edit of, and what shows it; None if it is new."""
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
    churn = Churn(known, document, context.now, unchanged)
    whole = dict(known)
    items: list[tuple[Item, SeenRecord]] = []
    for one in document:
        before, known_by = known.get(one.id), one.known_by
        if before is None:
            before, shown_by = churn.predecessor(one)
            if before is not None:
                whole.pop(before.id, None)
                known_by = shown_by
        record = _record(one, before, context, known_by)
        whole[one.id] = record
        if _has_news(one, before) and _worth_keeping(one, record, context):
            items.append((_item(one, record, context), record))
    horizon = context.now - context.keep_s
    kept = tuple(record for record in whole.values() if record.last_in_document >= horizon)
    return Decision(tuple(sorted(items, key=lambda pair: pair[1].published or context.now)), kept)


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


def _record(
    one: Identified, before: SeenRecord | None, context: PollContext, known_by: KnownBy
) -> SeenRecord:
    if before is not None:
        edited = before.content != one.content
        repeated = not edited and before.id == one.id
        return before._replace(
            id=one.id,
            link=one.link,
            title=one.title,
            content=one.content,
            published=one.published or before.published,
            last_in_document=context.now,
            revision=before.revision + edited,
            known_by=before.known_by if repeated else known_by,
        )
    age_s = context.now - one.published
    fresh = -AHEAD_S <= age_s <= int(context.feed.first_sight_s)
    return SeenRecord(
        id=one.id,
        item=one.id,
        link=one.link,
        title=one.title,
        content=one.content,
        published=one.published,
        first_seen=context.now,
        last_in_document=context.now,
        config_version=context.config_version,
        revision=0,
        silent=context.first_sight and not (one.published and fresh),
        known_by=known_by,
    )


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
