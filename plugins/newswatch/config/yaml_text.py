"""Changes of a YAML file's text by the places of its nodes: comments, order and style of all the rest stay.

Each change proposes texts, the least intrusive first. The first one that reads as exactly the wanted change is taken;
if none does, CannotEdit is raised and the caller keeps the old text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from newswatch.config.yaml_changes import (
    AddEntry,
    Change,
    Path,
    RemoveEntry,
    RemoveKey,
    ReplaceEntry,
    SetKey,
    changed,
    plain,
)
from newswatch.config.yaml_scalars import WIDTH, Value, block_lines, flow_value, respelled, scalar
from newswatch.config.yaml_tree import ListNode, MapNode, Node, Scalar, parse_document
from newswatch.errors import PermanentError

Piece = tuple[int, int]
"""From an offset to an offset of the file's text."""


class CannotEdit(PermanentError):
    """The text cannot be changed as wanted: the place is not there, or it has an unusual form."""


def edit_text(name: str, text: str, change: Change, order: Sequence[str] = ()) -> str:
    """The text after one change. `order` says where a new key is put among the others.

    Raises CannotEdit. The message begins with the file's `name`.
    """
    before = _read(name, text)
    try:
        wanted = changed(plain(before), change)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise CannotEdit(f"{name}: there is no {_shown(change)} that could be changed") from error
    for candidate in _texts(text, before, change, order):
        after = parse_document(name, candidate.encode("utf-8", "replace"))
        if not after.problems and after.root is not None and plain(after.root) == wanted:
            return candidate
    raise CannotEdit(f"{name}: {_shown(change)} has an unusual form: change it by hand")


def value_at(name: str, text: str, path: Path) -> Any:
    """The value at a path as texts, lists and dicts; None if it is not there. Raises CannotEdit for a broken file."""
    node = _find(_read(name, text), path)
    return None if node is None else plain(node)


def _read(name: str, text: str) -> Node:
    document = parse_document(name, text.encode("utf-8", "replace"))
    if document.problems or document.root is None:
        raise CannotEdit(f"correct this first (nothing was changed): {document.problems[0]}")
    return document.root


def _shown(change: Change) -> str:
    path = ".".join(map(str, change.path))
    entry = {RemoveEntry: "text", ReplaceEntry: "old"}.get(type(change))
    return f"{path}: {getattr(change, entry)!r}" if entry else path


# ── how it is written ─────────────────────────────────────────────────────────────────────────


def _texts(text: str, root: Node, change: Change, order: Sequence[str]) -> Iterator[str]:
    parent = _find(root, change.path[:-1])
    key = str(change.path[-1])
    if not isinstance(parent, MapNode):
        yield from _in_new_mapping(text, root, change, order)
        return
    node = {name.text: value for name, value in parent.entries}.get(key)
    if isinstance(change, RemoveKey):
        number = [name.text for name, _ in parent.entries].index(key)
        yield from _without(text, parent, number)
    elif node is None or (isinstance(node, Scalar) and not node.text and not node.style):
        value = change.value if isinstance(change, SetKey) else [getattr(change, "text", "")]
        yield from _with_key(text, parent, key, value, order, present=node is not None)
    elif isinstance(change, SetKey):
        yield from _with_value(text, parent, key, node, change.value)
    elif isinstance(node, ListNode):
        yield from _in_list(text, node, change)
    elif isinstance(node, Scalar):
        yield from _as_list(text, parent, key, node, change)


def _find(root: Node, path: Path) -> Node | None:
    node: Node | None = root
    for step in path:
        if isinstance(node, MapNode) and isinstance(step, str):
            node = {name.text: value for name, value in node.entries}.get(step)
        elif isinstance(node, ListNode) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        else:
            return None
    return node


def _in_new_mapping(text: str, root: Node, change: Change, order: Sequence[str]) -> Iterator[str]:
    """The mapping is missing, or its key has no value: it is written with the one key in it."""
    if isinstance(change, SetKey) and len(change.path) == 2 and isinstance(root, MapNode):
        top, key = map(str, change.path)
        present = any(name.text == top for name, _ in root.entries)
        yield from _with_key(text, root, top, {key: change.value}, order, present=present, spread=True)


