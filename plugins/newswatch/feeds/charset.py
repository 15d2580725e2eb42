"""The characters of a document, decoded as browsers do it (WHATWG Encoding Standard).

Labels mean what the standard's table says, which `webencodings` has: `Shift_JIS` is windows-31j, `euc-kr`
is windows-949, `latin1` is windows-1252. A byte that its encoding does not have costs one character.

Which label counts: a byte order mark, then the HTTP charset, then the XML declaration (RFC 7303). But servers
often send a default (`text/xml; charset=ISO-8859-1`) for every document. So the declaration wins over such a
default, and bytes that are evidently UTF-8 are UTF-8, whatever the labels say.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping

import webencodings

_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([A-Za-z0-9._:-]{1,40})\s*["']""")
_HTTP_CHARSET = re.compile(r"""(?i);\s*charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{1,40})""")
_SERVER_DEFAULT = "windows-1252"
"""What `ISO-8859-1`, `US-ASCII` and `windows-1252` all mean."""
_CODECS = {"gbk": "gb18030"}
_UNUSABLE = frozenset({"replacement", "x-user-defined", "utf-16le", "utf-16be"})
"""The bytes are not UTF-16: that is checked before. Many programs write `encoding="utf-16"` by mistake,
because their own strings are UTF-16."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UTF8_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}", re.DOTALL
)
_EVIDENT = 4
"""So many whole UTF-8 sequences for each damaged one are no accident in any other encoding."""
_BAD = "\ufffd"


def to_utf8(body: bytes, headers: Mapping[str, str]) -> bytes:
    """The document re-encoded as UTF-8, without a byte order mark; undecodable bytes are replaced.

    `headers` has lower-case names. The XML declaration is not changed, so the parser must be set to
    UTF-8.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return _encoded(body.decode(name, "replace")).removeprefix(codecs.BOM_UTF8)
    wide = _wide(body)
    if wide:
        return _encoded(body.decode(wide, "replace"))
    names = _labelled(body, headers)
    if b"\x1b" in body and not _ESCAPING.isdisjoint(names):
        return _encoded(_decoded(body, "iso-2022-jp"))
    if body.isascii():
        return body
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return _encoded(_best(body, names))
    return body


_ESCAPING = frozenset({"iso-2022-jp"})
"""Encodings that write other letters as ASCII after an escape. A document with escapes and such a label is in it."""


def _best(body: bytes, names: list[str]) -> str:
    """The text of bytes that are not valid UTF-8: as the labels say, the one with fewer bad characters first."""
    as_utf8 = body.decode("utf-8", "replace")
    bad = as_utf8.count(_BAD)
    whole = len(_UTF8_SEQUENCE.findall(body))
    if whole >= (_EVIDENT if names else 1) * bad:
        return as_utf8
    texts = [_decoded(body, name) for name in names or [_SERVER_DEFAULT]]
    return min(texts, key=lambda text: text.count(_BAD))


def _labelled(body: bytes, headers: Mapping[str, str]) -> list[str]:
    """The encodings that the labels name, the better one first."""
    declared = _DECLARED.match(body[:400])
    served = _HTTP_CHARSET.search(headers.get("content-type", ""))
    names = [
        _encoding(served[1]) if served else "",
        _encoding(declared[1].decode("ascii")) if declared else "",
    ]
    if names[1] and names[0] == _SERVER_DEFAULT:
        del names[0]
    return [name for name in dict.fromkeys(names) if name]


def _encoding(label: str) -> str:
    """The standard's name of an encoding, "" for a label that it does not know."""
    found = webencodings.lookup(label)
    if found is None:
        return ""
    return "utf-8" if found.name in _UNUSABLE else str(found.name)


def _decoded(body: bytes, name: str) -> str:
    text = body.decode(_CODECS.get(name) or webencodings.PYTHON_NAMES.get(name, name), _ERRORS)
    return text.translate(_NO_CHARACTERS) if name == "shift_jis" else text


_ERRORS = "newswatch.whatwg"
_NO_CHARACTERS = dict.fromkeys((0xF8F0, 0xF8F1, 0xF8F2, 0xF8F3), _BAD)
"""What Python makes of the bytes A0 and FD to FF, which windows-31j does not have."""


def _repair(error: UnicodeError) -> tuple[str, int]:
    """What the standard's decoders do where Python's raise an error."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.start + 2]
    if error.encoding == "gb18030" and bad[:1] == b"\x80":
        return "€", error.start + 1
    if error.encoding == "euc_jp" and len(bad) == 2 and min(bad) >= 0xA1:
        # Row 13 of JIS X 0208 (①, ㈱) and IBM's additions, which Python has in windows-31j only.
        row, cell = bad[0] - 0xA1, bad[1] - 0xA1
        lead = row // 2 + (0x81 if row < 62 else 0xC1)
        trail = cell + (0x9F if row % 2 else 0x40 if cell < 63 else 0x41)
        return bytes((lead, trail)).decode("cp932", "replace")[:1] or _BAD, error.start + 2
    return _BAD, error.end


codecs.register_error(_ERRORS, _repair)


def _wide(body: bytes) -> str:
    """UTF-16 or UTF-32 without a byte order mark, recognised by its zero bytes; else ""."""
    head = body[:4]
    if head in (b"<\x00\x00\x00", b"\x00\x00\x00<"):
        return "utf-32-le" if head[0] else "utf-32-be"
    if head[:2] == b"<\x00" and head[3:4] == b"\x00":
        return "utf-16-le"
    if head[:2] == b"\x00<" and head[2:3] == b"\x00":
        return "utf-16-be"
    return ""


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")
