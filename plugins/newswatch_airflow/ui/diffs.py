"""Two versions of a text as the lines that differ, with a few around them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from newswatch.sequences import Block, common_blocks

AROUND = 3
MOST_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line. `number` is its place in the new text, in the old one if it was removed; 0 for a gap."""

    kind: Literal["added", "removed", "same", "gap"]
    number: int
    text: str


def changed_lines(before: str, after: str) -> list[DiffLine]:
    """The lines that differ, with a few around them. Empty if nothing does. Of very many, the first `MOST_ROWS`."""
    old, new = before.splitlines(), after.splitlines()
    if before != after and old == new:
        old, new = [*old, "(line breaks)"], [*new, "(other line breaks)"]
    if old == new:
        return []
    rows = list(_rows(old, new))
    if len(rows) > MOST_ROWS:
        rows[MOST_ROWS:] = [DiffLine("gap", 0, f"{len(rows) - MOST_ROWS:,} more lines")]
    return rows


def _rows(old: list[str], new: list[str]) -> Iterator[DiffLine]:
    past = Block(0, 0, 0)
    ends = (len(old), len(new))
    for block in common_blocks(old, new):
        yield from (DiffLine("removed", n + 1, old[n]) for n in range(past.first + past.length, block.first))
        yield from (DiffLine("added", n + 1, new[n]) for n in range(past.second + past.length, block.second))
        is_last = (block.first + block.length, block.second + block.length) == ends
        yield from _around(new, block, is_first=block[:2] == (0, 0), is_last=is_last)
        past = block


def _around(new: list[str], block: Block, *, is_first: bool, is_last: bool) -> Iterator[DiffLine]:
    """The lines of a block that are near a change."""
    same = [DiffLine("same", n + 1, new[n]) for n in range(block.second, block.second + block.length)]
    if is_first or is_last:
        yield from same[-AROUND:] if is_first else same[:AROUND]
    elif len(same) <= 2 * AROUND:
        yield from same
    else:
        yield from same[:AROUND]
        yield DiffLine("gap", 0, "")
        yield from same[-AROUND:]


def unified_lines(diff: str) -> list[DiffLine]:
    """The lines of a unified diff, without its heads and numbers."""
    kinds: dict[str, Literal["added", "removed", "same"]] = {"+": "added", "-": "removed", " ": "same"}
    body = [line for line in diff.splitlines() if not line.startswith(("--- ", "+++ ", "@@ "))]
    return [DiffLine(kinds[line[:1]], 0, line[1:]) for line in body if line[:1] in kinds]
