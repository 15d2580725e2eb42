"""Which lists of names have an entry in which of a few texts. Pure.

Compiling all packs would take seconds. Nearly all their entries can be left out first, because they begin with
letters with which no word of these texts begins.
"""

from __future__ import annotations

from collections.abc import Sequence

from newswatch.models import Rule
from newswatch.packs import load_pack, pack_names
from newswatch.pipeline.authoring.coach.terms import entries_with_homes, entry_words
from newswatch.rules import ItemText, compile_watchlist, tokenize
from newswatch.rules.lists import Lists

_LETTERS = 4
"""Forms of a name have these first letters in common."""


def lists_in(texts: Sequence[ItemText], lists: Lists, default_lang: str) -> list[set[str]]:
    """The lists of the watchlist, and the packs of names, of which an entry is in each text."""
    beginnings = {
        token.text[:_LETTERS]
        for text in texts
        for field in (text.title, text.summary, text.body)
        for token in tokenize(field)
    }
    possible = {name: _possible(name, lists, beginnings) for name in _names(lists)}
    found = {name: entries for name, entries in possible.items() if entries}
    rules = [Rule(name, f"${name}") for name in found]
    watchlist = compile_watchlist(rules, found, default_lang)
    return [{match.rule_id for match in watchlist.match(text)} for text in texts]


def _names(lists: Lists) -> list[str]:
    packs = [name for name in pack_names() if name not in lists and load_pack(name).kind == "names"]
    return [*lists, *packs]


def _possible(name: str, lists: Lists, beginnings: set[str]) -> list[str]:
    entries = dict.fromkeys(entry.text for entry in entries_with_homes((f"${name}",), lists))
    return [text for text in entries if _begins(text, beginnings) and entry_words(text)]


def _begins(entry: str, beginnings: set[str]) -> bool:
    return entry.lstrip("\"'").casefold()[:_LETTERS].split(" ")[0].rstrip("\"'*") in beginnings
