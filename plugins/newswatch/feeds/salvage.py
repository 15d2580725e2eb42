"""Reading a document entry by entry where a parser fails on it as a whole.

The document is halved until what fails is a single entry. That one is read without the elements of other
namespaces, which is where parsers fail, or else it is lost. All others are read.

An element that is not closed makes a lenient parser take the next entries for a part of its own. Where it found fewer
entries than there are, each is read alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from newswatch.document import LostEntry
from newswatch.feeds.entry_cuts import entry_cuts
from newswatch.feeds.mend import outside_literals
from newswatch.feeds.text import html_to_text, one_line

_FOREIGN_TAG = re.compile(rb"</?(?!(?:dc|dcterms|content|atom):)[A-Za-z_][A-Za-z0-9_.-]*:[^<>]*>")
_TITLE = re.compile(rb"<title[^<>]*>(.{0,1000}?)</title", re.DOTALL)
_SHOWN_CHARS = 80

Read = Callable[[bytes], Any]


class Salvaged(NamedTuple):
    """What was read: a result for the head, each entry with its place in the document, and the lost ones."""

    head: Any
    entries: list[tuple[int, Any]]
    lost: list[LostEntry]


def read_whole_or_salvage(document: bytes, read: Read) -> Salvaged:
    """`read` applied to the document; to its entries where that raises an error, or finds too few.

    Raises the error where the document has no entries that can be cut out, or its head cannot be read either.
    """
    try:
        whole = read(document)
    except MemoryError:
        raise
    except Exception:
        # Any error of a library over hostile bytes: the entries are read one by one, or it is raised again.
        rescue = _Rescue(document, read)
        if not rescue.count:
            raise
    else:
        found = Salvaged(whole, list(enumerate(whole.entries)), [])
        return _each_alone(document, read, found) if whole.get("bozo") else found
    rescue.halve(0, rescue.count)
    return Salvaged(rescue.head_result, rescue.entries, rescue.lost)


def _each_alone(document: bytes, read: Read, found: Salvaged) -> Salvaged:
    """What is found entry by entry in a malformed document, if that is more."""
    if len(entry_cuts(outside_literals(document))) <= len(found.entries):
        return found
    rescue = _Rescue(document, read)
    for place in range(rescue.count):
        rescue.halve(place, place + 1)
    if len(rescue.entries) <= len(found.entries):
        return found
    return Salvaged(found.head, rescue.entries, rescue.lost)


def lost_entry(place: int, title: str) -> LostEntry:
    """A lost entry, named by what is left of its title."""
    return LostEntry(place, one_line(html_to_text(title[:2_000]))[:_SHOWN_CHARS])


class _Rescue:
    """One document in pieces. `halve` fills `entries` and `lost`."""

    def __init__(self, document: bytes, read: Read) -> None:
        cuts = entry_cuts(outside_literals(document))
        self._pieces = [document[cut.start : cut.end] for cut in cuts]
        self._head = document[: cuts[0].start] if cuts else b""
        self._tail = document[cuts[-1].end :] if cuts else b""
        self._read = read
        self.count = len(cuts)
        self.entries: list[tuple[int, Any]] = []
        self.lost: list[LostEntry] = []
        self.head_result = self._read_head() if cuts else None

    def _read_head(self) -> Any:
        result = self._try([])
        if result is None:
            self._head, self._tail = (_FOREIGN_TAG.sub(b"", part) for part in (self._head, self._tail))
            result = self._read(self._head + self._tail)
        return result

    def _try(self, pieces: list[bytes]) -> Any:
        """The result for the head and these entries, None where that fails."""
        try:
            return self._read(b"".join([self._head, *pieces, self._tail]))
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - an error in a library over hostile bytes concerns these entries
            return None

    def halve(self, begin: int, end: int) -> None:
        """Reads the entries from `begin` to `end`, in halves where they cannot be read together."""
        found = self._try(self._pieces[begin:end])
        if found is None and end - begin > 1:
            middle = (begin + end) // 2
            self.halve(begin, middle)
            self.halve(middle, end)
            return
        if found is None:
            found = self._try([_FOREIGN_TAG.sub(b"", self._pieces[begin])])
        if found is None:
            title = _TITLE.search(self._pieces[begin])
            self.lost.append(lost_entry(begin, title[1].decode("utf-8", "replace") if title else ""))
            return
        self.entries += ((begin + number, entry) for number, entry in enumerate(found.entries))
