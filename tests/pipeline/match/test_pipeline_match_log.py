"""What the logs of polling and matching name, and where they end."""

from __future__ import annotations

import logging

from feed_server import story
from newsroom import POLICY
from newswatch.pipeline.match.log import MOST_LINES

WORDS = "The central bank opposes the plan."


def lines(caplog, level: int, name: str = "newswatch.match") -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno == level and r.name == name]


def test_match_names_item_rule_and_message_at_info(newsroom, caplog):
    newsroom.site.serve("/wire", story(1, "News", WORDS), story(2, "Nothing"))
    newsroom.poll()
    with caplog.at_level(logging.INFO, "newswatch"):
        newsroom.match()
    (line,) = lines(caplog, logging.INFO)
    (message,) = newsroom.redis.zrange(f"newswatch:outbox:{POLICY}", 0, -1)
    assert line.startswith("item wire:")
    assert line.endswith(f"revision 0: rule central-bank-opposes, story message {message} for {POLICY}")


def test_each_decision_is_logged_once_with_the_items_id_at_debug(newsroom, caplog):
    newsroom.site.serve("/wire", story(1, "News", WORDS), story(2, "Nothing"))
    with caplog.at_level(logging.DEBUG, "newswatch"):
        newsroom.run()
        newsroom.site.serve("/wire", story(1, "News", WORDS), story(2, "Nothing", "Changed"))
        newsroom.poll()
        newsroom.match()
    claimed = lines(caplog, logging.DEBUG, "newswatch.poll")
    assert sum(": new, recognised by its guid" in line for line in claimed) == 2
    assert sum(": edit, revision 1, recognised by its guid" in line for line in claimed) == 1
    matched = lines(caplog, logging.DEBUG)
    assert sum("no rule" in line for line in matched) == 2
    assert len(lines(caplog, logging.INFO)) == 1


def test_muted_and_held_alerts_say_so(newsroom, caplog):
    newsroom.watchlist(
        "rules:\n"
        "  - {id: quiet, query: central bank, notify: [policy]}\n"
        "  - {id: surge, query: opposes, notify: [policy],"
        " threshold: {stories: 3, sources: 1, within: 30m}}\n"
    )
    newsroom.adopt()
    newsroom.json("mute", "quiet", "--for", "1h")
    newsroom.site.serve("/wire", story(1, "News", WORDS))
    newsroom.poll()
    with caplog.at_level(logging.INFO, "newswatch"):
        newsroom.match()
    told = "\n".join(lines(caplog, logging.INFO))
    assert f"rule quiet, muted in {POLICY}" in told
    assert f"rule surge, held for {POLICY}" in told


def test_info_lines_of_a_run_are_bounded_and_the_rest_counted(newsroom, caplog):
    count = MOST_LINES + 7
    newsroom.site.serve("/wire", *(story(number, f"News {number}", WORDS) for number in range(count)))
    newsroom.poll()
    with caplog.at_level(logging.INFO, "newswatch"):
        newsroom.match()
    *named, last = lines(caplog, logging.INFO)
    assert len(named) == MOST_LINES
    assert last == "7 more alerts; `newswatch alerts` lists them"
