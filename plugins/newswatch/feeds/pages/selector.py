"""Lists that are not found by themselves: `selector: {items: "ul.press li", title: a, link: a, date: time}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cssselect import HTMLTranslator, SelectorError
from lxml import etree

from newswatch.errors import ParseFailed
from newswatch.feeds import dates
from newswatch.feeds.article_about import language_of, metas
from newswatch.feeds.article_page import read_page
from newswatch.feeds.pages import date_texts, row_dates
from newswatch.feeds.pages.find import LIST, NONE, PageList, PageLists, cleaned, unique
from newswatch.feeds.pages.fingerprint import fingerprint_of
from newswatch.feeds.pages.items import Item, items_of
from newswatch.feeds.pages.layout import layout_of
from newswatch.feeds.pages.outline import Node, Outline, outline_of
from newswatch.feeds.pages.patterns import MAX_ROWS, Group
from newswatch.quantity import quantity
from newswatch.selector import Selector


def select_list(body: bytes, *, url: str, headers: Mapping[str, str], selector: Selector) -> PageLists:
    """The list that a selector names. Raises ParseFailed for a selector that is not CSS (kind "selector")."""
    root = read_page(body, headers)
    lang = language_of(root, metas(root), headers)
    outline = outline_of(root, url, lang, dates.from_http(headers.get("date")))
    nodes = {node.element: node for node in outline.nodes}
    rows = tuple(nodes[element] for element in _chosen(root, selector.items) if element in nodes)[:MAX_ROWS]
    if not rows:
        return PageLists(NONE, lang=lang)
    group = Group(rows)
    guessed = items_of(outline, group, layout_of(outline, group))
    items = _items(outline, nodes, rows, guessed, selector)
    kept = tuple(unique(cleaned(item for item in items if item.title)))
    why = (
        f"{quantity(len(kept), 'item')} in {quantity(len(rows), 'element')} of the selector `{selector.items}`",
    )
    return PageLists(LIST, (PageList(kept, 1.0, why, fingerprint_of(outline, group)),), 1, lang)


def _items(
    outline: Outline,
    nodes: Mapping[Any, Node],
    rows: tuple[Node, ...],
    guessed: list[Item | None],
    selector: Selector,
) -> list[Item]:
    def part(row: Node, css: str) -> Node | None:
        found = (nodes.get(element) for element in _chosen(row.element, css)) if css else ()
        return next((node for node in found if node is not None), None)

    texts = [row_dates.text_in(outline, part(row, selector.date), None) for row in rows]
    moments = date_texts.read(texts, outline.hints, outline.now)
    items = []
    for row, guess, moment, text in zip(rows, guessed, moments, texts, strict=True):
        title, link, summary = (part(row, css) for css in (selector.title, selector.link, selector.summary))
        known = guess or Item("", "")
        items.append(
            Item(
                outline.text(title) if title else "" if selector.title else known.title,
                outline.target(link) if link else "" if selector.link else known.link,
                moment if selector.date else known.published,
                outline.text(summary) if summary else "" if selector.summary else known.summary,
                date_texts.is_counted(text) if selector.date else known.counted,
            )
        )
    return items


def _chosen(element: Any, css: str) -> list[Any]:
    try:
        found = element.xpath(HTMLTranslator().css_to_xpath(css))
    except (SelectorError, etree.XPathError) as error:
        raise ParseFailed(f"`{css}` is not a CSS selector ({error}): correct it", kind="selector") from None
    return [one for one in found if one is not element]
