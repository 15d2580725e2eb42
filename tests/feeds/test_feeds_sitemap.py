from __future__ import annotations

from datetime import datetime, timezone

import pytest

from newswatch.errors import ParseFailed
from newswatch.feeds import sitemap

URL = "https://www.daily.example/sitemap.xml"
NAMESPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    ' xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)


def urlset(*urls: str) -> bytes:
    return f'<?xml version="1.0"?><urlset {NAMESPACES}>{"".join(urls)}</urlset>'.encode()


def index(*children: str) -> bytes:
    return f"<sitemapindex {NAMESPACES}>{''.join(children)}</sitemapindex>".encode()


def child(url: str, modified: str = "") -> str:
    return f"<sitemap><loc>{url}</loc>{f'<lastmod>{modified}</lastmod>' if modified else ''}</sitemap>"


def test_parse_news_elements_give_title_date_language_and_keywords():
    body = urlset(
        "<url><loc>https://www.daily.example/a</loc><image:image><image:title>A photo</image:title></image:image><news:news>"
        "<news:publication><news:name>Daily</news:name><news:language>de</news:language></news:publication>"
        "<news:publication_date>2026-11-26T10:00:00+01:00</news:publication_date><news:title>Bank &amp; Berg</news:title>"
        "<news:keywords>bank, mining</news:keywords></news:news></url>"
    )

    (entry,) = sitemap.parse(body, url=URL, headers={}).feed.entries

    assert (entry.title, entry.link, entry.lang) == ("Bank & Berg", "https://www.daily.example/a", "de")
    assert entry.tags == ("bank", "mining")
    assert entry.published == datetime(2026, 11, 26, 9, tzinfo=timezone.utc)


def test_parse_a_plain_sitemap_has_links_and_no_invented_titles():
    body = urlset("<url><loc>/b</loc><lastmod>2026-11-25</lastmod></url>", "<url><loc></loc></url>")

    (entry,) = sitemap.parse(body, url=URL, headers={}).feed.entries

    assert (entry.link, entry.title, entry.published) == ("https://www.daily.example/b", "", None)
    assert entry.updated == datetime(2026, 11, 25, tzinfo=timezone.utc)


def test_parse_a_namespace_prefix_does_not_matter():
    body = (
        b'<s:urlset xmlns:s="http://www.sitemaps.org/schemas/sitemap/0.9"><s:url><s:loc>https://www.daily.example/c</s:loc>'
        b"</s:url></s:urlset>"
    )

    assert [entry.link for entry in sitemap.parse(body, url=URL, headers={}).feed.entries] == [
        "https://www.daily.example/c"
    ]


def test_parse_an_index_lists_ten_children_newest_first_of_the_same_domain():
    body = index(
        child("https://www.daily.example/undated.xml"),
        *(child(f"https://www.daily.example/{day}.xml", f"2026-11-{day}") for day in range(10, 25)),
        child("https://evil.example/x.xml", "2026-11-30"),
        child("http://127.0.0.1/x.xml", "2026-11-30"),
        child("https://news.daily.example/y.xml", "2026-11-29"),
        child("file:///etc/passwd", "2026-11-30"),
    )

    children = sitemap.parse(body, url=URL, headers={}).children

    assert [one.url for one in children] == [
        "https://news.daily.example/y.xml",
        *(f"https://www.daily.example/{day}.xml" for day in range(24, 15, -1)),
    ]


@pytest.mark.parametrize(
    "body",
    [b"", b"<rss version='2.0'></rss>", b"<html><body>urlset</body></html>", b"{}", b"not xml"],
)
def test_parse_anything_else_is_refused(body):
    with pytest.raises(ParseFailed, match="not a sitemap"):
        sitemap.parse(body, url=URL, headers={})


def test_parse_entities_are_not_expanded():
    body = (
        b'<?xml version="1.0"?><!DOCTYPE urlset><urlset><url><loc>https://www.daily.example/d</loc><title>&xxe;</title>'
        b"</url></urlset>"
    )

    entries = sitemap.parse(body, url=URL, headers={}).feed.entries

    assert [entry.title for entry in entries] == [""]


def test_parse_a_damaged_sitemap_gives_what_is_before_the_damage():
    body = urlset("<url><loc>https://www.daily.example/e</loc></url>")[:-9] + b"<url><loc>https://www.daily"

    assert sitemap.parse(body, url=URL, headers={}).feed.entries[0].link == "https://www.daily.example/e"


def test_parse_keeps_at_most_the_entries_of_a_feed():
    body = urlset(*(f"<url><loc>https://www.daily.example/{n}</loc></url>" for n in range(21_000)))

    assert len(sitemap.parse(body, url=URL, headers={}).feed.entries) == 20_000