def _with_key(
    text: str,
    parent: MapNode,
    key: str,
    value: Value,
    order: Sequence[str],
    *,
    present: bool,
    spread: bool = False,
) -> Iterator[str]:
    """A key that is not there, or has no value. `spread`: a mapping gets a line for each of its keys."""
    if parent.flow:
        row = f"{scalar(key, flow=True)}: {flow_value(value)}"
        pieces = _pieces(text, parent)
        before = [n for n, (name, _) in enumerate(parent.entries) if name.text == key]
        if before:
            yield _replaced(text, pieces[before[0]], row)
        elif pieces:
            at = pieces[_before(parent, key, order)][1] if _before(parent, key, order) >= 0 else pieces[-1][1]
            yield _replaced(text, (at, at), f", {row}")
        else:
            yield _replaced(text, (parent.start + 1, parent.end - 1), row)
        return
    indent = " " * (parent.entries[0][0].col - 1)
    rows = block_lines(key, value, indent)
    if spread and isinstance(value, Mapping):
        inner = [row for name, one in value.items() for row in block_lines(name, one, f"{indent}  ")]
        rows = [f"{indent}{key}:", *inner]
    newline = "\r\n" if "\r\n" in text else "\n"
    if present:
        name = next(name for name, _ in parent.entries if name.text == key)
        line = (name.start, _line_end(text, name.end))
        yield _replaced(text, line, newline.join(rows)[len(indent) :])
        return
    number = _before(parent, key, order)
    if number < 0 and order and key in order:
        first = parent.entries[0][0].start
        yield _replaced(text, (first, first), newline.join(rows)[len(indent) :] + newline + indent)
    after = _pieces(text, parent)[number if number >= 0 else -1]
    end = _line_end(text, after[1])
    yield _replaced(text, (end, end), newline + newline.join(rows))


def _before(parent: MapNode, key: str, order: Sequence[str]) -> int:
    """The number of the entry after which a new key is put; -1 if it comes before all that have a place."""
    if key not in order:
        return len(parent.entries) - 1
    earlier = order[: list(order).index(key)]
    return max((n for n, (name, _) in enumerate(parent.entries) if name.text in earlier), default=-1)


def _with_value(text: str, parent: MapNode, key: str, node: Node, value: Value) -> Iterator[str]:
    """Another value of a key."""
    if isinstance(node, Scalar) and isinstance(value, str):
        yield respelled(text, node, value)
    if isinstance(node, ListNode) and not isinstance(value, (str, Mapping)):
        yield from _with_entries(text, node, list(value))
    in_line = (
        flow_value(value) if parent.flow else scalar(value, flow=False) if isinstance(value, str) else None
    )
    if in_line is not None and not (isinstance(node, ListNode | MapNode) and not node.flow):
        yield _replaced(text, (node.start, node.end), in_line)
    number = [name.text for name, _ in parent.entries].index(key)
    piece = _pieces(text, parent)[number]
    indent = " " * (parent.entries[0][0].col - 1)
    newline = "\r\n" if "\r\n" in text else "\n"
    yield _replaced(text, piece, newline.join(block_lines(key, value, indent))[len(indent) :])


def _with_entries(text: str, node: ListNode, value: list[str]) -> Iterator[str]:
    """A list that keeps the texts it had, each where it is, and gets new ones at its end."""
    old = [one.text if isinstance(one, Scalar) else "" for one in node.items]
    kept = [one for one in old if one in value]
    if not kept or [*kept, *(one for one in value if one not in old)] != value:
        return
    added = [one for one in value if one not in old]
    longer = next(_added(text, node, added)) if added else text
    # From the end, so that the places before stay right.
    for number in reversed(range(len(old))):
        if old[number] not in value:
            longer = next(_without(longer, node, number), longer)
    yield longer


def _in_list(text: str, node: ListNode, change: AddEntry | RemoveEntry | ReplaceEntry) -> Iterator[str]:
    texts = [one.text if isinstance(one, Scalar) else None for one in node.items]
    if isinstance(change, AddEntry):
        yield from _added(text, node, [change.text])
    elif isinstance(change, RemoveEntry):
        yield from _without(text, node, texts.index(change.text))
    else:
        item = node.items[texts.index(change.old)]
        if node.flow:
            yield _replaced(
                text, (item.start, item.end), ", ".join(scalar(one, flow=True) for one in change.new)
            )
        else:
            joint = ("\r\n" if "\r\n" in text else "\n") + _dash(text, item)
            new = joint.join(scalar(one, flow=False) for one in change.new)
            yield _replaced(text, (item.start, item.end), new)


