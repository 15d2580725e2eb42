"""A YAML file as a tree of nodes that know their places. Every scalar is text.

Built from libyaml's events rather than its `compose`. `compose` recurses in C and crashes the process on some 100,000
opening brackets; the event parser does not. It is also eight times as fast, because it does not guess the type of
scalars. So `NO`, `on` and `22:00` stay what they are.

A file that cannot be parsed at all has no root, and one problem that says why.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from newswatch.config.yaml_faults import describe_fault
from newswatch.errors import Problem

MAX_BYTES = 5_000_000
MAX_DEPTH = 20
MAX_ALIASED_NODES = 10_000
"""How many nodes aliases may expand to in one file. Guards against expansion bombs."""


@dataclass(slots=True, eq=False)
class Scalar:
    """A text. `start` and `end` are offsets into the file's text; `line` and `col` count from 1.

    `style` is "" (plain), "'", '"', ">" or "|". A block (">", "|") ends before the line breaks after its last line.
    """

    text: str
    style: str
    start: int
    end: int
    line: int
    col: int


@dataclass(slots=True, eq=False)
class ListNode:
    """A YAML sequence, from `start` to `end` in the file's text. `flow`: it is written in brackets.

    A sequence that is not ends with its last item, before any comment after that.
    """

    line: int
    col: int
    start: int = 0
    end: int = 0
    flow: bool = False
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class MapNode:
    """A YAML mapping in file order, each key once. `start`, `end` and `flow` are those of a ListNode, with braces."""

    line: int
    col: int
    start: int = 0
    end: int = 0
    flow: bool = False
    entries: list[tuple[Scalar, Node]] = field(default_factory=list)


Node = Scalar | ListNode | MapNode


@dataclass(slots=True)
class Document:
    """One file: its name in messages, its text, its root (None if unreadable), and its problems."""

    file: str
    text: str = ""
    root: Node | None = None
    problems: list[Problem] = field(default_factory=list)


def read_document(path: Path) -> Document:
    """Read and parse one file. Never raises because of a file's content: that gives a problem."""
    data = read_data(path)
    return data if isinstance(data, Document) else parse_document(str(path), data)


