"""The lines of one rule in a watchlist file: taken out of one version of the file and put into another. Pure.

A block goes from the rule's dash to its last line, with the comments in it. Comments between rules stay where they are.
"""

from __future__ import annotations

from typing import Any

from newswatch.config.rule_append import place_of_next
from newswatch.config.yaml_changes import plain
from newswatch.config.yaml_text import CannotEdit
from newswatch.config.yaml_tree import ListNode, MapNode, Node, Scalar, parse_document

Block = tuple[int, int]
"""From an offset to an offset of the file's text: whole lines, the last one without its line break."""


def block_of(file: str, text: str, rule_id: str) -> str | None:
    """The rule's lines; None if the file has no such rule. Raises CannotEdit for a broken file or an unusual form."""
    found = _blocks(file, text).get(rule_id)
    return None if found is None else text[found[0] : found[1]]


def rule_blocks(file: str, text: str) -> dict[str, str]:
    """The lines of every rule by its id, in order. Raises CannotEdit."""
    return {rule_id: text[start:end] for rule_id, (start, end) in _blocks(file, text).items()}


def with_block(file: str, text: str, rule_id: str, block: str | None) -> str:
    """The file's text with these lines in place of the rule's, or at the end of its rules; None takes the rule out.

    Everything else that the file says stays the same. Raises CannotEdit.
    """
    blocks = _blocks(file, text)
    known = blocks.get(rule_id)
    if block is None and known is None:
        return text
    if block is None and known is not None:
        end = text.find("\n", known[1])
        changed = text[: known[0]] + (text[end + 1 :] if end >= 0 else "")
    elif known is not None:
        changed = text[: known[0]] + _indented(block or "", _indent(text, known)) + text[known[1] :]
    else:
        changed = _appended(file, text, blocks, block or "")
    _verify(file, text, changed, rule_id, block)
    return changed


def _appended(file: str, text: str, blocks: dict[str, Block], block: str) -> str:
    if not blocks:
        place, indent, head = place_of_next(file, text, _root(file, text))
        lines = "\n".join((*head, _indented(block, len(indent))))
        gap = "" if text[:place].endswith("\n") else "\n"
        return f"{text[:place]}{gap}{lines}{text[place:] or chr(10)}"
    last = list(blocks.values())[-1]
    return f"{text[: last[1]]}\n{_indented(block, _indent(text, last))}{text[last[1] :]}"


def _blocks(file: str, text: str) -> dict[str, Block]:
    rules = _rules(_root(file, text))
    if rules is None:
        return {}
    if rules.flow:
        raise CannotEdit(f"{file}: rules are written in one list in brackets: change them by hand")
    found: dict[str, Block] = {}
    for item in rules.items:
        if not isinstance(item, MapNode):
            continue
        start = text.rfind("\n", 0, _dash(text, item.start)) + 1
        end = text.find("\n", item.end)
        found.setdefault(_id(item), (start, len(text) if end < 0 else end))
    return found


def _dash(text: str, start: int) -> int:
    """The place of the dash before a rule. It may be on a line before."""
    return text.rindex("-", 0, start)


def _root(file: str, text: str) -> Node:
    document = parse_document(file, text.encode("utf-8", "replace"))
    if document.problems or document.root is None:
        raise CannotEdit(f"correct this first (nothing was changed): {document.problems[0]}")
    return document.root


def _rules(root: Node) -> ListNode | None:
    entries = root.entries if isinstance(root, MapNode) else ()
    return next((node for key, node in entries if key.text == "rules" and isinstance(node, ListNode)), None)


def _id(item: MapNode) -> str:
    return next(
        (node.text.strip() for key, node in item.entries if key.text == "id" and isinstance(node, Scalar)), ""
    )


def _indent(text: str, block: Block) -> int:
    line = text[block[0] : block[1]]
    return len(line) - len(line.lstrip(" "))


def _indented(block: str, wanted: int) -> str:
    """The block moved so that its dash is in that column."""
    now = len(block) - len(block.lstrip(" "))
    if now == wanted:
        return block
    lines = block.split("\n")
    if now < wanted:
        return "\n".join(f"{' ' * (wanted - now)}{line}" if line.strip() else line for line in lines)
    return "\n".join(line[now - wanted :] if line[: now - wanted].isspace() else line for line in lines)


def _verify(file: str, before: str, after: str, rule_id: str, block: str | None) -> None:
    """Check that the result reads as the file did, but for this rule, which reads as in the block."""
    old, new = (_said(file, text) for text in (before, after))
    wanted = None
    if block is not None:
        wanted = _said(file, f"rules:\n{_indented(block, 2)}\n")["rules"][rule_id]
    given = new["rules"].pop(rule_id, None)
    old["rules"].pop(rule_id, None)
    if new != old or given != wanted:
        raise CannotEdit(f"{file}: rule {rule_id} has an unusual form: change it by hand")


def _said(file: str, text: str) -> dict[str, Any]:
    root = _root(file, text)
    said: dict[str, Any] = plain(root)
    rules = _rules(root)
    items = [item for item in rules.items if isinstance(item, MapNode)] if rules else []
    return {**said, "rules": {_id(item): plain(item) for item in items}}
