"""Numbers with their nouns, as people read them. Pure."""

from __future__ import annotations


def quantity(number: int, one: str, many: str = "") -> str:
    """`1 feed`, `2 feeds`, `1,200 stories`. `many` is the plural; without it, `one` with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
