"""What a list looks like, kept with its source, so that the next poll finds the same list again.

A fingerprint has names and structure only: no positions, no class names with digits. It survives new items, another
order, advertisements between rows and most changes around the list. A redesign does not keep it; then the
items that both lists share say that it is the same list.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from newswatch.feeds.pages.outline import Node, Outline
from newswatch.feeds.pages.patterns import Group

_SAMPLE = 8
_NOT_PLAIN = re.compile(r"[^\w.-]")
_MAX_PLACES = 24
_MAX_PLACE_CHARS = 120
_AROUND = 2


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The pattern of a list.

    `row` is the kind of element that a row is (`li.news-item`), `around` are the two elements around it, from the
    inside out, and `inside` is what most rows have inside (`div>h2>a`).
    """

    row: str
    around: tuple[str, ...]
    inside: tuple[str, ...]

    def likeness(self, other: Fingerprint) -> float:
        """How alike two patterns are, from 0 to 1."""
        mine, its = set(self.inside), set(other.inside)
        inside = len(mine & its) / len(mine | its) if mine | its else 1.0
        around = sum(a == b for a, b in zip(self.around, other.around, strict=False)) / _AROUND
        return 0.55 * inside + 0.25 * (self.row == other.row) + 0.2 * around


def fingerprint_of(outline: Outline, group: Group) -> Fingerprint:
    """The fingerprint of a group of rows."""
    rows = group.rows[:_SAMPLE]
    counts: dict[str, int] = {}
    for row in rows:
        for place in _places(outline, row):
            counts[place] = counts.get(place, 0) + 1
    common = sorted(place for place, count in counts.items() if count * 2 > len(rows))
    return Fingerprint(kind_of_row(rows[0]), _around(rows[0]), tuple(common[:_MAX_PLACES]))


def selectors_of(pattern: Fingerprint) -> tuple[str, ...]:
    """CSS selectors that may find the rows of a pattern, the most robust first; none for a list in a page's data."""
    if not pattern.inside and not pattern.around:
        return ()
    names = [_css(one) for one in (pattern.row, *pattern.around)]
    tags = [one.partition(".")[0] for one in (pattern.row, *pattern.around)]
    chains = [names[:2], names[:1], names, [names[0], *tags[1:]], tags[:2], tags]
    return tuple(" > ".join(reversed(chain)) for chain in chains)


def _css(kind: str) -> str:
    """`li.a.md:b` as a selector, special characters escaped."""
    return _NOT_PLAIN.sub(lambda char: "\\" + char[0], kind)


def _places(outline: Outline, row: Node) -> Collection[str]:
    paths = {row.index: ""}
    for node in outline.nodes[row.index + 1 : row.end]:
        above = paths[node.parent.index] if node.parent else ""
        paths[node.index] = f"{above}>{node.tag}"[:_MAX_PLACE_CHARS]
    return {path for path in paths.values() if path}


def kind_of_row(node: Node) -> str:
    """What kind of element a row is: its tag, and the class names that it shares with its siblings."""
    # The number of a table's column is a position.
    return node.key.partition(":")[0][:_MAX_PLACE_CHARS]


def _around(node: Node) -> tuple[str, ...]:
    found: list[str] = []
    while node.parent is not None and len(found) < _AROUND:
        node = node.parent
        found.append(kind_of_row(node))
    return tuple(found)
