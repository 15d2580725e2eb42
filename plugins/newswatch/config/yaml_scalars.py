"""Values written as YAML: as little quoted as possible, in brackets where they fit into a line. Pure."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

from newswatch.config.scalar_places import file_index
from newswatch.config.yaml_tree import Scalar
from newswatch.sequences import Block, common_blocks

Value = str | Sequence[str] | Mapping[str, Any]
"""What a key can be given: a text, a list of texts, or a mapping of such values."""

WIDTH = 110
_LONG_ENTRY = 30
"""A list with a longer entry has a line for each: it holds sentences."""

_PLAIN = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`][^\x00-\x1f\x7f\x85\u2028\u2029]*")
_NOT_PLAIN = re.compile(r":(\s|$)|\s#|\s$|\t")
_FLOW_SIGNS = re.compile(r"[,\[\]{}]")
_PIECES = re.compile(r"\w+|\s+|[^\w\s]")
"""What texts are compared by: an editor changes words and signs, and a line break that stays is not touched."""

_MEANS_NOTHING = frozenset(("~", "null", "Null", "NULL"))
"""An editor that checks with the JSON Schema reads them as no value."""


def scalar(text: str, *, flow: bool) -> str:
    """One text on one line. `flow`: within brackets, where commas and brackets need quotes."""
    plain = _PLAIN.fullmatch(text) and not _NOT_PLAIN.search(text) and text not in _MEANS_NOTHING
    if plain and not (flow and _FLOW_SIGNS.search(text)):
        return text
    if "'" not in text and text.isprintable():
        return f"'{text}'"
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    inner = json.dumps(text, ensure_ascii=False)[1:-1]
    return "".join(one if one.isprintable() else _code(one) for one in inner)


def _code(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def flow_value(value: Value) -> str:
    """A value on one line, as brackets contain it."""
    if isinstance(value, str):
        return scalar(value, flow=True)
    if isinstance(value, Mapping):
        return (
            "{"
            + ", ".join(f"{scalar(key, flow=True)}: {flow_value(one)}" for key, one in value.items())
            + "}"
        )
    return "[" + ", ".join(scalar(one, flow=True) for one in value) + "]"


def block_lines(key: str, value: Value, indent: str) -> list[str]:
    """`key: value` as lines of a block."""
    head = f"{indent}{scalar(key, flow=False)}:"
    if isinstance(value, str):
        return _text_lines(head, value, indent)
    line = f"{head} {flow_value(value)}"
    sentences = not isinstance(value, Mapping) and any(len(one) > _LONG_ENTRY for one in value)
    if not value or (len(line) <= WIDTH and not sentences):
        return [line]
    if isinstance(value, Mapping):
        return [head, *(row for name, one in value.items() for row in block_lines(name, one, f"{indent}  "))]
    return [head, *(f"{indent}  - {scalar(one, flow=False)}" for one in value)]


def _text_lines(head: str, text: str, indent: str) -> list[str]:
    line = f"{head} {scalar(text, flow=False)}"
    quoted = line[len(head) + 1] in "'\"" and re.search(r"['\"]", text) is not None
    if (len(line) <= WIDTH and not quoted) or not _can_fold(text):
        return [line]
    folded = textwrap.wrap(
        text, WIDTH - len(indent) - 2, break_long_words=False, break_on_hyphens=False, expand_tabs=False
    )
    return [f"{head} >-", *(f"{indent}  {row}" for row in folded)]


def _can_fold(text: str) -> bool:
    return text.isprintable() and text == " ".join(text.split())


def respelled(text: str, node: Scalar, new: str) -> str:
    """The file's text with `new` as the value of the scalar, where only the part that differs is written again."""
    old = node.text.rstrip() if node.style in (">", "|") else node.text
    before, after = _PIECES.findall(old), _PIECES.findall(new)
    places = [0, *accumulate(map(len, before))]
    blocks = common_blocks(before, after)
    # From the end, so that the places before stay right.
    for past, block in reversed(list(pairwise([Block(0, 0, 0), *blocks]))):
        first, start = past.first + past.length, past.second + past.length
        if (first, start) != block[:2]:
            piece = slice(file_index(text, node, places[first]), file_index(text, node, places[block.first]))
            fresh = _in_style("".join(after[start : block.second]), node.style)
            text = text[: piece.start] + fresh + text[piece.stop :]
    return text


def _in_style(text: str, style: str) -> str:
    if style == "'":
        return text.replace("'", "''")
    return _escaped(text) if style == '"' else text
