"""Previewing a feed and adding it to feeds.yaml."""

import pytest

from feed_server import story
from newswatch.document import Entry, ParsedFeed
from newswatch.feeds.pages.find import LIST, PageList, PageLists
from newswatch.feeds.pages.fingerprint import Fingerprint
from newswatch.feeds.pages.items import Item
from newswatch.pipeline.authoring.feed_preview import FeedPreview
from newswatch.selector import Selector
from newswatch_airflow.ui.rooms import feeds

WRITE = {"X-Newswatch": "1", "Accept": "application/json", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def ada(visit, newsroom):
    newsroom.adopt()
    return visit("ada")


def add(client, **body):
    return client.post("/newswatch/api/feeds", json=body, headers=WRITE)


def test_added_feed_comes_into_force_with_the_file_kept_as_it_was(ada, newsroom):
    before = (newsroom.config / "feeds.yaml").read_text()
    answer = add(ada, id="daily", url=f"{newsroom.site.url}/daily", tags="press, daily")
    assert answer.status_code == 200, answer.text
    after = (newsroom.config / "feeds.yaml").read_text()
    assert after.startswith(before)
    newsroom.site.serve("/daily", story(1, "Nothing of note"))
    newsroom.run()
    assert "Nothing of note" in ada.get("/newswatch/feeds/daily").text
    assert '"by": "ada"' in (newsroom.config / ".history" / "saved.jsonl").read_text()


@pytest.mark.parametrize(
    "body",
    [
        {"id": "wire", "url": "https://news.example/rss"},
        {"id": "ftp", "url": "ftp://news.example/rss"},
        {"id": "a\nb", "url": "https://news.example/rss"},
        {"id": "x", "url": "https://news.example/rss\n  auth: stolen"},
        {"id": "x", "url": "https://news.example/rss", "tags": "a]\nfeeds: ["},
    ],
)
def test_feed_that_would_break_the_file_is_refused_and_nothing_changed(ada, newsroom, body):
    before = (newsroom.config / "feeds.yaml").read_text()
    answer = add(ada, **body)
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["detail"]
    assert (newsroom.config / "feeds.yaml").read_text() == before


def test_overlay_is_passed_by_for_the_real_file(ada, newsroom, tmp_path):
    real = tmp_path / "real"
    real.mkdir()
    for name in ("watchlist.yaml", "feeds.yaml"):
        (real / name).write_text((newsroom.config / name).read_text())
    (newsroom.config / "watchlist.yaml").unlink()
    (newsroom.config / "watchlist.yaml").symlink_to(real / "watchlist.yaml")
    assert add(ada, id="daily", url="https://news.example/daily").status_code == 200
    assert "daily" in (real / "feeds.yaml").read_text()


def test_preview_within_the_network_is_refused(ada, newsroom):
    newsroom.site.serve("/wire", story(1, "Central bank opposes"))
    answer = ada.post(
        "/newswatch/api/feeds/preview", json={"url": f"{newsroom.site.url}/wire"}, headers=WRITE
    )
    assert answer.status_code == 400
    assert newsroom.site.requests == []


def test_preview_shows_what_is_there_as_text_with_an_id_to_take(ada, settings):
    async def found(_feed, asking, _resolve_auth):
        assert asking.user_agent.startswith("newswatch")
        entries = (Entry(title="<script>alert(1)</script> rates", link="https://news.example/1"),)
        return FeedPreview("https://news.example/rss", ParsedFeed(entries, title="The <b>Daily</b>"))

    settings.setattr(feeds, "preview_url", found)
    answer = ada.post("/newswatch/api/feeds/preview", json={"url": "https://news.example/"}, headers=WRITE)
    assert answer.status_code == 200
    assert "&lt;script&gt;" in answer.text
    assert "<b>" not in answer.text
    assert 'value="the-b-daily-b"' in answer.text


def test_page_is_previewed_with_its_lists_and_added_with_its_type(ada, newsroom, settings):
    def listed(title):
        return PageList(
            (Item(title, "https://bank.example/1"),), 0.8, ("12 items",), Fingerprint("li", (), ())
        )

    async def found(_feed, _asking, _resolve_auth):
        lists = PageLists(LIST, (listed("Rates <b>up</b>"), listed("Most read")), 1)
        entries = (Entry(title="Rates up", link="https://bank.example/1"),)
        return FeedPreview("https://bank.example/press", ParsedFeed(entries), kind="page", lists=lists)

    settings.setattr(feeds, "preview_url", found)
    answer = ada.post(
        "/newswatch/api/feeds/preview", json={"url": "https://bank.example/press"}, headers=WRITE
    )
    assert "A web page with 1 item" in answer.text
    assert "80% sure" in answer.text
    assert 'name="type" value="page"' in answer.text
    assert "2: 1 item, Most read" in answer.text
    assert "<b>" not in answer.text
    assert add(ada, id="bank", url="https://bank.example/press", type="page", list="2").status_code == 200
    assert (newsroom.config / "feeds.yaml").read_text().endswith("\n    type: page\n    list: 2\n")
    assert newsroom.command("check")[0] == 0


def test_previews_are_ten_a_minute_for_each_user(ada, newsroom, settings):
    async def found(_feed, _asking, _resolve_auth):
        return FeedPreview("https://news.example/rss", ParsedFeed(()))

    settings.setattr(feeds, "preview_url", found)

    def ask(client):
        return client.post(
            "/newswatch/api/feeds/preview", json={"url": "https://news.example/"}, headers=WRITE
        )

    assert [ask(ada).status_code for _ in range(10)] == [200] * 10
    refused = ask(ada)
    assert (refused.status_code, 0 < int(refused.headers["retry-after"]) <= 60) == (429, True)
    assert "10 previews within a minute" in refused.json()["detail"]
    assert 0 < newsroom.redis.ttl("newswatch:previews:ada") <= 60


def test_preview_shows_a_selector_to_paste_for_each_list(ada, settings):
    async def found(asked, _asking, _resolve_auth):
        assert (asked.kind, asked.list_number, asked.allow_private) == ("page", 2, False)
        one = PageList(
            (Item("Rates up", "https://b.example/1"),), 0.8, ("12 items",), Fingerprint("li", (), ())
        )
        lists = PageLists(LIST, (one, one), 1)
        return FeedPreview(
            "https://b.example",
            ParsedFeed(()),
            kind="page",
            lists=lists,
            number=2,
            selectors=('a"b > li', ""),
        )

    settings.setattr(feeds, "preview_url", found)
    body = {"url": "https://b.example", "type": "page", "list": 2}
    answer = ada.post("/newswatch/api/feeds/preview", json=body, headers=WRITE)
    assert "selector: {items: &#34;a\\&#34;b &gt; li&#34;}" in answer.text
    assert '<option value="2" selected>' in answer.text


def test_preview_cannot_be_asked_to_look_into_the_network(ada):
    body = {"url": "https://b.example", "allow_private": True}
    assert ada.post("/newswatch/api/feeds/preview", json=body, headers=WRITE).status_code == 422


def test_preview_shows_what_would_match_whatever_the_rules_limits_on_feeds(ada, newsroom, settings):
    async def found(_feed, _asking, _resolve_auth):
        titles = [f"Nothing of note {n}" for n in range(12)] + ["Central bank opposes <i>mining</i>"]
        entries = tuple(Entry(title=title, link=f"https://n.example/{n}") for n, title in enumerate(titles))
        return FeedPreview("https://n.example/rss", ParsedFeed(entries))

    rule = (
        "{id: central-bank-opposes, query: central bank opposes, feeds: {tags: [crypto]}, notify: [policy]}"
    )
    newsroom.write("watchlist.yaml", f"rules:\n  - {rule}\n")
    newsroom.adopt()
    settings.setattr(feeds, "preview_url", found)
    answer = ada.post("/newswatch/api/feeds/preview", json={"url": "https://n.example/"}, headers=WRITE)
    assert "One of them would match." in answer.text
    assert "Further down, these would match, too" in answer.text
    assert "/watchlist/rules/central-bank-opposes" in answer.text
    assert "<mark>Central bank" in answer.text
    assert "<i>" not in answer.text


def test_preview_shows_the_paths_of_a_json_list_to_paste(ada, settings):
    async def found(_feed, _asking, _resolve_auth):
        paths = Selector(items='a."b', title="headline")
        return FeedPreview("https://n.example/x.json", ParsedFeed(()), kind="json", paths=paths)

    settings.setattr(feeds, "preview_url", found)
    answer = ada.post("/newswatch/api/feeds/preview", json={"url": "https://n.example/"}, headers=WRITE)
    assert "selector: {items: &#34;a.\\&#34;b&#34;, title: &#34;headline&#34;}" in answer.text
    assert "None of them would match a rule." in answer.text
