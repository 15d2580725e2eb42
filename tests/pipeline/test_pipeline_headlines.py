"""A story's message shows its best headline, counts publishers, and does so through kills."""

from __future__ import annotations

import pytest

from feed_server import story
from newsroom import Newsroom, kill

WORDS = "The central bank opposes the plan."
TITLES = (
    "Live: crypto mining bill in parliament",
    "Why is the crypto mining bill in parliament opposed?",
    "Central bank opposes crypto mining bill in parliament",
    "Central bank opposes the bill on crypto mining in parliament",
)


@pytest.fixture
def room(tmp_path, redis_url, simulator):
    simulator.reset()
    newsroom = Newsroom(tmp_path, redis_url, simulator, grace="4s")
    newsroom.receivers(interval="0s")
    yield newsroom
    newsroom.close()


def link(number: int) -> str:
    """One link, so that all titles are one story, as each feed writes it."""
    return f"https://news.example/story/1?utm_source=feed{number}"


def first_line(room: Newsroom) -> str:
    (message,) = room.posts()
    return message["text"].split("\n")[0]


def publish(room: Newsroom, *titles: str) -> None:
    names = [f"feed{number}" for number in range(len(titles))]
    room.feeds(*names)
    for name in names:
        room.site.serve(f"/{name}", title=name)
    room.run()
    for number, title in enumerate(titles):
        room.site.serve(f"/feed{number}", story(1, title, WORDS, link=link(number)), title=f"Feed {number}")
        room.run()
        room.until(lambda: room.deliver().queued == 0)
    room.until(lambda: room.deliver().queued == 0 and not room.redis.exists("newswatch:updates"))


def test_better_headline_of_a_reply_replaces_that_of_the_message(room):
    publish(room, TITLES[0], TITLES[2])
    assert TITLES[2] in first_line(room)
    assert "feed1" in first_line(room)
    (message,) = room.posts()
    assert TITLES[0] in message["text"]
    assert "feed0" in message["text"]
    assert len(room.alert_ids()) == len(set(room.alert_ids())) == 2


def test_headline_that_is_no_better_stays_in_the_thread(room):
    publish(room, TITLES[2], TITLES[0], TITLES[3])
    assert TITLES[2] in first_line(room)


def test_message_that_collects_shows_the_best_of_its_own_headlines(room):
    room.feeds("feed0", "feed1")
    for number, title in enumerate((TITLES[0], TITLES[2])):
        room.site.serve(f"/feed{number}", story(1, title, WORDS, link=link(number)), title=f"Feed {number}")
    room.run()
    assert TITLES[2] in first_line(room)


def test_headline_changes_twice_at_most(room):
    titles = (
        "Live: why?",
        "Live: why is mining a theme?",
        "Why is mining a theme in parliament?",
        "Parliament debates the mining bill",
    )
    publish(room, *titles)
    assert titles[2] in first_line(room)


def test_feeds_of_one_publisher_count_once(room):
    names = [f"feed{number}" for number in range(4)]
    rows = "".join(
        f"  - {{id: {name}, url: {room.site.url}/{name}, publisher: {publisher}}}\n"
        for name, publisher in zip(names, ("Wire", "Wire", "Daily", "Daily"), strict=True)
    )
    room.write("feeds.yaml", f"defaults: {{every: 1m, allow_private: true}}\nfeeds:\n{rows}")
    for number, name in enumerate(names):
        room.site.serve(f"/{name}", story(1, TITLES[2], WORDS, link=link(number)), title=name)
        room.run()
        room.until(lambda: room.deliver().queued == 0)
    room.until(lambda: room.deliver().queued == 0 and not room.redis.exists("newswatch:updates"))
    (message,) = room.posts()
    assert "+1 publisher" in message["text"]
    assert len(room.replies()) == 3


def test_threshold_counts_publishers(room):
    room.watchlist(
        "rules:\n  - id: surge\n    query: central bank opposes\n    notify: [policy]\n"
        "    threshold: {stories: 2, sources: 2, within: 30m}\n"
    )
    rows = "".join(
        f"  - {{id: {name}, url: {room.site.url}/{name}, publisher: {publisher}}}\n"
        for name, publisher in (("a", "Wire"), ("b", "Wire"), ("c", "Daily"))
    )
    room.write("feeds.yaml", f"defaults: {{every: 1m, allow_private: true}}\nfeeds:\n{rows}")
    for number, name in enumerate("ab"):
        room.site.serve(f"/{name}", story(number, f"Number {number}", WORDS), title=name)
    room.site.serve("/c", title="c")
    room.run()
    assert room.slack.messages() == []
    room.site.serve("/c", story(3, "Number 3", WORDS), title="c")
    room.run()
    assert "Surge: 3 stories from 2 publishers" in room.posts()[0]["text"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
def test_kill_while_a_headline_is_replaced_loses_and_doubles_nothing(room, method, when):
    """The stage is killed while Slack's answer is on its way: to the reply, or to the edit that shows its headline."""
    room.feeds("feed0", "feed1")
    room.site.serve("/feed0", story(1, TITLES[0], WORDS, link=link(0)), title="Feed 0")
    room.site.serve("/feed1", title="Feed 1")
    room.run()
    room.site.serve("/feed1", story(1, TITLES[2], WORDS, link=link(1)), title="Feed 1")
    room.poll()
    room.match()
    room.slack.fault("timeout", method=method, when=when)
    for _ in range(20):
        process = room.start("deliver")
        held = room.until(
            lambda process=process: room.slack.stats()["faults_spent"] or process.poll() is not None
        )
        kill(process)
        if isinstance(held, dict):
            break
    room.slack.clear_faults()
    room.until(lambda: room.deliver().queued == 0 and not room.redis.exists("newswatch:updates"))
    assert TITLES[2] in first_line(room)
    assert len(room.alert_ids()) == len(set(room.alert_ids())) == 2
    assert room.slack.doubles() == {}
