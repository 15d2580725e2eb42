"""Messages in Slack follow what readers said, through whatever Slack or the moment put in the way."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta, timezone

import pytest

from feed_server import story
from newsroom import POLICY
from newswatch.listener.clicks import take_click
from newswatch.pipeline.deliver.updates import refresh
from newswatch.pipeline.oversight.backlog import read_backlog
from newswatch.slack.buttons import ACTIONS
from newswatch.slack.clicks import Click
from newswatch.store import keys, messages, outbox

WORDS = "The central bank opposes the plan."


WORDS_APART = [
    "alder",
    "birch",
    "cedar",
    "dogwood",
    "elm",
    "fir",
    "ginkgo",
    "hazel",
    "ivy",
    "juniper",
    "kapok",
    "larch",
    "maple",
    "nutmeg",
    "oak",
    "pine",
]


def sent_message(newsroom, *titles: str) -> list[str]:
    """One message for each title; their ids."""
    newsroom.site.serve("/wire", *(story(n, t, WORDS) for n, t in enumerate(titles or ("Mining plan",))))
    newsroom.run()
    return [message_id(post) for post in newsroom.posts()]


def message_id(post: dict) -> str:
    return post["metadata"]["event_payload"]["message_id"]


def clicks(newsroom, name: str, action: str = "newswatch_ack", at: datetime | None = None) -> str:
    """A reader clicks, and the listener ends before it can edit anything."""
    when = at or datetime.now(timezone.utc)
    click = Click(ACTIONS[action], name, POLICY, "U0ANNA", "anna", when)
    return newsroom._do(lambda services: take_click(services, click)).effect


def stale(newsroom) -> list[str]:
    return newsroom.redis.zrange(keys.UPDATES, 0, -1)


def text_of(newsroom, name: str) -> str:
    return next(post["text"] for post in newsroom.posts() if message_id(post) == name)


def test_message_out_of_date_wakes_the_deliver_stage(newsroom):
    (name,) = sent_message(newsroom)
    clicks(newsroom, name)
    newsroom.pass_time(timedelta(seconds=7))
    backlog = newsroom._do(read_backlog)
    assert (backlog.due_messages, round(backlog.oldest_due_age_s)) == (1, 7)


@pytest.mark.parametrize("kind", ["invalid_auth", "token_revoked", "missing_scope", "message_limit_exceeded"])
def test_edit_refused_to_the_whole_workspace_is_made_once_slack_is_mended(newsroom, kind):
    (name,) = sent_message(newsroom)
    clicks(newsroom, name)
    newsroom.slack.fault(kind, method="chat.update")
    newsroom.deliver()
    assert "Acknowledged" not in text_of(newsroom, name)
    newsroom.deliver()
    assert "Acknowledged" not in text_of(newsroom, name), "it is asked again at once"
    newsroom.pass_time(timedelta(minutes=10))
    newsroom.deliver()
    assert "Acknowledged by anna" in text_of(newsroom, name)
    assert stale(newsroom) == []


@pytest.mark.parametrize("kind", ["invalid_blocks", "msg_too_long", "is_inactive", "channel_not_found"])
def test_edit_that_is_refused_for_good_is_not_tried_for_ever(newsroom, kind):
    (name,) = sent_message(newsroom)
    clicks(newsroom, name)
    newsroom.slack.fault(kind, method="chat.update", times=0)
    newsroom.deliver()
    assert stale(newsroom) == []


@pytest.mark.parametrize("kind", ["update_failed", "external_channel_migrating", "unlisted:brand_new_code"])
def test_edit_that_slack_cannot_make_now_is_made_later_and_holds_up_no_other(newsroom, kind):
    names = sent_message(newsroom, "Mining plan", "Quite another matter")
    for name in names:
        clicks(newsroom, name)
    newsroom.slack.fault(kind, method="chat.update")
    newsroom.deliver()
    shown = ["Acknowledged" in text_of(newsroom, name) for name in names]
    assert sorted(shown) == [False, True]
    newsroom.pass_time(timedelta(minutes=6))
    newsroom.deliver()
    assert all("Acknowledged by anna" in text_of(newsroom, name) for name in names)


def test_edits_keep_to_the_pace_and_to_the_end_of_the_run(newsroom):
    names = sent_message(
        newsroom, *(f"{word} {word * 2} {word * 3} {n}" for n, word in enumerate(WORDS_APART))
    )
    for name in names:
        clicks(newsroom, name)
    newsroom.slack.config(latency_s=0.3)
    started = time.monotonic()
    newsroom.deliver(deadline_s=3.0, linger_s=6.0)
    assert time.monotonic() - started < 10.0
    made = newsroom.slack.stats()["methods"]["chat.update"]
    assert set(made) == {"ok"}
    assert 0 < made["ok"] < len(names)
    assert len(stale(newsroom)) == len(names) - made["ok"]


def test_429_on_an_edit_pauses_all_edits(newsroom):
    names = sent_message(newsroom, "Mining plan", "Quite another matter")
    for name in names:
        clicks(newsroom, name)
    newsroom.slack.fault("ratelimited", method="chat.update", retry_after=60)
    newsroom.deliver()
    clicks(newsroom, names[0], "newswatch_irrelevant")
    newsroom.deliver()
    assert newsroom.slack.stats()["methods"]["chat.update"] == {"before:ratelimited": 1}
    newsroom.pass_time(timedelta(seconds=61))
    newsroom.deliver()
    assert stale(newsroom) == []


def test_message_that_somebody_deleted_in_slack_is_not_edited_for_ever(newsroom):
    (name,) = sent_message(newsroom)
    clicks(newsroom, name)
    newsroom.redis.hset(keys.message(name), "ts", "1700000000.000001")
    newsroom.deliver()
    assert stale(newsroom) == []


def test_slack_that_hangs_is_asked_for_one_edit_a_run(newsroom):
    names = sent_message(newsroom, "Mining plan", "Quite another matter", "Third thing altogether")
    for name in names:
        clicks(newsroom, name)
    newsroom.slack.fault("http_500", method="chat.update", times=0)
    newsroom.deliver()
    assert newsroom.slack.stats()["methods"]["chat.update"] == {"before:http_500": 1}
    newsroom.slack.clear_faults()
    newsroom.pass_time(timedelta(minutes=1))
    newsroom.deliver()
    assert all("Acknowledged by anna" in text_of(newsroom, name) for name in names)


def test_message_that_cannot_be_made_holds_up_neither_edits_nor_runs(newsroom):
    broken, well = sent_message(newsroom, "Mining plan", "Quite another matter")
    (alert,) = json.loads(newsroom.redis.hget(keys.message(broken), "alerts"))
    for name in (broken, well):
        clicks(newsroom, name)
    newsroom.redis.hset(keys.alert(alert), "json", "{")
    newsroom.deliver()
    assert "Acknowledged by anna" in text_of(newsroom, well)
    assert stale(newsroom) == []


def test_click_on_a_message_whose_answer_was_lost_is_shown_once_it_is_found(newsroom, monkeypatch):
    """The deliver stage records the message between the listener's look and its last word."""
    newsroom.site.serve("/wire", story(1, "Mining plan", WORDS))
    newsroom.poll()
    newsroom.match()
    newsroom.slack.fault("reset", when="after")
    newsroom.deliver(linger_s=0.0)
    (post,) = newsroom.posts()
    name = message_id(post)
    clicks(newsroom, name)
    read = messages.read_message
    late: list[str] = [post["ts"]]

    async def read_then_sent(redis, message_id):
        found = await read(redis, message_id)
        if late:
            await outbox.record_sent(redis, found.message, late.pop(), now_ms=0)
        return found

    async def listener(services):
        async with services.sender.open() as client:
            await refresh(services, client, name)

    with monkeypatch.context() as patch:
        patch.setattr(messages, "read_message", read_then_sent)
        newsroom._do(listener)
    newsroom.deliver()
    assert "Acknowledged by anna" in text_of(newsroom, name)


