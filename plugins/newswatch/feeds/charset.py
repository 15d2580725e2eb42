"""The real character encoding of a document, which may differ from what it and its server declare.

By RFC 7303 the HTTP charset wins over the XML declaration. But servers often send a default
(`text/xml; charset=ISO-8859-1`) for every document. So bytes that are valid UTF-8 beyond ASCII are
UTF-8, and the document's own declaration wins over a server default.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping

_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_HTTP_CHARSET = re.compile(r"""(?i);\s*charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""")
_SERVER_DEFAULTS = frozenset({"iso8859-1", "ascii", "cp1252"})
_NAMES_A_WIDER_SET = {"gb2312": "gb18030", "iso8859-1": "cp1252", "ascii": "cp1252"}
"""Labels that in practice mean a superset of the charset (WHATWG Encoding Standard)."""
_NOT_CHARSETS = frozenset(
    {"utf-7", "idna", "punycode", "undefined", "unicode_escape", "unicode-escape", "raw_unicode_escape"}
)
"""Python's own text codecs, and UTF-7, which hides markup from code that looks at bytes."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def to_utf8(body: bytes, headers: Mapping[str, str]) -> bytes:
    """The document re-encoded as UTF-8, without a byte order mark; undecodable bytes are replaced.

    `headers` has lower-case names. The XML declaration is not changed, so the parser must be set to
    UTF-8.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return _recode(body, name).removeprefix(codecs.BOM_UTF8)
    wide = _wide(body)
    if wide:
        return _recode(body, wide)
    for name in _candidates(body, headers):
        if name == "utf-8" and _is_utf8(body):
            return body
        try:
            return body.decode(name).encode("utf-8", "replace")
        except (UnicodeDecodeError, LookupError):
            continue
    return _recode(body, "cp1252")


def _candidates(body: bytes, headers: Mapping[str, str]) -> list[str]:
    declared_match = _DECLARED.match(body[:400])
    declared = _codec(declared_match[1].decode("ascii")) if declared_match else ""
    served_match = _HTTP_CHARSET.search(headers.get("content-type", ""))
    served = _codec(served_match[1]) if served_match else ""
    first = [declared, served] if served in _SERVER_DEFAULTS else [served, declared]
    # Here the bytes are not UTF-16 or UTF-32: that was checked before. Many programs write
    # `encoding="utf-16"` by mistake, because their own strings are UTF-16.
    narrow = [name for name in first if name and not name.startswith(("utf-16", "utf-32"))]
    names = [_NAMES_A_WIDER_SET.get(name, name) for name in narrow]
    if not body.isascii():
        names.insert(0, "utf-8")
    return [*names, "utf-8"]


def _codec(label: str) -> str:
    """Python's name of a text codec, "" for a label that is unknown or not a charset."""
    try:
        info = codecs.lookup(label)
    except LookupError:
        return ""
    is_text = getattr(info, "_is_text_encoding", True)
    return info.name if is_text and info.name not in _NOT_CHARSETS else ""


def _wide(body: bytes) -> str:
    """UTF-16 or UTF-32 without a byte order mark, recognised by its zero bytes; else ""."""
    head = body[:4]
    if head in (b"<\x00\x00\x00", b"\x00\x00\x00<"):
        return "utf-32-le" if head[0] else "utf-32-be"
    if head[:2] == b"<\x00" or (len(head) == 4 and head[:1] == b"\x00" and head[1:2] == b"<"):
        return "utf-16-le" if head[0] else "utf-16-be"
    return ""


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _recode(body: bytes, name: str) -> bytes:
    return body.decode(name, "replace").encode("utf-8", "replace")
