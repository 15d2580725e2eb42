from __future__ import annotations

from datetime import datetime, timezone

import pytest
from page_samples import (
    SUBJECTS,
    URL,
    article,
    cards,
    days_above,
    days_and_years,
    definitions,
    page,
    scripted,
    slug,
    table,
    two_columns,
)

from newswatch.errors import ParseFailed
from newswatch.feeds.pages.find import ARTICLE, EMPTY, FRONT, LIST, NONE, PageLists, find_lists
from newswatch.feeds.pages.fingerprint import selectors_of
from newswatch.feeds.pages.follow import CHANGED, MOVED, SAME, Followed, follow_lists, names_of
from newswatch.feeds.pages.selector import select_list
from newswatch.selector import Selector


def found(main: str, **more: object) -> PageLists:
    return find_lists(page(main, **more), url=URL, headers={})  # type: ignore[arg-type]


def day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "layout", [cards, table, days_and_years, days_above, definitions, two_columns, scripted]
)
def test_find_lists_items_of_every_layout_are_those_of_the_page_in_order(layout):
    lists = found(layout())

    assert lists.kind == LIST
    assert [item.title for item in lists.news()] == list(SUBJECTS)


@pytest.mark.parametrize("layout", [cards, days_and_years, days_above, definitions, two_columns])
def test_find_lists_links_are_absolute(layout):
    assert [item.link for item in found(layout()).news()] == [
        f"https://bank.example{slug(t)}" for t in SUBJECTS
    ]


@pytest.mark.parametrize("layout", [cards, table, definitions, two_columns, scripted])
def test_find_lists_each_item_has_its_own_date(layout):
    assert [item.published for item in found(layout()).news()] == [day(2026, 11, 20 - n) for n in range(8)]


def test_find_lists_a_date_heading_holds_for_the_rows_below_it():
    dates = [item.published for item in found(days_above()).news()]

    assert dates == [day(2026, 11, n) for n in (20, 20, 18, 18, 16, 16, 14, 14)]


def test_find_lists_a_year_heading_completes_day_and_month():
    dates = [item.published for item in found(days_and_years()).news()]

    assert dates == [*(day(2026, 3, n) for n in range(1, 5)), *(day(2025, 3, n) for n in range(1, 5))]


def test_find_lists_a_row_unlike_the_others_is_not_an_item():
    rows = "".join(
        f"<li><h3><a href='{slug(t)}'>{t}</a></h3><time datetime='2026-11-{20 - n}'></time></li>"
        for n, t in enumerate(SUBJECTS)
    )
    lists = found(f"<ul>{rows}<li><a href='/press/all'>View all press releases of the bank</a></li></ul>")

    assert [item.title for item in lists.news()] == list(SUBJECTS)


def test_find_lists_the_teaser_is_the_summary():
    first = found(cards()).news()[0]

    assert first.summary.startswith("What the board decided")


def test_find_lists_links_that_only_scripts_follow_are_left_out():
    assert {item.link for item in found(scripted()).news()} == {""}


def test_find_lists_the_page_s_base_counts_for_relative_links():
    body = page(cards().replace("href='/", "href='"), head="<base href='https://www.bank.example/en/'>")

    links = [item.link for item in find_lists(body, url=URL, headers={}).news()]

    assert all(link.startswith("https://www.bank.example/en/press/") for link in links)


def test_find_lists_days_above_twelve_decide_how_all_dates_are_read():
    rows = "".join(
        f"<li><a href='{slug(t)}'>{t}</a> <i>{d}/2026</i></li>"
        for t, d in zip(
            SUBJECTS, ("11/25", "11/20", "11/05", "11/04", "11/03", "10/09", "10/08", "10/07"), strict=True
        )
    )

    dates = [item.published for item in found(f"<ul>{rows}</ul>").news()]

    assert dates[2] == day(2026, 11, 5)


def test_find_lists_no_date_of_the_page_becomes_that_of_undated_items():
    rows = "".join(f"<li class='row'><a href='{slug(title)}'>{title}</a></li>" for title in SUBJECTS)
    lists = found(f"<p>Today is 26 November 2026</p><ul>{rows}</ul>")

    assert [item.published for item in lists.news()] == [None] * 8


def test_find_lists_an_article_with_related_ones_is_not_a_list():
    lists = found(article())

    assert (lists.kind, lists.news()) == (ARTICLE, ())


def test_find_lists_a_page_that_scripts_fill_is_reported_as_empty():
    body = page("<div id='app'></div><script src='/app.js'></script>", around=False)

    assert find_lists(body, url=URL, headers={}).kind == EMPTY


def test_find_lists_a_page_with_only_a_menu_has_no_list():
    assert found("<p>Welcome to the bank.</p>").kind == NONE


def test_find_lists_several_undated_lists_alike_are_a_front_page():
    def section(name: str, some: tuple[str, ...]) -> str:
        rows = "".join(
            f"<div class='{name}-item'><h3><a href='{slug(t)}-{name}'>{t} in {name}</a></h3><p>{t} and more.</p></div>"
            for t in some
        )
        return f"<section class='{name}'>{rows}</section>"

    lists = found("".join(section(name, SUBJECTS) for name in ("economy", "markets", "politics")))

    assert len(lists.news()) == 24 if lists.kind == LIST else lists.kind == FRONT and len(lists.news()) == 24


