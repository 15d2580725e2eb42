"""Mappings with known keys. One table of keys both reads and describes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from newswatch.config.kinds import Kind, Schema, did_you_mean, is_nothing
from newswatch.config.report import FileReport
from newswatch.config.word_lists import Change
from newswatch.config.yaml_tree import MapNode, Node, Scalar


@dataclass(frozen=True)
class Key:
    """One key of a record: its kind, its meaning, and what to say when it is needed and missing."""

    name: str
    kind: Kind
    about: str
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """A value that was read, the node it came from, and the key before it."""

    value: Any
    node: Node
    name: Scalar


@dataclass(frozen=True, slots=True)
class CheckedMapping:
    """The values of a mapping. `sound` is False if anything in it has an error."""

    node: Node
    givens: Mapping[str, Given]
    sound: bool

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a key, or the default if the key is absent or has an error."""
        given = self.givens.get(name)
        return default if given is None else given.value

    def node_of(self, name: str) -> Node:
        """The node of the key's value, or of the mapping if the key is absent."""
        given = self.givens.get(name)
        return self.node if given is None else given.node


@dataclass(frozen=True)
class Record:
    """A mapping with the keys of a table."""

    name: str
    keys: tuple[Key, ...]
    either: tuple[str, ...] = ()
    """Keys of which exactly one is needed. The reader of the record reports it; editors know it from the schema."""

    @cached_property
    def by_name(self) -> Mapping[str, Key]:
        """The keys by name."""
        return {key.name: key for key in self.keys}

    def read(self, node: Node, label: str, report: FileReport) -> CheckedMapping | None:
        """The values that could be read. Keys that are unknown, missing or wrong are reported and left out."""
        errors = report.errors
        entries = self._entries(node, label, report)
        if entries is None:
            return None
        givens: dict[str, Given] = {}
        meant: set[str] = set()
        prefix = self._prefix(entries, label)
        for name, value in entries:
            key = self.by_name.get(name.text)
            meant.add(self._unknown(name, prefix, report) if key is None else name.text)
            given = None if key is None else self._given(key, name, value, prefix, report)
            if given is not None:
                givens[name.text] = given
        for key in self.keys:
            if key.missing is not None and key.name not in meant:
                report.error(node, f"{prefix}{key.missing}")
        return CheckedMapping(node, givens, sound=report.errors == errors)

    def _entries(self, node: Node, label: str, report: FileReport) -> Sequence[tuple[Scalar, Node]] | None:
        if isinstance(node, MapNode):
            return node.entries
        if is_nothing(node) and all(key.missing is None for key in self.keys):
            return ()
        names = ", ".join(key.name for key in self.keys)
        report.error(node, f"{label or 'this file'}: expected a mapping with the keys {names}")
        return None

    def _given(self, key: Key, name: Scalar, node: Node, prefix: str, report: FileReport) -> Given | None:
        if is_nothing(node):  # an empty value has no place of its own, so the place of its key is reported
            node = Scalar("", "", name.start, name.end, name.line, name.col)
        value = key.kind.read(node, f"{prefix}{key.name}", report)
        if value is None:
            return None
        return Given(value, node, name)

    def _unknown(self, name: Scalar, prefix: str, report: FileReport) -> str:
        """FileReport an unknown key. Returns the key that was probably meant."""
        if name.text == "<<":
            report.error(name, f"{prefix}YAML merge keys (<<) are not read: write the keys out")
            return name.text
        guess = did_you_mean(name.text, tuple(self.by_name))
        known = "" if guess else f"; known are {', '.join(self.by_name)}"
        report.error(name, f"{prefix}unknown key {name.text!r}{guess}{known}")
        return guess.split("'")[1] if guess else name.text

    def _prefix(self, entries: Sequence[tuple[Scalar, Node]], label: str) -> str:
        """How messages begin: `rule 'x': ` if there is an id, else the label of the record."""
        for name, value in entries:
            if name.text == "id" and isinstance(value, Scalar) and value.text:
                return f"{self.name} {value.text[:60]!r}: "
        return f"{label}: " if label else ""

    def schema(self) -> Schema:
        """An object with these keys and no others."""
        form: Schema = {
            "type": "object",
            "additionalProperties": False,
            "properties": {key.name: {"description": key.about, **key.kind.schema()} for key in self.keys},
        }
        if self.either:
            form["oneOf"] = [{"required": [name]} for name in self.either]
        required = [key.name for key in self.keys if key.missing is not None]
        return {**form, "required": required} if required else form


@dataclass(frozen=True)
class Short:
    """A record, or only the value of one of its keys."""

    record: Record
    name: str

    @property
    def _kind(self) -> Kind:
        return self.record.by_name[self.name].kind

    def read(self, node: Node, label: str, report: FileReport) -> CheckedMapping | None:
        """The record's values; see `Record.read`."""
        if not isinstance(node, Scalar):
            return self.record.read(node, label, report)
        value = self._kind.read(node, label, report)
        return (
            None if value is None else CheckedMapping(node, {self.name: Given(value, node, node)}, sound=True)
        )

    def schema(self) -> Schema:
        """Either of both."""
        return {"anyOf": [self._kind.schema(), self.record.schema()]}


@dataclass(frozen=True)
class Named:
    """A mapping from any names to one kind, such as `lists`."""

    name_pattern: Kind
    kind: Kind

    def read(self, node: Node, label: str, report: FileReport) -> dict[str, Given] | None:
        """The values by name. A value with an error is None."""
        if is_nothing(node):
            return {}
        if not isinstance(node, MapNode):
            report.error(node, f"{label}: expected a mapping from names to lists")
            return None
        found: dict[str, Given] = {}
        for name, value_node in node.entries:
            if self.name_pattern.read(name, label, report) is None:
                continue
            errors = report.errors
            value = self.kind.read(value_node, f"list {name.text!r}", report)
            if isinstance(value, Change):
                value = self._changed(value, name, report)
            found[name.text] = Given(value if report.errors == errors else None, value_node, name)
        return found

    def _changed(self, change: Change, name: Scalar, report: FileReport) -> tuple[str, ...] | None:
        try:
            return change.entries(name.text)
        except ValueError as error:
            report.error(name, f"list {name.text!r}: {error}")
            return None

    def schema(self) -> Schema:
        """An object with any names of the right form."""
        form = self.name_pattern.schema()
        return {"type": "object", "propertyNames": form, "additionalProperties": self.kind.schema()}
