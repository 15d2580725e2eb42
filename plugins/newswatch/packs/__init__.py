"""Packs: the lists of names and stances that ship with newswatch, one YAML file each.

A pack of kind `names` has `entries`: the names of one kind of actor or thing, by language. A pack of kind
`stance` has what somebody may do: `verbs`, `nouns`, `statements` (what is said of a thing: "is worth nothing"),
`suffered` (verbs of those to whom it is done: "hit with sanctions"), `reversals` (taking it back) and `except`
(phrases that only look like it). Every watchlist can use a pack as a list of its file's name, such as `$central_banks`.

An entry may be written for many: `{chain: [[impose, lift], [embargo, ban]], gap: 4}` is `impose ~4 embargo`,
`impose ~4 ban` and so on, every word of each link with every word of the next.

An entry in English, or in a script of its own, is looked for in items of every language. Others are looked for
only in items of their own language: "transaction" is a settlement in French and nothing of the kind in English.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Literal

import yaml

PackKind = Literal["names", "stance"]
Part = Literal["entries", "verbs", "nouns", "statements", "suffered", "reversals", "except"]
STANCE_PARTS: tuple[Part, ...] = ("verbs", "nouns", "statements", "suffered", "reversals", "except")

_FOLDER = Path(__file__).parent

ANYWHERE = frozenset(("en", "ru", "uk", "zh", "ja", "ko", "hi"))
"""Languages whose entries are looked for in all items."""

FIRMS = "companies"
"""The pack of firms. An actor that is only a piece of a firm's name is not the actor: "Air India"."""

_ABOUT = frozenset(("country", "of"))
"""Keys of an entry that say what it is and are not languages."""


@dataclass(frozen=True, slots=True)
class PackEntry:
    """One entry. `lang` is the language of the items in which it is looked for; "" means all."""

    text: str
    lang: str


@dataclass(frozen=True, slots=True)
class Pack:
    """One pack. `links` are the words that join a noun to its actor, where they are not "by" and "from"."""

    name: str
    kind: PackKind
    parts: Mapping[Part, tuple[PackEntry, ...]]
    links: tuple[str, ...] = ()

    def part(self, part: Part) -> tuple[PackEntry, ...]:
        """The entries of one part. The `entries` of a stance are its verbs and nouns."""
        if part == "entries" and self.kind == "stance":
            return (*self.part("verbs"), *self.part("nouns"))
        return self.parts.get(part, ())


@cache
def pack_names() -> tuple[str, ...]:
    """The names of all packs."""
    return tuple(sorted(file.stem for file in _files()))


@cache
def load_pack(name: str) -> Pack:
    """The pack of that name, read when it is first needed. Raises KeyError for an unknown name."""
    if name not in pack_names():
        raise KeyError(name)
    data = _read(name)
    kind: PackKind = data["kind"]
    if kind == "names":
        parts: dict[Part, tuple[PackEntry, ...]] = {"entries": _entries(data["entries"])}
    else:
        parts = {part: _entries([data[part]]) for part in STANCE_PARTS if part in data}
    return Pack(name, kind, parts, tuple(data.get("links", ())))


@cache
def entries_by_subject(name: str) -> Mapping[str, tuple[PackEntry, ...]]:
    """The names of each country (its code) or body (its name without spaces), where the pack says whose they are."""
    data = _read(name)
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for group in data["entries"]:
        subject = group.get("country") or group.get("of")
        if subject:
            groups.setdefault(subject.replace(" ", ""), []).append(group)
    return {subject: _entries(its) for subject, its in groups.items()}


@cache
def packs_version() -> str:
    """Names the content of all packs: 12 hex digits that change with any of them."""
    digest = hashlib.blake2b(digest_size=6)
    for file in sorted(_files(), key=lambda one: one.name):
        data = file.read_bytes()
        digest.update(f"{file.name}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()


def _read(name: str) -> dict[str, Any]:
    data: dict[str, Any] = yaml.load((_FOLDER / f"{name}.yaml").read_bytes(), Loader=yaml.CBaseLoader)  # noqa: S506 - builds nothing but text: "on" is a word
    return data


def _files() -> Iterable[Path]:
    return _FOLDER.glob("*.yaml")


def _written_out(entry: str | Mapping[str, Any]) -> Iterator[str]:
    """The entries that one of the file stands for."""
    if isinstance(entry, str):
        yield entry
        return
    for words in product(*entry["chain"]):
        yield f" ~{entry['gap']} ".join(words)


def _entries(groups: Iterable[Mapping[str, Any]]) -> tuple[PackEntry, ...]:
    """Each entry once for each language. What is looked for everywhere is not repeated for one language."""
    found: dict[PackEntry, None] = {}
    for group in groups:
        for lang, texts in group.items():
            if lang not in _ABOUT:
                bound = "" if lang in ANYWHERE else lang
                found.update((PackEntry(text, bound), None) for one in texts for text in _written_out(one))
    everywhere = {entry.text for entry in found if not entry.lang}
    return tuple(entry for entry in found if not entry.lang or entry.text not in everywhere)
