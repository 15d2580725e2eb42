"""Lists of feeds as other readers keep them: OPML 2.0, read and written.

Readers disagree on much of OPML, so reading is lenient about everything but the feed's URL:
folders and the `category` attribute both become tags.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from newswatch.errors import ParseFailed

MAX_OUTLINES = 20_000


@dataclass(frozen=True, slots=True)
class Outline:
    """One feed of an OPML document. `tags` are folders, outermost first, and categories."""

    url: str
    title: str = ""
    tags: tuple[str, ...] = ()
    lang: str = ""


def read_opml(data: bytes) -> tuple[Outline, ...]:
    """The feeds of an OPML document, in its order. Raises ParseFailed for what is no OPML."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    try:
        root = etree.fromstring(data.strip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None or etree.QName(root).localname.lower() != "opml":
        raise ParseFailed("this is no OPML document: export the list of feeds as OPML", kind="not_opml")
    found: list[Outline] = []
    for outline in _outlines(root):
        if len(found) == MAX_OUTLINES:
            raise ParseFailed(f"more than {MAX_OUTLINES:,} feeds: split the document", kind="limit")
        found.append(outline)
    return tuple(found)


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
    """An OPML 2.0 document; tags stand in `category`, as the specification has it for several of them."""
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
