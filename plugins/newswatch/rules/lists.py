"""Lists of terms, which queries use as `$name`: checked once, expanded into phrases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newswatch.errors import QueryError
from newswatch.rules.nodes import ListTerm, Phrase, Word
from newswatch.rules.query import parse_entry, unknown_list

Lists = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class ListProblem:
    """What is wrong with one entry: `offset` counts code points into the entry's text.

    `index` is the position of the entry in its list, or -1 for the list as a whole.
    """

    name: str
    index: int
    message: str
    offset: int = 0


def check_lists(lists: Lists) -> list[ListProblem]:
    """Every bad entry, unknown nested list, empty list and cycle, each reported once."""
    problems: list[ListProblem] = []
    nested: dict[str, list[tuple[int, str]]] = {}
    for name, entries in lists.items():
        if not entries:
            problems.append(ListProblem(name, -1, f"the list `{name}` is empty: add entries, or remove it"))
        for index, text in enumerate(entries):
            try:
                entry = parse_entry(text)
            except QueryError as error:
                problems.append(ListProblem(name, index, error.message, error.offset))
                continue
            if not isinstance(entry, ListTerm):
                continue
            if entry.name in lists:
                nested.setdefault(name, []).append((index, entry.name))
            else:
                message = unknown_list(entry.name, lists)
                problems.append(ListProblem(name, index, message, entry.start))
    return [*problems, *_cycles(lists, nested)]


def _cycles(lists: Lists, nested: Mapping[str, Sequence[tuple[int, str]]]) -> list[ListProblem]:
    """One problem for each entry that closes a cycle of lists."""
    problems = []
    done: set[str] = set()
    for root in lists:
        path: list[str] = []
        stack: list[tuple[str, int]] = [(root, 0)]
        while stack:
            name, at = stack.pop()
            if at == 0:
                if name in done:
                    continue
                path.append(name)
            inner = nested.get(name, ())
            if at == len(inner):
                done.add(path.pop())
                continue
            stack.append((name, at + 1))
            index, child = inner[at]
            if child in path:
                cycle = " → ".join(f"${step}" for step in [*path[path.index(child) :], child])
                problems.append(
                    ListProblem(name, index, f"these lists contain each other, break the cycle: {cycle}")
                )
            else:
                stack.append((child, 0))
    return problems


def expand_list(name: str, lists: Lists) -> tuple[Phrase, ...]:
    """All phrases of a list and of the lists in it, in order, each once. Raises QueryError."""
    phrases: dict[tuple[Word, ...], Phrase] = {}
    waiting, seen = [name], {name}
    while waiting:
        current = waiting.pop()
        for text in lists.get(current, ()):
            entry = _entry(current, text)
            if isinstance(entry, Phrase):
                phrases.setdefault(entry.words, entry)
            elif entry.name not in seen:
                seen.add(entry.name)
                waiting.append(entry.name)
    return tuple(phrases.values())


def _entry(name: str, text: str) -> Phrase | ListTerm:
    try:
        return parse_entry(text)
    except QueryError as error:
        raise QueryError(f"entry `{text}` of list `{name}`: {error.message}", offset=error.offset) from error
