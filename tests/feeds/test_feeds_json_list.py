from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest

from newswatch.document import Entry
from newswatch.errors import ParseFailed
from newswatch.feeds import json_list
from newswatch.selector import Selector

URL = "https://api.bank.example/v1/posts"


def parsed(document: object, **paths: str) -> tuple[Entry, ...]:
    given = Selector(**paths)
    return json_list.parse(json.dumps(document).encode(), url=URL, headers={}, paths=given).entries


def test_parse_wordpress_takes_rendered_titles_and_excerpts():
    (one,) = parsed(
        [
            {
                "id": 7,
                "date": "2026-11-26T10:00:00",
                "date_gmt": "2026-11-26T09:00:00",
                "slug": "mining",
                "link": "https://bank.example/mining",
                "title": {"rendered": "Bank &#8211; mining"},
                "excerpt": {"rendered": "<p>The bank opposes it.</p>"},
                "_links": {"self": [{"href": "https://bank.example/wp-json/7"}]},
            }
        ]
    )

    assert (one.guid, one.title, one.link) == ("7", "Bank – mining", "https://bank.example/mining")
    assert one.summary == "The bank opposes it."
    assert one.published == datetime(2026, 11, 26, 9, tzinfo=timezone.utc)


def test_parse_federal_register_takes_the_page_not_the_pdf():
    (one,) = parsed(
        {
            "count": 1,
            "results": [
                {
                    "title": "Order on mining",
                    "abstract": "The agency bars it.",
                    "pdf_url": "https://fr.example/1.pdf",
                    "html_url": "https://fr.example/1",
                    "publication_date": "2026-11-26",
                }
            ],
        }
    )

    assert (one.title, one.link, one.summary) == (
        "Order on mining",
        "https://fr.example/1",
        "The agency bars it.",
    )
    assert one.published == datetime(2026, 11, 26, tzinfo=timezone.utc)


def test_parse_discourse_builds_the_address_of_a_topic():
    users = [{"id": n, "username": f"u{n}", "name": f"User {n}"} for n in range(30)]
    topics = [
        {
            "id": 5,
            "title": "Upgrade delayed",
            "slug": "upgrade-delayed",
            "posts_count": 3,
            "created_at": "2026-11-26T09:00:00Z",
        }
    ]

    (one,) = parsed({"users": users, "topic_list": {"topics": topics}}, items="topic_list.topics")

    assert (one.title, one.link) == ("Upgrade delayed", "https://api.bank.example/t/upgrade-delayed/5")


def test_parse_the_array_with_dates_and_links_wins_over_a_longer_one():
    facets = [{"name": f"Topic {n}", "count": n} for n in range(50)]
    news = [{"headline": f"Decision {n}", "url": f"/d/{n}", "published": 1_795_000_000 + n} for n in range(3)]

    entries = parsed({"facets": facets, "data": {"items": news}})

    assert [one.link for one in entries] == [f"https://api.bank.example/d/{n}" for n in range(3)]
    assert entries[0].published == datetime.fromtimestamp(1_795_000_000, timezone.utc)


def test_parse_given_paths_win():
    document = {"a": [{"title": "no"}], "b": {"c": [{"x": {"y": "Yes"}, "z": "/z", "title": "no"}]}}

    (one,) = parsed(document, items="b.c", title="x.y", link="z")

    assert (one.title, one.link) == ("Yes", "https://api.bank.example/z")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("/Date(1795000000000)/", datetime.fromtimestamp(1_795_000_000, timezone.utc)),
        (1_795_000_000_000, datetime.fromtimestamp(1_795_000_000, timezone.utc)),
        ("26 November 2026", datetime(2026, 11, 26, tzinfo=timezone.utc)),
        (True, None),
        (20, None),
    ],
)
def test_parse_dates_of_all_kinds(text, moment):
    (one,) = parsed([{"title": "Decision", "url": "/d", "date": text}])

    assert one.published == moment


@pytest.mark.parametrize("body", [b"", b"{", b"[1, 2]", b'{"items": []}', b"[" * 100_000, b'[{"n": 1}]'])
def test_parse_without_a_list_is_refused(body):
    with pytest.raises(ParseFailed):
        json_list.parse(body, url=URL, headers={})
