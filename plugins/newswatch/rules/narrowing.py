"""What an item must contain for a rule to match it: enough to look candidates up in an index, and never too much. Pure.

A need is weaker than its rule. It says nothing of order, distance, fields, case, NOT or negation, so every item that
the matcher accepts meets it. Words are compared by stem as in `scan`. A prefix is compared by word form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from newswatch.models import Event, Rule
from newswatch.packs import STANCE_PARTS, PackEntry
from newswatch.rules.event_plan import KEPT_ENTRIES, elements, entries_of
from newswatch.rules.fold import fold
from newswatch.rules.lists import Lists, list_entries
from newswatch.rules.matcher import ItemText
from newswatch.rules.nodes import And, Edge, Identity, ListTerm, Near, Node, Not, Or, Pattern, Phrase, Scoped
from newswatch.rules.passage import without_elided
from newswatch.rules.query import parse_query
from newswatch.rules.tokens import BLOCK_BREAK, FIELD_BREAK, raw_tokens, surface

_SHORTEST_LITERAL = 3
_DOES = STANCE_PARTS[:4]
"""The parts of a stance of which an entry is in every text that has it: see `tables.StanceRow.does`."""


@dataclass(frozen=True, slots=True)
class HasWord:
    """A word of which any form is there. `text` is folded."""

    text: str


@dataclass(frozen=True, slots=True)
class HasPrefix:
    """A word that begins so."""

    text: str


@dataclass(frozen=True, slots=True)
class HasPiece:
    """A word that contains these letters and digits."""

    text: str


@dataclass(frozen=True, slots=True)
class HasTag:
    """The item or its feed has the tag, folded."""

    tag: str


@dataclass(frozen=True, slots=True)
class IsFrom:
    """The item is of the feed with this id, folded."""

    feed_id: str


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part is met. Without parts every item meets it."""

    parts: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part is met."""

    parts: tuple[Need, ...]


Need = HasWord | HasPrefix | HasPiece | HasTag | IsFrom | AllOf | AnyOf

ANYTHING = AllOf(())


def need_of(rule: Rule, lists: Lists) -> Need:
    """What every item that the rule matches contains. Raises QueryError."""
    if rule.event is not None:
        return _of_event(rule.event, lists)
    return _of_node(parse_query(rule.query, lists).root, lists)


def all_of(parts: Iterable[Need]) -> Need:
    """The parts without those that every item meets."""
    own = dict.fromkeys(part for part in parts if part != ANYTHING)
    return next(iter(own)) if len(own) == 1 else AllOf(tuple(own))


def any_of(parts: Iterable[Need]) -> Need:
    """The parts, or ANYTHING if every item meets one of them."""
    own = tuple(dict.fromkeys(parts))
    if ANYTHING in own:
        return ANYTHING
    return own[0] if len(own) == 1 else AnyOf(own)


def _of_node(node: Node, lists: Lists) -> Need:
    match node:
        case Phrase():
            return _of_words((word.text, word.how) for word in node.words)
        case ListTerm():
            return any_of(_of_entries(list_entries(node.name, lists)))
        case Pattern():
            return all_of(HasPiece(piece) for piece in literal_pieces(node.regex))
        case Identity():
            return HasTag(node.value) if node.kind == "tag" else IsFrom(node.value)
        case Scoped() | Edge():
            return _of_node(node.child, lists)
        case Near():
            return all_of((_of_node(node.left, lists), _of_node(node.right, lists)))
        case Not():
            return ANYTHING
        case And():
            return all_of(_of_node(child, lists) for child in node.children)
        case Or():
            return any_of(_of_node(child, lists) for child in node.children)


def _of_words(words: Iterable[tuple[str, str]]) -> Need:
    return all_of(HasPrefix(text) if how == "prefix" else HasWord(text.casefold()) for text, how in words)


def _of_event(event: Event, lists: Lists) -> Need:
    named = (any_of(_of_entries(entries_of(part, lists))) for part in (event.who, event.what) if part)
    does = (
        need
        for name in event.does
        for part in _DOES
        for need in _of_entries(entries_of((name,), lists, part))
    )
    return all_of((*named, any_of(does)))


@lru_cache(32)
def _of_entries(entries: tuple[PackEntry, ...]) -> tuple[Need, ...]:
    """One need for each entry. Large lists are asked about again with every keystroke."""
    return tuple(need_of_entry(entry.text) for entry in entries)


@lru_cache(KEPT_ENTRIES)
def need_of_entry(text: str) -> Need:
    """What every text has that an entry of a list occurs in. Raises QueryError."""
    return _of_words((word, how) for word, how, _ in elements(text))


# ── patterns ──────────────────────────────────────────────────────────────────────────────────

_STEP = re.compile(
    r"(?P<plain>[A-Za-z0-9])|(?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])|\{[0-9,]*\}|\\(?P<escape>.)|(?P<other>.)",
    re.DOTALL,
)
_QUANTIFIED = re.compile(r"[*?{]")
_KNOWN_ESCAPES = frozenset("bBwWdDsStnrfv")


def literal_pieces(regex: str) -> tuple[str, ...]:
    """Letters and digits that are side by side, as pieces of a word, in every text that the RE2 pattern matches.

    Without its last character, which may be one letter with a combining mark in the text. () if there are none or the
    pattern is too difficult to tell.
    """
    pieces, run, depth = [], "", 0
    for step in _STEP.finditer(regex):
        plain, escape, other = step["plain"], step["escape"], step["other"]
        unclear = (escape and escape.isalnum() and escape not in _KNOWN_ESCAPES) or "[:" in (
            step["class"] or ""
        )
        if other == "|" or unclear:
            return ()
        if plain and not depth and not _QUANTIFIED.match(regex, step.end()):
            run += plain.lower()
            if not regex.startswith("+", step.end()):
                continue
        pieces.append(run)
        run = ""
        depth += (other == "(") - (other == ")")
    pieces.append(run)
    return tuple(piece[:-1] for piece in pieces if len(piece) > _SHORTEST_LITERAL)


# ── items ─────────────────────────────────────────────────────────────────────────────────────


def words_in(item: ItemText) -> list[str]:
    """The raw tokens of an item's text, borders of fields included. `word_forms` says how each is compared."""
    texts = (item.title, item.summary, item.body, item.author)
    joined = FIELD_BREAK.join(text.replace(BLOCK_BREAK, " ").replace(FIELD_BREAK, " ") for text in texts)
    return raw_tokens(fold(joined))


def word_forms(raw: str) -> tuple[str, ...]:
    """The word forms of a raw token, as queries and as events read it."""
    if raw == FIELD_BREAK:
        return ()
    form = surface(raw)
    return (form, without_elided(form)) if "'" in form else (form,)
