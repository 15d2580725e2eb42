"""Pages in the forms that publishers use, in three frames: titles, links and dates are those that a reader sees."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from email.utils import format_datetime

import pytest
from lxml import html
from page_shapes import EN, FRAMES, HOST, NO_LISTS, NOW, SHAPES, URL, crowded, usual

from newswatch.feeds.links import absolute_link
from newswatch.feeds.pages import link_dates, relative_dates
from newswatch.feeds.pages.find import ARTICLE, EMPTY, NONE, find_lists
from newswatch.feeds.pages.follow import MOVED, SAME, follow_lists, names_of
from newswatch.feeds.pages.outline import outline_of

READ = {"date": format_datetime(NOW)}


def wanted(name: str) -> list[tuple[str, str, datetime | None]]:
    shape = SHAPES[name]
    links = {
        "dates in links": lambda one: f"{HOST}{one.day:/%Y/%m/%d}{one.path}",
        "dates in file names": lambda one: f"{HOST}/files/pr{one.day:%Y%m%d}.pdf",
    }
    link = links.get(name, lambda one: one.link)
    return [(one.title, link(one), one.day if shape.dated else None) for one in shape.items()]


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("name", SHAPES)
def test_find_lists_reads_every_form(name, frame):
    shape = SHAPES[name]
    body = FRAMES[frame](shape.main(), shape.lang, shape.head(shape.items())).encode()

    found = find_lists(body, url=URL, headers=READ).news()

    assert [(one.title, one.link, one.published) for one in found] == wanted(name)


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("name", NO_LISTS)
def test_find_lists_reports_nothing_where_no_list_is(name, frame):
    lists = find_lists(FRAMES[frame](NO_LISTS[name], "en", "").encode(), url=URL, headers={})

    assert (lists.kind in (NONE, ARTICLE), lists.news()) == (True, ())


def test_find_lists_a_page_for_scripts_without_their_data_is_empty():
    body = usual("<div id='root'></div><script src='/app.js'></script>", "en", "").replace(
        "<nav>", "<nav hidden>"
    )

    assert find_lists(body.encode(), url=URL, headers={}).kind == EMPTY


def test_find_lists_relative_times_say_nothing_if_it_is_unknown_when_the_page_was_read():
    body = usual(SHAPES["relative times"].main(), "en", "").encode()

    assert {one.published for one in find_lists(body, url=URL, headers={}).news()} == {None}


@pytest.mark.parametrize("name", ["only json-ld, graph", "only data for scripts"])
def test_follow_lists_data_is_found_again_with_new_items(name):
    shape = SHAPES[name]
    items = shape.items()
    first = find_lists(
        usual(shape.make(items[1:]), "en", shape.head(items[1:])).encode(), url=URL, headers={}
    )

    later = follow_lists(
        usual(shape.make(items), "en", shape.head(items)).encode(),
        url=URL,
        headers={},
        patterns=[first.lists[0].fingerprint],
        known=names_of(first.news()),
    )

    assert (later.how, [one.title for one in later.items]) == (SAME, list(EN))


def test_follow_lists_a_page_that_scripts_make_now_is_followed_into_its_data():
    shape = SHAPES["only json-ld, graph"]
    items = shape.items()
    first = find_lists(usual(SHAPES["block links"].main(), "en", "").encode(), url=URL, headers={})

    later = follow_lists(
        usual("<div id='root'></div>", "en", shape.head(items)).encode(),
        url=URL,
        headers={},
        patterns=[first.lists[0].fingerprint],
        known=names_of(first.news()),
    )

    assert (later.how, len(later.items)) == (MOVED, len(items))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("3 hours ago", (26, 12, 0)),
        ("vor einer Stunde", (26, 14, 0)),
        ("il y a 3 heures", (26, 12, 0)),
        ("hace 2 días", (24, 0, 0)),
        ("2 ore fa", (26, 13, 0)),
        ("há 2 horas", (26, 13, 0)),
        ("5 uur geleden", (26, 10, 0)),
        ("för 3 timmar sedan", (26, 12, 0)),
        ("2 часа назад", (26, 13, 0)),
        ("2 godziny temu", (26, 13, 0)),
        ("26分钟前", (26, 15, 4)),
        ("3時間前", (26, 12, 0)),
        ("2시간 전", (26, 13, 0)),
        ("منذ 3 ساعات", (26, 12, 0)),
        ("Yesterday, 14:30", (25, 14, 30)),
        ("heute, 11:00 Uhr", (26, 11, 0)),
        ("hier à 10h30", (25, 10, 30)),
        ("Today at 3:15 pm", (26, 15, 15)),
        ("вчера", (25, 0, 0)),
        ("昨天 10:20", (25, 10, 20)),
        ("5 minute read", None),
        ("Plan for 2 days", None),
        ("today's news", None),
        ("hierarchy", None),
        ("12 items", None),
    ],
)
def test_relative_dates_in_many_languages(text, moment):
    expected = datetime(2026, 11, *moment, tzinfo=timezone.utc) if moment else None

    assert relative_dates.read(text, NOW) == expected


@pytest.mark.parametrize(
    ("links", "days"),
    [
        (["/2026/11/26/a", "/2026/11/25/b", "/2026/1/2/c"], [(11, 26), (11, 25), (1, 2)]),
        (["/pr20261126.pdf", "/pr_2026-11-25.pdf", "/2026_11_24x.pdf"], [(11, 26), (11, 25), (11, 24)]),
        (["/2026/11/26/a", "/2026/11/26/b", "/2026/11/26/c"], [None] * 3),
        (["/2026/11/26/a", "/2026/11/25/b", "/about"], [None] * 3),
        (["/202611269999", "/202611259999", "/202611249999"], [None] * 3),
    ],
)
def test_link_dates_only_where_nearly_all_links_have_different_ones(links, days):
    found = link_dates.of_links([HOST + link for link in links])

    assert [(day.month, day.day) if day else None for day in found] == days


@pytest.mark.parametrize(
    "link",
    ["javascript:open('javascript:alert(1)')", "javascript:open('data:text/html,x')", "javascript:go(')')"],
)
def test_find_lists_scripts_lead_only_to_web_addresses(link):
    rows = "".join(
        f'<li><a href="{link}">{title}</a> <i>{20 - n}.11.2026</i></li>' for n, title in enumerate(EN)
    )

    assert {
        one.link
        for one in find_lists(usual(f"<ul>{rows}</ul>", "en", "").encode(), url=URL, headers={}).news()
    } == {""}


@pytest.mark.parametrize(
    "head",
    [
        "<script type='application/ld+json'>" + "[" * 100_000 + "</script>",
        "<script type='application/ld+json'>{\"@graph\": " + "[" * 900 + "]" * 900 + "}</script>",
        "<script type='application/ld+json'>[" + '{"@type":"NewsArticle","headline":"x"},' * 60_000 + "{}]</script>",
        "<script type='application/ld+json'>{\"@type\": [1, null, {}], \"headline\": {\"a\": 1}, \"url\": []}</script>",
        "<script type='application/json'>" + '{"a":' * 3_000 + "1" + "}" * 3_000 + "</script>",
    ],
    ids=["open brackets", "depth", "many", "types", "nested objects"],
)  # fmt: skip
def test_find_lists_hostile_data_costs_little(head):
    began = time.process_time()

    found = find_lists(crowded("<div id='root'></div>", "en", head).encode(), url=URL, headers={})

    assert found.news() == ()
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "href",
    [
        "/news/1",
        "/news/1?a=b&c=d",
        "/a/../b",
        "/a/./b",
        "//other.example/a",
        "https://other.example",
        "https://other.example/a/b?c=d#e",
        "https://other.example/a/../b",
        "http://other.example:99999/a",
        "https:///a",
        "https://OTHER.example/a",
        "HTTPS://other.example/a",
        "http://a@other.example/",
        "https://other.example/a;b?c",
        "https://other.example/a b",
        "news/1",
        "?page=2",
        "ftp://other.example/a",
    ],
)
def test_outline_links_are_those_that_absolute_link_gives(href):
    url = "https://bank.example/press/list"
    outline = outline_of(html.document_fromstring(f'<body><a href="{href}">a</a></body>'), url)
    [link] = [outline.nodes[index] for index in outline.link_nodes]
    assert outline.target(link) == absolute_link(url, href)
