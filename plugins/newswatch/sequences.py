"""What two sequences have in common, in order, also where both are long. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

_SMALL = 2_500
"""Pairs of elements that are compared one by one. Beyond that, what has nothing unique in common is different."""


class Block(NamedTuple):
    """`length` elements that are the same, from `first` on in the one and from `second` on in the other."""

    first: int
    second: int
    length: int


def common_blocks(one: Sequence[str], other: Sequence[str]) -> list[Block]:
    """What stays the same, in order; the last block is empty and at both ends.

    The common head and tail come first. Between them, elements that occur once on each side are anchors, and each gap
    between two anchors is treated likewise ("patience diff"). A long gap without anchors counts as different.
    """
    found: list[Block] = []
    gaps = [(0, len(one), 0, len(other))]
    while gaps:
        first, last, start, end = gaps.pop()
        left, right = one[first:last], other[start:end]
        head = _alike(left, right)
        left, right = left[head:], right[head:]
        tail = _alike(left[::-1], right[::-1])
        left, right = left[: len(left) - tail], right[: len(right) - tail]
        found += [Block(first, start, head), Block(last - tail, end - tail, tail)]
        inner = _inner(left, right)
        found += [
            Block(first + head + here, start + head + now, length) for here, now, length in inner.blocks
        ]
        gaps += [
            (first + head + here, first + head + there, start + head + now, start + head + then)
            for here, there, now, then in inner.gaps
        ]
    return [*_joined(sorted(block for block in found if block.length)), Block(len(one), len(other), 0)]


class _Inner(NamedTuple):
    blocks: list[Block]
    gaps: list[tuple[int, int, int, int]]
    """What is still to be compared: from, to in the one; from, to in the other."""


def _inner(one: Sequence[str], other: Sequence[str]) -> _Inner:
    """What is the same between a head and a tail."""
    if not one or not other:
        return _Inner([], [])
    anchors = _anchors(one, other)
    if not anchors:
        if len(one) * len(other) > _SMALL:
            return _Inner([], [])
        matcher = SequenceMatcher(None, one, other, autojunk=False)
        return _Inner([Block(*block) for block in matcher.get_matching_blocks()], [])
    blocks, gaps = [], []
    first = start = 0
    for here, now in anchors:
        if here >= first:  # or else it is in the block of an earlier anchor
            length = _alike(one, other, here, now)
            blocks.append(Block(here, now, length))
            gaps.append((first, here, start, now))
            first, start = here + length, now + length
    return _Inner(blocks, [*gaps, (first, len(one), start, len(other))])


def _alike(one: Sequence[str], other: Sequence[str], first: int = 0, second: int = 0) -> int:
    """How many elements are the same from there on. Slices are compared, since that is quick."""
    most = min(len(one) - first, len(other) - second)
    found, step = 0, 1
    while step and found < most:
        step = min(step, most - found)
        here, now = first + found, second + found
        if one[here : here + step] == other[now : now + step]:
            found, step = found + step, step * 2
        else:
            step //= 2
    return found


def _anchors(one: Sequence[str], other: Sequence[str]) -> list[tuple[int, int]]:
    """The places of elements that occur once on each side: the most that are in the same order on both."""
    places = _of_unique(other)
    pairs = [(at, places[element]) for element, at in _of_unique(one).items() if element in places]
    # The longest chain that rises on the other side too: `lowest` are the ends of the chains of each length.
    lowest: list[int] = []
    at_end: list[tuple[int, int]] = []
    before: dict[tuple[int, int], tuple[int, int] | None] = {}
    for pair in pairs:
        length = bisect_left(lowest, pair[1])
        lowest[length : length + 1], at_end[length : length + 1] = [pair[1]], [pair]
        before[pair] = at_end[length - 1] if length else None
    chain: list[tuple[int, int]] = []
    step = at_end[-1] if at_end else None
    while step is not None:
        chain.append(step)
        step = before[step]
    return chain[::-1]


def _of_unique(elements: Sequence[str]) -> dict[str, int]:
    """Where each element is that occurs once, in their order."""
    times = Counter(elements)
    return {element: at for at, element in enumerate(elements) if times[element] == 1}


def _joined(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks, where each that begins at the end of the one before is part of that."""
    held = Block(0, 0, 0)
    for block in blocks:
        if (held.first + held.length, held.second + held.length) == block[:2]:
            held = held._replace(length=held.length + block.length)
            continue
        if held.length:
            yield held
        held = block
    if held.length:
        yield held
