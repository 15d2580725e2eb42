"""JSON documents in the shapes that publishers use: the same five items must come out of each."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest

from newswatch.feeds import json_list

URL = "https://api.bank.example/v1/list?page=1"
TITLES = (
    "Bank opposes the legalisation of mining",
    "Statement on the key rate after the November meeting",
    "Regulator fines two lenders for late reports",
    "New rules for payment services come into force",
    "Licence of a small savings bank withdrawn",
)
LINKS = tuple(f"https://api.bank.example/press/2026/{n}" for n in range(5))
DAYS = tuple(datetime(2026, 11, 26 - n, tzinfo=timezone.utc) for n in range(5))
LONG = (
    "The board decided at its meeting what it will do about the matter, and why, in a text of some length. "
    * 3
)


def rows(make: Any) -> list[Any]:
    return [make(title, link, day) for title, link, day in zip(TITLES, LINKS, DAYS, strict=True)]


def ms(day: datetime) -> int:
    return int(day.timestamp() * 1000)


NOISE = {
    "users": [
        {"id": n, "name": f"Name {n}", "url": f"/u/{n}", "created_at": "2020-01-01"} for n in range(40)
    ],
    "facets": [{"label": f"Topic {n}", "count": n, "url": f"/t/{n}"} for n in range(40)],
}

SHAPES: dict[str, Any] = {
    "wordpress": rows(
        lambda t, u, d: {
            "id": 1,
            "date": d.isoformat()[:19],
            "guid": {"rendered": "https://api.bank.example/?p=1"},
            "link": u,
            "title": {"rendered": t},
            "content": {"rendered": f"<p>{LONG}</p>"},
            "author": 3,
            "_links": {"self": [{"href": "https://api.bank.example/wp-json/wp/v2/posts/1"}]},
        }
    ),
    "federal register": {
        "count": 5,
        "results": rows(
            lambda t, u, d: {
                "title": t,
                "type": "Rule",
                "abstract": LONG,
                "document_number": "2026-1",
                "html_url": u,
                "pdf_url": u + ".pdf",
                "publication_date": f"{d:%Y-%m-%d}",
                "agencies": [{"name": "The Bank", "url": "https://fr.example/agencies/bank"}],
            }
        ),
    },
    "github releases": rows(
        lambda t, u, d: {
            "url": "https://api.github.example/r/1",
            "html_url": u,
            "author": {"login": "x", "html_url": "https://github.example/x", "type": "User"},
            "tag_name": "v1",
            "name": t,
            "draft": False,
            "created_at": "2020-01-01T00:00:00Z",
            "published_at": f"{d:%Y-%m-%dT00:00:00Z}",
            "body": LONG,
        }
    ),
    "github commits": rows(
        lambda t, u, d: {
            "sha": "a" * 40,
            "commit": {"author": {"name": "Jo"}, "message": t, "url": "https://api.github.example/c"},
            "html_url": u,
            "date": d.isoformat(),
            "author": {"html_url": "https://github.example/jo"},
        }
    ),
    "json api": {
        "links": {"self": {"href": "https://api.bank.example/self"}},
        "data": rows(
            lambda t, u, d: {
                "type": "node--news",
                "id": "x",
                "attributes": {"title": t, "created": d.isoformat(), "path": {"alias": u[24:]}},
                "links": {"self": {"href": "https://api.bank.example/jsonapi/node/1"}},
            }
        ),
        "included": [{"type": "file", "attributes": {"title": f"Picture {n}", "url": f"/p/{n}"}} for n in range(30)],
    },
    "graphql": {
        "data": {
            "news": {
                "edges": rows(
                    lambda t, u, d: {"cursor": "x", "node": {"headline": t, "url": u, "publishedAt": d.isoformat()}}
                )
            }
        }
    },
    "elasticsearch": {
        "took": 3,
        "hits": {
            "total": 5,
            "hits": rows(
                lambda t, u, d: {"_id": u, "_score": 1.5, "_source": {"title": t, "url": u, "date": d.isoformat()}}
            ),
        },
    },
    "solr with arrays": {
        "response": {"docs": rows(lambda t, u, d: {"title": [t], "url": [u], "pubdate": [d.isoformat()]})}
    },
    "guardian": {
        "response": {
            "results": rows(
                lambda t, u, d: {
                    "id": "world/1",
                    "sectionName": "World",
                    "webPublicationDate": d.isoformat(),
                    "webTitle": t,
                    "webUrl": u,
                    "apiUrl": "https://content.api.example/1",
                }
            )
        }
    },
    "nyt": {
        "response": {
            "docs": rows(
                lambda t, u, d: {
                    "web_url": u,
                    "snippet": LONG,
                    "headline": {"main": t, "kicker": None, "print_headline": ""},
                    "pub_date": d.isoformat(),
                    "multimedia": [{"url": "images/1.jpg", "caption": "A picture", "type": "image"}] * 20,
                }
            )
        }
    },
    "newsapi": {
        "articles": rows(
            lambda t, u, d: {
                "source": {"id": None, "name": "Bank"},
                "author": "Jo",
                "title": t,
                "description": LONG,
                "url": u,
                "urlToImage": "https://img.example/1.jpg",
                "publishedAt": d.isoformat(),
            }
        )
    },
    "reddit": {
        "kind": "Listing",
        "data": {
            "children": rows(
                lambda t, u, d: {
                    "kind": "t3",
                    "data": {
                        "title": t,
                        "permalink": u[24:],
                        "created_utc": d.timestamp(),
                        "author": "u",
                        "thumbnail": "https://img.example/1.jpg",
                    },
                }
            )
        },
    },
    "sparql": {
        "head": {"vars": ["title", "uri", "date"]},
        "results": {
            "bindings": rows(
                lambda t, u, d: {
                    "title": {"type": "literal", "value": t},
                    "uri": {"type": "uri", "value": u},
                    "date": {"type": "literal", "value": f"{d:%Y-%m-%d}"},
                }
            )
        },
    },
    "objects by name": {u[24:]: {"path": u[24:], "document_title": t, "publication_start_date": f"{d:%Y-%m-%d}"} for t, u, d in zip(TITLES, LINKS, DAYS, strict=True)},
    "columns": {"recent": {"title": list(TITLES), "url": list(LINKS), "filingDate": [f"{d:%Y-%m-%d}" for d in DAYS]}},
    "table with a head": [["Title", "Link", "Date"], *rows(lambda t, u, d: [t, u, f"{d:%Y-%m-%d}"])],
    "table without a head": {"aaData": rows(lambda t, u, d: [f"{d:%Y-%m-%d}", t, u, "PDF"])},
    "short names": rows(lambda t, u, d: {"d": f"{d:%m/%d/%Y} 12:00:00 AM", "t": t, "pt": "Monetary", "l": u[24:]}),
    "names in another language": {
        "aktuelles": rows(lambda t, u, d: {"ueberschrift": t, "verweis": u, "tag": f"{d:%d.%m.%Y}", "inhalt": LONG})
    },
    "sections": {
        "sections": [
            {"title": "First", "items": rows(lambda t, u, d: {"title": t, "url": u, "date": d.isoformat()})[:2]},
            {"title": "Second", "items": rows(lambda t, u, d: {"title": t, "url": u, "date": d.isoformat()})[2:]},
        ]
    },
    "milliseconds": {**NOISE, "list": rows(lambda t, u, d: {"subject": t, "href": u, "time": ms(d)})},
    "seconds as text": {"l": rows(lambda t, u, d: {"title": t, "uri": u[24:], "timestamp": str(ms(d) // 1000)})},
    "microseconds": rows(lambda t, u, d: {"title": t, "link": u, "published": ms(d) * 1000}),
    "dotnet dates": {"d": {"results": rows(lambda t, u, d: {"Title": t, "Url": u, "Created": f"/Date({ms(d)})/"})}},
    "days as numbers": rows(lambda t, u, d: {"title": t, "link": u, "day": int(f"{d:%Y%m%d}"), "date": int(f"{d:%Y%m%d}")}),
    "mongo": rows(lambda t, u, d: {"_id": {"$oid": "1"}, "title": t, "link": u, "date": {"$date": ms(d)}}),
    "languages inside": rows(
        lambda t, u, d: {"title": {"fr": "Banque", "en": t}, "url": {"en": u, "fr": u + "-fr"}, "date": d.isoformat()}
    ),
    "a time to expire first": rows(
        lambda t, u, d: {"expires": "2030-01-01", "heading": t, "page": u, "when": d.isoformat(), "image": "/i/1.jpg"}
    ),
    "day before month": {"i": rows(lambda t, u, d: {"title": t, "url": u, "date": f"{d:%d/%m/%Y}"})},
    "comments inside": {
        "posts": rows(
            lambda t, u, d: {
                "title": t,
                "url": u,
                "date": d.isoformat(),
                "comments": [
                    {"text": "I do not agree with a word of it", "url": f"/c/{n}", "date": "2026-11-26"} for n in range(20)
                ],
            }
        )
    },
    "with noise": {**NOISE, "data": {"items": rows(lambda t, u, d: {"title": t, "url": u, "published": d.isoformat()})}},
    "first page of a site": {
        "menu": [{"title": f"Menu {n}", "url": f"/m/{n}"} for n in range(30)],
        "related": rows(lambda t, u, d: {"title": "Old: " + t, "url": u + "/old", "date": d.isoformat()}),
        "news": rows(lambda t, u, d: {"title": t, "url": u, "date": d.isoformat()}),
    },
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_parse_reads_titles_links_and_dates(shape):
    body = json.dumps(SHAPES[shape]).encode()

    found = json_list.parse(body, url=URL, headers={}).entries

    assert [one.title for one in found] == list(TITLES)
    assert [one.link for one in found] == list(LINKS)
    assert [one.published for one in found] == list(DAYS)


@pytest.mark.parametrize("shape", SHAPES)
def test_parse_with_the_paths_that_it_found_gives_the_same(shape):
    body = json.dumps(SHAPES[shape]).encode()
    guessed = json_list.parse(body, url=URL, headers={}).entries

    paths = json_list.selector_of(body, url=URL, headers={})

    assert paths.items
    assert json_list.parse(body, url=URL, headers={}, paths=paths).entries == guessed


@pytest.mark.parametrize(
    "wrap",
    [
        b"\xef\xbb\xbf%s",
        b")]}',\n%s",
        b"while(1);%s",
        b"callback(%s);",
        b"/**/ jQuery.cb_1(%s)",
    ],
)
def test_parse_takes_off_what_is_around_json(wrap):
    body = wrap % json.dumps([{"title": TITLES[0], "url": "/a"}]).encode()

    (one,) = json_list.parse(body, url=URL, headers={}).entries

    assert (one.title, one.link) == (TITLES[0], "https://api.bank.example/a")


def test_parse_reads_an_object_on_each_line():
    body = "\n".join(json.dumps({"title": title, "url": "/a"}) for title in TITLES).encode()

    assert [one.title for one in json_list.parse(body, url=URL, headers={}).entries] == list(TITLES)


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("Bank &amp; mining", "Bank & mining"),
        ("<b>Bank</b> &#8211; mining", "Bank – mining"),
        ("  Bank\n  opposes  ", "Bank opposes"),
        ("Bank\ud800", "Bank"),
    ],
)
def test_parse_cleans_titles(raw, title):
    (one,) = json_list.parse(json.dumps([{"title": raw, "url": "/a"}]).encode(), url=URL, headers={}).entries

    assert one.title.rstrip("\ufffd") == title


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "ftp://x.example/a", "http://[", 7, None]
)
def test_parse_gives_no_link_that_is_not_a_web_address(link):
    (one,) = json_list.parse(
        json.dumps([{"title": TITLES[0], "url": link}]).encode(), url=URL, headers={}
    ).entries

    assert one.link == ""


@pytest.mark.parametrize(
    "document",
    [
        {"a": [{"title": "x", "date": 10**400}]},
        {"a": [{"title": "x", "date": 1e308, "url": "/a" * 9_000}]},
        [{"title": {"a": {"b": {"c": {"d": {"e": "deep"}}}}}}],
        {str(n): {str(m): n for m in range(50)} for n in range(2_000)},
        [[[[["x"] * 50] * 20] * 20] * 2],
    ],
)  # fmt: skip
def test_parse_of_odd_documents_reads_or_refuses_them(document):
    try:
        found = json_list.parse(json.dumps(document).encode(), url=URL, headers={}).entries
    except json_list.ParseFailed:
        found = ()

    assert all(len(one.link) <= 8_000 for one in found)
