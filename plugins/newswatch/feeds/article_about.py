"""What a page says about its article: headline, standfirst, language, date, address."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from newswatch.document import BLOCK_SEPARATOR
from newswatch.feeds import dates, entry, limits
from newswatch.feeds.article_clutter import kebab
from newswatch.feeds.article_text import blocks, inline, same_text, squash
from newswatch.feeds.canonical import canonical_link
from newswatch.feeds.host import host_name
from newswatch.feeds.links import absolute_link
from newswatch.feeds.text import cut, one_line, plain_to_text

_SUFFIX = re.compile(r"\s+(?:[|\-–—·•»:]+|::)\s+|\s*\|\s*|\s+\|\|\s+")
_STANDFIRST = re.compile(
    r"(?:^|\s|-)(?:standfirst|sub-?title|sub-?head(?:ing|line)?|deck|dek|description|summary|lede|lead|excerpt|intro"
    r"|strapline)(?:$|\s|-text)"
)
_STANDFIRST_TAGS = frozenset({"h2", "h3", "p", "div"})
_NEAR_HEADLINE = 25
"""How many elements after the headline may be its standfirst."""
_MIN_STANDFIRST_CHARS, _MAX_STANDFIRST_CHARS = 15, 600
_PARAGRAPH_CHARS = 100
_LD_DATE = re.compile(r'"datePublished"\s*:\s*"([^"]{1,40})"')
_DATE_NAMES = (
    "article:published_time", "datepublished", "og:published_time", "parsely-pub-date", "date.issued",
    "dc.date.issued", "dcterms.created", "dcterms.issued", "dc.date", "pubdate", "publishdate", "date",
)  # fmt: skip


def metas(root: Any) -> dict[str, str]:
    """The page's meta elements by lower-case name, property or itemprop; the first of a name wins."""
    found: dict[str, str] = {}
    for meta in root.iter("meta"):
        for attribute in ("property", "name", "itemprop"):
            name, content = meta.get(attribute, "").strip().lower(), one_line(meta.get("content", ""))
            if name and content:
                found.setdefault(name, content)
    return found


def headline(root: Any) -> Any | None:
    """The article's h1: one that the <title> repeats, else one within `article` or `main`, else the first."""
    candidates = [h1 for h1 in root.iter("h1") if inline(h1)]
    title = squash(_document_title(root))
    for h1 in candidates:
        if squash(inline(h1)) and squash(inline(h1)) in title:
            return h1
    inner = (h1 for h1 in candidates if next(h1.iterancestors("article", "main"), None) is not None)
    return next(inner, next(iter(candidates), None))


def title_of(root: Any, h1: Any | None, about: Mapping[str, str], url: str) -> str:
    """og:title, h1 or <title>, without the name of the site where that is clear."""
    shown = inline(h1) if h1 is not None else ""
    raw = about.get("og:title") or about.get("twitter:title") or shown or _document_title(root)
    raw = plain_to_text(raw).replace(BLOCK_SEPARATOR, " ")
    return cut(_without_site(raw, shown, about.get("og:site_name", ""), url), limits.MAX_TITLE_CHARS)


def take_standfirst(h1: Any | None) -> str:
    """The standfirst after the headline, removed from the tree; "" where none is marked as such."""
    for element in _after_headline(h1):
        if element.tag not in _STANDFIRST_TAGS:
            continue
        names = kebab(" ".join(element.get(key, "") for key in ("class", "itemprop", "id", "data-testid")))
        text = BLOCK_SEPARATOR.join(blocks(element))
        if _STANDFIRST.search(names) and _MIN_STANDFIRST_CHARS <= len(text) <= _MAX_STANDFIRST_CHARS:
            element.drop_tree()
            return text
        if element.tag == "p" and len(text) >= _PARAGRAPH_CHARS:
            return ""
    return ""


def described(about: Mapping[str, str]) -> str:
    """The summary that the page gives in its head, "" for none."""
    for name in ("description", "og:description", "twitter:description"):
        text = plain_to_text(about.get(name, "")).replace(BLOCK_SEPARATOR, " ")
        if text:
            return cut(text, limits.MAX_SUMMARY_CHARS)
    return ""


def language_of(root: Any, about: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """The page's language tag, lower-case, "" where it has none."""
    xml_lang = "{http://www.w3.org/XML/1998/namespace}lang"
    declared = (
        root.get("lang"), root.get("xml:lang"), root.get(xml_lang), about.get("og:locale"),
        headers.get("content-language"),
    )  # fmt: skip
    return next((tag for tag in (entry.language(value or "") for value in declared) if tag), "")


def published_of(root: Any, about: Mapping[str, str]) -> datetime | None:
    """When the article was published, if the page says so."""
    return next((date.moment for text in _dates(root, about) if (date := dates.read_date(text))), None)


def canonical_of(root: Any, about: Mapping[str, str], url: str) -> str:
    """The canonical form of the address that the page gives for itself, else of `url`.

    A page that gives the front page as its address is mistaken; then the next address counts.
    """
    links = (link.get("href", "") for link in root.iter("link") if _is_canonical(link))
    for declared in (next(links, ""), about.get("og:url", "")):
        link = canonical_link(absolute_link(url, declared)) if declared else ""
        if link and urlsplit(link).path.strip("/"):
            return link
    return canonical_link(url)


def _is_canonical(link: Any) -> bool:
    return "canonical" in link.get("rel", "").lower().split()


def _after_headline(h1: Any | None) -> Iterator[Any]:
    """The elements that follow the headline, nearest first."""
    if h1 is None:
        return
    following = h1.xpath(f"following::*[position() <= {_NEAR_HEADLINE}]")
    yield from following


def _document_title(root: Any) -> str:
    element = root.find(".//title")
    return "" if element is None else inline(element)


def _without_site(title: str, shown: str, site: str, url: str) -> str:
    if shown and title != shown and same_text(title, shown):
        return title
    parts = list(_SUFFIX.finditer(title))
    for border in parts:
        head, tail = title[: border.start()], title[border.end() :]
        if head and (same_text(head, shown) or same_text(tail, site) or _names_host(tail, url)):
            return head
    if parts and (same_text(title[: parts[0].start()], site)):
        return title[parts[0].end() :]
    return title


def _names_host(name: str, url: str) -> bool:
    """Whether the end of a title is the name of the site: `Coin Desk` on www.coindesk.com."""
    host = host_name(url)
    squashed = squash(name)
    return len(squashed) > 2 and squashed in {
        squash(host),
        squash(host.removeprefix("www.")),
        *host.split("."),
    }


def _dates(root: Any, about: Mapping[str, str]) -> Iterator[str]:
    yield from (about[name] for name in _DATE_NAMES if name in about)
    for script in root.iter("script"):
        if "ld+json" in script.get("type", ""):
            yield from _LD_DATE.findall(script.text or "")
    for element in root.iter("time"):
        if "pubdate" in element.attrib or "datepublished" in element.get("itemprop", "").lower():
            yield element.get("datetime", "")
    yield from (element.get("datetime", "") for element in root.iter("time"))