def test_find_lists_one_can_be_chosen_by_its_number():
    lists = found(cards() + table(tuple(f"Annual report of the year {n} with all tables" for n in "abcdef")))

    second = lists.chosen(2)
    assert {item.title for item in lists.chosen(1)} == set(SUBJECTS)
    assert len(second) == 6
    assert len(lists.all()) >= 14
    assert lists.chosen(99) == ()


def test_find_lists_says_how_sure_it_is_and_why():
    best = found(cards()).lists[0]

    assert best.confidence > 0.5
    assert best.reasons[:2] == ("8 items", "8 of 8 have a date")


# Following


NEW = "Bank extends the deadline for reports"


def follow(main: bytes, before: PageLists | None = None) -> Followed:
    before = before or found(cards())
    patterns = [one.fingerprint for one in before.lists[: before.main]]
    return follow_lists(main, url=URL, headers={}, patterns=patterns, known=names_of(before.news()))


def test_follow_lists_a_new_item_is_found_with_the_same_pattern():
    followed = follow(page(cards((NEW, *SUBJECTS[:7]))))

    assert followed.how == SAME
    assert [item.title for item in followed.items] == [NEW, *SUBJECTS[:7]]


@pytest.mark.parametrize(
    "titles",
    [SUBJECTS[::-1], (SUBJECTS[5], *SUBJECTS[:5], *SUBJECTS[6:]), SUBJECTS[:4]],
    ids=["another order", "pinned", "shorter"],
)
def test_follow_lists_another_order_or_length_is_the_same_list(titles):
    followed = follow(page(cards(titles)))

    assert (followed.how, [item.title for item in followed.items]) == (SAME, list(titles))


def test_follow_lists_a_page_whose_items_are_all_new_keeps_the_pattern():
    titles = tuple(f"Another decision about {word} banks and payments" for word in "abcdefgh")

    assert follow(page(cards(titles))).how == SAME


def test_follow_lists_a_redesign_goes_on_where_items_are_shared():
    redesign = two_columns((NEW, *SUBJECTS[:7]))

    followed = follow(page(redesign))

    assert followed.how == MOVED
    assert [item.title for item in followed.items] == [NEW, *SUBJECTS[:7]]
    assert follow(page(redesign), found(redesign)).patterns == followed.patterns


@pytest.mark.parametrize(
    "body",
    [
        page("<h1>Just a moment...</h1><p>Checking your browser</p>", around=False),
        page("<p>The site is being maintained. Please come back later.</p>"),
        page("<div class='list'></div><p>No results.</p>"),
        page(article().replace(SUBJECTS[0], "x")),
    ],
    ids=["block page", "maintenance", "empty list", "article"],
)
def test_follow_lists_anything_else_is_a_changed_layout_without_items(body):
    followed = follow(body)

    assert (followed.how, followed.items) == (CHANGED, ())


def test_follow_lists_fingerprints_have_no_digits_of_class_names():
    pattern = found(cards()).lists[0].fingerprint

    assert pattern.row == "article.post"
    assert not any(
        char.isdigit() for place in pattern.inside for char in place.replace("h2", "").replace("h1", "")
    )


# Selectors


def test_select_list_takes_the_parts_that_selectors_name():
    selector = Selector(items="tr", title="td:nth-child(2)", link="a", date="td:first-child")

    items = select_list(page(table()), url=URL, headers={}, selector=selector).news()

    assert [(item.title, item.published) for item in items] == [
        (title, day(2026, 11, 20 - n)) for n, title in enumerate(SUBJECTS)
    ]
    assert items[0].link == "https://bank.example/files/0a.pdf"


def test_select_list_the_proposed_selector_finds_the_same_items():
    lists = found(cards())

    again = select_list(
        page(cards()),
        url=URL,
        headers={},
        selector=Selector(items=selectors_of(lists.lists[0].fingerprint)[0]),
    )

    assert again.news() == lists.news()


def test_select_list_a_selector_that_is_not_css_is_named():
    with pytest.raises(ParseFailed, match=r"`li\[\[` is not a CSS selector"):
        select_list(page(cards()), url=URL, headers={}, selector=Selector(items="li[["))


# Limits


@pytest.mark.parametrize(
    "main",
    [
        "<div>" * 5_000 + "<a href='/x'>x</a>",
        "".join(
            f"<li><a href='/{n}'>Headline number {n} of a very long list</a></li>" for n in range(12_000)
        ),
        "<ul>" + "<li><a href='http://[::1'>A headline with a broken address</a></li>" * 50 + "</ul>",
        f"<ul>{'<li><a href=/x>' + 'word ' * 20_000 + '</a></li>'}</ul>",
    ],
    ids=["depth", "many links", "broken links", "long titles"],
)
def test_find_lists_hostile_pages_end_without_an_error(main):
    assert len(found(main).all()) <= 20_000


def test_find_lists_a_page_with_too_many_elements_is_refused():
    with pytest.raises(ParseFailed) as failed:
        found("<b></b>" * 60_000)
    assert failed.value.kind == "limit"


def test_follow_lists_a_menu_is_not_the_plain_list_that_is_missing():
    rows = "".join(f"<li><a href='{slug(title)}'>{title}</a></li>" for title in SUBJECTS)
    before = found(f"<div><ul>{rows}</ul></div>")
    menu = "".join(f"<li><a href='/{word}'>{word}</a></li>" for word in ("About", "Jobs", "Contact", "Terms"))

    followed = follow(page(f"<p>The site is being maintained.</p><div><ul>{menu}</ul></div>"), before)

    assert (followed.how, followed.items) == (CHANGED, ())
