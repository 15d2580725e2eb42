"""The words by which an item is compared with others: those of its headline, and some of its summary. Pure.

A word is a stem, or a code for several names of one thing: `US` for "America" and "Washington". Codes of
names begin with a capital letter, numbers with a digit, and the day of a date with a slash: `/17` of "May 17".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

DAY = "/"
_NAME = "^"
_RUBRIC_END = ":"


@dataclass(frozen=True)
class Wording:
    """The words of a headline in their order, each once, and which of them are names.

    The first `rubric` words are those before a colon or bar: "Word of the day:", "Germany news:". `summary` has words
    that the summary adds, at most `titles.SUMMARY_WORDS` of them once the title is remembered.
    """

    words: tuple[str, ...]
    names: frozenset[str] = frozenset()
    summary: frozenset[str] = frozenset()
    rubric: int = 0

    @cached_property
    def headline(self) -> frozenset[str]:
        """The words of the headline as a set."""
        return frozenset(self.words)

    @cached_property
    def all(self) -> frozenset[str]:
        """The words of headline and summary."""
        return self.summary.union(self.words)

    @cached_property
    def days(self) -> frozenset[str]:
        """The days of dates in the headline."""
        return frozenset(word for word in self.words if word[0] == DAY)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """The other numbers in the headline."""
        return frozenset(word for word in self.words if word[0].isdigit())

    @cached_property
    def is_edition(self) -> bool:
        """Whether the headline has a full date, so that it names one issue of a series."""
        return bool(self.days) and any(len(word) == 4 and word[:2] in ("19", "20") for word in self.numbers)

    def without_rubric(self) -> Wording:
        """The words after the rubric."""
        words = self.words[self.rubric :]
        return replace(self, words=words, names=self.names.intersection(words), rubric=0)

    def to_text(self) -> tuple[str, str]:
        """The stored form: the words of the headline, names marked, and those of the summary."""
        words = [_NAME + word if word in self.names and not is_code(word) else word for word in self.words]
        if self.rubric:
            words.insert(self.rubric, _RUBRIC_END)
        return " ".join(words), " ".join(sorted(self.summary))

    @classmethod
    def from_text(cls, words: str, summary: str) -> Wording:
        """What `to_text` wrote."""
        marked = words.split(" ") if words else []
        rubric = marked.index(_RUBRIC_END) if _RUBRIC_END in marked else 0
        if rubric:
            del marked[rubric]
        plain = tuple(word.removeprefix(_NAME) for word in marked)
        names = (word for word, mark in zip(plain, marked, strict=True) if mark[0] == _NAME or is_code(word))
        return cls(plain, frozenset(names), frozenset(summary.split()), rubric)


def is_code(word: str) -> bool:
    """Whether the word is the code of a name. Stems are folded, so they have no capitals."""
    return word[0].isupper()
