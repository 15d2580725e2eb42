"""`fallback:`: other addresses of one source, read in order while the first one fails."""

from __future__ import annotations

from datetime import timedelta

import pytest

from feed_server import Document, FeedServer, rss, story

MINUTE = timedelta(minutes=1)


@pytest.fixture
def mirror():
    server = FeedServer()
    yield server
    server.stop()


@pytest.fixture
def third():
    server = FeedServer()
    yield server
    server.stop()


class Source:
    """One source at two addresses, which give its items other guids, links and summaries."""

    def __init__(self, newsroom, mirror, *others, keys: str = "", every: str = "1m"):
        self.room, self.mirror = newsroom, mirror
        self.stories: list[tuple[int, str, object]] = []
        addresses = ", ".join(f"{site.url}/copy" for site in (mirror, *others))
        newsroom.write(
            "feeds.yaml",
            f"defaults: {{allow_private: true, every: {every}}}\n"
            f"feeds:\n  - {{id: wire, url: {newsroom.site.url}/wire, fallback: [{addresses}]{keys}}}\n",
        )

    def publish(self, number: int, title: str = "") -> None:
        title = title or f"The central bank opposes plan {number}"
        self.stories.insert(0, (number, title, self.room.clock()))

    def up(self, *, first: bool = True, copy: bool = True) -> None:
        own = [story(n, t, now=at, age=timedelta(0)) for n, t, at in self.stories]
        copied = [
            story(
                n,
                t,
                f"Read more about {n}",
                now=at,
                age=timedelta(0),
                guid=f"copy-{n}",
                link=f"https://copy.example/{n}",
            )
            for n, t, at in self.stories
        ]
        self.room.site.documents["/wire"] = Document(
            rss(*own) if first else b"no",
            status=200 if first else 503,
            etag=f'"a{self.stories[0][0]}"' if first else None,
        )
        self.mirror.documents["/copy"] = Document(
            rss(*copied) if copy else b"no",
            status=200 if copy else 404,
            etag=f'"b{self.stories[0][0]}"' if copy else None,
        )

    def run(self, span: timedelta = MINUTE) -> None:
        self.room.pass_time(span)
        self.room.poll(all_feeds=False)
        self.room.match()
        self.room.deliver()

    def alerted(self) -> list[str]:
        texts = [message["text"] for message in self.room.slack.messages("C0123456789")]
        return [next(t for _, t, _ in self.stories if t in text) for text in texts]


def row(newsroom):
    (found,) = newsroom.json("feeds")
    return found


def test_fallback_is_read_in_the_same_poll_in_which_the_url_fails(newsroom, mirror):
    source = Source(newsroom, mirror)
    source.publish(1, "Nothing")
    source.up()
    source.run()
    assert mirror.requests == []
    source.publish(2)
    source.up(first=False)
    source.run()
    assert source.alerted() == ["The central bank opposes plan 2"]
    found = row(newsroom)
    assert (found["state"], found["read_from"]) == ("ok", f"{mirror.url}/copy")
    assert found["read_from_since"]
    assert "is read from its fallback" in found["advice"]
    assert "HTTP 503" in found["advice"]


def test_second_fallback_is_read_when_the_first_fails_too(newsroom, mirror, third):
    source = Source(newsroom, mirror, third)
    source.publish(1)
    source.up(first=False, copy=False)
    third.serve("/copy", story(1, "The central bank opposes plan 1", now=newsroom.clock()))
    source.run()
    assert len(source.alerted()) == 1
    assert row(newsroom)["read_from"] == f"{third.url}/copy"


def test_feed_returns_to_its_url_when_that_answers_again(newsroom, mirror):
    source = Source(newsroom, mirror)
    source.publish(1)
    source.up(first=False)
    source.run()
    source.up()
    for _ in range(3):
        source.run()
    assert row(newsroom)["read_from"] is None
    before = len(mirror.requests)
    source.run()
    assert len(mirror.requests) == before


