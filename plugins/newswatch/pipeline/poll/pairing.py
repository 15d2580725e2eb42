"""Which known item each entry of a document is. Pure.

First, entries and records with the same key are paired: the same in everything, then the same title, link or date
where exactly one of each is left. A single entry and a single record of a key are one item, unless the entry has
another title and a clearly later date: then the publisher used its guid again for a new story.

Then the entries that are left are compared with the records that left the document, because many feeds rewrite
their guids. Such an entry is an *edit* of a known item if their dates differ by less than 48 hours, and

1. it is the only one with that link and title, or
2. exactly one known item has that link, and no other new entry has it, or
3. the same for title and day of publication, or for the whole text if there is no date, or
4. exactly one item that just left the document has its exact time of publication, and other items stayed: an edit
   of the headline often changes slug and guid too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence

from newswatch.pipeline.poll.entry_ids import Identified
from newswatch.store.seen import KnownBy, SeenRecord

CHURN_WINDOW_S = 48 * 3600
AGAIN_S = 6 * 3600
"""A guid with another title and a date this much later is used again. A shorter difference is an edit."""

Sign = Callable[[Identified | SeenRecord], Hashable]


def _all(one: Identified | SeenRecord) -> Hashable:
    return one.link, one.title, one.content, one.published


def _wording(one: Identified | SeenRecord) -> Hashable:
    return one.link, one.title, one.content


def _title_day(one: Identified | SeenRecord) -> Hashable:
    return (one.title, one.published // 86_400) if any(one.title) and one.published else None


def _undated_text(one: Identified | SeenRecord) -> Hashable:
    """A title alone is too little: many are used again."""
    is_title = isinstance(one, Identified) and not (one.entry.summary or one.entry.body)
    return None if one.published or is_title else one.content


def _title_link(one: Identified | SeenRecord) -> Hashable:
    return (one.title, one.link) if any(one.title) and any(one.link) else None


def _title(one: Identified | SeenRecord) -> Hashable:
    return one.title if any(one.title) else None


def _link(one: Identified | SeenRecord) -> Hashable:
    return one.link if any(one.link) else None


def _moment(one: Identified | SeenRecord) -> Hashable:
    return one.published if one.published % 86_400 else None


class Pairing:
    """The record of each entry that has one, by the entry's place in the document: `found`."""

    def __init__(
        self,
        known: Mapping[bytes, SeenRecord],
        document: Sequence[Identified],
        now: int,
        unchanged: Collection[bytes] = (),
    ) -> None:
        self.found: dict[int, tuple[SeenRecord, KnownBy]] = {}
        self._now = now
        self._document = document
        self._left = {id_: record for id_, record in known.items() if id_ not in unchanged}
        self._by_key()
        self._stayed = bool(self.found or unchanged)
        self._last = max((record.last_in_document for record in self._left.values()), default=0)
        newcomers = [place for place in range(len(document)) if place not in self.found]
        if newcomers:
            self._rewritten(newcomers, known)

    def _take(self, place: int, record: SeenRecord, known_by: KnownBy) -> None:
        self.found[place] = record, known_by
        del self._left[record.id]

    def _by_key(self) -> None:
        places: dict[bytes, list[int]] = defaultdict(list)
        for place, one in enumerate(self._document):
            places[one.key].append(place)
        records: dict[bytes, list[SeenRecord]] = defaultdict(list)
        for record in self._left.values():
            if record.key in places:
                records[record.key].append(record)
        for key, mine in records.items():
            self._of_one_key(places[key], mine)

    def _of_one_key(self, places: list[int], records: list[SeenRecord]) -> None:
        single = len(places) == len(records) == 1
        if single:
            one, record = self._document[places[0]], records[0]
            if not _used_again(one, record):
                self._take(places[0], record, one.known_by)
            return
        for sign in (_all, _wording, _title_link, _title_day):
            self._match(places, records, sign, several=True)
        # A link that all of them have tells nothing.
        links = {record.link for record in records} | {self._document[place].link for place in places}
        for sign in (_title, _link, _moment) if len(links) > 1 else (_title, _moment):
            self._match(places, records, sign, several=False)

    def _match(
        self, places: Iterable[int], records: Iterable[SeenRecord], sign: Sign, *, several: bool
    ) -> None:
        """Pair those with the same sign. `several`: also if there are more, in their order."""
        mine, theirs = self._grouped(places, records, sign)
        for shown, group in mine.items():
            others = theirs.get(shown, [])
            if several or len(group) == len(others) == 1:
                for place, record in zip(group, others, strict=False):
                    one = self._document[place]
                    if sign is _all or not _used_again(one, record):
                        self._take(place, record, one.known_by)

    def _grouped(
        self, places: Iterable[int], records: Iterable[SeenRecord], sign: Sign
    ) -> tuple[dict[Hashable, list[int]], dict[Hashable, list[SeenRecord]]]:
        mine: dict[Hashable, list[int]] = defaultdict(list)
        for place in places:
            shown = sign(self._document[place])
            if place not in self.found and shown is not None:
                mine[shown].append(place)
        theirs: dict[Hashable, list[SeenRecord]] = defaultdict(list)
        for record in records:
            if record.id in self._left and (shown := sign(record)) in mine:
                theirs[shown].append(record)
        return mine, theirs

    def _rewritten(self, newcomers: list[int], known: Mapping[bytes, SeenRecord]) -> None:
        ways: tuple[tuple[Sign, KnownBy], ...] = (
            (_all, "link"),
            (_title_link, "link"),
            (_link, "link"),
            (_title_day, "title"),
            (_undated_text, "content"),
            (_moment, "title"),
        )
        new = [self._document[place] for place in newcomers]
        links, titles = {one.link for one in new}, {one.title for one in new}
        contents, times = {one.content for one in new}, {one.published for one in new}
        # What has the same sign as a newcomer has its link, its title, its text or its time.
        near = [
            record
            for record in known.values()
            if record.link in links
            or record.title in titles
            or record.content in contents
            or record.published in times
        ]
        for sign, known_by in ways:
            # Counted over all newcomers and all known items, also those that are paired or present.
            mine: dict[Hashable, list[int]] = defaultdict(list)
            for place in newcomers:
                if (shown := sign(self._document[place])) is not None:
                    mine[shown].append(place)
            theirs: dict[Hashable, list[SeenRecord]] = defaultdict(list)
            for record in near:
                if (shown := sign(record)) in mine:
                    theirs[shown].append(record)
            for shown, group in mine.items():
                others = theirs.get(shown, [])
                same = sign is _all and len(group) == len(others)
                if (len(group) == len(others) == 1) or same:
                    for place, record in zip(group, others, strict=True):
                        if place not in self.found and record.id in self._left:
                            self._try(place, record, known_by, by_moment=sign is _moment)

    def _try(self, place: int, record: SeenRecord, known_by: KnownBy, *, by_moment: bool) -> None:
        one = self._document[place]
        if by_moment and not (self._stayed and record.last_in_document >= self._last):
            return
        if record.key == one.key:
            return  # it was refused as that item before
        known_date = record.published or record.last_in_document
        if abs(known_date - (one.published or self._now)) < CHURN_WINDOW_S:
            self._take(place, record, known_by)


def _used_again(one: Identified, record: SeenRecord) -> bool:
    """Whether a key shows a new story with a new date.

    A date of the last change alone says nothing, and neither does one that moves with the clock.
    """
    return (
        one.entry.published is not None
        and not one.entry.dates_counted
        and bool(record.published)
        and one.title != record.title
        and one.published - record.published >= AGAIN_S
    )
