"""A phrase whose words need not be side by side. Pure."""

from __future__ import annotations

from newswatch.rules.fold import fold
from newswatch.stories.words import is_function_word

APART = 6
"""How many other words may be between two of its words."""
_OPERATORS = frozenset({"AND", "OR", "NOT"})


def loosened(query: str, lang: str) -> str:
    """The words of a query that is one plain phrase, joined by NEAR, without articles and the like; "" for other queries."""
    words = query.split()
    if not all(word.isalpha() and word not in _OPERATORS for word in words):
        return ""
    kept = [word for word in words if not is_function_word(fold(word), lang)]
    return f" NEAR/{APART} ".join(kept) if len(kept) > 1 else ""
