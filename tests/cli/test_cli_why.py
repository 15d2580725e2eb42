"""`newswatch why`, as people read it."""

from __future__ import annotations

from datetime import timedelta

from feed_server import story
from newsroom import POLICY, WATCHLIST


def test_why_is_told_in_sentences(newsroom):
    newsroom.watchlist(WATCHLIST + "  - {id: weather, query: rain AND snow, notify: [policy]}\n")
    newsroom.site.serve(
        "/wire", story(1, "News", "The central bank opposes it"), story(2, "The central bank likes rain")
    )
    newsroom.run()
    status, out, err = newsroom.command("why", story(1)["link"])
    assert status == 0, err
    assert out.startswith("sent to Slack  News  (wire:")
    assert f"sent to {POLICY}" in out
    assert "Other rules, the nearest first:" in out
    status, out, _ = newsroom.command("why", "The central bank likes rain")
    assert status == 0
    assert out.startswith("no rule matched  The central bank likes rain")
    assert "Rule weather does not match: `snow` is nowhere in the title, summary or body" in out
    assert "(`rain` is in the title)" in out


def test_why_before_any_configuration_says_what_to_do(newsroom):
    status, _, err = newsroom.command("why", "anything")
    assert status == 1
    assert "no configuration is in force" in err
    assert "check the files, then poll" in err


def test_why_of_an_old_item_that_a_known_feed_brings_does_not_blame_the_feeds_first_sight(newsroom):
    newsroom.site.serve("/wire", story(1, "News"))
    newsroom.run()
    newsroom.pass_time(timedelta(minutes=1))
    newsroom.site.serve(
        "/wire", story(1, "News"), story(2, "The central bank opposes it", age=timedelta(days=12))
    )
    newsroom.run()
    _, out, _ = newsroom.command("why", "The central bank opposes it")
    assert out.startswith("silent: remembered without an alert")
    assert "when its feed was added" not in out
    assert "more than 7 d before newswatch first saw it" in out
