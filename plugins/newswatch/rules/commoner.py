"""Terms of one word whose other forms are far more common, so that they mostly find something else. Pure.

`fining` finds “fine” too, which the news says all the time. How common a form is comes from stored items.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from newswatch.errors import QueryError
from newswatch.quantity import quantity
from newswatch.rules.lexer import scan
from newswatch.rules.stems import stem
from newswatch.rules.tokens import tokenize

TIMES, LEAST = 20, 50
"""A form counts as far commoner from so many times as common, and from so many occurrences."""

_ENDINGS = ("s", "es", "d", "ed", "ing", "en", "e", "er", "t", "n")
"""What a regular form adds. Whoever writes the shorter form wants these."""


@dataclass(frozen=True, slots=True)
class Commoner:
    """A word of a query or list, a form that it finds too, and how often each occurs."""

    word: str
    own: int
    form: str
    times: int

    def __str__(self) -> str:
        return (
            f"`{self.word}` also finds “{self.form}”, which occurs {quantity(self.times, 'time')} in the stored items ({self.own:,} "
            f'for “{self.word}”): write "{self.word}" in quotes to find this form only'
        )


class FormCounts:
    """How often each form occurs, by the stem that joins it with its other forms."""

    def __init__(self, lang: str) -> None:
        self._lang = lang
        self._forms: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def add(self, text: str, lang: str) -> None:
        """Count the words of a text, if it is in the language of the watchlist."""
        if lang in ("", self._lang):
            for token in tokenize(text):
                self._forms[stem(token.text, self._lang)][token.text] += 1

    def commoner(self, texts: Iterable[str]) -> list[Commoner]:
        """The terms of one word in queries or entries of which another form is far commoner, each word once."""
        words = dict.fromkeys(word for text in texts for word in _single_words(text))
        return [found for word in words if (found := self._judge(word)) is not None]

    def _judge(self, word: str) -> Commoner | None:
        forms = self._forms.get(stem(word, self._lang))
        if not forms:
            return None
        form, times = forms.most_common(1)[0]
        own = forms[word]
        if form == word or times < LEAST or times < TIMES * max(1, own):
            return None
        if form.startswith(word) and form[len(word) :] in _ENDINGS:
            return None
        return Commoner(word, own, form, times)


def _single_words(text: str) -> Iterator[str]:
    try:
        tokens = scan(text)
    except QueryError:
        return
    for is_phrase, run in groupby(tokens, lambda one: one.type in ("WORD", "EXACT", "CASE", "GAP")):
        phrase = list(run)
        if is_phrase and len(phrase) == 1 and phrase[0].type == "WORD" and phrase[0].isalpha():
            yield phrase[0].casefold()
