"""An entry's fields, cleaned and cut: the same rules for XML feeds and JSON Feed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from newswatch.document import BLOCK_SEPARATOR
from newswatch.feeds import limits
from newswatch.feeds.text import cut, html_to_text, one_line, plain_to_text

FIRST_WORDS_CHARS = 120
_LANGUAGE = re.compile(r"^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,4}$")


def title_text(raw: str, *, markup: bool) -> str:
    """A title: one block, at most MAX_TITLE_CHARS."""
    return _text(raw, limits.MAX_TITLE_CHARS, markup=markup).replace(BLOCK_SEPARATOR, " ")


def first_words(text: str) -> str:
    """A title for an entry without one: the first words of its first block."""
    block = text.partition(BLOCK_SEPARATOR)[0]
    words = cut(block, FIRST_WORDS_CHARS)
    return words if words == block else f"{words.rstrip(' ,;:.')}…"


def summary_text(raw: str, *, markup: bool) -> str:
    """A summary: blocks, at most MAX_SUMMARY_CHARS."""
    return _text(raw, limits.MAX_SUMMARY_CHARS, markup=markup)


def body_text(raw: str, *, markup: bool) -> str:
    """A body: blocks, at most MAX_BODY_CHARS."""
    return _text(raw, limits.MAX_BODY_CHARS, markup=markup)


def author_text(names: Iterable[str]) -> str:
    """The names, each once, joined by commas."""
    cleaned = dict.fromkeys(plain_to_text(name[: limits.MAX_AUTHOR_CHARS]) for name in names if name)
    joined = ", ".join(name.replace(BLOCK_SEPARATOR, " ") for name in cleaned if name)
    return cut(joined, limits.MAX_AUTHOR_CHARS)


def tag_labels(raw: Iterable[str]) -> tuple[str, ...]:
    """The entry's categories as labels, each once, in document order."""
    labels = (cut(plain_to_text(tag[: limits.MAX_TAG_CHARS * 2]), limits.MAX_TAG_CHARS) for tag in raw if tag)
    kept = dict.fromkeys(label.replace(BLOCK_SEPARATOR, " ") for label in labels if label)
    return tuple(kept)[: limits.MAX_TAGS]


def guid_text(raw: str) -> str:
    """An identifier, trimmed, and cut if it is too long to be an identifier."""
    return one_line(raw[: limits.MAX_GUID_CHARS])


def language(raw: str) -> str:
    """A language tag from a feed (`en`, `de-CH`), lower-case with hyphens; "" if it is not one."""
    raw = raw.strip()
    return raw.replace("_", "-").lower() if _LANGUAGE.match(raw) else ""


def _text(raw: str, max_chars: int, *, markup: bool) -> str:
    raw = raw[: max_chars * limits.MARKUP_FACTOR]
    return cut(html_to_text(raw) if markup else plain_to_text(raw), max_chars)
