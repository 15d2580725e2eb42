"""`newswatch feeds`: what a person sees of feeds, before and after they are configured."""

from __future__ import annotations

from datetime import timedelta

from feed_server import Document, rss, story

WORDS = "The central bank opposes the plan."


def test_preview_shows_items_and_what_would_match(newsroom):
    newsroom.site.serve("/new", story(1, "Bank says no", WORDS), story(2, "Weather", age=timedelta(days=3)))
    status, out, err = newsroom.command("feeds", "preview", f"{newsroom.site.url}/new")
    assert status == 0, err
    assert "2 items" in out
    assert "1 would match" in out
    assert "central-bank-opposes" in out
    assert "[central bank opposes]" in out
    assert "3 d ago" in out
    found = newsroom.json("feeds", "preview", f"{newsroom.site.url}/new")
    assert [(item["title"], item["matches"]) for item in found["items"]] == [
        ("Bank says no", ["central-bank-opposes"]),
        ("Weather", []),
    ]
    assert newsroom.redis.keys("newswatch:*") == []


def test_preview_of_a_page_finds_the_feed_that_it_announces(newsroom):
    newsroom.site.serve("/feed.xml", story(1, "Found"))
    page = b"<!doctype html><html><head><link rel=alternate type='application/rss+xml' href='/feed.xml'></head></html>"
    newsroom.site.documents["/"] = Document(page, headers={"Content-Type": "text/html"})
    found = newsroom.json("feeds", "preview", f"{newsroom.site.url}/")
    assert found["url"] == f"{newsroom.site.url}/feed.xml"
    assert found["announced"] == [f"{newsroom.site.url}/feed.xml"]
    assert [item["title"] for item in found["items"]] == ["Found"]


def test_preview_reads_a_file_and_a_configured_feed_by_its_id(newsroom, tmp_path):
    (tmp_path / "feed.xml").write_bytes(rss(story(1, "From a file")))
    newsroom.site.serve("/wire", story(1, "From the wire"))
    assert newsroom.json("feeds", "preview", str(tmp_path / "feed.xml"))["items"][0]["title"] == "From a file"
    assert newsroom.json("feeds", "preview", "wire")["items"][0]["title"] == "From the wire"


def test_preview_says_what_is_wrong_and_ends_with_1(newsroom, tmp_path):
    for source in (f"{newsroom.site.url}/nothing", str(tmp_path / "absent.xml")):
        status, out, err = newsroom.command("feeds", "preview", source)
        assert status == 1
        assert "Traceback" not in out + err
        assert err.strip()


OPML = """<opml version="2.0"><body>
<outline text="Central Banks">
  <outline text="ECB Press" xmlUrl="https://ecb.example/rss"/>
  <outline text="Wire again" xmlUrl="{wire}?utm_source=opml"/>
</outline>
<outline text="Broken" xmlUrl="https://"/>
</body></opml>"""


def test_import_adds_new_feeds_leaves_known_ones_out_and_keeps_comments(newsroom, tmp_path):
    newsroom.write(
        "feeds.yaml",
        f"# our feeds\nfeeds:\n  - id: wire   # the wire\n    url: {newsroom.site.url}/wire\n",
    )
    (tmp_path / "mine.opml").write_text(OPML.format(wire=f"{newsroom.site.url}/wire"))
    before = (newsroom.config / "feeds.yaml").read_text()
    status, out, _ = newsroom.command("feeds", "import", "--dry-run", str(tmp_path / "mine.opml"))
    assert status == 0
    assert "- id: ecb-press" in out
    assert (newsroom.config / "feeds.yaml").read_text() == before
    found = newsroom.json("feeds", "import", str(tmp_path / "mine.opml"))
    assert found["added"] == [
        {"id": "ecb-press", "url": "https://ecb.example/rss", "tags": ["central-banks"]}
    ]
    assert any("already there as wire" in row["reason"] for row in found["left_out"])
    after = (newsroom.config / "feeds.yaml").read_text()
    assert after.startswith(before)
    assert newsroom.command("check")[0] == 0
    again = newsroom.json("feeds", "import", str(tmp_path / "mine.opml"))
    assert again["added"] == []
    assert (newsroom.config / "feeds.yaml").read_text() == after


def test_export_can_be_imported_and_holds_no_secret(newsroom, tmp_path):
    newsroom.write(
        "feeds.yaml",
        "feeds:\n  - {id: a, url: 'https://a.example/rss', tags: [x, y]}\n"
        "  - {id: b, url: 'https://b.example/rss?token=hunter2'}\n",
    )
    status, out, _ = newsroom.command("feeds", "export")
    assert status == 0
    assert "hunter2" not in out
    (tmp_path / "out.opml").write_text(out)
    newsroom.write("feeds.yaml", "feeds:\n  - {id: c, url: 'https://c.example/rss'}\n")
    added = newsroom.json("feeds", "import", str(tmp_path / "out.opml"))["added"]
    assert added[0] == {"id": "a", "url": "https://a.example/rss", "tags": ["x", "y"]}


def test_feeds_tells_state_rhythm_next_poll_and_what_to_do(newsroom):
    newsroom.feeds("wire", "slow", "missing")
    newsroom.site.serve("/wire", *(story(n, age=timedelta(hours=n)) for n in range(1, 20)))
    newsroom.site.documents["/slow"] = Document(b"", status=429, headers={"Retry-After": "600"})
    newsroom.json("poll")
    rows = {row["id"]: row for row in newsroom.json("feeds")}
    assert rows["wire"]["rhythm_s"] == 3600
    assert rows["slow"]["state"] == "slowed"
    assert rows["slow"]["paused_until"]
    assert "raise `every`" in rows["slow"]["advice"]
    status, out, _ = newsroom.command("feeds")
    assert status == 0
    assert "1 h" in out
