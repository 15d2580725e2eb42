"""A page as flat lists: its elements in document order, and its text in pieces.

A subtree is a range of elements and a range of pieces, so questions such as "how many links are in this
row" or "what is written between these two rows" need no walk through the tree.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from newswatch.feeds.date_days import DateHints, hints_of
from newswatch.feeds.dates import NO_HINTS
from newswatch.feeds.links import absolute_link
from newswatch.feeds.pages import hidden_links, stamps

_SKIPPED = frozenset(
    """audio canvas datalist embed head iframe map noscript object script select style svg template textarea
    video""".split()  # noqa: SIM905
)
BLOCKS = frozenset(
    """address article aside blockquote body br center dd details dialog dir div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hr li main menu nav ol p pre section summary table tbody td tfoot th
    thead tr ul""".split()  # noqa: SIM905
)
ROW = 1
"""The label of the row itself."""
BORDER = "\x1e"
"""The piece of text that marks where a block begins or ends: white space that no text has."""
_STATES = re.compile(
    r"(?:^|[-_])(?:odd|even|alt|first|last|active|current|selected|open|show|collapsed?|sticky|new|hot|visited|featured|hover"
    r"|loaded|lazy(?:load(?:ed)?)?|hidden|visible|in|clearfix|cf|group|has-[a-z-]+|no-[a-z-]+|is-[a-z-]+|category-.*"
    r"|tag-.*|status-[a-z]+|format-[a-z]+)$"
)
"""Class names that say in which state or category an element is, not which kind of element it is."""
_DIGIT = re.compile(r"\d")
_WIDE = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_NOT_LETTERS = re.compile(r"[\W\d_]+")
_COUNTED_CHARS = 600
_MAX_TOKENS = 6
_MAX_NAME_CHARS = 300
_NOWHERE = re.compile(r"(?i)(?:#|javascript:|mailto:|tel:|data:|$)")
_FROM_ROOT = re.compile(r"/[\w~%!$&'()*+,:@=/.-]*(?:\?[\w~%!$&'()*+,/:@=.-]+)?\Z", re.ASCII)
_ABSOLUTE = re.compile(
    r"https?://[a-z0-9.-]+(?:/[\w~%!$&'()*+,:@=/.-]*(?:\?[\w~%!$&'()*+,/:@=.-]+)?)?\Z", re.ASCII
)
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?=/|\Z)")
_FAMILY = 3
_COMMON = 0.6
_CELLS = frozenset({"td", "th"})
_LEAF_ROWS = frozenset({"li", "tr", "article", "dt", "dd"})
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_CLUTTER = re.compile(
    r"(?:^|[-_ ])(?:nav(?:bar|igation|i)?|menus?|mega-?menu|breadcrumbs?|footer|sidebar|side-?bar|aside|widgets?|related"
    r"|most-?(?:read|popular|viewed)|popular|trending|pag(?:ination|er|inator)|pagenav|cookies?|consent|social|shar(?:e|ing)"
    r"|tag-?cloud|tags|comments?|ticker|slider|slides?|carousel|flexslider|swiper|marquee|newsletter|promos?|ads?|advert"
    r"|sponsor(?:ed)?|toolbar|topbar|masthead|skip|login|search-?form|filters?|facets?|archives|blogroll|lang(?:uage)?s?"
    r"|recommend(?:ed|ations)?|breaking|modal|popup|share-?links|banner)(?=$|[-_ ])"
)
_CLUTTER_TAGS = frozenset({"nav", "footer", "aside"})
_CLUTTER_ROLES = frozenset(
    {"navigation", "contentinfo", "complementary", "search", "menu", "menubar", "tablist", "dialog", "alert"}
)
_MAIN = re.compile(r"(?:^|[-_ ])(?:main|content|primary|articles?|news|press|posts?)(?=$|[-_ ])")


@dataclass(slots=True, eq=False)
class Node:
    """An element: its place in the outline, and what its siblings have in common with it.

    `end` is the index after its last descendant; `first_text` and `end_text` are its range of text pieces.
    `path` identifies the classes and tags from the root, `tag_path` the tags alone. `key` is what the
    element shares with siblings of its kind. `clutter` counts ancestors (and itself) named as something
    else than content.
    """

    index: int
    element: Any
    attributes: Mapping[str, str]
    parent: Node | None
    tag: str
    depth: int
    first_text: int
    end: int = 0
    end_text: int = 0
    key: str = ""
    path: int = 0
    tag_path: int = 0
    clutter: int = 0
    main: bool = False
    holds_blocks: bool = False
    """Whether it has block elements inside, so that its text is more than one line."""
    href: str | None = None
    """A link's target as written, "" for one that leads nowhere by itself (`javascript:`, `#`), else None."""
    stamp: str = ""
    """The date that an attribute gives."""


