"""The lists of a JSON document: arrays of objects, and what is the same in another form.

Objects below a name for each (`{"a1": {…}, "b2": {…}}`), columns (`{"title": […], "url": […]}`) and tables (arrays of arrays,
with or without a head) are rows too. A path joins names and places with dots; `*` is every element: `sections.*.items`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Row = dict[str, Any]

_MAX_NODES = 200_000
_MAX_DEPTH = 12
_MAX_PATHS = 4_000
_SAMPLE = 30
_MAX_ROWS = 20_000
_MIN_MAPPED = 3
_MAX_HEAD = 60
EVERY = "*"


def at(node: Any, path: str) -> Any:
    """What a path without `*` leads to, None for nothing. "" and "." are the node itself."""
    for name in _names(path):
        if isinstance(node, list) and name.isdecimal():
            node = node[int(name)] if len(name) < 6 and int(name) < len(node) else None
        else:
            node = node.get(name) if isinstance(node, dict) else None
    return node


def rows_at(document: Any, path: str) -> list[Row]:
    """The rows of the lists that a path leads to."""
    nodes = [document]
    for name in _names(path):
        if name == EVERY:
            nodes = [child for node in nodes for child in _children(node)][:_MAX_NODES]
        else:
            nodes = [child for node in nodes if (child := at(node, name)) is not None]
    return _rows_of_all(nodes)


def lists_in(document: Any) -> Iterator[tuple[str, list[Row]]]:
    """The paths of all lists in a document and their rows, the outer ones first."""
    level: dict[str, list[Any]] = {"": [document]}
    seen = 0
    for _ in range(_MAX_DEPTH):
        below: dict[str, list[Any]] = {}
        for path, nodes in level.items():
            rows = _rows_of_all(nodes)
            if rows:
                yield path or ".", rows
            for node in nodes:
                for name, child in _named_children(node):
                    seen += 1
                    if isinstance(child, dict | list) and len(below) < _MAX_PATHS:
                        below.setdefault(f"{path}.{name}" if path else name, []).append(child)
                if seen > _MAX_NODES:
                    return
        level = below


def _names(path: str) -> list[str]:
    return path.split(".") if path not in ("", ".") else []


def _children(node: Any) -> list[Any]:
    return list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []


def _named_children(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict) and not _is_map(node):
        # A name with a dot cannot be written in a path.
        yield from ((name, child) for name, child in node.items() if name and "." not in name)
    else:
        yield from ((EVERY, child) for child in _children(node))


def _rows_of_all(nodes: list[Any]) -> list[Row]:
    rows: list[Row] = []
    for node in nodes:
        rows += _rows_of(node)
        if len(rows) >= _MAX_ROWS:
            break
    return rows[:_MAX_ROWS]


def _rows_of(node: Any) -> list[Row]:
    if isinstance(node, list):
        rows = [one for one in node if isinstance(one, dict)]
        return rows or _table([one for one in node if isinstance(one, list)])
    if not isinstance(node, dict):
        return []
    if _is_map(node):
        return [one for one in node.values() if isinstance(one, dict)]
    return _columns(node)


def _is_map(node: dict[str, Any]) -> bool:
    """Whether an object has a row below each name: most values are objects, all with some names in common."""
    if len(node) < _MIN_MAPPED:
        return False
    objects = [one for one in list(node.values())[:_SAMPLE] if isinstance(one, dict)]
    if len(objects) * 10 < 9 * min(len(node), _SAMPLE):
        return False
    common = set(objects[0]).intersection(*objects[1:])
    return len(common) * 2 > len(objects[0])


def _table(lines: list[list[Any]]) -> list[Row]:
    """Arrays of arrays as rows. Names come from the first array if it has nothing but different short texts."""
    if len(lines) < 2 or any(isinstance(cell, dict | list) for cell in lines[0]):
        return []
    head = lines[0]
    named = (
        all(isinstance(cell, str) and cell and len(cell) < _MAX_HEAD and "." not in cell for cell in head)
        and len(set(head)) == len(head)
        and not any(char.isdigit() for cell in head for char in cell)
        and not any("/" in cell for cell in head)
    )
    names = head if named else [str(place) for place in range(len(head))]
    return [dict(zip(names, line, strict=False)) for line in (lines[1:] if named else lines)]


def _columns(node: dict[str, Any]) -> list[Row]:
    """An object of equally long arrays of values as rows."""
    columns = {
        name: cells
        for name, cells in node.items()
        if isinstance(cells, list) and len(cells) > 1 and not isinstance(cells[0], dict | list)
    }
    lengths = {len(cells) for cells in columns.values()}
    if len(columns) < 2 or len(lengths) != 1 or len(columns) * 2 <= len(node):
        return []
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
