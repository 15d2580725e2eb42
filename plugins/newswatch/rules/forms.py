"""Tables of word forms: the lemma of each form that Snowball's stem gets wrong.

`devtools/word_forms.py` makes the tables and describes their form. A table stays one piece of text in memory and is
searched by halving, because a dictionary of its words would take half a second and 100 MB to build.
"""

from __future__ import annotations

import zlib
from functools import cache
from importlib import resources

_LANGUAGES = frozenset(("english", "french", "german", "russian", "spanish"))


class Forms:
    """The table of one language."""

    def __init__(self, table: bytes) -> None:
        self.table = table

    def lemma(self, form: str) -> str | None:
        """The lemma of a folded form; None where the stem is right, or the form is unknown."""
        table, wanted = self.table, form.encode("utf-8", "surrogatepass")
        low, high = 0, len(table)
        while low < high:
            start = table.rfind(b"\n", 0, (low + high) // 2) + 1
            end = table.index(b"\n", start)
            found = table[start : table.index(b" ", start)]
            if found == wanted:
                code = table[start + len(found) + 1 : end].decode()
                return form[: len(form) - (ord(code[0]) - ord("a"))] + code[1:]
            if found < wanted:
                low = end + 1
            else:
                high = start
        return None


@cache
def forms_of(language: str) -> Forms | None:
    """The table of a language by its Snowball name, or None."""
    if language not in _LANGUAGES:
        return None
    file = resources.files("newswatch.rules").joinpath(f"data/forms/{language}.z")
    return Forms(zlib.decompress(file.read_bytes()))
