"""From a web page to the article on it.

::

    bytes ──read_page──▶ tree ──about──▶ title, summary, … ──remove_clutter──▶ article ──trafilatura──▶ body

Precision matters more than completeness: a teaser taken for a part of the article raises a false
alert, while a missing last paragraph rarely loses one. So everything that is clearly not the article is
removed by its name before trafilatura looks for the main text, and trafilatura runs with
`favor_precision`.

Pages are hostile input: run this in a process with limits (`newswatch.feeds.worker`).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from newswatch.document import BLOCK_SEPARATOR
from newswatch.errors import ParseFailed
from newswatch.feeds import article_about, limits
from newswatch.feeds.article_clutter import remove_clutter
from newswatch.feeds.article_page import read_page
from newswatch.feeds.article_region import isolate_article, join_posts
from newswatch.feeds.article_text import blocks, inline, same_text
from newswatch.feeds.article_words import CHALLENGE, INVITATION, LOGIN
from newswatch.feeds.text import cut
from newswatch.redact import redact_url

_MIN_BODY_CHARS = 25
_SHORT_CHARS = 800
"""A page that looks like a login or a challenge and has less text than this has no article."""
_MAX_INVITATION_CHARS = 220


@dataclass(frozen=True, slots=True)
class Article:
    """The text of a web page.

    Text fields are plain text, blocks joined by BLOCK_SEPARATOR, white space collapsed. `summary`
    is the standfirst, else the page's description, and is not repeated at the start of `body`.
    `lang` is a lower-case language tag or "". `canonical_link` is in the form of
    `newswatch.feeds.canonical`.
    """

    title: str
    summary: str
    body: str
    lang: str
    published: datetime | None
    canonical_link: str


def extract_article(html: bytes, *, url: str, headers: Mapping[str, str]) -> Article:
    """The article on the page `html`, fetched from `url`; `headers` has lower-case names.

    Pages over 5 MB are cut. Raises ParseFailed: kind "no_text" where the page has no main text
    (login, challenge, empty, not a web page), "limit" where it is nested too deeply.
    """
    try:
        return _extract(html, url, headers)
    except RecursionError:
        raise ParseFailed(f"the page {redact_url(url)} is nested too deeply", kind="limit") from None


def _extract(html: bytes, url: str, headers: Mapping[str, str]) -> Article:
    root = read_page(html, headers)
    about = article_about.metas(root)
    h1 = article_about.headline(root)
    title = article_about.title_of(root, h1, about, url)
    lang = article_about.language_of(root, about, headers)
    published = article_about.published_of(root, about)
    canonical = article_about.canonical_of(root, about, url)
    wall = _wall(root, title)
    summary = article_about.take_standfirst(h1) or article_about.described(about)
    remove_clutter(root)
    join_posts(root, h1)
    isolate_article(root, h1)
    found = _article_blocks(root)
    if sum(map(len, found)) < _MIN_BODY_CHARS or (wall and sum(map(len, found)) < _SHORT_CHARS):
        raise ParseFailed(_no_text(url, wall), kind="no_text")
    summary, body = _summary_and_body(found, title, summary)
    return Article(title, summary, body, lang, published, canonical)


def _summary_and_body(found: list[str], title: str, summary: str) -> tuple[str, str]:
    """Summary and body. The body begins after title and summary. An article of one line is only body."""
    start = 0
    while start < len(found) and any(same_text(found[start], known) for known in (title, summary)):
        start += 1
    if start == len(found):
        start, summary = next((i for i, block in enumerate(found) if not same_text(block, title)), 0), ""
    return summary, cut(BLOCK_SEPARATOR.join(found[start:]), limits.MAX_BODY_CHARS)


def _article_blocks(root: Any) -> list[str]:
    """The blocks of the main text, as trafilatura finds them."""
    document = _main_text(root)
    if document is None or document.body is None:
        return []
    return [block for block in blocks(document.body) if not _is_invitation(block)]


def _main_text(root: Any) -> Any:
    """The result tree of trafilatura, None where it finds nothing."""
    import trafilatura  # noqa: PLC0415 - 0.1 s and 20 MB that only processes reading pages pay

    # trafilatura logs a warning for each page without text; here ParseFailed reports it.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    return trafilatura.bare_extraction(
        root, fast=True, favor_precision=True, include_comments=False, include_tables=True
    )


def _is_invitation(block: str) -> bool:
    return len(block) <= _MAX_INVITATION_CHARS and bool(INVITATION.match(block))


def _wall(root: Any, title: str) -> str:
    """What seems to block readers: "challenge", "login" or ""."""
    heads = [title, *(inline(element) for element in root.iter("title", "h1", "h2"))]
    if any(CHALLENGE.search(head) for head in heads):
        return "challenge"
    asks = root.xpath("boolean(.//input[@type='password'])")
    return "login" if asks and any(LOGIN.search(head) for head in heads) else ""


def _no_text(url: str, wall: str) -> str:
    why = {
        "challenge": "the site seems to block programs; ask the publisher for access or set article: false",
        "login": "it asks for a login; give the feed an auth entry or set article: false",
    }.get(wall, "the feed's own text is used; if this is true of all its pages, set article: false")
    return f"no main text on {redact_url(url)}: {why}"