def read_data(path: Path) -> bytes | Document:
    """The bytes of one file, or a document without root and with a problem if they cannot be read."""
    name = str(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            message = (
                f"the file is over {MAX_BYTES // 1_000_000} MB: split it, e.g. into files below watchlist.d/"
            )
            return Document(name, problems=[Problem(name, 1, 1, message)])
        return path.read_bytes()
    except FileNotFoundError:
        return Document(name, problems=[Problem(name, 1, 1, "the file is missing: create it")])
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return Document(name, problems=[Problem(name, 1, 1, f"the file cannot be read: {reason}")])


def parse_document(name: str, data: bytes) -> Document:
    """Parse the bytes of one file; see `read_document`."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", "replace")
        line, col = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        message = f"byte 0x{data[error.start]:02x} is not UTF-8: save the file as UTF-8"
        return Document(name, problems=[Problem(name, line, col, message)])
    document = Document(name, text)
    builder = _Builder(document)
    try:
        builder.run()
    except yaml.YAMLError as error:
        line, col, message = describe_fault(error, text)
        document.root = None
        document.problems.append(Problem(name, line, col, message))
    except _Stop:
        document.root = None
    else:
        if builder.is_empty():
            document.root = None
            document.problems.append(Problem(name, 1, 1, "the file is empty"))
    return document


class _Stop(Exception):
    """The tree is refused. The problem has been recorded."""


@dataclass(slots=True)
class _Frame:
    """A collection being filled: its node and, within a mapping, the key that waits for a value."""

    node: ListNode | MapNode
    anchor: str | None
    size_before: int
    key: Scalar | None = None
    in_value: bool = False
    keys: dict[str, Scalar] = field(default_factory=dict)


class _Builder:
    """Turns libyaml's events into nodes, without recursion."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._frames: list[_Frame] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._size = 0
        self._aliased = 0
        self._documents = 0
        self._last_end = 0

    def run(self) -> None:
        handlers = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._open,
            yaml.SequenceStartEvent: self._open,
            yaml.MappingEndEvent: self._close,
            yaml.SequenceEndEvent: self._close,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._begin,
        }
        for event in yaml.parse(self._document.text, Loader=yaml.CBaseLoader):
            handler = handlers.get(type(event))
            if handler is not None:
                handler(event)

    def is_empty(self) -> bool:
        root = self._document.root
        return root is None or (isinstance(root, Scalar) and not root.text and not root.style)

    def _begin(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            self._problem(event, "a second YAML document starts here (---): one file holds one document")
            raise _Stop

    def _scalar(self, event: Any) -> None:
        start, end = event.start_mark, event.end_mark
        style = event.style or ""
        last = end.index
        if style in (">", "|"):
            last = start.index + len(self._document.text[start.index : last].rstrip())
        node = Scalar(event.value, style, start.index, last, start.line + 1, start.column + 1)
        self._size += 1
        self._last_end = last
        if event.tag is not None:
            self._refuse_tag(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = (node, 1)
        self._add(node)

    def _open(self, event: Any) -> None:
        if len(self._frames) >= MAX_DEPTH:
            self._problem(event, f"nested more than {MAX_DEPTH} levels deep")
            raise _Stop
        if event.tag is not None:
            self._refuse_tag(event)
        mark = event.start_mark
        kind = MapNode if isinstance(event, yaml.MappingStartEvent) else ListNode
        self._size += 1
        node = kind(mark.line + 1, mark.column + 1, mark.index, flow=bool(event.flow_style))
        self._frames.append(_Frame(node, event.anchor, self._size))

    def _close(self, event: Any) -> None:
        frame = self._frames.pop()
        if frame.node.flow:
            self._last_end = event.end_mark.index
        # libyaml ends a block only where the next token begins, after comments and blank lines.
        frame.node.end = self._last_end
        if frame.anchor is not None:
            self._anchors[frame.anchor] = (frame.node, self._size - frame.size_before + 1)
        self._add(frame.node)

    def _alias(self, event: Any) -> None:
        found = self._anchors.get(event.anchor)
        if found is None:
            self._problem(
                event, f"*{event.anchor} refers to no anchor above: a value that starts with * needs quotes"
            )
            raise _Stop
        node, size = found
        self._size += size
        self._aliased += size
        self._last_end = event.end_mark.index
        if self._aliased > MAX_ALIASED_NODES:
            self._problem(event, f"aliases expand to more than {MAX_ALIASED_NODES:,} values: write them out")
            raise _Stop
        self._add(node)

    def _add(self, node: Node) -> None:
        if not self._frames:
            self._document.root = node
            return
        frame = self._frames[-1]
        if isinstance(frame.node, ListNode):
            frame.node.items.append(node)
        elif not frame.in_value:
            frame.key = self._key(frame, node)
            frame.in_value = True
        else:
            if frame.key is not None:
                frame.node.entries.append((frame.key, node))
            frame.in_value = False

    def _key(self, frame: _Frame, node: Node) -> Scalar | None:
        """The key if it can be used, else None: then its value is left out."""
        if not isinstance(node, Scalar):
            self._problem(node, "a key must be a plain word; text with [ ] or { } needs quotes")
            return None
        first = frame.keys.setdefault(node.text, node)
        if first is not node:
            self._problem(
                node, f"the key {node.text!r} is here for the second time; the first is in line {first.line}"
            )
            return None
        return node

    def _refuse_tag(self, event: Any) -> None:
        self._problem(
            event, f"YAML tags are not used here: remove {event.tag.removeprefix('tag:yaml.org,2002:')!r}"
        )

    def _problem(self, where: Any, message: str) -> None:
        if isinstance(where, Scalar | ListNode | MapNode):
            line, col = where.line, where.col
        else:
            line, col = where.start_mark.line + 1, where.start_mark.column + 1
        self._document.problems.append(Problem(self._document.file, line, col, message))