@pytest.mark.parametrize("span", [MINUTE, timedelta(hours=7)])
def test_ten_switches_there_and_back_repeat_nothing_and_lose_nothing(newsroom, mirror, span):
    source = Source(newsroom, mirror)
    source.publish(0, "Nothing")
    source.up()
    source.run()
    number = 0
    for first in [False, True] * 5:
        for _ in range(2):
            number += 1
            newsroom.pass_time(timedelta(seconds=17))
            source.publish(number)
            source.stories = source.stories[:12]
            source.up(first=first)
            source.run(span if first else MINUTE)
            for _ in range(3 if first else 1):
                source.run(timedelta(minutes=11))
        assert row(newsroom)["read_from"] == (None if first else f"{mirror.url}/copy")
    found = [row["title"] for row in newsroom.json("alerts")]
    assert sorted(found) == sorted(f"The central bank opposes plan {n}" for n in range(1, number + 1))
    ids = newsroom.alert_ids()
    assert len(ids) == len(set(ids))
    assert newsroom.redis.xlen("newswatch:items") == number + 1, "a switch brings no revisions and no copies"


def test_item_that_came_while_both_failed_is_not_lost(newsroom, mirror):
    source = Source(newsroom, mirror)
    source.publish(0, "Nothing")
    source.up()
    source.run()
    newsroom.pass_time(timedelta(minutes=2))
    source.publish(1)
    source.up(first=False, copy=False)
    source.run()
    assert row(newsroom)["state"] == "failing"
    source.up(first=False)
    source.run(timedelta(hours=1))
    assert source.alerted() == ["The central bank opposes plan 1"]


def test_older_item_that_only_the_fallback_lists_is_remembered_silently(newsroom, mirror):
    source = Source(newsroom, mirror)
    source.publish(0, "Nothing")
    source.up()
    source.run()
    old = story(9, "The central bank opposes an old plan", now=newsroom.clock(), age=timedelta(hours=2))
    source.up(first=False)
    mirror.documents["/copy"] = Document(rss(old))
    source.run()
    assert newsroom.posts() == []


def undated(*items) -> Document:
    import re  # noqa: PLC0415

    return Document(re.sub(rb"<pubDate>.*?</pubDate>", b"", rss(*items)))


def test_undated_items_do_not_alert_in_the_first_document_after_a_switch_but_later(newsroom, mirror):
    source = Source(newsroom, mirror)
    source.publish(0, "Nothing")
    source.up()
    source.run()
    source.up(first=False)
    mirror.documents["/copy"] = undated(story(1, "The central bank opposes plan 1"))
    source.run()
    assert newsroom.posts() == []
    mirror.documents["/copy"] = undated(
        story(2, "The central bank opposes plan 2"), story(1, "The central bank opposes plan 1")
    )
    source.run()
    assert [message["text"].count("plan 2") > 0 for message in newsroom.posts()] == [True]


def test_date_without_a_time_counts_for_its_whole_day(newsroom, mirror):
    source = Source(newsroom, mirror)
    source.publish(0, "Nothing")
    source.up()
    source.run()
    midnight = newsroom.clock().replace(hour=0, minute=0, second=0, microsecond=0)
    source.up(first=False)
    fresh = story(3, "The central bank opposes plan 3", now=midnight, age=timedelta(0))
    mirror.documents["/copy"] = Document(rss(fresh))
    source.run()
    assert len(newsroom.posts()) == 1


def test_validators_belong_to_the_address(newsroom, mirror):
    source = Source(newsroom, mirror)
    source.publish(1, "Nothing")
    source.up()
    source.run()
    source.up(first=False)
    source.run()
    source.run()
    source.up()
    for _ in range(5):
        source.run()
    sent = [one.headers.get("If-None-Match") for one in mirror.requests]
    assert sent[0] is None
    assert set(sent[1:]) <= {'"b1"'}
    assert all(one.headers.get("If-None-Match") in (None, '"a1"') for one in newsroom.site.requests)
    assert newsroom.site.requests[-1].status == 304


def test_address_that_fails_is_asked_less_and_less_and_the_feed_keeps_its_interval(newsroom, mirror):
    source = Source(newsroom, mirror)
    source.publish(1, "Nothing")
    source.up(first=False)
    for _ in range(60):
        source.run()
    assert len(mirror.requests) >= 55
    assert 4 <= len(newsroom.site.requests) <= 9
    before = len(newsroom.site.requests)
    source.run(timedelta(minutes=30))
    assert len(newsroom.site.requests) > before


