"""Lists of feeds in the format of other feed readers: OPML 2.0, read and written.

Feed readers disagree about much of OPML, so reading is lenient about everything except the feed's URL.
Folders and the `category` attribute both become tags. A document that is damaged or too long is an
error: half a list is worse than none. listparser was tried, but it drops `language`, so it would lose a
part of what `write_opml` writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from newswatch.errors import ParseFailed

MAX_OUTLINES = 20_000
_BARE_AMPERSAND = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-fA-F]+);)")


@dataclass(frozen=True, slots=True)
class Outline:
    """One feed of an OPML document. `tags` are folders, outermost first, and categories."""

    url: str
    title: str = ""
    tags: tuple[str, ...] = ()
    lang: str = ""


def read_opml(data: bytes) -> tuple[Outline, ...]:
    """The feeds of an OPML document, in its order. Raises ParseFailed if it is not OPML, or is damaged."""
    root = _root(data.strip())
    if etree.QName(root).localname.lower() != "opml":
        raise ParseFailed(_NOT_OPML, kind="not_opml")
    found: list[Outline] = []
    for outline in _outlines(root):
        if len(found) == MAX_OUTLINES:
            raise ParseFailed(f"more than {MAX_OUTLINES:,} feeds: split the document", kind="limit")
        found.append(outline)
    return tuple(found)


_NOT_OPML = "this is not an OPML document: export the list of feeds as OPML"


def _root(data: bytes) -> etree._Element:
    """The document's root. Raises ParseFailed where it cannot be read to its end.

    Many feed readers do not escape the `&` of a URL. lxml's recovering parser would silently drop it
    with what follows.
    """
    try:
        return _parsed(data)
    except (etree.XMLSyntaxError, ValueError):
        pass
    try:
        return _parsed(_BARE_AMPERSAND.sub(b"&amp;", data))
    except (etree.XMLSyntaxError, ValueError) as error:
        is_opml = re.search(rb"(?i)<opml\b", data[:4_096])
        where = f" (line {error.lineno})" if isinstance(error, etree.XMLSyntaxError) and error.lineno else ""
        text = f"the OPML document is damaged{where}: export it again" if is_opml else _NOT_OPML
        raise ParseFailed(text, kind="not_opml") from None


def _parsed(data: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(data, parser)


def _outlines(root: etree._Element) -> Iterator[Outline]:
    for element in root.iter("outline", "{*}outline"):
        attributes = {str(name).lower(): str(value).strip() for name, value in element.attrib.items()}
        url = attributes.get("xmlurl", "")
        if url.lower().startswith("feed:"):
            rest = url[5:]
            url = rest if rest.startswith("http") else f"https:{rest}"
        if not url.lower().startswith(("http://", "https://")):
            continue
        folders = [_label(parent) for parent in element.iterancestors("outline", "{*}outline")]
        parts = attributes.get("category", "").replace("/", ",").split(",")
        tags = dict.fromkeys(tag for tag in (*reversed(folders), *(p.strip() for p in parts)) if tag)
        yield Outline(url, _label(element), tuple(tags), attributes.get("language", ""))


def _label(element: etree._Element) -> str:
    return " ".join((element.get("title") or element.get("text") or "").split())


def write_opml(title: str, outlines: Sequence[Outline]) -> bytes:
    """An OPML 2.0 document. Tags go into `category`, separated by commas as the specification says."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = title
    body = etree.SubElement(root, "body")
    for one in outlines:
        etree.SubElement(body, "outline", dict(_attributes(one)))
    return etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)


def _attributes(one: Outline) -> Iterable[tuple[str, str]]:
    yield from (("type", "rss"), ("text", one.title), ("title", one.title), ("xmlUrl", one.url))
    if one.tags:
        yield "category", ",".join(one.tags)
    if one.lang:
        yield "language", one.lang
