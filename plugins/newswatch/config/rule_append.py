"""Adding a rule to a watchlist file's text. Comments, order and style of all the rest stay. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from newswatch.config.yaml_changes import plain
from newswatch.config.yaml_scalars import Value, block_lines
from newswatch.config.yaml_text import CannotEdit
from newswatch.config.yaml_tree import ListNode, MapNode, Node, Scalar, parse_document


def rule_lines(rule: Mapping[str, Value], indent: str = "") -> list[str]:
    """The rule as an entry of a list in block style."""
    rows = [row for key, value in rule.items() for row in _key_lines(key, value, f"{indent}  ")]
    rows[0] = f"{indent}- {rows[0].lstrip()}"
    return rows


def append_rule(file: str, text: str, rule: Mapping[str, Value]) -> str:
    """The file's text with one more rule at the end of its `rules`.

    Raises CannotEdit if the file is broken, or if its rules are not written below `rules:`, each with a dash.
    """
    document = parse_document(file, text.encode("utf-8", "replace"))
    empty = _is_empty(text)
    if document.problems and not empty:
        raise CannotEdit(f"correct this first (nothing was changed): {document.problems[0]}")
    root = None if empty else document.root
    before: Any = {} if root is None else plain(root)
    if not isinstance(before, dict):
        raise CannotEdit(f"{file} is not a mapping: write `rules:` on a line of its own, the list below it")
    newline = "\r\n" if "\r\n" in text else "\n"
    place, indent, head = place_of_next(file, text, root)
    rows = [*head, *rule_lines(rule, indent)]
    start, end = text[:place], text[place:]
    gap = "" if not start or start.endswith("\n") else newline
    longer = start + gap + newline.join(rows) + (end if end.startswith(("\n", "\r")) else newline + end)
    after = parse_document(file, longer.encode("utf-8", "replace"))
    wanted = {**before, "rules": [*(before.get("rules") or ()), _plain(rule)]}
    if after.problems or after.root is None or plain(after.root) != wanted:
        raise CannotEdit(f"{file} has an unusual form: write the rule below `rules:` by hand")
    return longer


def place_of_next(file: str, text: str, root: Node | None) -> tuple[int, str, list[str]]:
    """Where one more rule goes, how far it is indented, and the lines before it. Raises CannotEdit."""
    if root is None:
        return len(text), "  ", ["rules:"]
    if not isinstance(root, MapNode) or root.flow:
        raise CannotEdit(f"{file}: write `rules:` on a line of its own, the list below it")
    rules = next((node for name, node in root.entries if name.text == "rules"), None)
    if rules is None:
        return len(text.rstrip()), "  ", ["", "rules:"]
    if isinstance(rules, ListNode) and rules.items and not rules.flow:
        last = rules.items[-1]
        dash = text.rfind("-", 0, last.start)
        return _line_end(text, last.end), text[text.rfind("\n", 0, dash) + 1 : dash], []
    if isinstance(rules, Scalar) and not rules.text:
        return _line_end(text, rules.start), "  ", []
    raise CannotEdit(f"{file}: write `rules:` on a line of its own, the list below it")


def _is_empty(text: str) -> bool:
    return all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines())


def _line_end(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    if end < 0:
        return len(text)
    return end - 1 if text[end - 1 : end] == "\r" and end > offset else end


def _key_lines(key: str, value: Value, indent: str) -> list[str]:
    """An event has a line for each of its keys, so that it reads as who does what."""
    if key == "event" and isinstance(value, Mapping):
        return [
            f"{indent}{key}:",
            *(row for name, one in value.items() for row in block_lines(name, one, f"{indent}  ")),
        ]
    return block_lines(key, value, indent)


def _plain(value: Value) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return list(value)
