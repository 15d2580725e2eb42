"""Tables of word forms: the lemma of each form that Snowball's stem gets wrong.

`devtools/word_forms.py` makes the tables and describes their form. A table stays one piece of text in memory and is
searched block by block, because a dictionary of its words would take half a second and 100 MB to build.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from functools import cache
from importlib import resources

_LANGUAGES = frozenset(("english", "french", "german", "russian", "spanish"))
_BLOCK = 2048
"""Bytes. More blocks take longer to list, larger ones longer to search."""


class Forms:
    """The table of one language."""

    def __init__(self, table: bytes) -> None:
        self.table = table
        self._starts = [table.rfind(b"\n", 0, at) + 1 for at in range(0, len(table), _BLOCK)]
        self._firsts = [table[start : table.find(b" ", start)] for start in self._starts]

    def lemma(self, form: str) -> str | None:
        """The lemma of a folded form; None where the stem is right, or the form is unknown."""
        table, wanted = self.table, form.encode("utf-8", "surrogatepass") + b" "
        block = bisect_right(self._firsts, wanted[:-1]) - 1
        if block < 0:
            return None
        start = self._starts[block]
        if not table.startswith(wanted, start):
            # A block begins with a whole line, so it may be longer than the distance of the places that were asked for.
            start = table.find(b"\n" + wanted, start, start + 2 * _BLOCK) + 1
            if not start:
                return None
        code = table[start + len(wanted) : table.index(b"\n", start)].decode()
        return form[: len(form) - (ord(code[0]) - ord("a"))] + code[1:]


@cache
def forms_of(language: str) -> Forms | None:
    """The table of a language by its Snowball name, or None."""
    if language not in _LANGUAGES:
        return None
    file = resources.files("newswatch.rules").joinpath(f"data/forms/{language}.z")
    return Forms(zlib.decompress(file.read_bytes()))
