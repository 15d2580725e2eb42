"""Words and short phrases of texts, counted by their stems. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from newswatch.rules import ItemText, tokenize
from newswatch.rules.anchors import COMMON
from newswatch.rules.stems import stemmer_for

Gram = tuple[str, ...]
"""The stems of words side by side."""

_MOST_CHARS = 600
"""How much of a summary counts: a reader judges by the headline and the first sentences."""

_TOO_COMMON = COMMON | frozenset(("and", "or", "not", "near", "onear", "s", "been", "being", "than", "into"))


class Grams:
    """In how many texts each word or phrase of at most `longest` words is, and in which forms."""

    def __init__(self, default_lang: str, longest: int) -> None:
        self._default_lang = default_lang
        self._longest = longest
        self.texts: Counter[Gram] = Counter()
        self.forms: dict[Gram, Counter[str]] = {}

    def add_all(self, texts: Iterable[ItemText]) -> None:
        """Count these texts."""
        for text in texts:
            found = dict(grams_of(text, self._default_lang, self._longest))
            self.texts.update(found.keys())
            for gram, form in found.items():
                self.forms.setdefault(gram, Counter())[form] += 1


def grams_of(text: ItemText, default_lang: str, longest: int) -> Iterator[tuple[Gram, str]]:
    """Each word or phrase of the headline and the summary, as stems and as written.

    None begins or ends with a word that is in all kinds of texts.
    """
    stem = stemmer_for(text.lang, default_lang)
    for field in (text.title, text.summary[:_MOST_CHARS]):
        tokens = [token for token in tokenize(field) if token.text]
        stems = [stem(token.text) for token in tokens]
        for first in range(len(tokens)):
            for last in range(first, min(first + longest, len(tokens))):
                if not _says_something(tokens[first].text) or not _says_something(tokens[last].text):
                    continue
                words = field[tokens[first].start : tokens[last].end]
                if _is_plain(words):
                    yield tuple(stems[first : last + 1]), words


def _says_something(word: str) -> bool:
    return word not in _TOO_COMMON and len(word) > 1 and not word.isdecimal()


def _is_plain(words: str) -> bool:
    """Whether the words can be written as an entry without thinking about operators, quotes and punctuation."""
    return all(part.isalpha() for part in words.split(" "))


def usual_form(forms: Counter[str]) -> str:
    """A phrase as an entry: in its commonest form; an acronym exactly, other words in any form and case."""
    form = forms.most_common(1)[0][0]
    if " " not in form and form.isupper() and len(form) <= 5 and form.isascii():
        return f"'{form}'"
    return form if form.istitle() else form.casefold()