@dataclass(slots=True)
class Outline:
    """A page: see the module."""

    url: str
    origin: str = ""
    """Scheme and host, for links that begin with a slash."""
    hints: DateHints = NO_HINTS
    now: datetime | None = None
    """When the page was read, if that is known: what "3 hours ago" is counted from."""
    nodes: list[Node] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    link_nodes: list[int] = field(default_factory=list)
    """The indices of the nodes that are links, ascending."""
    _texts: dict[tuple[int, int], str] = field(default_factory=dict)
    _targets: dict[str, str] = field(default_factory=dict)
    _digits: list[int] | None = None
    _labels: dict[int, list[tuple[Node, int]]] = field(default_factory=dict)

    def text(self, node: Node) -> str:
        """The text of a subtree in one line."""
        place = (node.first_text, node.end_text)
        text = self._texts.get(place)
        if text is None:
            self._texts[place] = text = self.between(*place)
        return text

    def between(self, first: int, end: int) -> str:
        """The text of a range of pieces in one line."""
        return " ".join("".join(self.pieces[first:end]).split())

    def inside(self, node: Node) -> list[Node]:
        """The node and its descendants."""
        return self.nodes[node.index : node.end]

    def target(self, link: Node | None) -> str:
        """The absolute address of a link, "" for none."""
        if link is None or not link.href:
            return ""
        href = link.href
        target = self._targets.get(href)
        if target is None:
            self._targets[href] = target = self._plain_target(href) or absolute_link(self.url, href)
        return target

    def _plain_target(self, href: str) -> str:
        """What most links lead to, without further reading; "" for others. `absolute_link` gives the same for them."""
        if len(href) >= _MAX_NAME_CHARS:
            return ""
        if _ABSOLUTE.match(href):
            return href
        is_plain = self.origin and "//" not in href and "/." not in href and _FROM_ROOT.match(href)
        return self.origin + href if is_plain else ""

    def has_digits(self, first: int, end: int) -> bool:
        """Whether a range of pieces has a digit: without one it has no date."""
        if self._digits is None:
            self._digits = [i for i, piece in enumerate(self.pieces) if _DIGIT.search(piece)]
        at = bisect_left(self._digits, first)
        return at < len(self._digits) and self._digits[at] < end

    def labels_in(self, row: Node) -> list[tuple[Node, int]]:
        """The elements of a row, each with a label of its place: the tags below the row, and its own key."""
        found = self._labels.get(row.index)
        if found is None:
            self._labels[row.index] = found = [(row, ROW)]
            paths = {row.depth: 0}
            for node in self.nodes[row.index + 1 : row.end]:
                depth = node.depth
                paths[depth] = path = hash((paths[depth - 1], node.tag))
                found.append((node, hash((path, node.key))))
        return found

    def links_inside(self, node: Node) -> list[Node]:
        """The links within a node, itself included."""
        links = self.link_nodes
        return [self.nodes[i] for i in links[bisect_left(links, node.index) : bisect_left(links, node.end)]]


def outline_of(root: Any, url: str, lang: str = "", now: datetime | None = None) -> Outline:
    """The outline of the page `root` in the language `lang`, fetched from `url` at `now`."""
    base = root.find(".//base[@href]")
    home = absolute_link(url, base.get("href", "")) or url if base is not None else url
    body = root.find("body")
    body = body if body is not None else root
    origin = _ORIGIN.match(home)
    outline = Outline(home, origin[0] if origin else "", hints_of(url, lang), now)
    _walk(outline, body)
    _name(outline)
    return outline


def _walk(outline: Outline, body: Any) -> None:  # noqa: C901 - one walk, where calls cost
    """Fills the lists in document order. lxml's trees have at most 256 levels."""
    nodes, pieces = outline.nodes, outline.pieces

    def visit(element: Any, parent: Node | None, depth: int) -> None:  # noqa: C901 - as above
        tag = element.tag
        is_block = tag in BLOCKS
        if is_block:
            pieces.append(BORDER)
        attributes = dict(element.items())
        node = Node(len(nodes), element, attributes, parent, tag, depth, len(pieces))
        nodes.append(node)
        if is_block and tag != "br":
            above = parent
            while above is not None and not above.holds_blocks:
                above.holds_blocks = True
                above = above.parent
        if tag == "a":
            _note_link(outline, node)
        elif attributes and not hidden_links.NAMES.isdisjoint(attributes):
            _note_hidden_link(outline, node)
        if attributes and parent is not None and not stamps.NAMES.isdisjoint(attributes):
            node.stamp = stamps.of(tag, attributes)
        text = element.text
        if text:
            pieces.append(text)
        for child in element:
            if child.tag not in _SKIPPED:
                visit(child, node, depth + 1)
            tail = child.tail
            if tail:
                pieces.append(tail)
        node.end, node.end_text = len(nodes), len(pieces)
        if is_block:
            pieces.append(BORDER)

    visit(body, None, 0)


