"""The bytes of a web page as a tree: decoded, limited in size, without comments and instructions.

lxml itself stops at 256 levels of nesting. Deeper elements are lost, and cost no time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from newswatch.errors import ParseFailed
from newswatch.feeds import charset

MAX_PAGE_BYTES = 5_000_000
"""A longer page is cut here. News pages have a tenth of that, and their text comes first."""

MAX_ELEMENTS = 40_000
"""A long live blog has half as many. Some steps take time quadratic in the number of elements."""
_PRESCAN_BYTES = 8_192
_META_CHARSET = re.compile(rb"""(?i)<meta\s[^<>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{1,40})""")
_HTML_LANG = re.compile(rb"""(?i)<html\b[^<>]{0,500}?\blang\s*=\s*["']?([A-Za-z]{2})""")
_SERVED = re.compile(r"""(?i);\s*charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""")
_SERVER_DEFAULTS = frozenset({"iso-8859-1", "iso8859-1", "latin1", "us-ascii", "windows-1252"})
"""Charsets that web servers send by default, whatever the page is."""
_USUAL_CHARSETS = {
    **dict.fromkeys(("be", "bg", "mk", "ru", "sr", "uk"), "windows-1251"),
    **dict.fromkeys(("cs", "hr", "hu", "pl", "sk", "sl"), "windows-1250"),
    "el": "iso-8859-7",
    "ja": "shift_jis",
    "ko": "euc-kr",
    "tr": "windows-1254",
    "zh": "gb18030",
}
"""By language, for pages that declare nothing (WHATWG Encoding and HTML standards, default encodings)."""
_PAGE_TYPES = ("text/", "application/xhtml", "application/xml")
_NOT_MARKUP = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04", b"{", b"[")
_ENDLESS_TAG = re.compile(rb"<[a-zA-Z][^<>]{50000,}>?")
_MANY_ATTRIBUTES = 2_000


def read_page(body: bytes, headers: Mapping[str, str]) -> HtmlElement:
    """The page's tree, text as Unicode, without comments and processing instructions.

    `headers` has lower-case names. Raises ParseFailed: kind "no_text" for anything that is not a
    page, "limit" for a page with too many elements.
    """
    body = body[:MAX_PAGE_BYTES]
    _refuse_other_documents(body, headers)
    text = _ENDLESS_TAG.sub(_unless_too_many_attributes, _utf8(body, headers).replace(b"\0", b""))
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    # lxml.html would ask a Python function for the class of every element: forms have classes of their own.
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))
    try:
        root: HtmlElement = document_fromstring(text, parser=parser)
    except (etree.LxmlError, ValueError):
        raise ParseFailed("the page has no markup that could be read", kind="no_text") from None
    if root.xpath("count(//*)") > MAX_ELEMENTS:
        raise ParseFailed(f"the page has more than {MAX_ELEMENTS} elements, too many to read", kind="limit")
    return root


def _refuse_other_documents(body: bytes, headers: Mapping[str, str]) -> None:
    served = headers.get("content-type", "").strip().lower()
    if served and not served.startswith(_PAGE_TYPES):
        kind = served.partition(";")[0][:60]
        raise ParseFailed(f"the link leads to {kind}, not to a web page", kind="no_text")
    start = body[:_PRESCAN_BYTES].lstrip()
    if not start or start.startswith(_NOT_MARKUP):
        what = "an empty page" if not start else "a file that is not a web page"
        raise ParseFailed(f"the link leads to {what}", kind="no_text")


def _utf8(body: bytes, headers: Mapping[str, str]) -> bytes:
    """The page as UTF-8, from the charset that the server or the page declares, where that can be right."""
    match = _SERVED.search(headers.get("content-type", ""))
    if match and match[1].lower() not in _SERVER_DEFAULTS:
        return charset.to_utf8(body, headers)
    head = body[:_PRESCAN_BYTES]
    meta = _META_CHARSET.search(head)
    name = meta[1].decode("ascii") if meta else (match[1] if match else _by_language(head))
    return charset.to_utf8(body, {"content-type": f"text/html; charset={name}"} if name else {})


def _by_language(head: bytes) -> str:
    match = _HTML_LANG.search(head)
    return _USUAL_CHARSETS.get(match[1].decode("ascii").lower(), "") if match else ""


def _unless_too_many_attributes(tag: re.Match[bytes]) -> bytes:
    """The tag, or nothing where it has thousands of attributes: they cost lxml quadratic time.

    Long values (inline images) stay.
    """
    return b"" if len(tag[0].split(None, _MANY_ATTRIBUTES)) > _MANY_ATTRIBUTES else tag[0]
