"""Matched words within a text, as pieces that a terminal, a log or a page can show. Pure."""

from __future__ import annotations

from collections.abc import Iterable

Piece = tuple[str, bool]
"""Some text, and whether it is to stand out."""


def pieces(text: str, ranges: Iterable[tuple[int, int]]) -> list[Piece]:
    """`text` cut at the (start, end) ranges to be marked; ranges may overlap and come in any order."""
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
    """The pieces as plain text, what is marked in brackets."""
    return "".join(f"[{text}]" if marked else text for text, marked in line)


def one_line(text: str) -> str:
    """The text with a space for every line break and control character; its offsets stay the same.

    What a feed wrote can so neither begin a line of its own in a log nor steer a terminal.
    """
    return "".join(char if char.isprintable() else " " for char in text)
