"""`newswatch feeds preview` of saved pages, sitemaps and JSON lists."""

from __future__ import annotations

import gzip
import json

import pytest

from feed_server import Document, rss, story

TITLES = ("Bank raises rates", "Minister names board", "Court rules on fees", "Regulator fines broker")
MENU = "<nav><a href='/'>Home</a><a href='/about'>About</a><a href='/contact'>Contact</a></nav>"


def listing(titles=TITLES, *, day=True, charset="utf-8"):
    rows = "".join(
        f"<li class='news'><h3><a href='news/{n}'>{title} in the spring session</a></h3>"
        + (f"<time datetime='2026-03-{28 - n:02}'>{28 - n} March 2026</time>" if day else "")
        + f"<p>The office said on the day that {title.lower()} and gave its reasons for it.</p></li>"
        for n, title in enumerate(titles, 1)
    )
    return (
        f"<!doctype html><html lang=en><head><meta charset={charset}><title>News</title></head><body>{MENU}"
        f"<main><ul>{rows}</ul></main><footer><a href='/terms'>Terms</a></footer></body></html>"
    )


@pytest.fixture
def saved(newsroom, tmp_path):
    def preview(body, *options, name="saved.html"):
        path = tmp_path / name
        path.write_bytes(body if isinstance(body, bytes) else body.encode())
        status, out, err = newsroom.command("feeds", "preview", str(path), "--json", *options)
        assert "Traceback" not in out + err
        return status, json.loads(out), err

    return preview


def test_saved_page_shows_its_items_with_absolute_links_and_dates(saved):
    status, found, _ = saved(listing(), "--url", "https://office.example/press/")
    assert (status, found["kind"], len(found["items"])) == (0, "page", 4)
    first = found["items"][0]
    assert first["title"] == "Bank raises rates in the spring session"
    assert first["link"] == "https://office.example/press/news/1"
    assert first["published"] == "2026-03-27T00:00:00+00:00"
    assert first["summary"].startswith("The office said")
    assert found["lists"][0]["chosen"] is True
    assert found["lists"][0]["reasons"]
    assert found["problem"] is None


def test_undated_items_have_no_date(saved):
    _, found, _ = saved(listing(day=False), "--url", "https://office.example/press/")
    assert [item["published"] for item in found["items"]] == [None] * 4


def test_runner_up_lists_can_be_chosen(saved):
    more = "".join(f"<li class=top><a href='/top/{n}'>Most read story number {n}</a></li>" for n in range(6))
    page = listing().replace("<footer>", f"<aside class=popular><ul>{more}</ul></aside><footer>")
    _, found, _ = saved(page, "--url", "https://office.example/press/")
    assert len(found["items"]) == 4
    runner_up = next(one for one in found["lists"] if one["titles"][0].startswith("Most read"))
    assert not runner_up["chosen"]
    _, other, _ = saved(page, "--url", "https://office.example/press/", "--list", str(runner_up["number"]))
    assert [item["title"] for item in other["items"]][:1] == ["Most read story number 0"]
    status, none, err = saved(page, "--list", "40")
    assert (status, none["items"]) == (1, [])
    assert "list 40 is asked for" in err


def test_page_in_another_charset_than_it_says_is_read(saved):
    page = listing(("Überblick der Märkte", *TITLES[1:]), charset="iso-8859-1")
    for body in (page.encode(), page.encode("cp1252"), b"\xff\xfe" + page.encode("utf-16-le")):
        _, found, _ = saved(body, "--url", "https://office.example/")
        assert found["items"][0]["title"].startswith("Überblick der Märkte")


