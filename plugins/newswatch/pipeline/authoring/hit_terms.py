"""The words by which a rule hits, counted: which of them bring what readers want, and which do not. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from newswatch.models import Alert, Item, Match, Role
from newswatch.rules import ItemText, stem, tokenize

Part = Role | None
"""The part of the event that the words are; None where the rule is a query."""

_APART = " … "
"""Between the words of a verb in two pieces: "hits … with fine"."""

Words = tuple[Part, str]


@dataclass(frozen=True, slots=True)
class Hit:
    """An item that a rule caught: the words that satisfied it, and what readers said."""

    words: tuple[Words, ...]
    lang: str
    acknowledged: bool = False
    irrelevant: bool = False


@dataclass(frozen=True, slots=True)
class TermCount:
    """A term in all its forms. `forms` counts them, the commonest first; `term` is the commonest."""

    part: Part
    term: str
    forms: dict[str, int]
    hits: int
    acknowledged: int
    irrelevant: int


@dataclass(slots=True)
class _Count:
    forms: Counter[str] = field(default_factory=Counter)
    hits: int = 0
    acknowledged: int = 0
    irrelevant: int = 0


def count_terms(hits: Iterable[Hit], default_lang: str) -> list[TermCount]:
    """The hits by term, those with the most hits first. A hit counts once for each of its terms."""
    counts: dict[tuple[Part, tuple[str, ...]], _Count] = {}
    for hit in hits:
        found = {(part, _stems(words, hit.lang, default_lang)): words for part, words in hit.words}
        for key, words in found.items():
            one = counts.setdefault(key, _Count())
            one.forms[words] += 1
            one.hits += 1
            one.acknowledged += hit.acknowledged
            one.irrelevant += hit.irrelevant
    rows = [_row(part, one) for (part, _), one in counts.items()]
    return sorted(rows, key=lambda row: (-row.hits, -row.irrelevant, row.term))


def _row(part: Part, count: _Count) -> TermCount:
    forms = dict(sorted(count.forms.items(), key=lambda pair: (-pair[1], pair[0])))
    return TermCount(part, next(iter(forms)), forms, count.hits, count.acknowledged, count.irrelevant)


def _stems(words: str, lang: str, default_lang: str) -> tuple[str, ...]:
    return tuple(stem(token.text, lang, default_lang) for token in tokenize(words) if token.text)


def words_of_alert(alert: Alert) -> tuple[Words, ...]:
    """The words that an alert quotes: the parts of its event, or what its excerpts mark."""
    if alert.event:
        return _joined((role, words) for role, words in alert.event)
    marked = (one.text[start:end] for one in alert.excerpts for start, end in one.marks)
    return tuple((None, words) for words in dict.fromkeys(marked))


def words_of(text: ItemText | Item, match: Match) -> tuple[Words, ...]:
    """The words of a text by which a rule matches it."""
    if match.event:
        spans = ((part.role, part.span) for part in match.event)
        return _joined((role, getattr(text, span.field)[span.start : span.end]) for role, span in spans)
    found = (getattr(text, span.field)[span.start : span.end] for span in match.spans)
    return tuple((None, words) for words in dict.fromkeys(found))


def _joined(parts: Iterable[tuple[Role, str]]) -> tuple[Words, ...]:
    by_role: dict[Role, list[str]] = {}
    for role, words in parts:
        by_role.setdefault(role, []).append(words)
    return tuple((role, _APART.join(words)) for role, words in by_role.items())
