"""Selectors for the lists of a page, proposed only if they give the same items as the list; and the paths of a JSON list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from newswatch.errors import ParseFailed
from newswatch.feeds.pages.find import PageList
from newswatch.feeds.pages.fingerprint import Fingerprint, selectors_of
from newswatch.feeds.worker import ParserPool
from newswatch.selector import Selector

_MOST = 4
"""For so many lists of a page a selector is sought: each try reads the page again."""


async def proposed_selectors(
    parsers: ParserPool, body: bytes, what: Mapping[str, Any], lists: Sequence[PageList]
) -> tuple[str, ...]:
    """For each list the CSS selector of its rows, "" where none was found that gives its items and no others."""
    found: list[str] = []
    for place, one in enumerate(lists):
        found.append(await _proposed(parsers, body, what, one) if place < _MOST else "")
    return tuple(found)


async def _proposed(parsers: ParserPool, body: bytes, what: Mapping[str, Any], one: PageList) -> str:
    for css in _distinct(one.fingerprint):
        try:
            selected = await parsers.select_list(body, **what, selector=Selector(items=css))
        except ParseFailed:
            continue
        if selected.chosen(1) == one.items:
            return css
    return ""


def _distinct(pattern: Fingerprint) -> Iterator[str]:
    yield from dict.fromkeys(selectors_of(pattern))


def block(css: str) -> str:
    """The line for feeds.yaml."""
    return f"selector: {{items: {_quoted(css)}}}"


def json_block(paths: Selector) -> str:
    """The line for feeds.yaml with the paths in a JSON document."""
    named = (f"{name}: {_quoted(path)}" for name, path in asdict(paths).items() if path)
    return f"selector: {{{', '.join(named)}}}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
