"""The elements of rich text, of which messages and modals are made: Slack shows their text literally. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from newswatch.slack.plain import clock
from newswatch.slack.text import Piece

Element = dict[str, Any]

CLOCK = "{date_short_pretty} {time}"
AGO = "{ago}"


def text_element(text: str, *, bold: bool = False) -> Element:
    """Text as it is."""
    return {"type": "text", "text": text, **({"style": {"bold": True}} if bold else {})}


def date_element(when: datetime, form: str = CLOCK) -> Element:
    """A time as the reader's own clock has it, or how long ago it was."""
    return {"type": "date", "timestamp": int(when.timestamp()), "format": form, "fallback": clock(when)}


def with_commands(text: str, *, bold: bool = False) -> list[Element]:
    """Text between backticks is to be typed as it is, so it is shown as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return [text_element(text, bold=bold)]
    shown = [
        text_element(part, bold=bold)
        if number % 2 == 0
        else {"type": "text", "text": part, "style": {"code": True}}
        for number, part in enumerate(parts)
        if part
    ]
    return shown or [text_element(text, bold=bold)]


def marked(pieces: Sequence[Piece], *, bold: bool = False) -> list[Element]:
    """The pieces, the marked ones in bold, or all of them."""
    plain: Element = {"style": {"bold": True}} if bold else {}
    return [
        {"type": "text", "text": piece.text, **({"style": {"bold": True}} if piece.marked else plain)}
        for piece in pieces
    ]


def linked(pieces: Sequence[Piece], url: str | None, *, bold: bool = False) -> list[Element]:
    """The pieces as links to `url`: neighbours with one target show as one link."""
    elements = marked(pieces, bold=bold)
    return elements if url is None else [{**element, "type": "link", "url": url} for element in elements]


def section(elements: list[Element]) -> Element:
    """A line, or a paragraph."""
    return group("rich_text_section", elements)


def group(kind: str, elements: list[Element]) -> Element:
    """Elements within another: a section, a list or a quote."""
    return {"type": kind, "elements": elements}
