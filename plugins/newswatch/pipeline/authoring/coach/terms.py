"""Which entries of a rule and its lists the words of a hit come from. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from newswatch.errors import QueryError
from newswatch.packs import load_pack, pack_names
from newswatch.rules import tokenize
from newswatch.rules.gaps import extent
from newswatch.rules.lists import TAKEN_OUT, Lists, plain_entry
from newswatch.rules.lookup import Lookup
from newswatch.rules.nodes import Phrase, Word
from newswatch.rules.query import parse_entry
from newswatch.rules.stems import latin_language, stemmer_for


@dataclass(frozen=True, slots=True)
class HomeEntry:
    """An entry and the list that has it; `home` is None for an entry of the rule itself."""

    home: str | None
    text: str


def entries_with_homes(texts: Iterable[str], lists: Lists) -> Iterator[HomeEntry]:
    """The entries of a part of an event, or of a list as `$name`, those of the lists within it included."""
    for text in texts:
        if text.startswith("$"):
            yield from _of_list(text[1:], lists, frozenset())
        else:
            yield HomeEntry(None, text)


def _of_list(name: str, lists: Lists, seen: frozenset[str]) -> Iterator[HomeEntry]:
    if name in seen:
        return
    if name not in lists:
        yield from _of_pack(name, frozenset())
        return
    own = lists[name]
    for text in own:
        if text.strip() == f"${name}":
            taken = frozenset(
                plain_entry(one.removeprefix(TAKEN_OUT)) for one in own if one.startswith(TAKEN_OUT)
            )
            yield from _of_pack(name, taken)
        elif text.strip().startswith("$"):
            yield from _of_list(text.strip()[1:], lists, seen | {name})
        elif not text.startswith(TAKEN_OUT):
            yield HomeEntry(name, text)


def _of_pack(name: str, taken: frozenset[str]) -> Iterator[HomeEntry]:
    if name in pack_names():
        found = dict.fromkeys(entry.text for entry in load_pack(name).part("entries"))
        yield from (HomeEntry(name, text) for text in found if plain_entry(text) not in taken)


@cache
def entry_words(text: str) -> tuple[Word, ...]:
    """The words of an entry; () for one that cannot be read, or names a list."""
    try:
        entry = parse_entry(text)
    except QueryError:
        return ()
    return entry.words if isinstance(entry, Phrase) else ()


class SpokenTerm:
    """Words of a hit, as entries are compared with them."""

    def __init__(self, words: str, lang: str, default_lang: str) -> None:
        self._stem = stemmer_for(lang, default_lang)
        self._size = sum(bool(token.text) for token in tokenize(words))
        self._lookup = Lookup((words,), {}, self._stem, latin_language(lang, default_lang))
        self._stems = frozenset(map(self._stem, self._lookup.scan.surfaces))

    def is_all_of(self, words: tuple[Word, ...]) -> bool:
        """Whether the entry is all of these words, so that they hit because of it."""
        if not words or len(words) > self._size or not self._may_begin(words[0]):
            return False
        hits = self._lookup.phrase(words)
        return any(extent(hit) == (0, self._size) for hit in hits)

    def _may_begin(self, word: Word) -> bool:
        return word.how == "prefix" or self._stem(word.text.casefold()) in self._stems


def entries_of_term(term: SpokenTerm, entries: Iterable[HomeEntry]) -> list[HomeEntry]:
    """The entries that are all of a hit's words."""
    return [one for one in entries if term.is_all_of(entry_words(one.text))]
