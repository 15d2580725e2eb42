"""Two versions of a text as the lines that differ, with a few around them. Pure."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal

AROUND = 3


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line. `number` is its place in the new text, in the old one if it was removed; 0 for a gap."""

    kind: Literal["added", "removed", "same", "gap"]
    number: int
    text: str


def changed_lines(before: str, after: str) -> list[DiffLine]:
    """The lines that differ, with a few around them. Empty if nothing does."""
    old, new = before.splitlines(), after.splitlines()
    if before != after and old == new:
        old, new = [*old, "(line breaks)"], [*new, "(other line breaks)"]
    found: list[DiffLine] = []
    for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(AROUND):
        if found:
            found.append(DiffLine("gap", 0, ""))
        for kind, first, last, start, end in group:
            if kind == "equal":
                found += [DiffLine("same", start + n + 1, text) for n, text in enumerate(new[start:end])]
                continue
            found += [DiffLine("removed", first + n + 1, text) for n, text in enumerate(old[first:last])]
            found += [DiffLine("added", start + n + 1, text) for n, text in enumerate(new[start:end])]
    return found


def unified_lines(diff: str) -> list[DiffLine]:
    """The lines of a unified diff, without its heads and numbers."""
    kinds: dict[str, Literal["added", "removed", "same"]] = {"+": "added", "-": "removed", " ": "same"}
    body = [line for line in diff.splitlines() if not line.startswith(("--- ", "+++ ", "@@ "))]
    return [DiffLine(kinds[line[:1]], 0, line[1:]) for line in body if line[:1] in kinds]
