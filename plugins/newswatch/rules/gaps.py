"""Phrases with gaps: the pieces between the gaps, and how their places become the places of the phrase."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import pairwise

Piece = tuple[int, int]
"""Words side by side: the first token and the token after the last, numbered through the item."""

Hit = Piece | tuple[int, int, tuple[Piece, ...]]
"""A place of a term: its first token, the token after its last, and its pieces where there are several."""


def pieces(hit: Hit) -> tuple[Piece, ...]:
    """The words of a hit without those in its gaps, in the order of the text."""
    return hit[2] if len(hit) == 3 else (hit,)


def extent(hit: Hit) -> Piece:
    """A hit with its gaps."""
    return hit[0], hit[1]


def ranges(gaps: Sequence[int]) -> list[tuple[int, int]]:
    """The pieces of a phrase as ranges of its words. `gaps` has the gap before each word."""
    return list(pairwise([0, *(at for at, gap in enumerate(gaps) if gap and at), len(gaps)]))


def chain(
    firsts: Sequence[Piece],
    rest: Sequence[tuple[int, Sequence[Piece]]],
    same_block: Callable[[int, int], bool],
) -> list[Hit]:
    """The places of a phrase, given those of its pieces in order; `rest` has the gap before each piece.

    Each place of the first piece counts once, with the nearest places of the others that complete the phrase.
    """
    steps: list[tuple[int, Sequence[Piece]]] = [(0, firsts), *rest]
    tails: list[tuple[Piece, ...]] = [(piece,) for piece in steps[-1][1]]
    for (_, places), (gap, _) in reversed(list(pairwise(steps))):
        starts = [tail[0][0] for tail in tails]
        longer: list[tuple[Piece, ...]] = []
        for piece in places:
            at = bisect_left(starts, piece[1])
            if at < len(starts) and starts[at] - piece[1] <= gap and same_block(piece[1], starts[at]):
                longer.append((piece, *tails[at]))
        tails = longer
    return [(tail[0][0], tail[-1][1], tail) for tail in tails]
