"""Removes from the tree what a news page shows around its article.

In this order: elements that never contain an article; elements whose class or id says what they are;
headings such as "More for you" with what follows them; blocks that ask the reader to read more,
subscribe or share; lists, tables and paragraphs that are only links. An element with the headline or
with most of the page's text stays, whatever its name: some sites call the whole page `has-paywall`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from newswatch.feeds.article_text import inline, text_sizes
from newswatch.feeds.article_words import CLUTTER_CLASS, CLUTTER_HEADING, INVITATION

_NEVER_ARTICLE = frozenset(
    """applet area audio button canvas caption dialog embed figcaption frame frameset iframe img input link map menu meta
    noscript object option picture script select style svg template textarea track video""".split()  # noqa: SIM905
)
_RARELY_ARTICLE = frozenset({"aside", "figure", "footer", "form", "nav"})
_ROLES = frozenset(
    """alert alertdialog banner complementary contentinfo dialog menu menubar navigation search toolbar""".split()  # noqa: SIM905
)
_ALWAYS_KEPT = frozenset({"html", "body", "main"})
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_HIDDEN_STYLE = re.compile(r"(?i)display\s*:\s*none|visibility\s*:\s*hidden")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_MAX_NAME_CHARS = 500
_MAX_INVITATION_CHARS = 220
_MAX_HEADING_CHARS = 60
_TEASER_CHARS = 240
_LINKS_ONLY = 0.8


def remove_clutter(root: Any) -> None:
    """Removes from the tree, in place, everything that is not the text of the article."""
    _remove(root, lambda element: element.tag in _NEVER_ARTICLE or str(element.tag).startswith("amp-"))
    sizes = text_sizes(root)
    kept = _headline_holders(root).union(root.iter(*_ALWAYS_KEPT))
    limit = sizes[root] / 2
    _remove(root, lambda e: _is_named_clutter(e) and e not in kept and sizes[e] <= limit)
    _cut_at_headings(root, kept, limit)
    _remove_invitations(root)
    _remove_link_lists(root)


def _remove(root: Any, unwanted: Callable[[Any], bool]) -> None:
    for element in list(root.iter()):
        if element is not root and unwanted(element):
            _drop(element)


def _headline_holders(root: Any) -> set[Any]:
    """Every h1 and the elements that contain it."""
    holders: set[Any] = set()
    for headline in root.iter("h1"):
        holders.add(headline)
        for ancestor in headline.iterancestors():
            if ancestor in holders:
                break
            holders.add(ancestor)
    return holders


def _is_named_clutter(element: Any) -> bool:
    if element.tag in _RARELY_ARTICLE or element.get("role", "") in _ROLES:
        return True
    if "hidden" in element.attrib or _HIDDEN_STYLE.search(element.get("style", "")[:_MAX_NAME_CHARS]):
        return True
    names = f"{element.get('class', '')} {element.get('id', '')} {element.get('data-testid', '')}"
    return bool(CLUTTER_CLASS.search(kebab(names)))


def kebab(names: str) -> str:
    """Class names in one spelling: `moreForYou` and `More_For_You` become `more-for-you`."""
    return _CAMEL.sub("-", names[:_MAX_NAME_CHARS]).replace("_", "-").replace("--", "-").lower()


def _cut_at_headings(root: Any, kept: set[Any], limit: float) -> None:
    sizes = text_sizes(root)
    for heading in list(root.iter(*_HEADINGS, "p", "strong", "div")):
        if heading.getparent() is None or sizes.get(heading, 0) > _MAX_HEADING_CHARS or heading in kept:
            continue
        if not CLUTTER_HEADING.match(inline(heading)):
            continue
        around = heading.getparent()
        if around not in kept and around.tag in ("section", "div") and sizes[around] <= limit:
            _drop(around)
        else:
            _drop_with_followers(heading)


def _drop_with_followers(heading: Any) -> None:
    """Removes the heading with the list or box right after it, else with all up to the next heading."""
    followers = list(heading.itersiblings())
    announced = []
    boxed = bool(followers) and followers[0].tag in ("ul", "ol", "div", "section", "table")
    for follower in followers:
        if follower.tag in _HEADINGS or (boxed and follower.tag == "p"):
            break
        announced.append(follower)
    if heading.tag in _HEADINGS or boxed:
        for follower in announced:
            _drop(follower)
    _drop(heading)


def _drop(element: Any) -> None:
    """Removes the element, unless it was removed before."""
    if element.getparent() is not None:
        element.drop_tree()


def _remove_invitations(root: Any) -> None:
    sizes = text_sizes(root)

    def invites(element: Any) -> bool:
        if element.tag not in ("p", "li", "div", "span", "strong", "em", "a", *_HEADINGS[1:]):
            return False
        return 0 < sizes[element] <= _MAX_INVITATION_CHARS and bool(INVITATION.match(inline(element)))

    _remove(root, invites)


def _remove_link_lists(root: Any) -> None:
    sizes = text_sizes(root)
    in_links = dict.fromkeys(sizes, 0)
    for link in root.iter("a"):
        for ancestor in link.iterancestors():
            in_links[ancestor] += sizes[link]

    def only_links(element: Any) -> bool:
        size = sizes[element]
        if element.tag in ("p", "li"):
            return 0 < size <= _TEASER_CHARS and in_links[element] >= size
        return element.tag in ("ul", "ol", "table", "dl") and in_links[element] > size * _LINKS_ONLY

    _remove(root, only_links)
