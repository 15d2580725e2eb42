"""feeds.yaml in the editor: opened at a feed, checked, saved with a version kept, and what a page does not change there."""

import json
import re

import pytest

from feed_server import story
from newswatch.store import keys

WRITE = {"X-Newswatch": "1", "Accept": "application/json", "Sec-Fetch-Site": "same-origin"}
FEEDS = """\
feeds:
  - {id: first, url: 'https://first.example/rss'}
  - id: paid
    url: https://paid.example/rss
    auth: NEWSWATCH_FEED_PAID
"""


@pytest.fixture
def ada(visit, newsroom, settings):
    settings.setenv("NEWSWATCH_FEED_PAID", "Bearer secret")
    newsroom.write("feeds.yaml", FEEDS)
    newsroom.adopt()
    return visit("ada")


def page(client, path):
    answer = client.get(f"/newswatch/{path}")
    assert answer.status_code == 200, answer.text[:1000]
    return answer.text


def save(client, text, digest=None):
    digest = digest or re.search(r'data-digest="([0-9a-f]+)"', page(client, "watchlist/edit?feed=paid"))[1]
    body = {"name": "feeds.yaml", "text": text, "digest": digest}
    return client.post("/newswatch/api/files/save", json=body, headers=WRITE)


def test_editor_opens_at_the_feed_and_is_linked_from_its_rows(ada):
    assert '/newswatch/watchlist/edit?feed=paid"' in page(ada, "feeds")
    assert '/newswatch/watchlist/edit?feed=paid"' in page(ada, "feeds/paid")
    text = page(ada, "watchlist/edit?feed=paid")
    assert 'data-line="3"' in text
    assert "Text of feeds.yaml" in text
    assert "What it would have caught" not in text
    assert "has no feed <strong>sample-wire</strong>" in page(ada, "watchlist/edit?feed=sample-wire")


def test_edit_is_saved_with_its_version_and_comes_into_force(ada, newsroom):
    changed = FEEDS.replace("paid.example/rss", "paid.example/new.xml")
    assert save(ada, changed).status_code == 200
    assert (newsroom.config / "feeds.yaml").read_text() == changed
    assert "Saved by <strong>ada</strong>" in page(ada, "watchlist/edit?feed=paid")
    newsroom.adopt()
    assert "https://paid.example/new.xml" in page(ada, "feeds/paid")


def test_what_reaches_further_is_refused_and_nothing_saved(ada, newsroom):
    for old, new in (
        ("https://paid.example", "https://evil.example"),
        ("first.example/rss'", "first.example/rss', allow_private: true"),
        ("feeds:\n", "defaults: {allow_private: true}\nfeeds:\n"),
        ("first.example/rss'", "first.example/rss', auth: NEWSWATCH_FEED_PAID"),
    ):
        answer = save(ada, FEEDS.replace(old, new))
        assert answer.status_code == 400, (new, answer.text)
        assert "Change this in feeds.yaml itself" in answer.json()["detail"]
    assert (newsroom.config / "feeds.yaml").read_text() == FEEDS


def test_broken_draft_and_changed_file_are_refused(ada, newsroom):
    assert save(ada, FEEDS + "  - {id: first, url: x}\n").status_code == 422
    digest = re.search(r'data-digest="([0-9a-f]+)"', page(ada, "watchlist/edit?feed=paid"))[1]
    newsroom.write("feeds.yaml", FEEDS + "# by another\n")
    assert save(ada, FEEDS, digest).status_code == 409
    assert (newsroom.config / "feeds.yaml").read_text().endswith("# by another\n")


def test_viewer_neither_sees_nor_saves_feeds_yaml(ada, visit, newsroom):
    newsroom.site.serve("/wire", story(1))
    vera = visit("vera")
    for query in ("feed=paid", "name=feeds.yaml"):
        answer = vera.get(f"/newswatch/watchlist/edit?{query}")
        assert answer.status_code == 403
        assert "paid.example" not in answer.text
    moved = {"text": "Feed paid moved permanently", "since": 1_000}
    newsroom.redis.hset(keys.notice("moved:paid"), mapping=moved)
    newsroom.redis.sadd(keys.NOTICES, "moved:paid")
    assert "watchlist/edit?feed=paid" in page(ada, "")
    for path in ("", "feeds", "feeds/paid"):
        assert "watchlist/edit?feed" not in page(vera, path)
    digest = re.search(r'data-digest="([0-9a-f]+)"', page(ada, "watchlist/edit?feed=paid"))[1]
    assert save(vera, FEEDS + "# by vera\n", digest).status_code == 403
    assert (newsroom.config / "feeds.yaml").read_text() == FEEDS


def test_version_of_one_file_is_not_shown_under_the_name_of_another(ada, visit, newsroom):
    assert save(ada, FEEDS.replace("/rss", "/new")).status_code == 200
    log = newsroom.config / ".history" / "saved.jsonl"
    kept = json.loads(log.read_text())["kept"]
    assert "https://paid.example/rss" in page(ada, f"watchlist/edit?name=feeds.yaml&version={kept}")
    for user in ("vera", "ada"):
        answer = visit(user).get(f"/newswatch/watchlist/edit?name=watchlist.yaml&version={kept}")
        assert answer.status_code == 400
        assert f"there is no version {kept} of watchlist.yaml" in answer.text
        assert "paid.example" not in answer.text
    asked = {"file": "watchlist.yaml", "kept": kept}
    answer = ada.post("/newswatch/api/rules/paid/restore", json=asked, headers=WRITE)
    assert answer.status_code == 400
    assert "paid.example" not in answer.text
