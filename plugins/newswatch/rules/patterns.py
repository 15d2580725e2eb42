"""RE2 patterns in queries: case-insensitive, searched in the original text, safe on any input."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import re2

_LONE_SURROGATES = re.compile("[\ud800-\udfff]")
_MAX_PROGRAM_BYTES = 8 << 20


def compile_pattern(regex: str) -> Any:
    """The compiled pattern. Raises re2.error."""
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _MAX_PROGRAM_BYTES
    return re2.compile(regex, options)


def searchable(text: str) -> str:
    """The text in a form that RE2 accepts: lone surrogates have no UTF-8 form, so each is replaced."""
    return text if text.isascii() else _LONE_SURROGATES.sub("\ufffd", text)


class PatternGroup:
    """Up to `SIZE` patterns joined into one alternation, so that most texts need only one search.

    RE2's Set is not used: a Set that runs out of memory reports no match at all.
    """

    SIZE = 32

    def __init__(self, patterns: Sequence[tuple[int, str]]) -> None:
        self._patterns = [(number, compile_pattern(regex)) for number, regex in patterns]
        self._any: Any = None
        if len(patterns) > 1:
            try:
                self._any = compile_pattern("|".join(f"(?:{regex})" for _, regex in patterns))
            except re2.error:
                # Together they are too large for RE2. Each alone is not.
                self._any = None

    def hits(self, texts: Sequence[str]) -> Iterator[int]:
        """The numbers of the patterns that are found in any of the texts."""
        if self._any is not None and not any(self._any.search(text) for text in texts):
            return
        for number, pattern in self._patterns:
            if any(pattern.search(text) for text in texts):
                yield number


def pattern_groups(patterns: Sequence[str], wanted: Iterable[int]) -> list[PatternGroup]:
    """Groups of the patterns with the wanted numbers."""
    numbered = [(number, patterns[number]) for number in sorted(wanted)]
    size = PatternGroup.SIZE
    return [PatternGroup(numbered[at : at + size]) for at in range(0, len(numbered), size)]
