"""Where the article is on its page: the tree is changed so that trafilatura finds it.

trafilatura takes the first `article` or `class="post"` of a page for the whole article, and extends a
short one with paragraphs from anywhere on the page. So the posts of a live blog, which are one article,
are put into one element, and everything outside the headline's own element is removed.
"""

from __future__ import annotations

from typing import Any

from newswatch.feeds.article_text import text_sizes

_POST_TAGS = ("article", "section", "div")
_POST_NAMES = frozenset({"post", "entry", "live-post", "live-update", "update", "liveblog-post"})
_MIN_ARTICLE_CHARS = 80
"""An element around the headline with less other text than this is only the head of the article."""
_NAMING_ATTRIBUTES = ("class", "id", "itemprop", "role")


def join_posts(root: Any, h1: Any | None) -> None:
    """Puts posts with one parent, and without the headline in any of them, into one `article`."""
    if h1 is None:
        return
    sizes = text_sizes(root)
    holders = set(h1.iterancestors())
    groups: dict[Any, list[Any]] = {}
    for element in root.iter(*_POST_TAGS):
        if _is_post(element) and element not in holders:
            groups.setdefault(element.getparent(), []).append(element)
    for group in groups.values():
        if len(group) > 1 and sum(sizes[post] for post in group) * 2 > sizes[root]:
            _join(group)
            return


def isolate_article(root: Any, h1: Any | None) -> None:
    """Leaves in the body only the `article`, else the `main`, that contains headline and text."""
    body = root.find("body")
    if h1 is None or body is None:
        return
    sizes = text_sizes(root)
    around = [*h1.iterancestors("article"), *h1.iterancestors("main")]
    whole = next((element for element in around if sizes[element] - sizes[h1] >= _MIN_ARTICLE_CHARS), None)
    if whole is not None:
        whole.tail = None
        body.text = None
        body[:] = [whole]


def _is_post(element: Any) -> bool:
    return element.tag == "article" or not _POST_NAMES.isdisjoint(element.get("class", "").lower().split())


def _join(posts: list[Any]) -> None:
    article = posts[0].makeelement("article")
    posts[0].addprevious(article)
    for post in posts:
        article.append(post)
        for inner in post.iter(*_POST_TAGS):
            inner.tag = "div"
            for name in _NAMING_ATTRIBUTES:
                inner.attrib.pop(name, None)
