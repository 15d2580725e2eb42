"""Links in texts of ours: to the document about rules, and to the lines of configuration files."""

from __future__ import annotations

import re
from urllib.parse import quote

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from newswatch.config.load import FEEDS, RECEIVERS

_REFERENCE = re.compile(
    r"(?P<document>docs/rules\.md)"
    r"|(?<![\w./-])(?P<folder>(?:[\w.-]*/)*?)(?P<name>(?:feeds|receivers|watchlist)\.yaml|watchlist\.d/[\w.-]+)"
    r":(?P<line>\d{1,7}):(?P<col>\d{1,7})"
)


@pass_context
def linked(context: Context, text: str) -> Markup:
    """The text with its references as links that the visitor may open. Plain text is escaped, HTML stays.

    A place in a file is shortened to `config/feeds.yaml:3:5`.
    """
    base, writes = context["base"], context["visitor"].writes

    def link(found: re.Match[str]) -> str:
        if found["document"]:
            return f'<a href="{base}/guide/rules#queries">docs/rules.md</a>'
        folder = found["folder"].rstrip("/").rpartition("/")[2]
        shown = f"{folder}/{found['name']}" if folder else found["name"]
        href = editor_path(found["name"], int(found["line"]), writes=writes)
        place = f"{shown}:{found['line']}:{found['col']}"
        return f'<a href="{base}{escape(href)}">{place}</a>' if href else place

    return Markup(_REFERENCE.sub(link, str(escape(text))))  # noqa: S704 - escaped


@pass_context
def first_place(context: Context, text: str) -> tuple[str, int, str] | None:
    """The first line of a file that a text names and the visitor may open: the file, the line, and our page of it."""
    for found in _REFERENCE.finditer(text):
        if not found["document"]:
            name, line = found["name"], int(found["line"])
            if href := editor_path(name, line, writes=context["visitor"].writes):
                return name, line, href
    return None


def editor_path(name: str, line: int, *, writes: bool) -> str:
    """Where our editor shows this line, "" if it does not have the file, or the visitor may not see it. Pure.

    Of feeds.yaml only editors see the text, because an address may have a key in it.
    """
    if name == RECEIVERS or (name == FEEDS and not writes):
        return ""
    return f"/watchlist/edit?name={quote(name)}&line={line}"
