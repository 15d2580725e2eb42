"""Our own Markdown documents as HTML, with an id for each heading so that pages can link to it."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markupsafe import Markup

_NOT_IN_A_NAME = re.compile(r"[^a-z0-9 _-]")


def as_html(text: str) -> Markup:
    """HTML of CommonMark with tables. Markup within the text is shown as text."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(text)
    for number, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", heading_name(tokens[number + 1].content))
    return Markup(reader.renderer.render(tokens, reader.options, {}))  # noqa: S704 - rendered with html off


def heading_name(heading: str) -> str:
    """As code hosts name headings: lower case, hyphens for blanks, no punctuation."""
    return _NOT_IN_A_NAME.sub("", heading.lower()).strip().replace(" ", "-")
