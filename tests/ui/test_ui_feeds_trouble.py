"""Feeds in trouble: the worst first, like causes folded, advice as buttons."""

import re
from datetime import datetime, timedelta, timezone

import pytest

from feed_server import Document, story
from newswatch.models import Feed
from newswatch.pipeline.oversight.feed_trouble import worst_first
from newswatch.store import keys

WRITE = {"X-Newswatch": "1"}


@pytest.fixture
def ada(visit):
    return visit("ada")


def page(client, path):
    answer = client.get(f"/newswatch/{path}")
    assert answer.status_code == 200, answer.text[:1000]
    return answer.text


def in_trouble(newsroom):
    """Three feeds without an address, one that is refused, two that are well."""
    newsroom.feeds("wire", "daily", "gone")
    text = (newsroom.config / "feeds.yaml").read_text("utf-8")
    lost = "".join(f"  - {{id: lost-{n}, url: 'https://lost-{n}.invalid/feed'}}\n" for n in range(3))
    newsroom.write("feeds.yaml", text.rstrip("\n") + "\n" + lost)
    newsroom.site.serve("/wire", story(1, "Nothing of note"))
    newsroom.site.serve("/daily", story(2, "Nothing else"))
    newsroom.site.documents["/gone"] = Document(b"", status=404)
    newsroom.run()


def folds(text):
    return re.findall(r'<li class="card finding.*?</li>', text, re.DOTALL)


def test_like_causes_are_one_entry_and_the_worst_comes_first(ada, newsroom):
    in_trouble(newsroom)
    text = page(ada, "feeds")
    refused, lost = folds(text)
    assert "state-refused" in refused
    assert "HTTP 404" in refused
    assert "3 feeds:" in lost
    assert "Last error, and what to do" in lost
    assert "Last error, and what to do" not in text[text.index("All others") :]
    assert "its host name has no address (DNS)" in re.sub(r"<[^>]+>", "", lost)
    assert lost.count("/newswatch/feeds/lost-") == 3
    assert text.index("All others") < text.index("/newswatch/feeds/wire")


def test_every_table_has_the_worst_first(ada, newsroom):
    in_trouble(newsroom)
    text = page(ada, "feeds?text=o")  # gone and lost-*
    order = re.findall(r'<th scope="row"><a href="/newswatch/feeds/([\w-]+)"', text)
    assert order[0] == "gone"
    assert sorted(order[1:4]) == ["lost-0", "lost-1", "lost-2"]


def test_advice_is_a_button_and_names_no_command(ada, newsroom):
    in_trouble(newsroom)
    for path in ("feeds", "feeds/gone"):
        text = page(ada, path)
        assert "newswatch feeds preview" not in text
        assert 'data-path="/newswatch/api/feeds/gone/preview"' in text
        assert 'data-post="/newswatch/api/feeds/gone/poll"' in text
    assert "newswatch feeds preview gone" in newsroom.command("feeds", "--json")[1]


def test_status_says_how_many_feeds_cannot_be_read(ada, newsroom):
    newsroom.feeds("wire", "daily", "gone")
    newsroom.site.serve("/wire", story(1, "Nothing of note"))
    newsroom.site.serve("/daily", story(2, "Nothing else"))
    newsroom.site.serve("/gone", story(3, "Nothing either"))
    newsroom.run()
    assert "cannot be read" not in page(ada, "")
    newsroom.site.documents["/gone"] = Document(b"", status=404)
    newsroom.run()
    assert "1 cannot be read" in re.search(r"<dt>Feeds</dt>.*?</div>", page(ada, ""))[0]


def test_site_that_turns_programs_away_gets_advice_for_that(ada, newsroom):
    newsroom.site.documents["/wire"] = Document(b"<html>Just a moment...</html>", status=403)
    newsroom.run()
    for said in (page(ada, "feeds/wire"), newsroom.command("feeds", "--json")[1]):
        assert "ask the publisher for access" in said
        assert "NEWSWATCH_CONTACT" in said
        assert "remove it" not in said


