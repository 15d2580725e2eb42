"""The matched words in their context: which pieces of an item an alert shows. Pure.

A title that matched is shown whole. Other fields are cut to the sentences around the matched
words, or at words where a sentence is too long.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import get_args

from newswatch.document import BLOCK_SEPARATOR
from newswatch.models import Excerpt, Item, Match, Role, Span, TextField

MAX_EXCERPTS = 3
MAX_CHARS = 240
_MAX_PLACES = 300
"""Most matches looked at in one field: a text that repeats one word must not slow everything down."""

_ELLIPSIS = "…"
_FIELDS: tuple[TextField, ...] = get_args(TextField)
_SENTENCE_END = re.compile(r"(?<=\w{3})[.!?…]+[\"'»”’)\]]*\s+(?![^\W\d_A-ZА-Я])|[。！？]")
"""A full stop after a word of three or more letters (so not after U.S. or No.), not followed by a small letter."""

_STOPS = (*'.!?…。！？\n"”»)',)

_Range = tuple[int, int]


def excerpts_for(item: Item, spans: Iterable[Span]) -> tuple[Excerpt, ...]:
    """At most three excerpts for these spans: the title first, then in reading order.

    If more places matched, those with the most different matched words are kept. Spans outside
    the text (for example of another revision) are clipped or left out.
    """
    by_field: dict[TextField, list[_Range]] = {}
    for span in sorted(spans):
        by_field.setdefault(span.field, []).append((span.start, span.end))
    found: list[Excerpt] = []
    for name in _FIELDS:
        text = item.text(name)
        ranges = _clipped(by_field.get(name, ()), len(text))[:_MAX_PLACES]
        if ranges and name == "title":
            found.append(Excerpt(name, text, tuple(ranges)))
        elif ranges:
            found += [_excerpt(name, text, window, ranges) for window in _windows(text, ranges)]
    return _best(found)


def spoken(item: Item, match: Match) -> tuple[tuple[Role, str], ...]:
    """Who does what in the item's own words, in the order of the text; empty where the rule is not an event."""
    return tuple(
        (part.role, item.text(part.span.field)[part.span.start : part.span.end]) for part in match.event
    )


def _clipped(ranges: Iterable[_Range], size: int) -> list[_Range]:
    """Sorted, within the text, overlapping ones merged."""
    done: list[_Range] = []
    for start, end in sorted((max(0, s), min(e, size)) for s, e in ranges):
        if start >= end:
            continue
        if done and start < done[-1][1]:
            done[-1] = (done[-1][0], max(end, done[-1][1]))
        else:
            done.append((start, end))
    return done


def _windows(text: str, ranges: Sequence[_Range]) -> list[_Range]:
    """The pieces of `text` to show: each within one block, none overlapping another."""
    windows: list[_Range] = []
    rest = list(ranges)
    while rest:
        block = _block(text, rest[0])
        cluster = _cluster(rest, block)
        floor = max(block[0], windows[-1][1] if windows else 0)
        window = _grown(text, (cluster[0][0], cluster[-1][1]), (floor, block[1]))
        windows.append(window)
        rest = [one for one in rest if one[0] >= window[1]]
    return windows


def _block(text: str, first: _Range) -> _Range:
    start = text.rfind(BLOCK_SEPARATOR, 0, first[0])
    end = text.find(BLOCK_SEPARATOR, first[1])
    return (0 if start < 0 else start + len(BLOCK_SEPARATOR), len(text) if end < 0 else end)


def _cluster(ranges: Sequence[_Range], block: _Range) -> list[_Range]:
    """The first range and those that fit with it into one excerpt."""
    limit = min(block[1], ranges[0][0] + MAX_CHARS)
    return [one for n, one in enumerate(ranges) if n == 0 or one[1] <= limit]


def _grown(text: str, core: _Range, bounds: _Range) -> _Range:
    """`core` widened to whole sentences while they fit, else to the words around it."""
    start, end = core
    if end - start >= MAX_CHARS:
        return (start, start + MAX_CHARS)
    bounds = (max(bounds[0], start - MAX_CHARS), min(bounds[1], end + MAX_CHARS))  # no sentence beyond fits
    stops = [match.end() for match in _SENTENCE_END.finditer(text, *bounds)]
    left = max([bounds[0], *(stop for stop in stops if stop <= start)])
    right = min([bounds[1], *(stop for stop in stops if stop >= end)])
    if right - left <= MAX_CHARS:
        return _with_neighbour(left, right, stops, bounds)
    return _by_words(text, core, (left, right))


def _with_neighbour(left: int, right: int, stops: Sequence[int], bounds: _Range) -> _Range:
    """The sentence and the one before it, when both fit: it often says what "it" refers to."""
    before = max([bounds[0], *(stop for stop in stops if stop < left)])
    return (before if right - before <= MAX_CHARS else left, right)


def _by_words(text: str, core: _Range, bounds: _Range) -> _Range:
    spare = MAX_CHARS - (core[1] - core[0])
    left = max(bounds[0], core[0] - spare // 2)
    right = min(bounds[1], left + MAX_CHARS)
    left = max(bounds[0], right - MAX_CHARS)
    if left > bounds[0]:
        space = text.find(" ", left, core[0])
        left = left if space < 0 else space + 1
    if right < bounds[1]:
        space = text.rfind(" ", core[1], right)
        right = right if space < 0 else space
    return (left, right)


def _excerpt(name: TextField, text: str, window: _Range, ranges: Sequence[_Range]) -> Excerpt:
    """The window as an excerpt, with … where a sentence was cut and marks moved to match."""
    start, end = window
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    piece = piece.strip()
    end = start + len(piece)
    prefix = f"{_ELLIPSIS} " if _cut(text[max(0, start - 9) : start]) else ""
    suffix = f" {_ELLIPSIS}" if text[end : end + 9].strip() and _cut(piece) and text[end] != "\n" else ""
    shift = len(prefix) - start
    inside = [(max(s, start) + shift, min(e, end) + shift) for s, e in ranges if s < end and e > start]
    return Excerpt(name, prefix + re.sub(r"\s", " ", piece) + suffix, tuple(inside))


def _cut(before: str) -> bool:
    """Whether a text that ends here ends within a sentence."""
    return bool(before.strip()) and not before.rstrip(" ").endswith(_STOPS)


def _best(found: Sequence[Excerpt]) -> tuple[Excerpt, ...]:
    if len(found) <= MAX_EXCERPTS:
        return tuple(found)

    def worth(n: int) -> tuple[bool, int, int]:
        excerpt = found[n]
        words = {excerpt.text[start:end].casefold() for start, end in excerpt.marks}
        return (excerpt.field != "title", -len(words), n)

    return tuple(found[n] for n in sorted(sorted(range(len(found)), key=worth)[:MAX_EXCERPTS]))
