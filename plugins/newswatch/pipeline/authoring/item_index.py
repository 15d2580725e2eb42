"""An index over the stored items in one SQLite file: which entries of the stream may match a rule.

It holds no texts. For each word (its stem, in the item's language) it has the numbers of the entries that contain it,
and for each word form the stems that it has. Numbers follow the stream's order. Answers are never too small, see
`newswatch.rules.narrowing`; the matcher decides. `index_upkeep` keeps the file up to date.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path

from newswatch.models import Feed, Item
from newswatch.pipeline.base.item_text import item_text
from newswatch.rules import stem
from newswatch.rules.fold import fold
from newswatch.rules.narrowing import (
    AllOf,
    AnyOf,
    HasPiece,
    HasPrefix,
    HasTag,
    HasWord,
    IsFrom,
    Need,
    word_forms,
    words_in,
)
from newswatch.rules.stems import stemming_key
from newswatch.store.items import StreamEntry, stream_order

_TABLES = """
    CREATE TABLE IF NOT EXISTS entries (number INTEGER PRIMARY KEY, ms INTEGER, seq INTEGER, item INTEGER, feed TEXT);
    CREATE INDEX IF NOT EXISTS entries_by_time ON entries (ms, seq);
    CREATE TABLE IF NOT EXISTS words (term INTEGER, part INTEGER, entries BLOB, PRIMARY KEY (term, part)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS forms (form BLOB, term INTEGER, PRIMARY KEY (form, term)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS languages (name TEXT PRIMARY KEY, lang TEXT);
"""

_PART = 1 << 16
"""Entries of one row of `words`: their numbers within it have 16 bits."""

_FEW = 64
"""With so few candidates left it costs less to match them than to look up more words."""

_COMMON_SHARE = 0.25
"""A word in more of the entries than this is not looked up where another one narrows too."""

Numbers = set[int]


@dataclass(frozen=True, slots=True)
class IndexState:
    """How many entries are indexed, and the id of the last one; "0-0" for none."""

    entries: int
    last: str


@dataclass(frozen=True, slots=True)
class Candidates:
    """Entries that may match, as numbers, the newest first. `entries` were looked through."""

    numbers: array[int]
    entries: int


class ItemIndex:
    """One file. Every call opens and closes it, so that processes and threads may share it; one at a time may write."""

    def __init__(self, file: Path, default_lang: str) -> None:
        """`default_lang` is the language of items that do not name one. The folder must exist."""
        self._file = file
        self._default_lang = default_lang

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._file, timeout=30.0, isolation_level=None)
        try:
            # What a power failure destroys is made again.
            connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;")
            yield connection
        finally:
            connection.close()

    # ── writing ──────────────────────────────────────────────────────────────────────────────

    def add(self, entries: Sequence[StreamEntry]) -> None:
        """Index further entries, in the stream's order. Those that are not items count, and match nothing."""
        with self._open() as db:
            db.executescript(_TABLES)
            first = _next_number(db)
            words, forms, languages = self._words(entries, first)
            db.execute("BEGIN IMMEDIATE")
            rows = (
                (number, *stream_order(entry.stream_id), *_named(entry.item))
                for number, entry in enumerate(entries, first)
            )
            db.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", rows)
            db.executemany(
                "INSERT INTO words VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET entries = CAST(entries || excluded.entries AS BLOB)",
                ((term, part, numbers.tobytes()) for (term, part), numbers in words.items()),
            )
            db.executemany("INSERT OR IGNORE INTO forms VALUES (?, ?)", forms)
            db.executemany("INSERT OR IGNORE INTO languages VALUES (?, ?)", languages.items())
            db.execute("COMMIT")

    def _words(
        self, entries: Sequence[StreamEntry], first: int
    ) -> tuple[dict[tuple[int, int], array[int]], set[tuple[bytes, int]], dict[str, str]]:
        """The entries of each word by term and part, the terms of each form, and a language for each stemmer."""
        words: dict[tuple[int, int], array[int]] = {}
        forms: set[tuple[bytes, int]] = set()
        languages: dict[str, str] = {}
        known: dict[str, dict[str, tuple[int, ...]]] = {}
        for number, entry in enumerate(entries, first):
            if entry.item is None:
                continue
            part, place = divmod(number, _PART)
            languages.setdefault(stemming_key(entry.item.lang, self._default_lang), entry.item.lang)
            for term in self._terms(entry.item, known.setdefault(entry.item.lang, {}), forms):
                numbers = words.get((term, part))
                if numbers is None:
                    words[term, part] = array("H", (place,))
                else:
                    numbers.append(place)
        return words, forms, languages

    def _terms(
        self, item: Item, known: dict[str, tuple[int, ...]], forms: set[tuple[bytes, int]]
    ) -> set[int]:
        """The terms of an item. `known` are the raw tokens so far in its language, to which new ones are added."""
        terms = {_term("feed", fold(item.feed_id)), *(_term("tag", fold(tag.strip())) for tag in item.tags)}
        for raw in words_in(item_text(item, None)):
            found = known.get(raw)
            if found is None:
                own = [(form, _word(form, item.lang, self._default_lang)) for form in word_forms(raw)]
                forms.update((_bytes(form), term) for form, term in own)
                found = known[raw] = tuple(term for _, term in own)
            terms.update(found)
        return terms

    # ── reading ──────────────────────────────────────────────────────────────────────────────

    def state(self) -> IndexState:
        """How far it goes. Raises sqlite3.DatabaseError if it is not there or damaged."""
        with self._open() as db:
            row = db.execute("SELECT number, ms, seq FROM entries ORDER BY number DESC LIMIT 1").fetchone()
            return IndexState(row[0], f"{row[1]}-{row[2]}") if row else IndexState(0, "0-0")

    def learn(self, needs: Iterable[Need]) -> None:
        """Stem the words of these needs in the languages of the entries, so that no question has to."""
        with self._open() as db:
            languages = _languages(db)
        for need in needs:
            for leaf in _leaves(need):
                if isinstance(leaf, HasWord):
                    _stems_of(leaf.text, languages, self._default_lang)

    def candidates(self, needs: Iterable[Need], feeds: Sequence[Feed], since: str) -> Candidates:
        """The entries from the id `since` on that meet any of the needs. `feeds` are as configured, for their tags."""
        with self._open() as db:
            first = db.execute(
                "SELECT number FROM entries WHERE (ms, seq) >= (?, ?) ORDER BY ms, seq LIMIT 1",
                stream_order(since),
            ).fetchone()
            if first is None:
                return Candidates(array("I"), 0)
            after = _next_number(db)
            found = _Lookup(db, tuple(needs), feeds, self._default_lang).found()
        if found is None:
            return Candidates(array("I", range(after - 1, first[0] - 1, -1)), after - first[0])
        return Candidates(
            array("I", sorted((one for one in found if one >= first[0]), reverse=True)), after - first[0]
        )

    def items(self, since: str) -> set[int]:
        """The items of the entries from the id `since` on, each as `item_key` has it."""
        with self._open() as db:
            rows = db.execute(
                "SELECT DISTINCT item FROM entries WHERE (ms, seq) >= (?, ?) AND item IS NOT NULL",
                stream_order(since),
            )
            return {item for (item,) in rows}

    def stream_ids(self, numbers: Sequence[int], feeds: frozenset[str] | None = None) -> list[str]:
        """The ids of these entries, in their order, only of these feeds if any are given."""
        with self._open() as db:
            rows = db.execute(
                "SELECT number, ms, seq, feed FROM entries WHERE number IN (SELECT value FROM json_each(?))",
                (json.dumps(list(numbers)),),
            )
            ids = {number: f"{ms}-{seq}" for number, ms, seq, feed in rows if feeds is None or feed in feeds}
        return [ids[number] for number in numbers if number in ids]


class _Lookup:
    """The needs of one question, answered from the file."""

    def __init__(
        self, db: sqlite3.Connection, needs: Sequence[Need], feeds: Sequence[Feed], default_lang: str
    ) -> None:
        self._db = db
        self._needs = needs
        self._feeds = feeds
        self._default_lang = default_lang
        self._languages = _languages(db)
        self._rows: dict[int, list[tuple[int, bytes]]] = {}
        self._terms_of: dict[Need, frozenset[int]] = {}
        self._sizes: dict[int, int] = {}
        """By id: the needs of the question outlive it, and hashing their trees costs more than the sums."""
        self._found: dict[Need, Numbers] = {}
        self._common = int(_next_number(db) * _COMMON_SHARE)

    def found(self) -> Numbers | None:
        """The numbers of the entries that meet any of the needs; None for all entries."""
        for need in self._needs:
            for leaf in _leaves(need):
                if leaf not in self._terms_of:
                    self._terms_of[leaf] = frozenset(self._terms(leaf))
        self._read({term for terms in self._terms_of.values() for term in terms})
        return self._union(self._needs)

    def _terms(self, leaf: Need) -> Iterable[int]:
        match leaf:
            case HasWord(text):
                return _stems_of(text, self._languages, self._default_lang)
            case HasPrefix(text):
                start = _bytes(text)
                rows = self._db.execute(
                    "SELECT term FROM forms WHERE form >= ? AND form < ?", (start, start + b"\xff")
                )
                return (row[0] for row in rows)
            case HasPiece(text):
                rows = self._db.execute("SELECT term FROM forms WHERE instr(form, ?)", (_bytes(text),))
                return (row[0] for row in rows)
            case HasTag(tag):
                tagged = (feed.id for feed in self._feeds if tag in {fold(one.strip()) for one in feed.tags})
                return (_term("tag", tag), *(_term("feed", fold(name)) for name in tagged))
            case IsFrom(name):
                return (_term("feed", name),)
            case AllOf() | AnyOf():
                raise TypeError("groups have no terms of their own")

    def _read(self, terms: set[int]) -> None:
        rows = self._db.execute(
            "SELECT term, part, entries FROM words WHERE term IN (SELECT value FROM json_each(?))",
            (json.dumps(list(terms)),),
        )
        for term, part, entries in rows:
            self._rows.setdefault(term, []).append((part, entries))

    def _size(self, need: Need) -> int:
        """At most so many entries meet it; -1: all of them."""
        known = self._sizes.get(id(need))
        if known is None:
            known = self._sizes[id(need)] = self._counted(need)
        return known

    def _counted(self, need: Need) -> int:
        match need:
            case AllOf(parts):
                return min((self._size(part) for part in parts), default=-1)
            case AnyOf(parts):
                return sum(self._size(part) for part in parts)
            case _:
                rows = (self._rows.get(term, ()) for term in self._terms_of[need])
                return sum(len(entries) // 2 for some in rows for _, entries in some)

    def _meeting(self, need: Need) -> Numbers | None:
        match need:
            case AllOf(parts):
                return self._intersection(parts)
            case AnyOf(parts):
                return self._union(parts)
            case _:
                if need not in self._found:
                    self._found[need] = self._decoded(self._terms_of[need])
                return self._found[need]

    def _decoded(self, terms: Iterable[int]) -> Numbers:
        found: Numbers = set()
        for term in terms:
            for part, entries in self._rows.get(term, ()):
                numbers, base = array("H", entries), part * _PART
                found.update([base + number for number in numbers] if base else numbers)
        return found

    def _union(self, parts: Iterable[Need]) -> Numbers | None:
        found: Numbers = set()
        for part in parts:
            meeting = self._meeting(part)
            if meeting is None:
                return None
            found.update(meeting)
        return found

    def _intersection(self, parts: Iterable[Need]) -> Numbers | None:
        """The rarest part first. Parts that would take hardly any more away are left out."""
        found: Numbers | None = None
        for part in sorted(parts, key=self._size):
            if found is not None and (len(found) <= _FEW or self._size(part) > self._common):
                break
            meeting = self._meeting(part)
            if meeting is not None:
                found = meeting if found is None else found & meeting
        return found


def _leaves(need: Need) -> Iterator[Need]:
    if isinstance(need, (AllOf, AnyOf)):
        yield from chain.from_iterable(map(_leaves, need.parts))
    else:
        yield need


def _languages(db: sqlite3.Connection) -> tuple[str, ...]:
    return tuple(row[0] for row in db.execute("SELECT lang FROM languages ORDER BY name"))


def _next_number(db: sqlite3.Connection) -> int:
    (last,) = db.execute("SELECT coalesce(max(number), 0) FROM entries").fetchone()
    return int(last) + 1


def item_key(item_id: str) -> int:
    """A number for an item, the same for all its revisions."""
    return _term("item", item_id)


def _named(item: Item | None) -> tuple[int | None, str]:
    return (None, "") if item is None else (item_key(item.id), item.feed_id)


@lru_cache(20_000)
def _stems_of(text: str, languages: tuple[str, ...], default_lang: str) -> frozenset[int]:
    """The numbers of a word's stems in these languages. A list has thousands of words, and is asked about again."""
    return frozenset(_word(text, lang, default_lang) for lang in languages)


def _word(form: str, lang: str, default_lang: str) -> int:
    """The number of a word's stem."""
    return _term("word", stem(form, lang, default_lang))


def _term(kind: str, text: str) -> int:
    """A number for a stem, tag or feed. Two that share one would only mean more candidates."""
    digest = hashlib.blake2b(_bytes(f"{kind}\0{text}"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
