"""Which elements of a page repeat: groups of rows, each a possible list.

Elements with the same path form a group. Of groups with the same rows, nested in each other, only the
outermost is kept. Groups that seem to be parts of one list (two columns, a section a month, rows whose
classes alternate) are offered joined, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from newswatch.feeds.pages.outline import Node, Outline

_MIN_ROWS = 2
MAX_ROWS = 2_000
_SAMPLE = 5
_ALIKE = 0.6
_MAX_ROW_NODES = 400
"""A row with more elements is a part of the page, not a row of a list with other parts."""
_TELLING = 5
"""Rows with so many elements are recognised by their structure wherever they are."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Rows of one pattern, in document order. `joined` is the number of groups that it consists of."""

    rows: tuple[Node, ...]
    joined: int = 1


def groups_of(outline: Outline) -> list[Group]:
    """The groups of rows that contain links, the outermost of each."""
    by_path: dict[int, list[Node]] = {}
    for node in outline.nodes:
        by_path.setdefault(node.path, []).append(node)
    linked = _with_links(outline)
    kept = [rows for rows in by_path.values() if _is_outermost(rows, by_path)]
    single = [
        Group(tuple(rows[:MAX_ROWS])) for rows in kept if len(rows) >= _MIN_ROWS and _mostly(rows, linked)
    ]
    return single + list(_joined(outline, kept, linked))


def _with_links(outline: Outline) -> set[int]:
    """The indices of the nodes with a link inside."""
    found: set[int] = set()
    for index in outline.link_nodes:
        node: Node | None = outline.nodes[index]
        while node is not None and node.index not in found:
            found.add(node.index)
            node = node.parent
    return found


def _mostly(rows: list[Node], linked: set[int]) -> bool:
    return sum(1 for row in rows if row.index in linked) * 2 > len(rows)


def _is_outermost(rows: list[Node], by_path: dict[int, list[Node]]) -> bool:
    """Whether these are not the only rows of their kind, one in each row of a larger pattern."""
    parent = rows[0].parent
    if parent is None:
        return False
    if len(rows) == 1:
        return True
    around = by_path[parent.path]
    return len(around) != len(rows) or any(
        row.parent is not one for row, one in zip(rows, around, strict=True)
    )


def _joined(outline: Outline, kept: list[list[Node]], linked: set[int]) -> Iterator[Group]:
    """Groups with the same tags from the root and the same structure, joined."""
    families: dict[object, list[list[Node]]] = {}
    for rows in kept:
        if rows[0].end - rows[0].index <= _MAX_ROW_NODES and _mostly(rows, linked):
            families.setdefault(rows[0].tag, []).append(rows)
    for family in families.values():
        if len(family) < 2:
            continue
        shapes: dict[int, frozenset[int]] = {}
        clusters: list[list[list[Node]]] = []
        for rows in family:
            for members in clusters:
                if _is_same_kind(outline, rows, members[0], shapes):
                    members.append(rows)
                    break
            else:
                clusters.append([rows])
        for members in clusters:
            if len(members) > 1:
                rows = sorted((row for rows in members for row in rows), key=lambda row: row.index)
                yield Group(tuple(rows[:MAX_ROWS]), joined=len(members))


def _is_same_kind(
    outline: Outline, one: list[Node], other: list[Node], shapes: dict[int, frozenset[int]]
) -> bool:
    """Whether two groups with the same tag look like parts of one list. `shapes` keeps those of groups, by first row."""
    first, second = one[0], other[0]
    if first.clutter != second.clutter:
        return False
    same_place = first.tag_path == second.tag_path
    same_key = first.key == second.key
    if not same_key and not (same_place and first.parent is second.parent):
        return False
    mine, its = _shape(outline, one, shapes), _shape(outline, other, shapes)
    if len(mine & its) < _ALIKE * len(mine | its):
        return False
    # Plain rows say little: `li > a` is a menu as well. Only neighbours are parts of one list.
    return not same_key or len(mine) >= _TELLING or (same_place and _near(first) is _near(second))


def _shape(outline: Outline, rows: list[Node], shapes: dict[int, frozenset[int]]) -> frozenset[int]:
    """The labels in some of the rows."""
    shape = shapes.get(rows[0].index)
    if shape is None:
        shape = frozenset(label for row in rows[:_SAMPLE] for _, label in outline.labels_in(row))
        shapes[rows[0].index] = shape
    return shape


def _near(row: Node) -> Node | None:
    return row.parent.parent if row.parent else None
