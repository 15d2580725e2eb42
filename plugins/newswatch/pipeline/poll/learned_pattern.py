"""What is kept of a page's list between polls: its patterns, and by what its items are recognised. Pure.

Of a JSON list or a sitemap only the way of reading is kept.

It belongs to one way of reading one address. With another address, list or selector in the configuration it is not used:
the list is sought again, and what that finds is known, not new.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newswatch.models import Feed

MOST_NAMES = 400
"""The names of 200 items. Of a longer list the first and the last ones."""
_ASKED_BYTES = 6
_NAME_CHARS = 10
MOST_CHARS = 40_000
"""More than any pattern needs: a longer one is not stored, and the list is sought again each time."""


@dataclass(frozen=True, slots=True)
class LearnedPattern:
    """The patterns of a source's lists as plain data (`pages.wire_form`), and the names of the items last seen in them."""

    patterns: tuple[Mapping[str, Any], ...]
    known: tuple[str, ...]


def fits(text: str, feed: Feed, address: str) -> bool:
    """Whether what was stored is about this address as it is read now."""
    return text.startswith(_asked(feed, address))


def read(text: str, feed: Feed, address: str) -> LearnedPattern | None:
    """The pattern that was stored; None if there is none for this address and this configuration."""
    if not fits(text, feed, address):
        return None
    data = json.loads(text[_ASKED_BYTES * 2 :])
    names = data["known"]
    known = tuple(names[at : at + _NAME_CHARS] for at in range(0, len(names), _NAME_CHARS))
    return LearnedPattern(tuple(data["patterns"]), known)


def stored(feed: Feed, address: str, patterns: Sequence[Mapping[str, Any]], known: Iterable[str]) -> str:
    """The pattern as it is stored, "" if it would be too long."""
    names = list(known)
    if len(names) > MOST_NAMES:
        half = MOST_NAMES // 2
        names = names[:half] + names[-half:]
    data = {"patterns": list(patterns), "known": "".join(names)}
    text = _asked(feed, address) + json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= MOST_CHARS else ""


def _asked(feed: Feed, address: str) -> str:
    text = f"{address}\n{feed.kind}\n{feed.list_number}\n{feed.selector}"
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=_ASKED_BYTES).hexdigest()
