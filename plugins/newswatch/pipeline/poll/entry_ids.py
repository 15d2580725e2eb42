"""The identity of an entry within its feed. Pure.

It is the guid (trimmed; with the link if the document repeats the guid), else the canonical link, else the
hash of title and text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from newswatch.document import Entry
from newswatch.store.seen import KnownBy, digest

Canonical = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Identified:
    """An entry with everything that identity needs, as hashes."""

    entry: Entry
    canonical: str
    id: bytes
    link: bytes
    title: bytes
    content: bytes
    published: int
    known_by: KnownBy
    """What the identity was made from."""


def seconds(moment: datetime | None) -> int:
    """Whole seconds since 1970; 0 for unknown, or for what a record cannot hold."""
    if moment is None:
        return 0
    value = int(moment.timestamp())
    return value if 0 < value < 2**32 else 0


def is_empty(entry: Entry) -> bool:
    """Whether an entry is empty: it has no identity, and nothing to alert on."""
    return not (entry.guid.strip() or entry.link or entry.title or entry.summary or entry.body)


def plain_id(entry: Entry, canonical_link: Canonical) -> bytes:
    """The identity of an entry that shares neither guid nor link with another one of its document."""
    guids = Counter([entry.guid.strip()])
    return digest(_basis(entry, canonical_link(entry.link), guids), 8)


def identify(entries: Sequence[Entry], canonical_link: Canonical) -> list[Identified]:
    """Entries with their identities, in document order. Of exact repetitions only the first is returned."""
    entries = [entry for entry in entries if not is_empty(entry)]
    links = [canonical_link(entry.link) for entry in entries]
    guids = Counter(entry.guid.strip() for entry in entries)
    bases = [_basis(entry, link, guids) for entry, link in zip(entries, links, strict=True)]
    titles: dict[str, set[str]] = {}
    for basis, entry in zip(bases, entries, strict=True):
        titles.setdefault(basis, set()).add(entry.title)
    found: dict[bytes, Identified] = {}
    for entry, link, basis in zip(entries, links, bases, strict=True):
        name = basis if len(titles[basis]) == 1 else f"{basis}\n{entry.title}"
        one = Identified(
            entry=entry,
            canonical=link,
            id=digest(name, 8),
            link=digest(link, 6),
            title=digest(entry.title.casefold(), 6),
            content=digest(_wording(entry), 6),
            published=seconds(entry.published or entry.updated),
            known_by=_MADE_OF[basis.partition(":")[0]],
        )
        found.setdefault(one.id, one)
    return list(found.values())


KNOWN_BY: dict[KnownBy, str] = {
    "": "a rule that was not recorded",
    "guid": "its guid",
    "link": "its link",
    "title": "its title and day",
    "content": "its text",
}
"""What an item was recognised by, in words."""

_MADE_OF: dict[str, KnownBy] = {"guid": "guid", "link": "link", "text": "content"}


def _basis(entry: Entry, link: str, guids: Counter[str]) -> str:
    guid = entry.guid.strip()
    if guid and guids[guid] == 1:
        return f"guid:{guid}"
    if guid:
        return f"guid:{guid}\n{link}"
    if link:
        return f"link:{link}"
    return f"text:{_wording(entry)}"


def _wording(entry: Entry) -> str:
    return f"{entry.title}\n\n{entry.summary}\n\n{entry.body}"
