"""Repairs what strict XML refuses in the text of a document, so that every reader reads it alike.

Real feeds have HTML's entities without declaring them, raw ampersands in links, references to halves of emoji
and to characters that do not exist, and control characters. feedparser's lenient parser fails on some of these
and misreads others (`&copy=1` in a link becomes ©). Here they become plain XML first:

- `&eacute;` and a declared entity become their characters, `&#55357;&#56832;` becomes 😀;
- a reference to a character that XML does not allow becomes U+FFFD or, for a control, nothing;
- any other ampersand becomes `&amp;`;
- the document type, which is only needed for its entities, is left out.

CDATA sections, comments and instructions stay as they are. All of this takes time linear in the input.
"""

from __future__ import annotations

import html.entities
import re
from collections.abc import Iterator, Mapping

from newswatch.feeds import web_page

_CONTROLS = bytes({*range(0x20)} - {0x09, 0x0A, 0x0B, 0x0C, 0x0D})
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_SEPARATORS = bytes.maketrans(b"\x0b\x0c", b"  ")
_HARMLESS = (
    rb"(?:amp|lt|gt|quot|apos|#(?:9|10|13|0*(?:3[2-9]|[4-9]\d|[1-9]\d{2,3}|12\d{4}))"
    rb"|#[xX](?:0*(?:[9aAdD]|[2-9a-fA-F][0-9a-fA-F]|[1-9a-fA-F][0-9a-fA-F]{2}|[12][0-9a-fA-F]{3})));"
)
_ODD = re.compile(
    rb"&(?!" + _HARMLESS + rb")"
    rb"(?:#(?:[xX]([0-9a-fA-F]+)|(\d+));?(?:&#(?:[xX]([dD][c-fC-F][0-9a-fA-F]{2})|(5[67]\d{3}));?)?"
    rb"|([A-Za-z_:][A-Za-z0-9._:-]{0,63});)?"
)
"""A reference that may need repair: not one of XML's five entities nor a harmless number."""
_LITERAL = re.compile(rb"<(?:!\[CDATA\[|!--|\?)")
_ENDS = {b"<![CDATA[": b"]]>", b"<!--": b"-->", b"<?": b"?>"}
_NUMBER = re.compile(rb"&#(?:[xX][0-9a-fA-F]+|\d+);")

_DOCTYPE = re.compile(rb"<!DOCTYPE\b", re.IGNORECASE)
_ROOT = re.compile(rb"<[A-Za-z_]")
_HEAD_BYTES = 1_000_000
_BEGINNING = 1_000
_ENTITY = re.compile(
    rb"""<!ENTITY\s+([A-Za-z_:][A-Za-z0-9._:-]{0,63})\s+(?:"([^"]{0,1000})"|'([^']{0,1000})')\s*>"""
)
_MAX_ENTITIES = 1_000
_MOST_ADDED = 1_000_000
"""Declared entities may add this many bytes to a document. Further ones stay unread."""


def mended(document: bytes) -> bytes:
    """The UTF-8 document as plain XML, itself where nothing needs repair. Web pages are left alone.

    JSON only loses its control characters: its ampersands are no references.
    """
    if _CONTROL.search(document):
        document = document.translate(_SEPARATORS, _CONTROLS)
    if document[:_BEGINNING].lstrip()[:1] in (b"{", b"["):
        return document
    document, entities = _without_type(document)
    if _ODD.search(document) is None:
        return document
    repair = _Repair(entities)
    return b"".join(repair.text(piece) if is_text else piece for is_text, piece in _pieces(document))


def outside_literals(document: bytes) -> bytes:
    """The document, of the same length, with spaces for its CDATA sections, comments and instructions."""
    return b"".join(piece if is_text else b" " * len(piece) for is_text, piece in _pieces(document))


def _pieces(document: bytes) -> Iterator[tuple[bool, bytes]]:
    """The document in pieces: text and tags, or what must stay as it is."""
    at = 0
    absent: set[bytes] = set()
    for literal in _LITERAL.finditer(document):
        start, end = literal.start(), _ENDS[literal[0]]
        if start < at or end in absent:
            continue
        found = document.find(end, literal.end())
        if found < 0:
            absent.add(end)
            continue
        yield True, document[at:start]
        at = found + len(end)
        yield False, document[start:at]
    yield True, document[at:]


