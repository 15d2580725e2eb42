"""One item as the matcher reads it: its tokens, the places of phrases, and their spans in the text."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import cached_property
from itertools import accumulate
from typing import TypeVar

from newswatch.models import Span, TextField
from newswatch.rules.fold import Origin, fold
from newswatch.rules.gaps import Hit, Piece, chain
from newswatch.rules.index import BLOCK, FIELD, Index, Needle, Touched
from newswatch.rules.nodes import TEXT_FIELDS
from newswatch.rules.sentences import ends_sentence
from newswatch.rules.tables import FIELD_BITS
from newswatch.rules.tokens import (
    BLOCK_BREAK,
    FIELD_BREAK,
    cased,
    raw_tokens,
    word_end,
)

AnyHit = TypeVar("AnyHit", bound=Hit)

_SINGLY = 2
"""So many words are looked up one by one. For more it is cheaper to place all words of the text."""

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")


def _blocks(text: str) -> str:
    """The text with block borders marked, of the same length."""
    if BLOCK_BREAK in text or FIELD_BREAK in text:
        text = text.replace(BLOCK_BREAK, " ").replace(FIELD_BREAK, " ")
    if "\n" not in text:
        return text
    return _BLANK_LINE.sub(lambda blank: BLOCK_BREAK + " " * (len(blank[0]) - 1), text)


class Scan:
    """The tokens of an item's text fields, in order. Expensive parts are computed when needed."""

    def __init__(self, texts: tuple[str, ...], index: Index) -> None:
        """`texts` are title, summary, body and, if any rule looks at it, author."""
        self.texts = texts
        self.index = index
        self._joined = FIELD_BREAK.join([_blocks(text) for text in texts])
        self.folded = fold(self._joined)
        self.raws = raw_tokens(self.folded)
        self.stream = index.stream(self.raws)
        self._hits: dict[int, list[Hit]] = {}
        self._set_hits: dict[int, list[Hit]] = {}
        self._spans: dict[Piece, Span] = {}
        self._starts: list[int] | None = None
        self._asked = 0

    def touched(self) -> Touched:
        """The rules that this item may match by a phrase."""
        return self.index.touched(self.stream, self.raws)

    # ── phrases ──────────────────────────────────────────────────────────────────────────────

    def phrase(self, number: int, bits: int) -> list[Hit]:
        """Every occurrence of a phrase in the fields of `bits`."""
        hits = self._hits.get(number)
        if hits is None:
            hits = self._hits[number] = self._find(self.index.needles[number])
        return self.within(hits, bits)

    def phrase_set(self, number: int, bits: int) -> list[Hit]:
        """Every occurrence of any phrase of a set in the fields of `bits`, sorted."""
        hits = self._set_hits.get(number)
        if hits is None:
            members = self.index.set_members(number, self.stream)
            found = {hit for member in members for hit in self.phrase(member, -1)}
            hits = self._set_hits[number] = sorted(found)
        return self.within(hits, bits)

    def within(self, hits: list[AnyHit], bits: int) -> list[AnyHit]:
        """The hits that are in the fields of `bits`; -1 means all fields."""
        if bits == -1 or (bits == 7 and len(self.texts) == 3) or not hits:
            return hits
        return [hit for hit in hits if FIELD_BITS[self.field(hit[0])] & bits]

    def _find(self, needle: Needle) -> list[Hit]:
        firsts = self._find_piece(needle)
        if not needle.rest:
            return [*firsts]
        if not firsts:
            return []
        return chain(firsts, [(gap, self._find_piece(piece)) for gap, piece in needle.rest], self.same_block)

    def _find_piece(self, needle: Needle) -> list[Piece]:
        if not needle.run:
            starts = range(len(self.raws) - needle.size + 1)
            return [(start, start + needle.size) for start in starts if self._is_at(needle, start)]
        hits: list[Piece] = []
        at = self.stream.find(needle.run)
        while at >= 0:
            start = at - needle.at
            if not needle.checks or self._is_at(needle, start):
                hits.append((start, start + needle.size))
            at = self.stream.find(needle.run, at + 1)
        return hits

    def _is_at(self, needle: Needle, start: int) -> bool:
        if start < 0 or start + needle.size > len(self.raws):
            return False
        form = self.index.surfaces
        for place, text, how in needle.checks:
            at = start + place
            if how == "code":
                same = self.stream[at] == text
            elif how == "exact":
                same = form[self.raws[at]] == text
            elif how == "prefix":
                same = form[self.raws[at]].startswith(text)
            else:
                same = self.cased(at) == text
            if not same:
                return False
        return True

    @cached_property
    def surfaces(self) -> list[str]:
        """The word form of each token."""
        return list(map(self.index.surfaces.__getitem__, self.raws))

    def cased(self, at: int) -> str:
        """The word form of a token in its original case."""
        start, end = self.offsets(at, at + 1)
        return cased(self._joined[start:end])

    # ── places ───────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _field_breaks(self) -> list[int]:
        return [at for at, code in enumerate(self.stream) if code == FIELD]

    def field(self, at: int) -> TextField:
        """The field that a token is in."""
        return TEXT_FIELDS[bisect_right(self._field_breaks, at)]

    def block_start(self, at: int) -> int:
        """The first token of the block that a token is in."""
        return 1 + max(self.stream.rfind(BLOCK, 0, at), self.stream.rfind(FIELD, 0, at))

    def block_end(self, at: int) -> int:
        """The token after the last one of the block that a token is in."""
        ends = [end for code in (BLOCK, FIELD) if (end := self.stream.find(code, at)) >= 0]
        return min(ends, default=len(self.stream))

    def same_block(self, first: int, last: int) -> bool:
        """Whether there is no border between two tokens."""
        return self.stream.find(BLOCK, first, last) < 0 and self.stream.find(FIELD, first, last) < 0

    def is_at_edge(self, hit: Hit, *, opens: bool, closes: bool) -> bool:
        """Whether no word of the field is before the hit (`opens`), or after it (`closes`)."""
        if opens and self.stream[self.stream.rfind(FIELD, 0, hit[0]) + 1 : hit[0]].strip(BLOCK):
            return False
        end = self.stream.find(FIELD, hit[1])
        return not (closes and self.stream[hit[1] : end if end >= 0 else None].strip(BLOCK))

    def sentence(self, at: int) -> Piece:
        """The first token of the sentence that a token is in, and the token after its last."""
        low, high, borders = self.block_start(at), self.block_end(at), self._sentence_borders
        after = bisect_right(borders, at)
        start = borders[after - 1] if after else 0
        end = borders[after] if after < len(borders) else high
        return max(start, low), min(end, high)

    def last_sentence_end(self, low: int, high: int) -> int:
        """The token after the last sentence that ends with one of the tokens from `low` to before `high`; `high` if none does."""
        return next((at + 1 for at in range(high - 1, low - 1, -1) if self._ends_sentence(at)), high)

    @cached_property
    def _sentence_borders(self) -> list[int]:
        """The tokens after the sentences."""
        return [at + 1 for at in range(len(self.raws)) if self._ends_sentence(at)]

    def _ends_sentence(self, at: int) -> bool:
        return ends_sentence(self.raws[at], self.between(at))

    def between(self, at: int) -> str:
        """The folded text between a token and the next one."""
        if at + 1 >= len(self.raws):
            return ""
        return self.folded[self.folded_span(at)[1] : self.folded_span(at + 1)[0]]

    def folded_span(self, at: int) -> tuple[int, int]:
        """The place of a token in the folded text."""
        raw = self.raws[at]
        if self._starts is None and self._asked < _SINGLY:
            self._asked += 1
            start = self.folded.find(raw)
            if self.folded.find(raw, start + 1) < 0:  # it occurs once, so this is the right place
                return start, start + len(raw)
        if self._starts is None:
            self._starts = self._all_starts()
        start = self._starts[at]
        return start, start + len(raw)

    def _all_starts(self) -> list[int]:
        """Where each token begins in the folded text."""
        starts: list[int] = []
        index, note, end = self.folded.index, starts.append, 0
        for raw in self.raws:
            start = index(raw, end)
            note(start)
            end = start + len(raw)
        return starts

    @cached_property
    def _origin(self) -> Origin:
        return Origin(self._joined)

    def offsets(self, first: int, after: int) -> tuple[int, int]:
        """The place of tokens in the joined original text."""
        start, end = self.folded_span(first)
        last = self.raws[after - 1]
        if self._starts is not None:
            end = self._starts[after - 1] + len(last)
        else:
            for raw in self.raws[first + 1 : after]:
                end = self.folded.index(raw, end) + len(raw)
        end = word_end(last, end)
        return (start, end) if self._joined.isascii() else self._origin.span(start, end)

    @cached_property
    def _field_ends(self) -> list[int]:
        """Where each field ends in the joined text. One character is between two."""
        return [end - 1 for end in accumulate(len(text) + 1 for text in self.texts)]

    def span(self, piece: Piece) -> Span:
        """The place of words in their field's original text."""
        span = self._spans.get(piece)
        if span is None:
            start, end = self.offsets(*piece)
            field = bisect_left(self._field_ends, end)
            base = self._field_ends[field - 1] + 1 if field else 0
            span = self._spans[piece] = Span(TEXT_FIELDS[field], max(start - base, 0), end - base)
        return span
