"""What is wrong with an event, in words that say what to write instead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from newswatch.errors import QueryError
from newswatch.models import Event
from newswatch.packs import PackKind, load_pack, pack_names
from newswatch.rules.event_plan import elements
from newswatch.rules.lists import Lists
from newswatch.rules.query import unknown_list


@dataclass(frozen=True, slots=True)
class EventProblem:
    """A fault of the index-th text of a part, at `text[offset:]`."""

    part: str
    index: int
    message: str
    offset: int = 0
    is_error: bool = True


def check_event(event: Event, lists: Lists) -> list[EventProblem]:
    """Every fault, in the order of the parts."""
    return [
        problem
        for part in ("who", "does", "what", "unless")
        for index, text in enumerate(getattr(event, part))
        for problem in _check(part, index, text, lists)
    ]


def _check(part: str, index: int, text: str, lists: Lists) -> Iterator[EventProblem]:
    if text.startswith("$"):
        message = _wrong_list(part, text[1:], lists)
        if message:
            yield EventProblem(part, index, message)
        return
    try:
        elements(text)
    except QueryError as error:
        yield EventProblem(part, index, error.message, error.offset)
        return
    if text in (*pack_names(), *lists) and ("_" in text or part == "does"):
        message = f"`{text}` is searched as words; for the list of that name write ${text}"
        yield EventProblem(part, index, message, is_error=False)


def _wrong_list(part: str, name: str, lists: Lists) -> str:
    """What is wrong with a list in this part; "" if nothing is."""
    if name in lists:
        return ""
    if name not in pack_names():
        return unknown_list(name, lists)
    kind = load_pack(name).kind
    wanted: PackKind = "stance" if part == "does" else "names"
    if part == "unless" or kind == wanted:
        return ""
    known = ", ".join(f"${pack}" for pack in pack_names() if load_pack(pack).kind == wanted)
    if part == "does":
        return f"${name} are names, and `does` says what is done: write one of {known}, or verbs"
    return f"${name} says what is done, and `{part}` wants names: write one of {known}, or names"