class _Repair:
    """Repairs the references in pieces of one document."""

    def __init__(self, entities: Mapping[bytes, bytes]) -> None:
        self._entities = entities
        self._left = _MOST_ADDED

    def text(self, piece: bytes) -> bytes:
        """The piece with every reference in a form that XML allows."""
        return _ODD.sub(self._reference, piece)

    def _reference(self, odd: re.Match[bytes]) -> bytes:
        name = odd[5]
        if name is not None:
            return self._named(name)
        if odd[1] is None and odd[2] is None:
            return b"&amp;"
        first = _code(odd[1], odd[2])
        if odd[3] is None and odd[4] is None:
            return _character(first)
        second = _code(odd[3], odd[4])
        if 0xD800 <= first < 0xDC00 <= second < 0xE000:
            return _character(0x10000 + ((first - 0xD800) << 10) + second - 0xDC00)
        return _character(first) + _character(second)

    def _named(self, name: bytes) -> bytes:
        value = self._entities.get(name)
        if value is not None and self._left >= len(value):
            self._left -= len(value)
            return value
        known = html.entities.html5.get(f"{name.decode()};")
        return _escaped(known.encode()) if value is None and known else b"&amp;%b;" % name


def _code(in_hex: bytes | None, decimal: bytes | None) -> int:
    digits = (in_hex or decimal or b"").lstrip(b"0")
    return _NONE if len(digits) > _MOST_DIGITS else int(digits or b"0", 16 if in_hex else 10)


_MOST_DIGITS = 8
_NONE = 0x110000
"""No character has this number."""


def _character(code: int) -> bytes:
    """A character reference as XML allows it. Vertical tab and form feed separate words."""
    if code in (0x0B, 0x0C):
        return b" "
    if 0 < code < 0x20 and code not in (0x09, 0x0A, 0x0D):
        return b""
    if code == 0 or 0xD800 <= code < 0xE000 or code in (0xFFFE, 0xFFFF) or code >= _NONE:
        code = 0xFFFD
    return b"&#%d;" % code


def _escaped(text: bytes) -> bytes:
    for char, name in ((b"&", b"amp"), (b"<", b"lt"), (b">", b"gt"), (b'"', b"quot"), (b"'", b"apos")):
        text = text.replace(char, b"&%b;" % name)
    return text


def _without_type(document: bytes) -> tuple[bytes, dict[bytes, bytes]]:
    """The document without its document type, and the entities declared there that are plain text."""
    root = _ROOT.search(document, 0, _HEAD_BYTES)
    start = _DOCTYPE.search(document, 0, root.start() if root else _HEAD_BYTES)
    if start is None or web_page.is_html(document):
        return document, {}
    end = _type_end(document, start.end())
    if not end:
        return document, {}
    declared = document[start.start() : end]
    found: dict[bytes, bytes] = {}
    for entity in _ENTITY.finditer(declared):
        value = _value(entity[2] if entity[2] is not None else entity[3])
        if value is not None and len(found) < _MAX_ENTITIES:
            found.setdefault(entity[1], value)
    return document[: start.start()] + document[end:], found


def _type_end(document: bytes, start: int) -> int:
    """The offset behind the document type, 0 where it does not end. Quoted values may contain anything."""
    at, inside = start, False
    for match in _TYPE_PART.finditer(document, start, start + _HEAD_BYTES):
        if match.start() < at:
            continue
        part = match[0]
        if part == b"[":
            inside = True
        elif part == b"]":
            inside = False
        elif part == b">" and not inside:
            return match.end()
        at = match.end()
    return 0


_TYPE_PART = re.compile(rb"""<!--.*?-->|"[^"]*"|'[^']*'|[\[\]>]""", re.DOTALL)


def _value(raw: bytes) -> bytes | None:
    """The text of a declared entity as XML; None if it has markup or names another entity."""
    if b"<" in raw or b"&" in _NUMBER.sub(b"", raw):
        return None
    quoted = raw.replace(b'"', b"&quot;").replace(b"'", b"&apos;").replace(b">", b"&gt;")
    return _Repair({}).text(quoted)