def test_kinds_are_recognised_by_the_document(saved):
    entries = "".join(
        f"<url><loc>https://a.example/{n}</loc><lastmod>2026-03-0{n}</lastmod></url>" for n in (1, 2)
    )
    sitemap = (
        f"<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{entries}</urlset>"
    )
    rows = [{"title": f"Notice {n}", "url": f"/n/{n}", "date": "2026-03-01"} for n in range(3)]
    for body, kind, count in (
        (rss(story(1)), "feed", 1),
        (b"<br />Warning: deprecated\n" + rss(story(1)), "feed", 1),
        (sitemap.encode(), "sitemap", 2),
        (gzip.compress(sitemap.encode()), "sitemap", 2),
        (json.dumps({"data": rows}).encode(), "json", 3),
    ):
        status, found, err = saved(body, "--url", "https://a.example/")
        assert (status, found["kind"], len(found["items"])) == (0, kind, count), err
    _, found, _ = saved(json.dumps(rows), "--url", "https://a.example/x/")
    assert found["items"][0]["link"] == "https://a.example/n/0"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("", "empty"),
        ("<html><body><p>Nothing here</p></body></html>", "no list of news"),
        ("<html><head><title>Just a moment…</title></head><body>Checking</body></html>", "block programs"),
        ("<html><body><div id=root></div><script src=app.js></script></body></html>", "without JavaScript"),
        ("%PDF-1.7", "not a web page"),
        ("{", "not JSON"),
        ("[1, 2]", "no list of objects"),
        ("<div>" * 30_000, "no list of news"),
        ("<b>x</b>" * 50_000, "too many"),
        ("x" * 10_000_001, "10 MB"),
        ("<sitemapindex><sitemap><loc>https://b.example/s.xml</loc></sitemap></sitemapindex>", "no items"),
    ],
)  # fmt: skip
def test_nothing_to_read_is_said_in_one_text_and_ends_with_1(saved, body, text):
    status, found, err = saved(body)
    assert status == 1
    assert text in (found.get("error") or err)
    assert not found.get("items")


def test_index_names_its_sitemaps(saved):
    index = "<sitemapindex><sitemap><loc>https://b.example/s.xml</loc></sitemap></sitemapindex>"
    _, _, err = saved(index, "--url", "https://www.b.example/sitemap.xml")
    assert "preview one of them, such as https://b.example/s.xml" in err


def test_json_list_is_shown_with_paths_that_give_the_same_items(newsroom):
    rows = [
        {"headline": f"Bank raises rates {n}", "href": f"/news/{n}", "day": f"2026-03-{n + 1:02}"}
        for n in range(9)
    ]
    newsroom.site.documents["/list"] = Document(
        json.dumps({"data": {"posts": rows}}).encode(), headers={"Content-Type": "application/json"}
    )
    url = f"{newsroom.site.url}/list"
    found = newsroom.json("feeds", "preview", url)
    assert (found["kind"], len(found["items"])) == ("json", 9)
    assert found["selector"]["items"] == "data.posts"
    assert (found["selector"]["title"], found["selector"]["link"]) == ("headline", "href")
    _, out, _ = newsroom.command("feeds", "preview", url)
    line = next(line for line in out.splitlines() if line.startswith("selector: "))
    newsroom.write(
        "feeds.yaml",
        f"defaults: {{allow_private: true}}\nfeeds:\n  - id: l\n    url: {url}\n    type: json\n    {line}\n",
    )
    assert newsroom.command("check")[0] == 0
    again = newsroom.json("feeds", "preview", "l")
    assert (again["items"], again["selector"]) == (found["items"], None)


def test_page_at_a_url_is_read_as_a_page(newsroom):
    newsroom.site.documents["/press"] = Document(listing().encode(), headers={"Content-Type": "text/html"})
    found = newsroom.json("feeds", "preview", f"{newsroom.site.url}/press")
    assert (found["kind"], len(found["items"])) == ("page", 4)
    status, out, _ = newsroom.command("feeds", "preview", f"{newsroom.site.url}/press")
    assert status == 0
    assert "List 1: Read" in out
    assert "4 of 4 have a date" in out


def test_the_address_of_a_file_is_for_files(newsroom):
    status, _, err = newsroom.command("feeds", "preview", "https://a.example/", "--url", "https://a.example/")
    assert status == 2
    assert "is for a FILE" in err
