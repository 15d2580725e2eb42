"""A feed's document: its entries, parsed and cleaned, before they have an identity.

Apart from `newswatch.models`, and with tuples instead of dataclasses, because parser processes start with nothing else:
those modules and their imports would take longer to load than Python itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from newswatch.quantity import quantity

BLOCK_SEPARATOR = "\n\n"
"""What separates the blocks (paragraphs, list entries, headings) of a text field.

A phrase never spans two blocks. Feed text is normalised so that only block borders carry a
line break; plain text given on the command line is split the same way, at blank lines.
"""


class Entry(NamedTuple):
    """One entry of a feed document.

    Text fields are plain text: no markup, blocks joined by BLOCK_SEPARATOR, other white space
    collapsed. `link` is absolute http(s) or "". Missing things are "" or None, never guessed.
    """

    guid: str = ""
    link: str = ""
    title: str = ""
    summary: str = ""
    body: str = ""
    author: str = ""
    tags: tuple[str, ...] = ()
    lang: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    dates_unclear: bool = False
    """A time zone's name was not clear: UTC was assumed, and the dates may be wrong by up to 15 hours."""
    dates_counted: bool = False
    """The document says how long ago it was, so the dates move with the clock."""


class LostEntry(NamedTuple):
    """An entry that could not be read: its place in the document, from 0, and its title if it has one."""

    place: int
    title: str = ""

    def __str__(self) -> str:
        return f'"{self.title}"' if self.title else f"entry {self.place + 1}"


def lost_entries_text(lost: Sequence[LostEntry]) -> str:
    """How many entries were lost, and which; "" for none."""
    if not lost:
        return ""
    count = quantity(len(lost), "entry", "entries")
    more = ", …" if len(lost) > _NAMED else ""
    return f"{count} ({', '.join(map(str, lost[:_NAMED]))}{more})"


_NAMED = 3
"""So many lost entries are named; with more, the document itself must be looked at."""


class ParsedFeed(NamedTuple):
    """A feed document: its entries in document order, and what it says about itself.

    `lost` are the entries that could not be read, which are not in `entries`.
    """

    entries: tuple[Entry, ...]
    title: str = ""
    lang: str = ""
    ttl_s: float | None = None
    lost: tuple[LostEntry, ...] = ()
