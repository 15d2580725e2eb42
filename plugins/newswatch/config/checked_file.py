"""The result of checking a watchlist file, cached so that an unchanged file is not read again.

Only a file without errors or unknown names is cached. The result is used while the file's bytes are the same and what
it depends on is too: its receivers, feeds and tags exist, the lists that its queries use are unchanged, and none of
its ids is used in another file. Otherwise the file is read again, because only its nodes have the places that messages
name.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from newswatch.config.codec import rule_from_plain, rule_to_plain
from newswatch.models import Rule, short_hash
from newswatch.packs import FIRMS, pack_names, packs_version

FORMAT = 2
"""The version of `CheckedFile.to_bytes`. Incremented by every change of the format."""

KIND = "watchlist-file"

Lists = Mapping[str, Sequence[str]]
At = tuple[int, int]
"""Line and column, both from 1."""

_LIST_USE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_-]*)")


class CheckCache(Protocol):
    """A cache: it returns an entry unchanged, or not at all."""

    def get(self, kind: str, key: str) -> bytes | None:
        """The entry, if it is there."""
        ...

    def put(self, kind: str, key: str, data: bytes) -> None:
        """Keep an entry, if possible."""
        ...


class NoCache:
    """Keeps nothing."""

    def get(self, kind: str, key: str) -> bytes | None:
        """Returns nothing."""

    def put(self, kind: str, key: str, data: bytes) -> None:
        """Does nothing."""


@dataclass(frozen=True, slots=True)
class UsedNames:
    """The names that a file's rules use. `lists` are those in queries and in its own lists' entries."""

    receivers: tuple[str, ...]
    feeds: tuple[str, ...]
    tags: tuple[str, ...]
    lists: tuple[str, ...]

    @classmethod
    def of(cls, rules: Sequence[Rule], lists: Lists) -> UsedNames:
        """All names, without repetition."""
        texts = [rule.query for rule in rules if "$" in rule.query]
        texts += [text for rule in rules if rule.event for text in (*rule.event.texts, f"${FIRMS}")]
        texts += [entry for entries in lists.values() for entry in entries]
        return cls(
            receivers=_each(name for rule in rules for name in rule.notify),
            feeds=_each(name for rule in rules for name in rule.feeds.ids),
            tags=_each(name for rule in rules for name in rule.feeds.tags),
            lists=_each([*lists, *(name for text in texts for name in _LIST_USE.findall(text))]),
        )


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """One watchlist file without errors: rules with their places, lists, warnings, and what they depend on.

    `expiries` are the places of `expires`, by the rule's number. `basis` is a hash of the lists that the file's queries use
    and of the default language; see `basis_of`.
    """

    rules: tuple[Rule, ...]
    places: tuple[At, ...]
    expiries: tuple[tuple[int, int, int], ...]
    lists: Lists
    warnings: tuple[tuple[int, int, str], ...]
    names: UsedNames
    basis: str

    def fits(self, receivers: Collection[str], feeds: Collection[str], tags: Collection[str]) -> bool:
        """Whether all names from other files that the rules use exist."""
        names = self.names
        wanted = ((names.receivers, receivers), (names.feeds, feeds), (names.tags, tags))
        return all(name in known for used, known in wanted for name in used)

    def to_bytes(self) -> bytes:
        """As JSON."""
        plain = {
            "format": FORMAT,
            "rules": [rule_to_plain(rule) for rule in self.rules],
            "places": self.places,
            "expiries": self.expiries,
            "lists": dict(self.lists),
            "warnings": self.warnings,
            "names": asdict(self.names),
            "basis": self.basis,
        }
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> CheckedFile | None:
        """What `to_bytes` wrote; None for anything else."""
        try:
            plain: dict[str, Any] = json.loads(data)
            if plain["format"] != FORMAT:
                return None
            return cls(
                rules=tuple([rule_from_plain(rule) for rule in plain["rules"]]),
                places=tuple([(line, col) for line, col in plain["places"]]),
                expiries=tuple([(number, line, col) for number, line, col in plain["expiries"]]),
                lists={name: tuple(entries) for name, entries in plain["lists"].items()},
                warnings=tuple([(line, col, message) for line, col, message in plain["warnings"]]),
                names=UsedNames(**{kind: tuple(names) for kind, names in plain["names"].items()}),
                basis=plain["basis"],
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            # Whatever it is, reading the file again gives the right result.
            return None


def key_of(data: bytes) -> str:
    """The key of a file's bytes."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def basis_of(names: Iterable[str], lists: Lists, default_lang: str) -> str:
    """A hash of what checking a file's queries depends on: the lists they use, nested ones too, and the language.

    A list that does not exist is part of it as well.
    """
    waiting, seen = sorted(names), dict.fromkeys(names)
    parts = [default_lang]
    if not seen.keys().isdisjoint(pack_names()):
        parts.append(packs_version())
    while waiting:
        name = waiting.pop()
        entries = lists.get(name)
        parts += [name, "absent"] if entries is None else [name, str(len(entries)), *entries]
        for inner in (inner for entry in entries or () for inner in _LIST_USE.findall(entry)):
            if inner not in seen:
                seen[inner] = None
                waiting.append(inner)
    return short_hash(*parts, size=32)


def _each(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))
