"""Where the entries of an RSS or Atom document seem to be, by looking for their tags. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

_OPENING = re.compile(rb"<(item|entry)(?=[\s>])")
_CLOSING = {b"item": b"</item>", b"entry": b"</entry>"}


class Cut(NamedTuple):
    """Where an entry seems to be: the offsets of its first byte, of its closing tag, and of its end."""

    start: int
    closing: int
    end: int
    name: bytes


def entry_cuts(document: bytes) -> list[Cut]:
    """Where entries seem to be, in order; empty where one of them does not seem to end."""
    cuts: list[Cut] = []
    opening = _OPENING.search(document)
    while opening is not None:
        tag = _CLOSING[opening[1]]
        closing = document.find(tag, opening.end())
        if closing < 0:
            return []
        end = closing + len(tag)
        cuts.append(Cut(opening.start(), closing, end, opening[1]))
        opening = _OPENING.search(document, end)
    return cuts
