"""`newswatch feeds`: what a person sees of feeds, before and after they are configured."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

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


def test_preview_of_a_private_address_says_what_the_feed_will_need(newsroom):
    newsroom.site.serve("/new", story(1))
    assert newsroom.json("feeds", "preview", f"{newsroom.site.url}/new")["needs_allow_private"] is True
    assert (
        "needs `allow_private: true`" in newsroom.command("feeds", "preview", f"{newsroom.site.url}/new")[1]
    )


def test_preview_of_a_configured_feed_sees_what_a_poll_would_see(newsroom):
    newsroom.site.serve("/wire", story(1))
    newsroom.write("feeds.yaml", f"feeds:\n  - {{id: wire, url: {newsroom.site.url}/wire}}\n")
    status, _, err = newsroom.command("feeds", "preview", "wire")
    assert status == 1
    assert "allow_private: true" in err
    assert newsroom.site.requests == []


def test_preview_says_who_asks_and_how_to_reach_them(newsroom, monkeypatch):
    monkeypatch.setenv("NEWSWATCH_CONTACT", "desk@paper.example")
    newsroom.site.serve("/new", story(1))
    newsroom.json("feeds", "preview", f"{newsroom.site.url}/new")
    assert "desk@paper.example" in newsroom.site.requests[-1].headers["User-Agent"]


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
        {"id": "ecb-press", "url": "https://ecb.example/rss", "tags": ["central-banks"], "lang": None}
    ]
    assert any("already configured as wire" in row["reason"] for row in found["left_out"])
    after = (newsroom.config / "feeds.yaml").read_text()
    assert after.startswith(before)
    assert newsroom.command("check")[0] == 0
    again = newsroom.json("feeds", "import", str(tmp_path / "mine.opml"))
    assert again["added"] == []
    assert (newsroom.config / "feeds.yaml").read_text() == after


def test_export_can_be_imported_and_holds_no_secret(newsroom, tmp_path):
    newsroom.write(
        "feeds.yaml",
        "feeds:\n  - {id: a, url: 'https://a.example/rss?x=1&y=2', tags: [x, y], lang: pt-br}\n"
        "  - {id: b, url: 'https://b.example/rss?token=hunter2'}\n",
    )
    status, out, _ = newsroom.command("feeds", "export")
    assert status == 0
    assert "hunter2" not in out
    (tmp_path / "out.opml").write_text(out)
    newsroom.write("feeds.yaml", "feeds:\n  - {id: c, url: 'https://c.example/rss'}\n")
    found = newsroom.json("feeds", "import", str(tmp_path / "out.opml"))
    assert found["added"] == [
        {"id": "a", "url": "https://a.example/rss?x=1&y=2", "tags": ["x", "y"], "lang": "pt-br"}
    ]
    assert "had a secret" in found["left_out"][0]["reason"]
    assert newsroom.command("check")[0] == 0


HOSTILE = """<opml version="2.0"><body>
<outline text="Same" xmlUrl="https://a.example/1"/><outline text="Same" xmlUrl="https://a.example/2:"/>
<outline text="again" xmlUrl="http://A.example/1#top"/>
<outline text="]: {evil}
  - id: x" xmlUrl="https://c.example/3" category="[a], b: c,no,{d},'e',#f" language="not a language"/>
<outline text="pw" xmlUrl="https://me:pw@d.example/4"/><outline text="file" xmlUrl="file:///etc/passwd"/>
<outline text="port" xmlUrl="https://e.example:99999/"/><outline text="space" xmlUrl="https://f.example/a b"/>
</body></opml>"""


def test_hostile_opml_adds_only_what_is_sound_and_nothing_of_the_file_is_lost(newsroom, tmp_path):
    before = "# mine\ndefaults: {every: 5m}\nfeeds:\n  - id: same   # taken\n    url: https://z.example/\n"
    newsroom.write("feeds.yaml", before)
    (tmp_path / "hostile.opml").write_text(HOSTILE)
    found = newsroom.json("feeds", "import", str(tmp_path / "hostile.opml"))
    assert [(row["id"], row["url"], row["tags"], row["lang"]) for row in found["added"]] == [
        ("same-2", "https://a.example/1", [], None),
        ("same-3", "https://a.example/2:", [], None),
        ("evil-id-x", "https://c.example/3", ["a", "b-c", "no", "d", "e", "f"], None),
    ]
    assert len(found["left_out"]) == 4
    assert "pw@" not in str(found)
    assert (newsroom.config / "feeds.yaml").read_text().startswith(before)
    assert newsroom.command("check")[0] == 0
    exported = newsroom.command("feeds", "export")[1]
    (tmp_path / "out.opml").write_text(exported)
    newsroom.write("feeds.yaml", "feeds:\n")
    assert len(newsroom.json("feeds", "import", str(tmp_path / "out.opml"))["added"]) == 4


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


def test_list_shows_the_next_release_windows(newsroom):
    day = datetime.now(timezone.utc) + timedelta(days=2)
    newsroom.site.serve("/wire", story(1))
    rows = "".join(
        f'{{at: "{when:%Y-%m-%d} 12:15", timezone: Europe/Berlin, expect: central-bank-opposes}}, '
        for when in (day + timedelta(days=1), day)
    )
    newsroom.write(
        "feeds.yaml",
        f"defaults: {{allow_private: true}}\nfeeds:\n  - {{id: wire, url: '{newsroom.site.url}/wire', windows: [{rows}]}}\n",
    )
    newsroom.poll()
    (row,) = newsroom.json("feeds")
    first, second = row["windows"]
    local = datetime.fromisoformat(first["at"]).astimezone(ZoneInfo("Europe/Berlin"))
    assert f"{local:%Y-%m-%d %H:%M}" == f"{day:%Y-%m-%d} 12:15"
    assert datetime.fromisoformat(first["until"]) - local == timedelta(minutes=10)
    assert first["at"] < second["at"]
    assert (first["expect"], first["every_s"], first["timezone"], first["open"]) == (
        *("central-bank-opposes", 1.0, "Europe/Berlin", False),
    )
    status, out, _ = newsroom.command("feeds")
    assert status == 0
    assert f"{day:%d %b} 12:15 Europe/Berlin (+1)" in out
