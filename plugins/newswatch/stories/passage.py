"""Whether a text still has a passage that was quoted from an earlier state of it. Pure.

Of a quoted passage, the sentences with the matched words count. They may be cut where the quotation was.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal, NamedTuple

from newswatch.models import Excerpt
from newswatch.stories.rewording import is_reworded, words_of

_SENTENCE_END = re.compile(r"(?<=\w{2})[.!?…]+[\"'»”’)\]]*\s+|[。！？]|\n+")
_CUT = re.compile(r"(?:\.{3}|…|\[…\])\s*$")
_FEWEST_LIKE = 0.5
"""A sentence with less of the passage's words is another sentence."""
MOST_WORDS = 500
"""What has more words before it ends is no sentence."""


class PassageChange(NamedTuple):
    """What became of a passage: `old` as it was quoted, `new` the sentence in its place, "" if it was removed."""

    what: Literal["removed", "changed"]
    old: str
    new: str = ""


def quoted(excerpt: Excerpt) -> str:
    """The sentences of an excerpt that have matched words, cut ones with their "…"."""
    spans = _sentences(excerpt.text)
    kept = [
        excerpt.text[start:end]
        for start, end in spans
        if any(a < end and b > start for a, b in excerpt.marks)
    ]
    return " ".join(part.strip() for part in kept)


def _sentences(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text are, with what ends them."""
    ends = [found.end() for found in _SENTENCE_END.finditer(text)]
    edges = [0, *ends, len(text)]
    return [(start, end) for start, end in pairwise(edges) if text[start:end].strip()]


def change_of(passage: str, texts: Sequence[str]) -> PassageChange | None:
    """What became of the passage in the texts as they are now; None if they still say it, or if that is not clear.

    It is not clear from empty texts, from one that is cut before its end, nor from one without sentences.
    """
    words = words_of(passage)
    if not words or not any(text.strip() for text in texts):
        return None
    if any(_has(words_of(text), words) or _ends_within(text, words) for text in texts):
        return None
    best, likeness = "", 0.0
    for sentence in (text[start:end] for text in texts for start, end in _sentences(text)):
        found_words = words_of(sentence)
        if len(found_words) > MOST_WORDS:
            return None
        cut = _cut_like(passage, found_words, len(words))
        for part in cut:
            if not is_reworded(passage.strip("… "), " ".join(part)):
                return None
        found = max((_likeness(words, part) for part in cut), default=0.0)
        if found > likeness:
            best, likeness = sentence.strip(), found
    if likeness >= _FEWEST_LIKE:
        return PassageChange("changed", passage, best)
    if any(_CUT.search(text) for text in texts):
        return None
    return PassageChange("removed", passage)


def _has(words: Sequence[str], part: Sequence[str]) -> bool:
    joined = f" {' '.join(words)} "
    return f" {' '.join(part)} " in joined


def _ends_within(text: str, words: Sequence[str]) -> bool:
    """Whether a text that is cut before its end is cut within the passage."""
    if not _CUT.search(text):
        return False
    start, end = _sentences(text)[-1]
    begun = words_of(text[start:end])[:-1]  # the last word may be cut
    return bool(begun) and list(words[: len(begun)]) == begun


def _cut_like(passage: str, words: list[str], count: int) -> list[list[str]]:
    """The sentence's words, or as many of them as a cut passage has, from every place where they could begin."""
    left, right = passage.startswith("…"), passage.endswith("…")
    if len(words) <= count or not (left or right):
        return [words]
    if left and right:
        return [words[at : at + count] for at in range(len(words) - count + 1)]
    return [words[-count:]] if left else [words[:count]]


def _likeness(one: Sequence[str], other: Sequence[str]) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio() if other else 0.0
