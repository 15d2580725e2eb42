"""Makes feed text safe to show: cleaned, shortened, escaped. Pure.

Feeds are not trusted. Their text may contain control characters, bidirectional overrides that make
a link read backwards, invisible characters that hide words from readers, and stacks of accents
that run over the lines above. None of it reaches Slack.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

ELLIPSIS = "…"
MAX_URL_CHARS = 3_000
"""Slack's limit for the URL of a link."""

_JOINERS = "\u200c\u200d"
"""ZWNJ and ZWJ: Persian, the Indic scripts and emoji sequences need single ones."""
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Characters that count as letters or symbols but show nothing."""
_HIDDEN = frozenset({"Cc", "Cf", "Cs"})
_SPACES = frozenset({"Zs", "Zl", "Zp"})
_MAX_ACCENTS = 4
"""Vietnamese and vocalised Hebrew stack up to three on one letter; more is abuse."""
_URL_UNSAFE = str.maketrans({"<": "%3C", ">": "%3E", "|": "%7C"})
_MRKDWN = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_WHITE_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text. All of it matched (`marked`), or none of it."""

    text: str
    marked: bool = False


def clean(text: str) -> str:
    """`text` on one line without control, bidi and invisible characters or stacked accents."""
    if text.isascii() and text.isprintable():  # most are, and need no look at each character
        return _WHITE_SPACE.sub(" ", text).strip(" ")
    kept: list[str] = []
    accents = 0
    for char in text:
        category = unicodedata.category(char)
        accents = accents + 1 if category in {"Mn", "Me"} else 0
        shown = _shown(char, category, kept[-1] if kept else " ")
        if shown and accents <= _MAX_ACCENTS:
            kept.append(shown)
    return _WHITE_SPACE.sub(" ", "".join(kept)).strip(" " + _JOINERS)


def _shown(char: str, category: str, before: str) -> str:
    """What replaces `char` after `before`: itself, a space, or nothing."""
    if category in _SPACES or char in "\t\n\r\v\f\x85" or char in _BLANKS:
        return " "
    if char in _JOINERS:
        return "" if before in _JOINERS + " " else char
    if category in _HIDDEN or ord(char) & 0xFFFE == 0xFFFE:
        return ""
    return char


def pieces_of(text: str, marks: Iterable[tuple[int, int]]) -> tuple[Piece, ...]:
    """`text` cut at its marks and cleaned. Marks out of range are clipped, overlaps merged."""
    pieces: list[Piece] = []
    at = 0
    for start, end in _merged(marks, len(text)):
        pieces += [Piece(text[at:start]), Piece(text[start:end], marked=True)]
        at = end
    pieces.append(Piece(text[at:]))
    return _clean_pieces(pieces)


def _merged(marks: Iterable[tuple[int, int]], size: int) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted((max(0, s), min(e, size)) for s, e in marks):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _clean_pieces(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Each piece cleaned; the single spaces between them survive, unmarked."""
    done: list[Piece] = []
    space = False
    for piece in pieces:
        text = clean(piece.text)
        if not text:
            space = space or (bool(piece.text) and not piece.text.strip())
            continue
        space = (space or piece.text[0].isspace()) and bool(done)
        if space and not piece.marked:
            text = " " + text
        elif space and done[-1].marked:
            done.append(Piece(" "))
        elif space:
            done[-1] = Piece(done[-1].text + " ")
        done.append(Piece(text, piece.marked))
        space = piece.text[-1].isspace()
    return tuple(done)


def joined(pieces: Iterable[Piece]) -> str:
    """The pieces' text in one string."""
    return "".join(piece.text for piece in pieces)


def shorten(text: str, max_chars: int) -> str:
    """`text` cut to `max_chars` characters at a word boundary, with … where it was cut.

    A word that takes more than half of the room is cut in the middle.
    """
    if len(text) <= max_chars:
        return text
    head = text[: max(0, max_chars - 1)]
    space = head.rfind(" ")
    if space > max_chars // 2:
        head = head[:space]
    while head and (
        unicodedata.combining(text[len(head)]) or text[len(head)] in _JOINERS or head[-1] in _JOINERS
    ):
        head = head[:-1]
    return (head.rstrip(" ,;:–—-") + ELLIPSIS)[:max_chars]


def shorten_pieces(pieces: Sequence[Piece], max_chars: int) -> tuple[Piece, ...]:
    """The pieces cut to `max_chars` characters together, as `shorten` cuts."""
    whole = joined(pieces)
    if len(whole) <= max_chars:
        return tuple(pieces)
    room = len(shorten(whole, max_chars)) - 1
    kept: list[Piece] = []
    for piece in pieces:
        text = piece.text[:room]
        room -= len(text)
        if text:
            kept.append(Piece(text, piece.marked))
    if kept and not kept[-1].marked:
        kept[-1] = Piece(kept[-1].text + ELLIPSIS)
        return tuple(kept)
    return (*kept, Piece(ELLIPSIS))


def escape(text: str) -> str:
    """`text` for a mrkdwn field: exactly &, < and > replaced, as Slack's documentation asks."""
    return text.translate(_MRKDWN)


def mrkdwn_link(url: str, text: str) -> str:
    """A link for a mrkdwn field. Characters that would end it early are percent-encoded."""
    return f"<{escape(url.translate(_URL_UNSAFE))}|{escape(text)}>"  # a label may contain |


_VISIBLE_ASCII = re.compile(r"[!-~]+")


def usable_link(url: str) -> str | None:
    """`url` if Slack accepts it as a link: http(s), a host, at most 3,000 visible characters.

    Verbatim, except that `<`, `>` and `|` are percent-encoded: they end a link in Slack's notation,
    and a URL never contains them unencoded.
    """
    plain = _VISIBLE_ASCII.fullmatch(url) is not None  # nearly every URL is
    if not plain and any(
        unicodedata.category(char) in _HIDDEN | _SPACES for char in url[: MAX_URL_CHARS + 1]
    ):
        return None
    encoded = url.translate(_URL_UNSAFE)
    if len(encoded) > MAX_URL_CHARS or not encoded.lower().startswith(("http://", "https://")):
        return None
    try:
        parts = urlsplit(encoded)
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # not a port, or not an IPv6 address
        return None
    return encoded if usable else None
