"""Dropping the entries a poll has already seen before the costly parser reads them.

lxml reads a feed many times faster than feedparser, but understands less of it. So it only
splits the document into entry elements; those whose bytes were seen are dropped, and feedparser
gets the rest. An entry is the same only if its element is, byte for byte, prefixes included; an
edit of any kind makes it new.

The caller keeps, per feed, an 8-byte hash per element and what it stood for (its id and link):
hashes of dropped elements come back, because the claim must know which ids are still in the
document.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lxml import etree

from newswatch.feeds import charset

HASH_BYTES = 8
_PARENTS = frozenset({"channel", "feed", "RDF", "rss"})
_ENTRIES = frozenset({"item", "entry"})


@dataclass(frozen=True, slots=True)
class Reduced:
    """A document without the entries that were seen.

    `kept` has the hashes of the entries left, `dropped` of those removed, each in document order;
    `document` is UTF-8 and says so.
    """

    document: bytes
    kept: tuple[bytes, ...]
    dropped: tuple[bytes, ...]


def reduce_document(
    body: bytes, seen: Callable[[bytes], bool], *, headers: Mapping[str, str] | None = None
) -> Reduced | None:
    """`body` without the entries whose hash is `seen`, or None where only the full parser can tell.

    None: not well-formed, a document type (entities), JSON, or entries in unexpected places.
    `headers` is read for the charset, as the parser does.
    """
    document = charset.to_utf8(body, headers or {})
    root = _strict_root(document)
    if root is None:
        return None
    found = [element for element in root.iter("{*}item", "{*}entry") if isinstance(element.tag, str)]
    if not found or any(not _is_direct(element) for element in found):
        return None
    kept, dropped = [], []
    for element in found:
        name = element_hash(element)
        if seen(name):
            dropped.append(name)
            _remove(element)
        else:
            kept.append(name)
    if not dropped:
        return Reduced(document, tuple(kept), ())
    return Reduced(etree.tostring(root, encoding="utf-8", xml_declaration=True), tuple(kept), tuple(dropped))


def element_hash(element: etree._Element) -> bytes:
    """The hash of an entry's bytes, in its namespaces and with what surrounds it left out.

    Of what surrounds it an `xml:base` counts, because it changes what the entry's links mean.
    """
    data = etree.tostring(element, encoding="utf-8", with_tail=False) + (element.base or "").encode()
    return hashlib.blake2b(data, digest_size=HASH_BYTES).digest()


def _strict_root(document: bytes) -> etree._Element | None:
    document = document.lstrip()
    head = document[:4_096]
    if not head.startswith(b"<") or b"<!DOCTYPE" in head or b"<!doctype" in head:
        return None
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        strip_cdata=True,
    )
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError:
        return None
    return root if root.getroottree().docinfo.internalDTD is None else None


def _is_direct(element: etree._Element) -> bool:
    parent = element.getparent()
    return parent is not None and etree.QName(parent).localname in _PARENTS


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        # The white space after it goes with it; nothing else can follow in a feed's channel.
        element.tail = None
        parent.remove(element)
