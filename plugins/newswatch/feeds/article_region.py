"""Where on a page its story stands, told to trafilatura by the shape of the tree.

Trafilatura takes the first `article` or `class="post"` of a page for the whole story, and fills
up a short one with paragraphs from anywhere. So posts of a live blog, which are the story
together, are put into one element; and what stands outside the headline's own element goes.
"""

from __future__ import annotations

from typing import Any

from newswatch.feeds.article_text import text_sizes

_POST_TAGS = ("article", "section", "div")
_POST_NAMES = frozenset({"post", "entry", "live-post", "live-update", "update", "liveblog-post"})
_MIN_STORY_CHARS = 80
"""An element around the headline with less text than this beside it is only the story's head."""
_TELLING = ("class", "id", "itemprop", "role")


def join_posts(root: Any, h1: Any | None) -> None:
    """Puts posts that stand side by side, the headline in none of them, into one `article`."""
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


def isolate_story(root: Any, h1: Any | None) -> None:
    """Leaves in the body only the `article`, else the `main`, that holds headline and story."""
    body = root.find("body")
    if h1 is None or body is None:
        return
    sizes = text_sizes(root)
    around = [*h1.iterancestors("article"), *h1.iterancestors("main")]
    story = next((element for element in around if sizes[element] - sizes[h1] >= _MIN_STORY_CHARS), None)
    if story is not None:
        story.tail = None
        body.text = None
        body[:] = [story]


def _is_post(element: Any) -> bool:
    return element.tag == "article" or not _POST_NAMES.isdisjoint(element.get("class", "").lower().split())


def _join(posts: list[Any]) -> None:
    story = posts[0].makeelement("article")
    posts[0].addprevious(story)
    for post in posts:
        story.append(post)
        for inner in post.iter(*_POST_TAGS):
            inner.tag = "div"
            for name in _TELLING:
                inner.attrib.pop(name, None)
