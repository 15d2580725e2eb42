"""Words: how a text is cut into tokens, in rules as in news.

After NFKC and case folding a token is a run of letters, marks and digits. In detail:

- each Han or Kana character is a token of its own;
- a point joins single letters and is then dropped: "U.S." is "us";
- a point or comma joins digits: "3.5", "775,000";
- an ampersand or apostrophe joins letters: "at&t", "don't";
- a possessive 's is dropped: "bank's" is "bank".

Everything else separates tokens, the hyphen too.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import NamedTuple

from newswatch.rules.fold import Origin, fold, marks, visible

BLOCK_BREAK = "\x00"
FIELD_BREAK = "\x01"
"""Raw tokens that mark the border of a block and of a field. A text that contains them gets spaces instead."""

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
# NFKC turns ª and º into a and o, so folded text never contains them. They replace marks while the
# expression below runs: a class of 2,400 marks would make it twenty times slower.
_MARK = "ª"
_KANA_MARK = "º"
_WORD = rf"[^\W_{_CJK}]"
_LETTER = rf"[^\W\d_{_CJK}]"
_INITIAL = rf"[^\W\d_{_CJK}{_MARK}{_KANA_MARK}]"
_ANY_SCRIPT = re.compile(
    rf"[{_CJK}{_KANA_MARK}{BLOCK_BREAK}{FIELD_BREAK}]"
    rf"|(?<!{_WORD}){_INITIAL}(?:\.{_INITIAL})+(?!{_WORD})"
    rf"|{_WORD}+(?:(?:(?<=\d)[.,](?=\d)|(?<={_LETTER})['’ʼ&](?={_LETTER})){_WORD}+)*"
)
_ASCII = re.compile(
    r"(?<![a-z0-9])[a-z](?:\.[a-z])+(?![a-z0-9])"
    r"|[a-z0-9]+(?:(?:(?<=[0-9])[.,](?=[0-9])|(?<=[a-z])['&](?=[a-z]))[a-z0-9]+)*"
    rf"|[{BLOCK_BREAK}{FIELD_BREAK}]"
)
_APOSTROPHES = "'’ʼ"


class Token(NamedTuple):
    """A folded word and its place in the text: `original[start:end]`, in code points."""

    text: str
    start: int
    end: int


@cache
def _mark_table() -> dict[int, str]:
    table = {ord(mark): _MARK for mark in marks()}
    return table | {0x3099: _KANA_MARK, 0x309A: _KANA_MARK}


def raw_tokens(folded: str) -> list[str]:
    """The tokens of folded text exactly as written there, before `surface`."""
    if folded.isascii():
        return _ASCII.findall(folded)
    if marks().isdisjoint(folded):
        return _ANY_SCRIPT.findall(folded)
    return [folded[start:end] for start, end in raw_spans(folded)]


def raw_spans(folded: str) -> list[tuple[int, int]]:
    """The places of the raw tokens in the folded text."""
    if folded.isascii():
        return [match.span() for match in _ASCII.finditer(folded)]
    if not marks().isdisjoint(folded):
        folded = folded.translate(_mark_table())
    return [match.span() for match in _ANY_SCRIPT.finditer(folded)]


def surface(raw: str) -> str:
    """The token's word form: without a possessive 's, without the points of an acronym."""
    if raw[1:2] == "." and not raw[0].isdecimal():
        return raw.replace(".", "")
    return raw[: len(raw) - possessive(raw)].replace("’", "'").replace("ʼ", "'")


def possessive(raw: str) -> int:
    """The length of the possessive 's at the end of the raw token: 0 or 2."""
    return 2 if raw[-1:] == "s" and raw[-2:-1] and raw[-2:-1] in _APOSTROPHES else 0


def word_end(raw: str, end: int) -> int:
    """Where the word ends without its possessive 's. A token that is only a possessive keeps its end."""
    cut = possessive(raw)
    return end if cut == len(raw) else end - cut


def raw_places(text: str) -> tuple[list[str], list[tuple[int, int]]]:
    """The raw tokens of a text, and the places of their words: exact spans into the text as given."""
    text = text.replace(BLOCK_BREAK, " ").replace(FIELD_BREAK, " ")
    folded = fold(text)
    spans = raw_spans(folded)
    raws = [folded[start:end] for start, end in spans]
    if folded.isascii() and "'" not in folded:
        words = spans
    else:
        words = [(start, word_end(raw, end)) for raw, (start, end) in zip(raws, spans, strict=True)]
    if text.isascii():
        return raws, words
    span = Origin(text).span
    return raws, [span(start, end) for start, end in words]


def tokenize(text: str) -> list[Token]:
    """The tokens of a text, with exact spans into the text as given."""
    if text.isalnum() and text.isascii():
        return [Token(text.lower(), 0, len(text))]
    return [Token(surface(raw), *place) for raw, place in zip(*raw_places(text), strict=True)]


def cased(text: str) -> str:
    """The word form of one token's original text, its case kept, as exact-case terms compare it."""
    plain = unicodedata.normalize("NFKC", visible(text))
    return surface(plain) if plain else plain