def test_click_on_a_message_whose_alerts_are_past_retention_mutes_nothing(newsroom):
    (name,) = sent_message(newsroom)
    (alert,) = json.loads(newsroom.redis.hget(keys.message(name), "alerts"))
    newsroom.redis.delete(keys.alert(alert))
    assert clicks(newsroom, name, "newswatch_mute") == "unknown_message"
    assert newsroom.redis.hget(keys.message(name), "mute") is None


def test_item_called_not_relevant_is_kept_whole_and_as_it_matched(newsroom):
    (name,) = sent_message(newsroom, "Mining plan")
    newsroom.site.serve("/wire", story(0, "Mining plan, edited", WORDS))
    newsroom.poll()
    clicks(newsroom, name, "newswatch_irrelevant")
    (kept,) = newsroom.redis.hvals(keys.irrelevant("central-bank-opposes"))
    item = json.loads(kept)["item"]
    item = json.loads(item) if isinstance(item, str) else item
    assert (item["title"], item["revision"], bool(item["guid"])) == ("Mining plan", 0, True)


# ── mutes that more than one message or rule knows of ─────────────────────────────────────────

TWO_RULES = """\
rules:
  - {id: opposes, query: opposes, notify: [policy]}
  - {id: mining, query: mining, notify: [policy]}
"""


def muted(newsroom) -> list[str]:
    return sorted(row["rule_id"] for row in newsroom.json("mute"))


def test_unmuting_one_of_two_rules_leaves_the_message_saying_that_it_mutes(newsroom):
    newsroom.watchlist(TWO_RULES)
    (name,) = sent_message(newsroom)
    clicks(newsroom, name, "newswatch_mute")
    newsroom.json("unmute", "mining")
    newsroom.deliver()
    assert muted(newsroom) == ["opposes"]
    assert "Muted here by anna" in text_of(newsroom, name)
    newsroom.json("unmute", "opposes")
    newsroom.deliver()
    assert "Muted here" not in text_of(newsroom, name)


def test_mute_told_again_after_it_was_ended_elsewhere_stays_ended(newsroom):
    (name,) = sent_message(newsroom)
    first = datetime.now(timezone.utc)
    clicks(newsroom, name, "newswatch_mute", first)
    newsroom.json("unmute", "central-bank-opposes")
    assert clicks(newsroom, name, "newswatch_mute", first) == "known"
    assert muted(newsroom) == []
    assert clicks(newsroom, name, "newswatch_mute", first + timedelta(seconds=1)) == "taken"
    assert muted(newsroom) == ["central-bank-opposes"]


def test_mute_that_another_message_took_over_is_shown_by_that_one_only(newsroom):
    one, other = sent_message(newsroom, "Mining plan", "Quite another matter")
    for name in (one, other):
        clicks(newsroom, name, "newswatch_mute")
    newsroom.deliver()
    assert [("Muted here" in text_of(newsroom, name)) for name in (one, other)] == [False, True]
    clicks(newsroom, other, "newswatch_unmute")
    newsroom.deliver()
    assert muted(newsroom) == []
    assert not any("Muted here" in post["text"] for post in newsroom.posts())