def _note_link(outline: Outline, node: Node) -> None:
    href = node.attributes.get("href")
    if href is None:
        return
    href = href.strip()
    node.href = hidden_links.target_of(node.attributes) if _NOWHERE.match(href) else href
    outline.link_nodes.append(node.index)


def _note_hidden_link(outline: Outline, node: Node) -> None:
    target = hidden_links.target_of(node.attributes) if node.tag not in hidden_links.OTHERS else ""
    if target and node.parent is not None:
        node.href = target
        outline.link_nodes.append(node.index)


def _name(outline: Outline) -> None:
    """Gives each node its key, its paths, and what its names say about it."""
    families: dict[tuple[int, str], list[Node]] = {}
    tokens: list[tuple[str, ...]] = []
    for node in outline.nodes:
        parent = node.parent
        tokens.append(_stable_tokens(node.attributes.get("class")))
        families.setdefault((parent.index if parent else -1, node.tag), []).append(node)
        _judge_names(node)
    for family in families.values():
        _key_family(family, tokens)
    for node in outline.nodes:
        parent = node.parent
        node.path = hash((parent.path if parent else 0, node.key))
        node.tag_path = hash((parent.tag_path if parent else 0, node.tag))


@lru_cache(4_096)
def _stable_tokens(classes: str | None) -> tuple[str, ...]:
    """The class names that say what an element is: without digits and states."""
    if not classes:
        return ()
    kept = [t for t in classes.split()[:24] if not _DIGIT.search(t) and not _STATES.search(t.lower())]
    return tuple(kept[:_MAX_TOKENS])


def _key_family(family: list[Node], tokens: list[tuple[str, ...]]) -> None:
    """Keys for siblings of one tag: the names that most share, so that odd ones out stay in the pattern."""
    tag = family[0].tag
    if len(family) < _FAMILY and tag not in _CELLS:
        for node in family:
            node.key = _own_key(tag, tokens[node.index])
        return
    counts = Counter(token for node in family for token in tokens[node.index])
    common = sorted(token for token, count in counts.items() if count >= _COMMON * len(family))
    plain = not common and tag in _LEAF_ROWS and _mostly_plain(family, tokens)
    for place, node in enumerate(family):
        own = tokens[node.index]
        if tag in _CELLS:
            node.key = f"{tag}:{place}"
        elif plain:
            node.key = tag
        elif common and not set(common).isdisjoint(own):
            node.key = ".".join((tag, *common))
        else:
            node.key = _own_key(tag, own)


@lru_cache(4_096)
def _own_key(tag: str, tokens: tuple[str, ...]) -> str:
    return ".".join((tag, *sorted(tokens)))


def _mostly_plain(family: list[Node], tokens: list[tuple[str, ...]]) -> bool:
    named = sum(1 for node in family if tokens[node.index])
    return named <= (1 - _COMMON) * len(family)


def _judge_names(node: Node) -> None:
    names, parent = node.attributes, node.parent
    if parent is None:
        return
    clutter, main = _said(node.tag, names.get("class"), names.get("id"), names.get("role"))
    node.clutter = parent.clutter + clutter
    node.main = parent.main or main
    if node.tag == "main" or names.get("role") == "main":
        node.clutter = 0


@lru_cache(4_096)
def _said(tag: str, classes: str | None, identifier: str | None, role: str | None) -> tuple[bool, bool]:
    """Whether an element's names call it something else than content, and whether they call it content."""
    names = _CAMEL.sub("-", f"{classes or ''} {identifier or ''}"[:_MAX_NAME_CHARS]).lower()
    clutter = tag in _CLUTTER_TAGS or role in _CLUTTER_ROLES or bool(_CLUTTER.search(names))
    return clutter, tag == "main" or role == "main" or bool(_MAIN.search(names))


def letters(text: str) -> int:
    """The letters of a text, those of scripts without spaces twice, up to 600 characters."""
    return _letters(text[:_COUNTED_CHARS])


@lru_cache(8_192)
def _letters(text: str) -> int:
    count = len(_NOT_LETTERS.sub("", text))
    return count if text.isascii() else count + len(_WIDE.findall(text))
