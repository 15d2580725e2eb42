"""What people see: each page over a newsroom that runs, and over one that is empty or broken."""

import json
import re
import socket
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser

import pytest

import redis_servers
from devtools.stack.connections import redis_connection
from feed_server import story
from newswatch.store import client as store_client

PAGES = ("", "alerts", "watchlist", "feeds", "delivery")
HOSTILE = [
    '<script>alert(1)</script> central bank opposes "><img src=x onerror=alert(2)>',
    "central bank opposes \u202egnp.exe\u202c \u2066x",
    "central bank opposes " + "W" * 600,
    "central bank opposes {{ 7 * 7 }} {% raw %} %s {0}",
]


class Elements(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def elements(text, tag):
    return [attributes for name, attributes in Elements(text).found if name == tag]


@pytest.fixture
def page(visit):
    client = visit("ada")

    def get(path, status=200):
        answer = client.get(f"/newswatch/{path}")
        assert answer.status_code == status, answer.text[:2000]
        return answer.text

    return get


def tell(newsroom, title="Central bank opposes the plan", link="https://news.example/story/1"):
    newsroom.site.serve("/wire", story(1, title, "The measure is not welcome", link=link))
    newsroom.run()


@pytest.mark.parametrize("path", PAGES)
def test_page_has_one_heading_and_the_navigation(page, newsroom, path):
    newsroom.adopt()
    text = page(path)
    assert len(elements(text, "h1")) == 1
    assert len(elements(text, "nav")) == 1
    links = [attributes["href"] for attributes in elements(text, "a")]
    for other in PAGES:
        assert f"/newswatch/{other}" in links


@pytest.mark.parametrize("path", PAGES)
def test_page_before_any_configuration_says_so_without_failing(page, path):
    assert "<h1>" in page(path)


def test_status_of_a_quiet_newsroom_is_all_right_but_for_the_dags(page, newsroom):
    newsroom.site.serve("/wire", story(1, "Nothing of note"))
    newsroom.run()
    text = page("")
    assert "Airflow does not know the DAGs check_config, poll_feeds" in text  # this database has no DAGs
    assert 'href="/newswatch/runbook#a-dag-is-missing"' in text


def test_runbook_is_a_page_with_a_name_for_each_section(page, newsroom):
    ids = {attributes.get("id") for attributes in elements(page("runbook"), "h2")}
    assert {"redis-is-away", "dead-letters", "a-dag-is-late"} <= ids


def test_alert_is_listed_with_its_words_marked_and_its_life_told(page, newsroom):
    tell(newsroom)
    text = page("alerts")
    assert (
        "<mark>Central</mark> <mark>bank</mark> <mark>opposes</mark>" in text
        or "<mark>Central bank opposes</mark>" in text
    )
    assert "state-sent" in text
    alert_id = re.search(r"/newswatch/alerts/([0-9a-f]{16})", text)[1]
    life = page(f"alerts/{alert_id}")
    for step in ("Published", "Seen", "Matched", "Queued", "Sent"):
        assert f'<th scope="row">{step}</th>' in life
    assert "not yet" not in life
    assert "central bank opposes" in life
    assert "https://simulator.invalid/archives/C0123456789/p" in life


def test_alert_of_an_event_says_who_does_what_and_how_sure(page, newsroom):
    newsroom.watchlist(
        "rules:\n- id: sues\n  event: {who: SEC, does: $sues, what: exchange}\n  notify: [policy]\n"
    )
    tell(newsroom, "Exchange may be sued by SEC")
    said = (
        r"<strong><bdi[^>]*>SEC</bdi></strong> <bdi[^>]*>sued</bdi> <strong><bdi[^>]*>Exchange</bdi></strong>"
    )
    listed = page("alerts")
    assert re.search(said, listed)
    assert "(possible)" in listed
    alert_id = re.search(r"/newswatch/alerts/([0-9a-f]{16})", listed)[1]
    assert re.search(said, page(f"alerts/{alert_id}"))


def test_alerts_are_filtered_by_what_the_url_says(page, newsroom):
    tell(newsroom)
    assert "state-sent" in page("alerts?rule=central-bank-opposes&state=sent&severity=high&text=PLAN")
    assert "matches the filter" in page("alerts?state=dead")
    assert "matches the filter" in page("alerts?rule=other")


def test_alerts_are_paged_without_losing_or_repeating_one(page, newsroom):
    items = [story(n, f"Number {n}: central bank opposes", link=f"https://n.example/{n}") for n in range(120)]
    newsroom.site.serve("/wire", *items)
    newsroom.poll()
    newsroom.match()
    seen, path = [], "alerts"
    while path:
        text = page(path)
        seen += re.findall(
            r'<li><span class="state[^>]*>\w+</span> <a href="/newswatch/alerts/([0-9a-f]{16})"', text
        )
        further = re.search(r'<p class="pager"[^>]*><a href="([^"]+)">Older', text)
        path = f"alerts{further[1].replace('&amp;', '&')}" if further else None
    assert len(seen) == len(set(seen)) == 120


def test_unknown_alert_and_feed_are_not_found(page, newsroom):
    newsroom.adopt()
    assert "Not found" in page("alerts/nothing", 404)
    assert "Not found" in page("feeds/nothing", 404)


def test_feed_page_shows_recent_items_and_its_trouble(page, newsroom):
    tell(newsroom)
    text = page("feeds/wire")
    assert "Central bank opposes the plan" in text
    newsroom.site.documents.clear()
    newsroom.poll()
    text = page("feeds")
    assert "state-refused" in text
    assert "See its preview" in text
    assert "state-refused" in page("feeds?state=refused")
    assert "matches the filter" in page("feeds?state=ok")


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_text_is_text_on_every_page(page, newsroom, title):
    newsroom.site.serve(
        "/wire",
        story(1, title, title, link="https://news.example/a?x=<script>"),
        title="<script>alert(3)</script>",
    )
    newsroom.run()
    alert_id = re.search(r"/newswatch/alerts/([0-9a-f]{16})", page("alerts"))[1]
    for path in ("", "alerts", f"alerts/{alert_id}", "feeds", "feeds/wire"):
        text = page(path)
        assert not elements(text, "img")
        assert all(
            attributes.get("src", "").startswith("/newswatch/static/")
            for attributes in elements(text, "script")
        )
        assert not any(name.startswith("on") for _, attributes in Elements(text).found for name in attributes)
        assert not any("style" in attributes for _, attributes in Elements(text).found)
        assert "\u202e" not in text
        assert "49" not in re.findall(r"opposes (\d+)", text)


def test_link_that_is_no_web_address_is_never_a_link(page, newsroom):
    newsroom.site.serve("/wire", story(1, "Central bank opposes", link="javascript:alert(1)"))
    newsroom.run()
    alert_id = re.search(r"/newswatch/alerts/([0-9a-f]{16})", page("alerts"))[1]
    for path in ("alerts", f"alerts/{alert_id}", "feeds/wire"):
        for attributes in elements(page(path), "a"):
            assert attributes["href"].startswith(("/newswatch/", "#", "http", "?")), attributes
            if attributes["href"].startswith("http"):
                assert attributes["rel"] == "noopener noreferrer"


def test_redis_that_is_away_is_a_page_that_says_what_to_do(visit, newsroom, settings):
    newsroom.adopt()
    settings.setenv("AIRFLOW_CONN_NEWSWATCH_REDIS", '{"conn_type": "redis", "host": "127.0.0.1", "port": 1}')
    answer = visit("ada").get("/newswatch/alerts")
    assert answer.status_code == 503
    assert "Redis cannot be reached" in answer.text
    assert 'href="/newswatch/runbook#redis-is-away"' in answer.text


def test_redis_that_hangs_is_a_page_within_seconds(visit, newsroom, settings):
    newsroom.adopt()
    settings.setattr(store_client, "ANSWERS_WITHIN_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it takes connections and never answers
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        settings.setenv("AIRFLOW_CONN_NEWSWATCH_REDIS", json.dumps(redis_connection(url)))
        answer = visit("ada").get("/newswatch/")
    assert answer.status_code == 503
    assert "did not answer within 0.3 s" in answer.text
    assert 'href="/newswatch/runbook#redis-is-away"' in answer.text


def test_bad_setting_is_a_page_that_names_it(visit, newsroom, settings):
    settings.setenv("NEWSWATCH_RULE_CAP", "-3")
    answer = visit("ada").get("/newswatch/")
    assert answer.status_code == 503
    assert "NEWSWATCH_RULE_CAP must be a whole number" in answer.text
    assert 'href="/newswatch/runbook#a-setting-is-refused"' in answer.text


def test_pages_name_the_retention_in_force(visit, newsroom, settings):
    settings.setenv("NEWSWATCH_ALERT_RETENTION", "20d")
    settings.setenv("NEWSWATCH_ITEM_RETENTION", "3d")
    newsroom.adopt()
    client = visit("ada")
    assert "kept for 20 days" in client.get("/newswatch/alerts/0123456789abcdef").text
    assert "Items are kept for 3 days." in client.get("/newswatch/feeds/wire").text


def test_redis_that_refuses_is_a_page_that_says_what_to_do(visit, newsroom, settings):
    newsroom.adopt()
    url = redis_servers.with_user(newsroom.redis_url, "resetkeys", "~other:*", "+@all")
    settings.setenv("AIRFLOW_CONN_NEWSWATCH_REDIS", json.dumps(redis_connection(url)))
    answer = visit("ada").get("/newswatch/alerts")
    assert answer.status_code == 503
    assert "Redis does not permit" in answer.text
    assert 'href="/newswatch/runbook#redis-is-away"' in answer.text


def test_missing_connection_is_named(visit, newsroom, settings):
    settings.delenv("AIRFLOW_CONN_NEWSWATCH_REDIS")
    answer = visit("ada").get("/newswatch/")
    assert answer.status_code == 503
    assert "newswatch_redis" in answer.text


def test_status_names_what_waits_too_long(page, newsroom):
    newsroom.site.serve("/wire", story(1, "Central bank opposes"))
    newsroom.poll()
    newsroom.redis.delete("newswatch:items")
    newsroom.redis.xadd("newswatch:items", {"v": "1", "item": "{}"}, id="1000-0")
    assert "1 item waits for matching, the oldest since" in page("")


def test_looking_changes_nothing(newsroom, page):
    newsroom.adopt()
    assert newsroom.redis.zscore("newswatch:feeds:due", "wire") == 0
    page("feeds")
    assert newsroom.redis.zscore("newswatch:feeds:due", "wire") == 0


def test_feed_that_nobody_asks_is_shown_as_overdue(page, newsroom):
    tell(newsroom)
    assert "overdue" not in page("feeds")
    newsroom.redis.zadd("newswatch:feeds:due", {"wire": 1_700_000_000_000})
    assert "overdue by" in page("feeds")
    assert "overdue by" in page("feeds/wire")


def test_pages_show_when_the_next_releases_are_due(page, newsroom):
    day = datetime.now(timezone.utc) + timedelta(days=2)
    newsroom.feeds("wire")
    feeds = (newsroom.config / "feeds.yaml").read_text("utf-8")
    windows = (
        f'[{{at: "{day:%Y-%m-%d} 12:15", timezone: Europe/Berlin, for: 5m, expect: central-bank-opposes}}]'
    )
    newsroom.write("feeds.yaml", feeds.replace("/wire}", f"/wire, windows: {windows}}}"))
    newsroom.adopt()
    assert f"release due {day:%d %b} 12:15 Europe/Berlin" in page("feeds")
    text = page("feeds/wire")
    assert "Next releases" in text
    assert f"{day:%d %b} 12:15 Europe/Berlin" in text
    assert "central-bank-opposes" in text


def test_feed_page_tells_how_its_polls_went(page, newsroom):
    newsroom.site.serve("/wire", story(1), story(2), etag='"1"')
    newsroom.poll()
    newsroom.poll()
    newsroom.poll()
    newsroom.site.documents.clear()
    newsroom.poll()
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", page("feeds/wire"), re.DOTALL)
    told = [re.sub(r"<[^>]+>|\s+", " ", row).split() for row in rows[1:]]
    assert [word for word in told[0] if word in ("failed", "404")] == ["failed", "404"]
    assert "2 times in a row" in " ".join(told[1])
    assert [w for w in told[2] if w in ("new", "items", "200", "2")] == ["new", "items", "200", "2"]


def test_finding_shows_commands_as_code_and_strangers_text_as_text(page, newsroom):
    newsroom.adopt()
    text = "Feed x: `newswatch feeds` and <script>alert(1)</script>"
    newsroom.redis.hset("newswatch:notice:feed:x", mapping={"text": text, "since": 1})
    newsroom.redis.sadd("newswatch:notices", "feed:x")
    shown = page("")
    assert "<code>newswatch feeds</code>" in shown
    assert "<script>alert" not in shown
