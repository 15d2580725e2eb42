"""Selectors that are proposed for the lists of a page give the same items."""

from __future__ import annotations

import asyncio

import pytest
from page_samples import cards, page
from page_shapes import SHAPES, URL, usual

from newswatch.feeds.pages.find import PageLists, find_lists
from newswatch.feeds.pages.selector import select_list
from newswatch.feeds.worker import ParserPool
from newswatch.pipeline.authoring.selector_proposal import block, proposed_selectors
from newswatch.selector import Selector


def proposed(body: bytes) -> tuple[PageLists, tuple[str, ...]]:
    what: dict[str, object] = {"url": URL, "headers": {}}

    async def ask() -> tuple[str, ...]:
        async with ParserPool() as parsers:
            return await proposed_selectors(parsers, body, what, lists.lists)

    lists = find_lists(body, url=URL, headers={})
    return lists, asyncio.run(ask())


@pytest.mark.parametrize(
    "body",
    [
        page(cards()),
        usual(SHAPES["block links"].main(), "en", "").encode(),
        usual(SHAPES["utility classes"].main(), "en", "").encode(),
        usual(SHAPES["korean board"].main(), "ko", "").encode(),
    ],
    ids=["cards", "block links", "utility classes", "table"],
)
def test_proposed_selector_gives_the_items_of_the_first_list(body):
    lists, (css, *_) = proposed(body)

    assert css
    assert (
        select_list(body, url=URL, headers={}, selector=Selector(items=css)).chosen(1) == lists.lists[0].items
    )


def test_no_selector_is_proposed_for_a_list_that_is_only_data():
    shape = SHAPES["only json-ld, graph"]

    _, (css, *_) = proposed(usual(shape.main(), "en", shape.head(shape.items())).encode())

    assert css == ""


def test_block_is_a_line_of_yaml():
    assert block('a[b="c"] > li') == 'selector: {items: "a[b=\\"c\\"] > li"}'