def test_feed_that_is_due_is_polled_now(ada, newsroom):
    newsroom.site.serve("/wire", story(1, "Nothing of note"))
    newsroom.run()
    newsroom.redis.zadd(keys.FEEDS_DUE, {"wire": int(newsroom.clock().timestamp() * 1000) - 500})
    (row,) = re.findall(r'<td data-label="Next poll">(.*?)</td>', page(ada, "feeds"))
    assert row == "now"


def test_preview_of_a_configured_feed_shows_its_items(ada, newsroom):
    in_trouble(newsroom)
    answer = ada.post("/newswatch/api/feeds/wire/preview", json={}, headers=WRITE)
    assert answer.status_code == 200, answer.text
    assert "Nothing of note" in answer.text
    assert "data-post" not in answer.text  # it cannot be added again
    refused = ada.post("/newswatch/api/feeds/gone/preview", json={}, headers=WRITE)
    assert refused.status_code == 400
    assert "HTTP 404" in refused.json()["detail"]


def test_feeds_of_one_cause_are_polled_together(ada, newsroom):
    in_trouble(newsroom)
    newsroom.redis.zadd(keys.FEEDS_DUE, {f"lost-{n}": 9_999_999_999_999 for n in range(3)})
    asked = re.search(r'name="ids" value="([^"]+)"', page(ada, "feeds"))[1]
    answer = ada.post("/newswatch/api/feeds/poll", json={"ids": asked}, headers=WRITE)
    assert answer.json() == {"message": "3 feeds will be polled within seconds."}
    assert (
        ada.post("/newswatch/api/feeds/poll", json={"ids": "lost-0 nobody"}, headers=WRITE).status_code == 404
    )


def test_list_is_accepted_only_if_the_page_shows_one(ada, newsroom):
    in_trouble(newsroom)
    assert ada.post("/newswatch/api/feeds/wire/accept", json={}, headers=WRITE).status_code == 200
    refused = ada.post("/newswatch/api/feeds/gone/accept", json={}, headers=WRITE)
    assert refused.status_code == 422
    assert "HTTP 404" in refused.json()["detail"]


@pytest.mark.parametrize("path", ["poll", "gone/poll", "gone/preview", "gone/accept"])
def test_viewer_has_no_buttons_and_is_refused(visit, newsroom, path):
    in_trouble(newsroom)
    vera = visit("vera")
    assert "data-post" not in page(vera, "feeds")
    assert vera.post(f"/newswatch/api/feeds/{path}", json={"ids": "gone"}, headers=WRITE).status_code == 403


def test_worst_first_keeps_the_order_of_those_that_are_alike():
    feeds = [Feed(id=name, url=f"https://{name}.example/") for name in "abcd"]
    states = {"a": "ok", "b": "failing", "c": "refused", "d": "failing"}
    assert [feed.id for feed in worst_first(feeds, states)] == ["c", "b", "d", "a"]


def test_coverage_has_the_worst_feed_first(ada, newsroom):
    in_trouble(newsroom)
    order = re.findall(r'<th scope="row"><a href="/newswatch/feeds/([\w-]+)"', page(ada, "coverage"))
    assert set(order) == {"wire", "daily", "gone", "lost-0", "lost-1", "lost-2"}
    assert set(order[-2:]) == {"wire", "daily"}


def test_items_are_shown_by_feed_and_hour_with_a_sentence(ada, newsroom):
    in_trouble(newsroom)
    text = page(ada, "feeds")
    assert re.search(r'aria-label="wire: 1 item in 24 hours, the most at \d\d:00 UTC \(1\)"', text)
    assert "New items by feed and hour" in text


def test_next_releases_of_all_feeds_are_listed(ada, newsroom):
    newsroom.feeds("wire")
    text = (newsroom.config / "feeds.yaml").read_text("utf-8").rstrip("\n")
    at = datetime.now(timezone.utc) + timedelta(days=1)
    newsroom.write(
        "feeds.yaml",
        text
        + f'\n  - {{id: bls, url: "https://bls.example/", windows: [{{at: "{at:%Y-%m-%d %H:%M}", timezone: UTC, for: 10m}}]}}\n',
    )
    newsroom.adopt()
    listed = page(ada, "feeds")
    assert "Next releases" in listed
    assert f"{at:%d %b %H:%M} UTC" in listed
