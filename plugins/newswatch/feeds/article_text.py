"""The text of a tree's elements, as blocks: paragraphs, headings, list entries, table cells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from newswatch.feeds.text import one_line

_BLOCKS = frozenset(
    """address article aside blockquote body caption cell center code dd details div dl dt fieldset figcaption
    figure footer form h1 h2 h3 h4 h5 h6 head header hr item li list main nav ol p pre quote row section summary
    table tbody td tfoot th thead title tr ul""".split()  # noqa: SIM905
)
"""The block elements of HTML and of trafilatura's result tree (head, item, list, quote, row, cell)."""
_BREAKS = frozenset({"br", "lb"})
_BORDER = "\x00"
_BREAK = "\x01"


def blocks(element: Any) -> list[str]:
    """The element's text in blocks, without empty ones, white space collapsed.

    Two line breaks in a row end a block. A single one is a space.
    """
    marked = "".join(_pieces(element)).split(_BORDER)
    found = (one_line(part.replace(_BREAK, " ")) for run in marked for part in _paragraphs(run))
    return [block for block in found if block]


def inline(element: Any) -> str:
    """The element's text in one line."""
    return " ".join(blocks(element))


def text_sizes(root: Any) -> dict[Any, int]:
    """For each element below `root` the number of characters of its text, in linear time."""
    elements = list(root.iter())
    sizes = dict.fromkeys(elements, 0)
    for element in reversed(elements):
        own = sizes[element] + len((element.text or "").strip())
        sizes[element] = own
        parent = element.getparent()
        if parent in sizes:
            sizes[parent] += own + len((element.tail or "").strip())
    return sizes


def same_text(one: str, other: str) -> bool:
    """Whether two texts are the same, apart from case, space and punctuation."""
    return squash(one) == squash(other) != ""


def squash(text: str) -> str:
    """The letters and digits of a text, case-folded."""
    return "".join(char for char in text.casefold() if char.isalnum())


def _pieces(element: Any) -> Iterator[str]:
    for event, node in etree.iterwalk(element, events=("start", "end")):
        is_block = node.tag in _BLOCKS
        if is_block:
            yield _BORDER
        if event == "start":
            yield _BREAK if node.tag in _BREAKS else (node.text or "")
        elif node is not element:
            yield node.tail or ""


def _paragraphs(run: str) -> list[str]:
    """A run of text split where two line breaks follow each other with nothing between."""
    if _BREAK not in run:
        return [run]
    groups: list[list[str]] = [[]]
    for part in run.split(_BREAK):
        if part.strip():
            groups[-1].append(part)
        elif groups[-1]:
            groups.append([])
    return [" ".join(group) for group in groups if group]
