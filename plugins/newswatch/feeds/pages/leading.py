"""The item that a page shows larger, above its list: the newest one, which comes into the list with the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from newswatch.feeds.pages import date_texts
from newswatch.feeds.pages.items import Item
from newswatch.feeds.pages.outline import BORDER, Node, Outline, letters

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5"})
_UP = 3
"""How many levels above a list its leading item may be beside it."""
_MOST = 3
_MAX_TARGETS = 6
_MAX_NODES = 120
_MIN_LETTERS = 12
_MIN_SUMMARY = 40
_DATED = 0.5


def leading_items(outline: Outline, rows: Sequence[Node], items: Sequence[Item]) -> list[Item]:
    """At most three items in blocks before the first row, of a list with dates. They have one, too."""
    if sum(1 for item in items if item.published) < _DATED * len(items):
        return []
    known = {item.link for item in items}
    found: list[Item] = []
    for block in _blocks_before(outline, rows[0]):
        headlines = _headlines(outline, block)
        if not 1 <= len(headlines) <= _MOST or len(_targets(outline, block)) > _MAX_TARGETS:
            continue
        for link, heading in headlines:
            item = _item(outline, _own_block(block, link, [one for one, _ in headlines]), link, heading)
            if item.link not in known and item.published and _is_headline(outline, item):
                found.append(item)
                known.add(item.link)
    return found if 1 <= len(found) <= _MOST else []


def _blocks_before(outline: Outline, row: Node) -> Iterator[Node]:
    """The elements beside the list and before it, the outer ones first."""
    branches = [row]
    while branches[-1].parent is not None and len(branches) <= _UP:
        branches.append(branches[-1].parent)
    for above, branch in reversed(list(zip(branches[1:], branches, strict=False))):
        at = above.index + 1
        while at < branch.index:
            block = outline.nodes[at]
            if block.clutter == row.clutter and block.end - block.index <= _MAX_NODES:
                yield block
            at = block.end


def _headlines(outline: Outline, block: Node) -> list[tuple[Node, Node]]:
    """The links in a block that are headings, with the heading."""
    found: list[tuple[Node, Node]] = []
    for link in outline.links_inside(block):
        heading = next((node for node in outline.inside(link) if node.tag in _HEADINGS), None)
        above: Node | None = link
        for _ in range(3):
            if heading is None and above is not None and above.index >= block.index:
                heading = above if above.tag in _HEADINGS else None
                above = above.parent
        if heading is not None and link.href:
            found.append((link, heading))
    return found


def _targets(outline: Outline, block: Node) -> set[str]:
    return {link.href for link in outline.links_inside(block) if link.href}


def _own_block(block: Node, link: Node, headlines: Sequence[Node]) -> Node:
    """The largest element in the block with this headline only."""
    own = link
    while own is not block and own.parent is not None:
        parent = own.parent
        if sum(1 for other in headlines if parent.index <= other.index < parent.end) > 1:
            break
        own = parent
    return own


def _item(outline: Outline, own: Node, link: Node, heading: Node) -> Item:
    stamps = [node.stamp for node in outline.inside(own) if node.stamp]
    text = "".join(outline.pieces[own.first_text : own.end_text])
    lines = (" ".join(line.split()) for line in text.split(BORDER))
    found = stamps[:1] or [date for line in lines if (date := date_texts.in_line(line))][:1]
    paragraphs = (outline.text(node) for node in outline.inside(own) if node.tag == "p")
    summary = next((text for text in paragraphs if letters(text) >= _MIN_SUMMARY), "")
    moments = date_texts.read(found, outline.hints, outline.now)
    return Item(
        outline.text(heading),
        outline.target(link),
        next(iter(moments), None),
        summary,
        any(map(date_texts.is_counted, found)),
    )


def _is_headline(outline: Outline, item: Item) -> bool:
    """Whether this is not the name of the site or of the page."""
    same = item.link.partition("#")[0] == outline.url.partition("#")[0]
    return (
        bool(item.link)
        and not same
        and urlsplit(item.link).path.strip("/") != ""
        and letters(item.title) >= _MIN_LETTERS
    )