def test_pause_of_the_first_host_does_not_hold_up_the_fallback(newsroom, mirror):
    source = Source(newsroom, mirror)
    source.publish(1)
    source.up()
    newsroom.site.documents["/wire"] = Document(b"", status=429, headers={"Retry-After": "3000"})
    source.run()
    assert len(source.alerted()) == 1
    assert newsroom.redis.keys("newswatch:host:*") == [f"newswatch:host:127.0.0.1:{newsroom.site.port}"]
    for _ in range(10):
        source.run()
    assert len(newsroom.site.requests) == 1
    assert len(mirror.requests) >= 8


def test_pause_of_the_fallbacks_host_is_respected(newsroom, mirror):
    source = Source(newsroom, mirror)
    source.publish(1)
    source.up(first=False)
    mirror.documents["/copy"] = Document(b"", status=429, headers={"Retry-After": "3000"})
    for _ in range(10):
        source.run()
    assert len(mirror.requests) == 1


def test_forbidden_address_of_a_fallback_is_not_requested(newsroom, mirror):
    newsroom.write(
        "feeds.yaml",
        f"feeds:\n  - {{id: wire, url: https://name.invalid/wire, every: 1m, fallback: ['{mirror.url}/copy']}}\n",
    )
    newsroom.poll()
    assert mirror.requests == []
    assert row(newsroom)["state"] == "failing"


def test_410_of_one_address_does_not_stop_the_feed(newsroom, mirror):
    source = Source(newsroom, mirror)
    source.publish(1)
    source.up()
    newsroom.site.documents["/wire"] = Document(b"", status=410)
    source.run()
    source.up(copy=False)
    newsroom.site.documents["/wire"] = Document(b"", status=410)
    for _ in range(3):
        source.run(timedelta(minutes=5))
    assert row(newsroom)["state"] != "stopped"
    newsroom.site.documents["/wire"] = Document(b"", status=410)
    source.publish(2)
    source.up()
    newsroom.site.documents["/wire"] = Document(b"", status=410)
    source.run(timedelta(minutes=31))
    assert len(source.alerted()) == 2


def test_secrets_and_headers_are_not_sent_to_a_fallback_elsewhere(newsroom, mirror, monkeypatch):
    monkeypatch.setenv("NEWSWATCH_FEED_WIRE", "Bearer hidden")
    source = Source(
        newsroom, mirror, newsroom.site, keys=", auth: NEWSWATCH_FEED_WIRE, headers: {X-Key: k3y}"
    )
    source.publish(1)
    source.up(first=False, copy=False)
    newsroom.site.serve("/copy", story(1, now=newsroom.clock()))
    newsroom.json("poll", "--all")
    assert not any("hidden" in str(one.headers) or "k3y" in str(one.headers) for one in mirror.requests)
    assert [one.headers.get("Authorization") for one in newsroom.site.requests] == ["Bearer hidden"] * 2


def test_ops_is_notified_of_a_fallback_after_an_hour_and_when_it_is_over(newsroom, mirror):
    source = Source(newsroom, mirror)
    source.publish(1, "Nothing")
    source.up(first=False)
    source.run()
    assert newsroom.posts("C0999999999") == []
    source.run(timedelta(minutes=61))
    (notice,) = newsroom.posts("C0999999999")
    assert "is read from its fallback" in notice["text"]
    source.up()
    for _ in range(3):
        source.run(timedelta(minutes=31))
    texts = [message["text"] for message in newsroom.slack.messages("C0999999999")]
    assert any("read from its own url again" in text for text in texts)


def test_url_edited_in_the_file_starts_at_the_first_address(newsroom, mirror, third):
    source = Source(newsroom, mirror)
    source.publish(1, "Nothing")
    source.up(first=False)
    source.run()
    third.serve("/new", story(1, "Nothing", now=newsroom.clock()))
    newsroom.write(
        "feeds.yaml",
        f"defaults: {{allow_private: true}}\nfeeds:\n"
        f"  - {{id: wire, url: {third.url}/new, fallback: [{mirror.url}/copy]}}\n",
    )
    newsroom.poll()
    assert row(newsroom)["read_from"] is None
    assert len(third.requests) == 1


def test_own_url_among_the_fallbacks_is_a_warning(newsroom, mirror):
    url = f"{newsroom.site.url}/wire"
    newsroom.write(
        "feeds.yaml",
        f"defaults: {{allow_private: true}}\nfeeds:\n  - {{id: wire, url: {url}, fallback: [{url}]}}\n",
    )
    status, out, err = newsroom.command("check")
    assert (status, "fallback has the feed's own url" in out) == (0, True), (out, err)
