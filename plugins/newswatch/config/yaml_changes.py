"""The changes that a YAML file's text can be given, and what the file says after each. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from newswatch.config.yaml_scalars import Value
from newswatch.config.yaml_tree import ListNode, Node, Scalar

Path = tuple[str | int, ...]
"""Keys and places in lists, from the root."""


@dataclass(frozen=True, slots=True)
class SetKey:
    """Give a key a value. Its mapping must be there, except at the top; the key need not be."""

    path: Path
    value: Value


@dataclass(frozen=True, slots=True)
class RemoveKey:
    """Remove a key with its value."""

    path: Path


@dataclass(frozen=True, slots=True)
class AddEntry:
    """Add a text to the end of a list. A single text becomes a list; a missing key gets a list."""

    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class RemoveEntry:
    """Remove a text from a list that has others too."""

    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class ReplaceEntry:
    """Write other texts in place of one of a list, or of a single text."""

    path: Path
    old: str
    new: tuple[str, ...]


Change = SetKey | RemoveKey | AddEntry | RemoveEntry | ReplaceEntry


def plain(node: Node) -> Any:
    """What a node says: texts, lists and dicts."""
    if isinstance(node, Scalar):
        return node.text.rstrip() if node.style in (">", "|") else node.text
    if isinstance(node, ListNode):
        return [plain(one) for one in node.items]
    return {key.text: plain(value) for key, value in node.entries}


def _value(value: Value) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {key: _value(one) for key, one in value.items()}
    return list(value)


def changed(root: Any, change: Change) -> Any:
    """What the file says after the change; `root` is changed. Raises KeyError, IndexError, TypeError or ValueError."""
    parent = root
    for step in change.path[:-1]:
        if parent is root and step not in parent:
            parent[step] = {}
        if parent[step] == "":
            parent[step] = {}
        parent = parent[step]
    key = change.path[-1]
    if not isinstance(parent, dict):
        raise TypeError(f"{key} is not a key of a mapping")
    if isinstance(change, SetKey):
        parent[key] = _value(change.value)
    elif isinstance(change, RemoveKey):
        del parent[key]
    else:
        parent[key] = _entries(parent.get(key, "") or [], change)
    return root


def _entries(old: Any, change: AddEntry | RemoveEntry | ReplaceEntry) -> Any:
    known = [old] if isinstance(old, str) else list(old)
    if isinstance(change, AddEntry):
        return [*known, change.text]
    if isinstance(change, RemoveEntry):
        if isinstance(old, str):
            raise TypeError("a single text is not removed: remove its key")
        known.remove(change.text)
        return known
    at = known.index(change.old)
    known[at : at + 1] = change.new
    return known[0] if isinstance(old, str) and len(known) == 1 else known
