"""Plain text from the markup in feeds.

The result is what a reader would see: no tags, no scripts, entities decoded, white space collapsed,
paragraphs and other blocks joined by `document.BLOCK_SEPARATOR`. All other characters stay, bidi
marks too. Only C0 controls and lone surrogates are removed, because XML and UTF-8 do not allow them; a vertical tab and a
form feed are white space.

Everything here takes time linear in its input, because markup in feeds may be hostile.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from newswatch.document import BLOCK_SEPARATOR

# One string is easier to read than seventy quoted words.
_BLOCKS = frozenset(
    """address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption
    figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol optgroup option p pre section
    summary table tbody td tfoot th thead title tr ul""".split()  # noqa: SIM905
)
_HIDDEN = frozenset({"iframe", "noembed", "noframes", "object", "script", "style", "svg", "template"})
_INLINE = frozenset(
    """a abbr acronym applet area audio b base basefont bdi bdo big blink br button canvas cite code col colgroup
    data datalist del dfn em embed font frame frameset g head i image img input ins kbd label link map mark
    marquee math meta meter nobr noscript output param path picture progress q rp rt ruby s samp select small
    source span strike strong sub sup textarea time track tt u use var video wbr""".split()  # noqa: SIM905
)
_KNOWN = _BLOCKS | _HIDDEN | _INLINE

_TAG_NAME = re.compile(r"/?([a-zA-Z][a-zA-Z0-9:_-]*)")
_ESCAPED_TAG = re.compile(
    r"&lt;/?(?:p|br|div|a|b|i|strong|em|span|ul|ol|li|img|h[1-6]|table|blockquote)\b", re.IGNORECASE
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_SPACE = re.compile(r"\s+")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")

# Controls are removed from the input first, so these two can mark borders.
_BLOCK_MARK = "\x00"
_BREAK_MARK = "\x01"
_BREAKS = re.compile(r"\x01(?:\s*\x01)+")


def html_to_text(value: str) -> str:
    """The text that a reader of this HTML fragment would see.

    Block elements, and two line breaks in a row, end a block. A single line break is a space. A value
    without any tag counts as plain text. Markup that was escaped once too often is decoded once
    more. A `<` that does not start an HTML tag is text (`a < b`, `List<String>`).
    """
    value = _safe(value)
    if "<" not in value:
        if not _ESCAPED_TAG.search(value):
            return _plain(value)
        value = _safe(html.unescape(value))
    marked = _BREAKS.sub(_BLOCK_MARK, "".join(_pieces(value))).replace(_BREAK_MARK, " ")
    return _join(marked.split(_BLOCK_MARK))


def plain_to_text(value: str) -> str:
    """Plain text with white space collapsed and entities decoded. Blank lines end a block."""
    return _plain(_safe(value))


def one_line(value: str) -> str:
    """An identifier, name or label: no controls, no lone surrogates, white space collapsed, trimmed."""
    return _SPACE.sub(" ", _safe(value)).strip()


def cut(text: str, max_chars: int) -> str:
    """At most `max_chars` characters of `text`, cut between words where that loses little."""
    if len(text) <= max_chars:
        return text
    head = text[:max_chars]
    if text[max_chars].isspace():
        return head.rstrip()
    space = max(head.rfind(" "), head.rfind("\n"))
    # A single very long "word", or a script without spaces, is cut anywhere.
    return head[:space].rstrip() if space >= max_chars * 3 // 4 else head


def _safe(value: str) -> str:
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub("", value))


def _plain(value: str) -> str:
    return _join(_BLANK_LINE.split(value.replace("\r\n", "\n").replace("\r", "\n")))


def _join(blocks: list[str]) -> str:
    cleaned = (_SPACE.sub(" ", _decode(block)).strip() for block in blocks)
    return BLOCK_SEPARATOR.join(block for block in cleaned if block)


def _decode(text: str) -> str:
    """Entities decoded, twice where they were escaped twice (`&amp;amp;`, `&amp;#8217;`)."""
    if "&" not in text:
        return text
    text = html.unescape(text)
    if "&" in text:
        text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
    return _safe(text)


def _pieces(value: str) -> Iterator[str]:
    """Text runs and border marks, in order; tags, comments and hidden elements left out."""
    pos, size = 0, len(value)
    ends = _Ends(value)
    while pos < size:
        start = value.find("<", pos)
        if start < 0:
            yield value[pos:]
            return
        if start > pos:
            yield value[pos:start]
        pos, piece = _markup(value, start, ends)
        if piece:
            yield piece


def _markup(value: str, start: int, ends: _Ends) -> tuple[int, str]:
    """The end of the markup at `start`, and its text."""
    if value.startswith("<!--", start):
        return ends.after("-->", start + 4) or start + 4, ""
    if value.startswith("<![CDATA[", start):
        return start + 9, ""
    if value.startswith(("<!", "<?"), start):
        end = ends.after(">", start)
        return (end, "") if end else (start + 1, "<")
    return _element(value, start, ends) or (start + 1, "<")


def _element(value: str, start: int, ends: _Ends) -> tuple[int, str] | None:
    """The tag at `start`, or the whole element where it is hidden; None if it is not an HTML tag."""
    match = _TAG_NAME.match(value, start + 1)
    name = match[1].lower() if match else ""
    if match is None or not (name in _KNOWN or ":" in name or "-" in name):
        return None
    end = ends.tag_end(match.end())
    if not end:
        return None
    if name in _HIDDEN and value[start + 1] != "/" and not value.endswith("/>", start, end):
        close = ends.after(f"</{name}", end)
        return (ends.after(">", close) or close) if close else end, _BLOCK_MARK
    return end, _BREAK_MARK if name == "br" else _BLOCK_MARK if name in _BLOCKS else ""


class _Ends:
    """Finds closing markup in one text. It remembers what it did not find, so no search is repeated."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._folded: str | None = None
        self._absent: set[str] = set()

    def after(self, closer: str, pos: int) -> int:
        """The offset behind the next `closer` from `pos` on (any case for names), 0 where none is."""
        if closer in self._absent:
            return 0
        found = self._search_text(closer).find(closer, pos)
        if found < 0:
            self._absent.add(closer)
            return 0
        return found + len(closer)

    def tag_end(self, pos: int) -> int:
        """The offset behind the `>` that ends the tag whose attributes begin at `pos`, 0 where none is."""
        end = self.after(">", pos)
        if not end:
            return 0
        attributes = self._text[pos:end]
        for quote in ('"', "'"):
            # A ">" inside a quoted value ends nothing; the real one follows the closing quote.
            if f"={quote}" in attributes and attributes.count(quote) % 2:
                closing = self.after(quote, end)
                return (self.after(">", closing) or end) if closing else end
        return end

    def _search_text(self, closer: str) -> str:
        if not closer.startswith("</"):
            return self._text
        if self._folded is None:
            # ASCII letters only: str.lower() may change lengths and so shift offsets.
            self._folded = self._text.translate(_ASCII_LOWER)
        return self._folded


_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
