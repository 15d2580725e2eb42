"""What is read instead of a feed: how it is recognised, kept, followed and bounded."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from email.utils import format_datetime

import pytest
from page_site import PageSite, cards, undated

from article_pages import stream
from feed_server import Document, story
from newsroom import OPS

HOUR = timedelta(hours=1)
HTML = {"Content-Type": "text/html; charset=utf-8"}


def source(room, keys, path="source"):
    room.write(
        "feeds.yaml",
        f"defaults: {{every: 5m, allow_private: true}}\nfeeds:\n  - {{id: s, url: {room.site.url}/{path}{keys}}}\n",
    )


def serve(room, body, path="source", **headers):
    data = body if isinstance(body, bytes) else body.encode()
    room.site.documents[f"/{path}"] = Document(data, headers=headers or HTML)


def poll(room, passed=HOUR):
    room.pass_time(passed)
    return room.poll()


def alerting(room):
    return [item["title"] for item in stream(room) if not item["silent"] and not item["revision"]]


def state(room):
    return room.redis.hgetall("newswatch:feed:s")


def error(room):
    return room.json("feeds")[0]["error"]


def a_page(room, look=undated, items=10):
    page = PageSite(look, room.clock)
    for ago in range(items + 10, 0, -1):
        page.add((room.clock() - timedelta(days=3 + ago)).date())
    return page


# Kinds


def test_feed_that_answers_html_stays_an_error_and_never_becomes_a_page(newsroom):
    page = a_page(newsroom)
    source(newsroom, "")
    serve(newsroom, page.html())
    assert poll(newsroom).failed == 1
    assert "not a feed" in error(newsroom)
    newsroom.site.serve("/source", story(1))
    assert poll(newsroom).new == 1
    serve(newsroom, page.html())
    assert poll(newsroom).failed == 1
    assert stream(newsroom)[1:] == []


def test_kind_is_settled_by_the_first_document_and_kept(newsroom):
    source(newsroom, "")
    rows = [{"title": f"Notice {n} of the office", "url": f"/n/{n}", "date": "2020-03-01"} for n in range(3)]
    serve(newsroom, json.dumps(rows), **{"Content-Type": "application/json"})
    assert poll(newsroom).failed == 0
    assert state(newsroom)["kind"] == "json"
    newsroom.site.serve("/source", story(1))
    assert poll(newsroom).failed == 1
    assert state(newsroom)["kind"] == "json"


def test_json_list_gives_new_items_by_its_paths(newsroom):
    source(newsroom, ", type: json, selector: {items: data.list, title: heading}")
    rows = [{"heading": f"Notice {n} of the office", "name": "x", "url": f"/n/{n}"} for n in range(60)]
    serve(newsroom, json.dumps({"data": {"list": rows}}), **{"Content-Type": "application/json"})
    poll(newsroom)
    assert alerting(newsroom) == []
    rows.insert(0, {"heading": "A new notice", "url": "/n/new"})
    serve(newsroom, json.dumps({"data": {"list": rows}}), **{"Content-Type": "application/json"})
    poll(newsroom)
    assert alerting(newsroom) == ["A new notice"]


# Pages


def test_page_without_a_list_says_why_and_what_to_do(newsroom):
    source(newsroom, ", type: page")
    serve(newsroom, "<html><body><div id=root></div><script src=app.js></script></body></html>")
    assert poll(newsroom).failed == 1
    assert "empty without JavaScript" in error(newsroom)


def test_page_that_is_unchanged_is_not_parsed_again(newsroom):
    page = a_page(newsroom, cards)
    source(newsroom, ", type: page")
    serve(newsroom, page.html())
    poll(newsroom)
    assert poll(newsroom).not_modified == 1


def test_learned_pattern_is_stored_with_the_claim_and_is_bounded(newsroom):
    page = a_page(newsroom, undated, items=2_000)
    page.size = 2_000
    source(newsroom, ", type: page")
    serve(newsroom, page.html())
    poll(newsroom)
    pattern = state(newsroom)["pattern"]
    assert "ul.press" in pattern
    assert len(pattern) < 10_000


def test_edited_headline_beside_a_date_that_is_counted_from_now_is_no_new_item(newsroom):
    def show(newest):
        rows = [newest, *(f"Earlier story number {n} about the town" for n in range(12))]
        body = "".join(
            f"<li><a href='/news/{number}'>{title}</a> <span>{'today' if number == 0 else f'{number} days ago'}</span></li>"
            for number, title in enumerate(rows)
        )
        serve(
            newsroom,
            f"<html><body><main><ul>{body}</ul></main></body></html>",
            **HTML,
            Date=format_datetime(newsroom.clock(), usegmt=True),
        )

    source(newsroom, ", type: page")
    show("An older story about the harbour")
    poll(newsroom)
    show("The central bank opposes the plan")
    poll(newsroom, 30 * HOUR)
    show("The central bank opposes the new plan")
    poll(newsroom, 30 * HOUR)
    revisions = [item["title"] for item in stream(newsroom) if item["revision"]]
    assert "The central bank opposes the new plan" in revisions
    assert "The central bank opposes the new plan" not in alerting(newsroom)


def test_another_list_or_selector_in_the_configuration_does_not_alert_on_what_it_has(newsroom):
    page = a_page(newsroom)
    more = "".join(
        f"<li class=o><a href='/other/{n}'>Another matter number {n} of the office</a></li>" for n in range(9)
    )
    body = page.html().replace(b"</main>", f"<h2>Others</h2><ol class='o'>{more}</ol></main>".encode())
    source(newsroom, ", type: page")
    serve(newsroom, body)
    poll(newsroom)
    before = alerting(newsroom)
    lists = newsroom.json("feeds", "preview", "s")["lists"]
    number = next(one["number"] for one in lists if "Another" in one["titles"][0])
    for keys in (f", type: page, list: {number}", ", type: page, selector: {items: ol.o > li, link: a}"):
        source(newsroom, keys)
        assert poll(newsroom).failed == 0
        assert alerting(newsroom) == before
    serve(
        newsroom,
        body.replace(
            b"<ol class='o'>", b"<ol class='o'><li class=o><a href='/other/x'>A new matter</a></li>"
        ),
    )
    poll(newsroom)
    assert alerting(newsroom) == [*before, "A new matter"]


def test_selector_that_finds_nothing_any_more_is_a_changed_layout(newsroom):
    page = a_page(newsroom)
    source(newsroom, ", type: page, selector: {items: ul.press li}")
    serve(newsroom, page.html())
    assert poll(newsroom).failed == 0
    serve(newsroom, page.html().replace(b"press", b"other"))
    poll(newsroom)
    poll(newsroom)
    assert newsroom.json("feeds")[0]["state"] == "layout-changed"
    newsroom.deliver()
    (message,) = newsroom.slack.messages(OPS)
    assert "layout changed" in message["text"]


def test_new_addresses_of_a_site_do_not_alert_again(newsroom):
    page = a_page(newsroom)
    source(newsroom, ", type: page")
    serve(newsroom, page.html())
    poll(newsroom)
    before = alerting(newsroom)
    title = page.add()
    serve(newsroom, page.html().replace(b"'/press/", b"'/en/news/"))
    poll(newsroom)
    assert alerting(newsroom) == [*before, title]


# Sitemaps


def sitemap(*rows, root="urlset"):
    kind = "url" if root == "urlset" else "sitemap"
    inner = "".join(
        f"<{kind}><loc>{loc}</loc>" + (f"<lastmod>{day}</lastmod>" if day else "") + f"{more}</{kind}>"
        for loc, day, more in rows
    )
    return (
        f"<?xml version='1.0'?><{root} xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'"
        f" xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'>{inner}</{root}>"
    )


def news(title, moment):
    return (
        f"<news:news><news:publication_date>{moment.isoformat()}</news:publication_date>"
        f"<news:title>{title}</news:title></news:news>"
    )


def test_index_reads_its_ten_newest_sitemaps_of_the_same_site_and_nothing_else(newsroom):
    site = newsroom.site.url
    source(newsroom, ", type: sitemap")
    children = [(f"{site}/c{n}.xml", f"2026-01-{n + 1:02}", "") for n in range(12)]
    foreign = [
        (url, "2026-02-01", "")
        for url in ("http://10.1.2.3/s.xml", "http://localhost:1/x", "https://b.example/s")
    ]
    serve(newsroom, sitemap(*children, *foreign, root="sitemapindex"))
    for n in range(12):
        one = sitemap(
            (f"https://a.example/{n}", "", news(f"Story {n}", newsroom.clock())),
            (f"https://a.example/u{n}", "", ""),
        )
        serve(newsroom, gzip.compress(one.encode()), f"c{n}.xml", **{"Content-Type": "application/gzip"})
    result = poll(newsroom)
    assert result.failed == 0
    asked = sorted(request.path for request in newsroom.site.requests)
    assert asked == sorted(["/source", *(f"/c{n}.xml" for n in range(2, 12))])
    assert sorted(alerting(newsroom)) == sorted(f"Story {n}" for n in range(2, 12))
    # The index itself is as before, but a sitemap of it is not.
    late = sitemap(
        ("https://a.example/late", "", news("A late story", newsroom.clock())),
        ("https://a.example/old", "", ""),
    )
    serve(newsroom, late, "c11.xml")
    poll(newsroom)
    assert alerting(newsroom)[10:] == ["A late story"]


def test_index_goes_on_while_some_of_its_sitemaps_fail(newsroom):
    site = newsroom.site.url
    source(newsroom, ", type: sitemap")
    serve(newsroom, sitemap((f"{site}/gone.xml", "", ""), (f"{site}/here.xml", "", ""), root="sitemapindex"))
    serve(newsroom, sitemap(("https://a.example/1", "", news("Story", newsroom.clock()))), "here.xml")
    assert poll(newsroom).new == 1
    del newsroom.site.documents["/here.xml"]
    assert poll(newsroom).failed == 1
    assert "404" in error(newsroom)


def an_index(room, *names):
    """An index of these sitemaps, each with an ETag, with one story each."""
    rows = [(f"{room.site.url}/{name}.xml", f"2026-01-{30 - n:02}", "") for n, name in enumerate(names)]
    serve(room, sitemap(*rows, root="sitemapindex"))
    for name in names:
        serve_child(room, name, f"Story {name}")


def serve_child(room, name, *titles):
    rows = [
        (f"https://a.example/{name}/{n}", "", news(title, room.clock())) for n, title in enumerate(titles)
    ]
    room.site.documents[f"/{name}.xml"] = Document(sitemap(*rows).encode(), etag=f'"{name}-{len(titles)}"')


def asked(room):
    """What was requested since the last call: path and status, but not of the index."""
    found = [(one.path[1:-4], one.status) for one in room.site.requests if one.path != "/source"]
    room.site.requests.clear()
    return found


def test_index_asks_for_its_sitemaps_on_condition_and_reads_all_once_one_changes(newsroom):
    source(newsroom, ", type: sitemap")
    an_index(newsroom, "a", "b", "c")
    assert poll(newsroom).new == 3
    assert sorted(asked(newsroom)) == [("a", 200), ("b", 200), ("c", 200)]
    result = poll(newsroom)
    assert (result.new, result.not_modified, result.failed) == (0, 1, 0)
    assert sorted(asked(newsroom)) == [("a", 304), ("b", 304), ("c", 304)]
    serve_child(newsroom, "c", "Story c", "A late story")
    assert poll(newsroom).new == 1
    # None of the entries is missing from the reading, so none counts as gone.
    assert sorted(asked(newsroom)) == [("a", 200), ("a", 304), ("b", 200), ("b", 304), ("c", 200)]
    assert poll(newsroom).not_modified == 1
    assert alerting(newsroom) == ["Story a", "Story b", "Story c", "A late story"]


def test_index_whose_sitemaps_never_change_is_read_in_full_once_a_day_and_alerts_on_nothing_old(newsroom):
    source(newsroom, ", type: sitemap")
    an_index(newsroom, "a")
    poll(newsroom)
    for _ in range(20):
        poll(newsroom, timedelta(hours=13))
    statuses = [status for _, status in asked(newsroom)]
    assert statuses.count(304) >= 8
    assert statuses.count(200) >= 8
    serve_child(newsroom, "a", "Story a", "A late story")
    poll(newsroom)
    assert alerting(newsroom) == ["Story a", "A late story"]


def test_index_with_another_set_of_sitemaps_is_read_again(newsroom):
    source(newsroom, ", type: sitemap")
    an_index(newsroom, "a", "b")
    poll(newsroom)
    an_index(newsroom, "a", "b", "n")
    assert poll(newsroom).new == 1
    assert len(json.dumps(state(newsroom))) < 3_000


def test_index_of_sitemaps_without_validators_is_compared_by_their_bytes(newsroom):
    source(newsroom, ", type: sitemap")
    an_index(newsroom, "a")
    newsroom.site.documents["/a.xml"].etag = None
    poll(newsroom)
    assert poll(newsroom).not_modified == 1
    newsroom.site.documents["/a.xml"].etag = '"' + "x" * 900 + '"'
    assert poll(newsroom).not_modified == 1
    assert "x" * 900 not in json.dumps(state(newsroom))


# The story newswatch was made for, on a page of its kind

STANDFIRST = "The Narnian central bank opposes the measure."
STORY = f"""<!doctype html><html lang=en><head><meta charset=utf-8><title>Ministries want to legalise mining: report</title>
<meta name=description content="{STANDFIRST}"></head><body><header><nav><a href="/">Home</a> <a href="/policy">Policy</a></nav>
</header><main><article><button>Share</button><h1>Ministries want to legalise mining: report</h1>
<h2 class=standfirst>{STANDFIRST}</h2><div class=dates>Updated May 11, 2023</div>
<p>Mining should be legal and regulated as any other business, three ministries say in letters that a newspaper saw.</p>
<p>They want a code of its own for firms that mine, and rules about the tariffs that those pay for electricity.</p>
</article></main><footer><p>Terms</p></footer></body></html>"""


def desk(room, teaser):
    source(room, ", type: page, article: true", "policy")
    rows = "".join(
        f"<article class=teaser><h3><a href='/policy/{name}'>{title}</a></h3><time datetime='{day:%Y-%m-%dT%H:%M}Z'>"
        f"{day:%b %d}</time><p>{text}</p></article>"
        for name, title, text, day in (
            ("mining", "Ministries want to legalise mining: report", teaser, room.clock() - HOUR),
            (
                "levy",
                "Levy on exchanges is delayed",
                "The treasury needs more time.",
                room.clock() - 5 * HOUR,
            ),
            (
                "wallets",
                "Court hears case about wallets",
                "A ruling is expected in June.",
                room.clock() - 9 * HOUR,
            ),
            (
                "index",
                "Index of prices gets a new name",
                "It starts on Monday next week.",
                room.clock() - 11 * HOUR,
            ),
        )
    )
    menu = "<nav><a href='/'>Home</a><a href='/policy'>Policy</a><a href='/newsletters'>Newsletters</a></nav>"
    serve(
        room,
        f"<!doctype html><html lang=en><body>{menu}<main><h1>Policy</h1>{rows}</main></body></html>",
        "policy",
    )
    serve(room, STORY, "policy/mining")
    for name in ("levy", "wallets", "index"):
        serve(room, STORY.replace(STANDFIRST, "Nothing of note."), f"policy/{name}")


def cycle(room):
    room.poll()
    for _ in range(3):
        room.match()
        room.articles()
        room.match()
        room.deliver()
        room.pass_time(timedelta(minutes=5))


@pytest.mark.parametrize("teaser", [STANDFIRST, "Three letters say what the rules could be."])
def test_listing_with_the_storys_teaser_alerts_once_by_the_standfirst(newsroom, teaser):
    desk(newsroom, teaser)
    cycle(newsroom)
    cycle(newsroom)
    assert "/policy/mining" in {request.path for request in newsroom.site.requests}
    (message,) = newsroom.posts()
    assert "Ministries want to legalise mining" in message["text"]
    assert "central bank opposes" in message["text"]
    assert len(newsroom.alert_ids()) == 1


# A page that changed for good


def test_check_names_the_page_whose_layout_changed_and_accept_goes_on_without_a_flood(newsroom):
    page = a_page(newsroom)
    source(newsroom, ", type: page")
    serve(newsroom, page.html())
    poll(newsroom)
    before = alerting(newsroom)
    (found,) = newsroom.json("feeds", "check")
    assert (found["kind"], found["items"], found["faults"]) == ("page", 10, [])
    page.look, page.rows, page.count = cards, [], 800
    for ago in range(9, 1, -1):
        page.add((newsroom.clock() - timedelta(days=ago)).date())
    serve(newsroom, page.html())
    poll(newsroom)
    poll(newsroom)
    status, out, _ = newsroom.command("feeds", "check")
    assert status == 1
    assert "layout changed" in out
    assert "--accept s" in out
    assert newsroom.command("feeds", "check", "--accept", "s")[0] == 0
    assert poll(newsroom).failed == 0
    assert newsroom.json("feeds")[0]["state"] == "ok"
    title = page.add()
    serve(newsroom, page.html())
    poll(newsroom)
    assert [one for one in alerting(newsroom) if one not in before] == [title]
    newsroom.deliver()
    begun, over = (message["text"] for message in newsroom.slack.messages(OPS))
    assert "layout changed" in begun
    assert "found again" in over


def test_accept_needs_a_configured_feed_and_a_list(newsroom):
    source(newsroom, ", type: page")
    serve(newsroom, "<html><body><p>Nothing</p></body></html>")
    assert newsroom.command("feeds", "check", "--accept", "other")[0] == 2
    status, out, _ = newsroom.command("feeds", "check", "--accept", "s")
    assert status == 1
    assert "no list of news" in out


# Hostile documents


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>" + b"<div>" * 200_000,
        b"<html><body><ul>" + b"<li><a href='/x'>A headline of this office</a></li>" * 60_000,
        b"<html><body><ul>"
        + b"".join(b"<li><a %s href=/%d>Headline</a></li>" % (b"a=1 " * 900, n) for n in range(900)),
        b"<html><body>" + b"<p class='" + b"x " * 2_000_000 + b"'>a</p>",
    ],
    ids=["depth", "links", "attributes", "classes"],
)
def test_hostile_page_costs_only_its_own_feed(newsroom, body):
    newsroom.write(
        "feeds.yaml",
        f"defaults: {{every: 5m, allow_private: true}}\nfeeds:\n  - {{id: s, url: {newsroom.site.url}/source, type: page}}\n"
        f"  - {{id: wire, url: {newsroom.site.url}/wire}}\n",
    )
    newsroom.site.serve("/wire", story(1, "Fine"))
    serve(newsroom, body)
    result = poll(newsroom)
    assert result.polled == 2
    assert "Fine" in alerting(newsroom)
    assert len(json.dumps(state(newsroom))) < 20_000


def hostile_sitemap(kind, site):
    if kind == "depth":
        return b"<urlset>" + b"<url>" * 500_000
    if kind == "size":
        return b"<urlset><url><loc>https://a.example/" + b"x" * 10_000_001 + b"</loc></url></urlset>"
    if kind == "urls":
        return gzip.compress(b"<urlset>" + b"<url><loc>http://a.b</loc></url>" * 1_000_000 + b"</urlset>")
    if kind == "bomb":
        return gzip.compress(b"<urlset>" + b" " * 200_000_000 + b"</urlset>")
    if kind == "entities":
        laughs = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 12))
        head = f"<?xml version='1.0'?><!DOCTYPE urlset [<!ENTITY l0 'ha'>{laughs}<!ENTITY x SYSTEM '{site}/asked'>]>"
        return f"{head}<urlset><url><loc>https://a.example/1</loc><title>&x;&l11;</title></url></urlset>".encode()
    assert kind == "children"
    private = (
        "http://10.1.2.3",
        "http://169.254.169.254",
        "http://[::1]",
        "http://localhost:1",
        "file:///etc",
    )
    found = "".join(
        f"<sitemap><loc>{place}/{n}.xml</loc></sitemap>" for n in range(9_000) for place in private
    )
    return f"<sitemapindex>{found}</sitemapindex>".encode()


@pytest.mark.parametrize("kind", ["depth", "size", "urls", "bomb", "entities", "children"])
def test_hostile_sitemap_costs_only_its_own_feed_and_nothing_else_is_contacted(newsroom, kind):
    newsroom.write(
        "feeds.yaml",
        f"defaults: {{every: 5m, allow_private: true}}\nfeeds:\n  - {{id: s, url: {newsroom.site.url}/source, type: sitemap}}\n"
        f"  - {{id: wire, url: {newsroom.site.url}/wire}}\n",
    )
    newsroom.site.serve("/wire", story(1, "Fine"))
    serve(newsroom, hostile_sitemap(kind, newsroom.site.url), **{"Content-Type": "application/xml"})
    assert poll(newsroom).polled == 2
    assert "Fine" in alerting(newsroom)
    assert {request.path for request in newsroom.site.requests} == {"/source", "/wire"}
    assert len(json.dumps(state(newsroom))) < 20_000
    assert not any("ha" * 10 in item["title"] for item in stream(newsroom))


def test_index_of_the_same_site_may_not_lead_to_private_addresses(newsroom):
    """Its sitemaps are checked as the feed's own address is, also after a redirect."""
    source(newsroom, ", type: sitemap")
    serve(newsroom, sitemap((f"{newsroom.site.url}/moved.xml", "", ""), root="sitemapindex"))
    newsroom.site.documents["/moved.xml"] = Document(
        b"", status=302, headers={"Location": "http://localhost:1/s.xml"}
    )
    result = poll(newsroom)
    assert result.failed == 1
    assert [request.path for request in newsroom.site.requests] == ["/source", "/moved.xml"]


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'[{"title": "' + b"x" * 9_000_000 + b'"}]',
        b"[" + b'{"title": "A headline of this office", "url": "/x"},' * 180_000 + b"{}]",
    ],
    ids=["depth", "size", "rows"],
)
def test_hostile_json_list_costs_only_its_own_feed(newsroom, body):
    newsroom.write(
        "feeds.yaml",
        f"defaults: {{every: 5m, allow_private: true}}\nfeeds:\n  - {{id: s, url: {newsroom.site.url}/source, type: json}}\n"
        f"  - {{id: wire, url: {newsroom.site.url}/wire}}\n",
    )
    newsroom.site.serve("/wire", story(1, "Fine"))
    serve(newsroom, body, **{"Content-Type": "application/json"})
    assert poll(newsroom).polled == 2
    assert "Fine" in alerting(newsroom)
    assert len(json.dumps(state(newsroom))) < 20_000
