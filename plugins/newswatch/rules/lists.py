"""Lists of terms, which queries and events use as `$name`: checked once, expanded into phrases.

A name is the watchlist's own list, or else a pack. A list that contains its own name contains the pack of
that name, and an entry `NOT x` takes x out of that pack: this is how `extend:` and `without:` are kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newswatch.errors import QueryError
from newswatch.packs import PackEntry, Part, load_pack, pack_names
from newswatch.rules.nodes import ListTerm, Phrase, Word
from newswatch.rules.query import parse_entry, unknown_list

Lists = Mapping[str, Sequence[str]]

TAKEN_OUT = "NOT "
"""How an entry begins that a list takes out of the pack of its name."""


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
            if text.startswith(TAKEN_OUT):
                problems.extend(_not_in_pack(name, index, text.removeprefix(TAKEN_OUT)))
                continue
            try:
                entry = parse_entry(text)
            except QueryError as error:
                problems.append(ListProblem(name, index, error.message, error.offset))
                continue
            if not isinstance(entry, ListTerm):
                continue
            if entry.name in pack_names() and (entry.name == name or entry.name not in lists):
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


def _not_in_pack(name: str, index: int, taken: str) -> list[ListProblem]:
    known = (
        {plain_entry(entry.text) for entry in load_pack(name).part("entries")} if name in pack_names() else ()
    )
    if plain_entry(taken) in known:
        return []
    return [
        ListProblem(name, index, f"`{taken}` is not an entry of the pack `{name}`, so it cannot be left out")
    ]


def plain_entry(text: str) -> str:
    """An entry without its quotes and case: `without: [ECB]` takes out 'ECB'."""
    return text.replace('"', "").replace("'", "").strip().casefold()


def list_entries(name: str, lists: Lists, part: Part = "entries") -> tuple[PackEntry, ...]:
    """The entries of a list and of the lists and packs in it, in order, each once.

    `part` chooses what to take of stances. The words of a watchlist's own list are its verbs.
    """
    found: dict[PackEntry, None] = {}
    waiting, seen = [name], {name}
    while waiting:
        current = waiting.pop()
        if current not in lists:
            found.update(dict.fromkeys(load_pack(current).part(part) if current in pack_names() else ()))
            continue
        own = lists[current]
        taken = {plain_entry(text.removeprefix(TAKEN_OUT)) for text in own if text.startswith(TAKEN_OUT)}
        for text in own:
            child = text.strip().removeprefix("$") if text.strip().startswith("$") else None
            if child == current and child in pack_names():
                pack = load_pack(child).part(part)
                found.update((entry, None) for entry in pack if plain_entry(entry.text) not in taken)
            elif child is not None and child not in seen:
                seen.add(child)
                waiting.append(child)
            elif child is None and part in ("entries", "verbs") and not text.startswith(TAKEN_OUT):
                found[PackEntry(text, "")] = None
    return tuple(found)


def packs_of(name: str, lists: Lists) -> tuple[str, ...]:
    """The packs that a list is or contains."""
    packs: dict[str, None] = {}
    waiting, seen = [name], {name}
    while waiting:
        current = waiting.pop()
        if current not in lists:
            packs.update(dict.fromkeys([current] if current in pack_names() else ()))
            continue
        for text in lists[current]:
            child = text.strip().removeprefix("$")
            if child == current and text.strip().startswith("$"):
                packs[child] = None
            elif text.strip().startswith("$") and child not in seen:
                seen.add(child)
                waiting.append(child)
    return tuple(packs)


def expand_list(name: str, lists: Lists, lang: str = "") -> tuple[Phrase, ...]:
    """The phrases of a list for items of a language, each once; "" leaves out those of one language only.

    Raises QueryError.
    """
    phrases: dict[tuple[Word, ...], Phrase] = {}
    for entry in list_entries(name, lists):
        if entry.lang in ("", lang):
            phrase = _phrase(name, entry.text)
            phrases.setdefault(phrase.words, phrase)
    return tuple(phrases.values())


def list_languages(name: str, lists: Lists) -> tuple[str, ...]:
    """The languages for which a list has entries of their own."""
    return tuple(dict.fromkeys(entry.lang for entry in list_entries(name, lists) if entry.lang))


def _phrase(name: str, text: str) -> Phrase:
    try:
        entry = parse_entry(text)
    except QueryError as error:
        raise QueryError(f"entry `{text}` of list `{name}`: {error.message}", offset=error.offset) from error
    if isinstance(entry, ListTerm):
        raise QueryError(f"entry `{text}` of list `{name}` names a list", offset=0)
    return entry
