from __future__ import annotations

import pytest
from page_samples import SUBJECTS, URL, cards, page, table

from newswatch.errors import ParseFailed
from newswatch.feeds.pages.find import find_lists
from newswatch.feeds.pages.follow import SAME, names_of
from newswatch.feeds.pages.selector import select_list
from newswatch.feeds.worker import ParserPool
from newswatch.selector import Selector


async def test_pool_gives_the_same_lists_as_the_function():
    async with ParserPool() as pool:
        lists = await pool.find_lists(page(cards()), url=URL, headers={})

    assert lists == find_lists(page(cards()), url=URL, headers={})


async def test_pool_follows_a_pattern_that_it_found():
    async with ParserPool() as pool:
        lists = await pool.find_lists(page(cards()), url=URL, headers={})
        followed = await pool.follow_lists(
            page(cards(("A new decision of the board", *SUBJECTS))),
            url=URL,
            headers={},
            patterns=[lists.lists[0].fingerprint],
            known=names_of(lists.news()),
        )

    assert (followed.how, len(followed.items)) == (SAME, 9)


async def test_pool_selects_a_list_and_names_a_bad_selector():
    selector = Selector(items="tr")
    async with ParserPool() as pool:
        lists = await pool.select_list(page(table()), url=URL, headers={}, selector=selector)
        with pytest.raises(ParseFailed, match="not a CSS selector"):
            await pool.select_list(page(table()), url=URL, headers={}, selector=Selector(items="]"))

    assert lists == select_list(page(table()), url=URL, headers={}, selector=selector)


async def test_pool_ends_a_page_that_costs_too_much_and_reads_the_next():
    rows = "".join(f"<li class='c{n % 900}x'><a href='/{n}'>Headline {n}</a></li>" for n in range(9_000))
    async with ParserPool(cpu_s=0.15) as pool:
        with pytest.raises(ParseFailed) as failed:
            await pool.find_lists(page(f"<ul>{rows}</ul>"), url=URL, headers={})
        lists = await pool.find_lists(page(cards()), url=URL, headers={})

    assert failed.value.kind == "limit"
    assert len(lists.news()) == len(SUBJECTS)
