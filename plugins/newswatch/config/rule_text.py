"""Editing one rule or one list in a watchlist file's text. Comments, order and style of all the rest stay.

A path begins at the rule, such as `("event", "unless")`, or at the list, such as `("without",)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from newswatch.config.shapes import EVENT, FEED_FILTER, RULE, THRESHOLD, WATCHLIST_FILE
from newswatch.config.yaml_changes import Change, Path
from newswatch.config.yaml_text import CannotEdit, edit_text, value_at
from newswatch.config.yaml_tree import ListNode, MapNode, Node, Scalar, parse_document

_ORDER = tuple(
    key.name for record in (RULE, EVENT, FEED_FILTER, THRESHOLD, WATCHLIST_FILE) for key in record.keys
)
"""Where a new key is put among the others: no two of these records have a key of the same name in another order."""


@dataclass(frozen=True, slots=True)
class Target:
    """A rule by its id, or a list by its name."""

    kind: Literal["rule", "list"]
    name: str


def edit_target(file: str, text: str, target: Target, changes: Sequence[Change]) -> str:
    """The file's text after these changes of one rule or list, one after the other.

    What is read from it then differs in exactly these changes. Raises CannotEdit, also for a rule that is not there.
    A list that is not there is made by `SetKey((), value)`.
    """
    for change in changes:
        path = (*_base(file, text, target), *change.path)
        text = edit_text(file, text, replace(change, path=path), _ORDER)
    return text


def value_of(file: str, text: str, target: Target) -> Any:
    """What the file says of the rule or list, as texts, lists and dicts; None if it has none. Raises CannotEdit."""
    if target.kind == "rule" and _number(file, text, target.name) is None:
        return None
    return value_at(file, text, _base(file, text, target))


def number_of_rule(file: str, text: str, rule_id: str) -> int | None:
    """Which of the file's rules has that id, from 0; None if none has. Raises CannotEdit."""
    return _number(file, text, rule_id)


def lines_of_rule(file: str, text: str, number: int) -> tuple[int, int] | None:
    """The first and the last line of a rule, from 1, by its number: 0 is the first, -1 the last. None if it is not there."""
    rules = _listed(file, text, "rules")
    return _lines(text, rules[number]) if -len(rules) <= number < len(rules) else None


def lines_of_entry(
    file: str, text: str, key: Literal["rules", "feeds"], entry_id: str
) -> tuple[int, int] | None:
    """The same of the first entry with an id, of the list with that key."""
    for node in _listed(file, text, key):
        entries = node.entries if isinstance(node, MapNode) else []
        if any(
            name.text == "id" and isinstance(one, Scalar) and one.text.strip() == entry_id
            for name, one in entries
        ):
            return _lines(text, node)
    return None


def _listed(file: str, text: str, key: Literal["rules", "feeds"]) -> Sequence[Node]:
    """The entries of a list of the file, none if the file is broken."""
    root = parse_document(file, text.encode("utf-8", "replace")).root
    listed = ({name.text: node for name, node in root.entries} if isinstance(root, MapNode) else {}).get(key)
    return listed.items if isinstance(listed, ListNode) else ()


def _lines(text: str, node: Node) -> tuple[int, int]:
    return node.line, text.count("\n", 0, node.end) + 1


def _base(file: str, text: str, target: Target) -> Path:
    if target.kind == "list":
        return ("lists", target.name)
    number = _number(file, text, target.name)
    if number is None:
        raise CannotEdit(f"{file} has no rule {target.name!r}")
    return ("rules", number)


def _number(file: str, text: str, rule_id: str) -> int | None:
    rules = value_at(file, text, ("rules",)) or []
    ids = [str(one.get("id", "")).strip() if isinstance(one, dict) else "" for one in rules]
    return ids.index(rule_id) if rule_id in ids else None