def _as_list(
    text: str, parent: MapNode, key: str, node: Scalar, change: AddEntry | RemoveEntry | ReplaceEntry
) -> Iterator[str]:
    """A single text, which may be written where a list may."""
    if isinstance(change, AddEntry):
        source = text[node.start : node.end]
        if node.style not in (">", "|") and "\n" not in source:
            yield _replaced(text, (node.start, node.end), f"[{source}, {scalar(change.text, flow=True)}]")
        yield from _with_value(text, parent, key, node, [node.text.rstrip(), change.text])
    elif isinstance(change, ReplaceEntry):
        value: Value = change.new[0] if len(change.new) == 1 else list(change.new)
        yield from _with_value(text, parent, key, node, value)


def _added(text: str, node: ListNode, texts: Sequence[str]) -> Iterator[str]:
    if not node.items:
        yield _replaced(
            text, (node.start + 1, node.end - 1), ", ".join(scalar(one, flow=True) for one in texts)
        )
        return
    last = node.items[-1]
    newline = "\r\n" if "\r\n" in text else "\n"
    if not node.flow:
        rows = newline.join(_dash(text, last) + scalar(one, flow=False) for one in texts)
        end = _line_end(text, last.end)
        yield _replaced(text, (end, end), newline + rows)
        return
    written = ", ".join(scalar(one, flow=True) for one in texts)
    line = text[text.rfind("\n", 0, last.end) + 1 : _line_end(text, last.end)]
    if len(line) + len(written) + 2 > WIDTH and "\n" in text[node.start : last.start]:
        indent = line[: len(line) - len(line.lstrip())]
        yield _replaced(text, (last.end, last.end), f",{newline}{indent}{written}")
    yield _replaced(text, (last.end, last.end), f", {written}")


def _without(text: str, node: ListNode | MapNode, number: int) -> Iterator[str]:
    """Without one entry of a list or mapping."""
    pieces = _pieces(text, node)
    if len(pieces) == 1:
        return
    here = pieces[number]
    if not node.flow:
        yield from _without_lines(text, node, pieces, number)
        return
    gaps = []
    if number:
        gaps.append((pieces[number - 1][1], here[1]))
    if number + 1 < len(pieces):
        gaps.append((here[0], pieces[number + 1][0]))
    line = text.rfind("\n", 0, here[0]) + 1, _next_line(text, here[1])
    if not (text[line[0] : here[0]] + text[here[1] : line[1]]).strip(" \t\r\n,"):
        gaps.append(line)
    gaps.append(here)  # a comma at the end does no harm
    # A comment is kept if there is a way to keep it.
    for gap in sorted(gaps, key=lambda gap: "#" in text[gap[0] : here[0]] + text[here[1] : gap[1]]):
        yield _replaced(text, gap, "")


def _without_lines(
    text: str, node: ListNode | MapNode, pieces: Sequence[Piece], number: int
) -> Iterator[str]:
    start, end = pieces[number]
    begin = text.rfind("\n", 0, start) + 1
    after = _next_line(text, end)
    if isinstance(node, ListNode):
        begin = text.rfind("\n", 0, text.rfind("-", 0, start)) + 1
    own_line = not text[begin:start].strip().strip("-").strip()
    first_after_dash = isinstance(node, MapNode) and bool(text[begin:start].strip())
    if own_line and not first_after_dash:
        yield _replaced(text, (begin, after), "")
    elif number + 1 < len(pieces):
        yield _replaced(text, (start, pieces[number + 1][0]), "")


def _pieces(text: str, node: ListNode | MapNode) -> list[Piece]:
    """Where each entry is: from its key, or its own start, to the end of its value."""
    if isinstance(node, ListNode):
        return [(one.start, one.end) for one in node.items]
    return [(key.start, _value_end(text, key, value)) for key, value in node.entries]


_ALIAS = re.compile(r"\s*:\s+\*[^\s,\]}]+")
_COLON = re.compile(r"\s*:")


def _value_end(text: str, key: Scalar, value: Node) -> int:
    if value.end > key.end:
        return value.end
    alias = _ALIAS.match(text, key.end) or _COLON.match(text, key.end)
    return alias.end() if alias else key.end


def _dash(text: str, item: Node) -> str:
    """What begins the line of an entry of a block: its indentation and dash."""
    dash = text.rfind("-", 0, item.start)
    return text[text.rfind("\n", 0, dash) + 1 : dash] + "- "


def _line_end(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    if end < 0:
        return len(text)
    return end - 1 if text[end - 1 : end] == "\r" and end > offset else end


def _next_line(text: str, offset: int) -> int:
    return text.find("\n", offset) + 1 or len(text)


def _replaced(text: str, piece: Piece, new: str) -> str:
    return text[: piece[0]] + new + text[piece[1] :]
