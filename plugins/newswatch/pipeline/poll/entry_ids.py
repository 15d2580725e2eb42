"""What an entry is recognised by within its feed: its key. Pure.

The key is the hash of the guid (trimmed, without session ids), else of the link's page, else of title and day. It
depends on the entry alone, never on what else its document has. Several entries may have one key; then
`pipeline.poll.identity` tells them apart by title, link, text and date.
"""

from __future__ import annotations

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
    key: bytes
    link: bytes
    title: bytes
    content: bytes
    published: int
    known_by: KnownBy
    """What the key was made from."""


def seconds(moment: datetime | None) -> int:
    """Whole seconds since 1970; 0 for unknown, or for what a record cannot hold."""
    if moment is None:
        return 0
    value = int(moment.timestamp())
    return value if 0 < value < 2**32 else 0


def is_empty(entry: Entry) -> bool:
    """Whether an entry is empty: it has no identity, and nothing to alert on."""
    return not (entry.guid.strip() or entry.link or entry.title or entry.summary or entry.body)


def identify(entries: Sequence[Entry], canonical_link: Canonical) -> list[Identified]:
    """Entries with their keys, in document order. Of exact repetitions only the first is returned."""
    found: dict[tuple[bytes, bytes, bytes, bytes, int], Identified] = {}
    for entry in entries:
        if not is_empty(entry):
            one = _identified(entry, canonical_link)
            found.setdefault((one.key, one.link, one.title, one.content, one.published), one)
    return list(found.values())


def key_of(entry: Entry, canonical_link: Canonical) -> bytes:
    """The key of one entry."""
    return digest(_basis(entry, page_of(canonical_link(entry.link)), canonical_link), 8)


def page_of(canonical: str) -> str:
    """What a canonical link is compared by: sites change between hosts with and without www, and paths with and without a last slash."""
    path, mark, query = canonical.partition("?")
    return path.replace("://www.", "://", 1).rstrip("/") + mark + query


def _identified(entry: Entry, canonical_link: Canonical) -> Identified:
    canonical = canonical_link(entry.link)
    link = page_of(canonical)
    basis = _basis(entry, link, canonical_link)
    return Identified(
        entry=entry,
        canonical=canonical,
        key=digest(basis, 8),
        link=digest(link, 6),
        title=digest(entry.title.casefold(), 6),
        content=digest(f"{entry.title}\n\n{entry.summary}\n\n{entry.body}", 6),
        published=seconds(entry.published or entry.updated),
        known_by=_MADE_OF[basis.partition(":")[0]],
    )


KNOWN_BY: dict[KnownBy, str] = {
    "": "a rule that was not recorded",
    "guid": "its guid",
    "link": "its link",
    "title": "its title and day",
    "content": "its text",
}
"""What an item was recognised by, in words."""

_MADE_OF: dict[str, KnownBy] = {"guid": "guid", "link": "link", "title": "title", "text": "content"}


def _basis(entry: Entry, link: str, canonical_link: Canonical) -> str:
    guid = entry.guid.strip()
    if guid:
        # Only guids that are URLs can have a session id. The others, and URLs without one, stay as they are.
        lowered = guid.lower()
        is_session = "://" in guid and ("sess" in lowered or "sid=" in lowered)
        return f"guid:{(canonical_link(guid) if is_session else '') or guid}"
    if link:
        return f"link:{link}"
    moment = seconds(entry.published or entry.updated)
    if entry.title and moment:
        return f"title:{entry.title.casefold()}\n{moment // 86_400}"
    return f"text:{entry.title}\n\n{entry.summary}\n\n{entry.body}"
