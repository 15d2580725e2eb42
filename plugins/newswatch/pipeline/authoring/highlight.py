"""Matched words within a text, as pieces that a terminal, a log or a page can show. Pure."""

from __future__ import annotations

from collections.abc import Iterable

Piece = tuple[str, bool]
"""Some text, and whether it is marked."""


def pieces(text: str, ranges: Iterable[tuple[int, int]]) -> list[Piece]:
    """`text` cut at the (start, end) ranges to mark. Ranges may overlap and be in any order."""
    cut: list[Piece] = []
    position = 0
    for first, end in sorted(ranges):
        start = max(first, position)
        if start >= end:
            continue
        cut.append((text[position:start], False))
        cut.append((text[start:end], True))
        position = end
    cut.append((text[position:], False))
    return [piece for piece in cut if piece[0]]


def bracketed(line: Iterable[Piece]) -> str:
    """The pieces as plain text, with brackets around the marked ones."""
    return "".join(f"[{text}]" if marked else text for text, marked in line)


def one_line(text: str) -> str:
    """The text with a space for every line break and control character. Its offsets stay the same.

    So a feed's text can neither begin a line of its own in a log nor control a terminal.
    """
    return "".join(char if char.isprintable() else " " for char in text)
