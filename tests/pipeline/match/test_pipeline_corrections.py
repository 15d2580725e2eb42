"""What the feed edits after the alert is said in the thread of the alert, unless it is cosmetic."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from feed_server import story
from newsroom import OPS, POLICY
from newswatch.store import keys

WORDS = "The central bank opposes the plan."
RULES = "rules:\n  - {id: opposes, query: central bank opposes, severity: medium, notify: [policy]}\n"
OTHER = "rules:\n  - {id: other, query: something else, notify: [policy]}\n"
TITLE = "Ministers want mining legalised"


def show(room, title: str = TITLE, summary: str = WORDS, **more) -> None:
    room.site.serve("/wire", story(1, title, summary, **more))


def alerted(room, **what) -> dict:
    """An alert is in Slack. Returns its message."""
    room.watchlist(RULES)
    show(room, **what)
    room.run()
    (post,) = room.posts()
    return post


def edit(room, **what) -> None:
    show(room, **what)
    room.run()


def lines(room) -> list[str]:
    return [line for reply in room.replies() for line in reply["text"].split("\n")]


def test_changed_headline_is_said_in_the_thread_and_the_message_is_marked(newsroom):
    post = alerted(newsroom)
    edit(newsroom, title="Ministers drop plan to legalise mining")
    (reply,) = newsroom.replies()
    assert reply["text"] == f"Headline changed: {TITLE} → Ministers drop plan to legalise mining"
    assert reply["thread_ts"] == post["ts"]
    assert reply["metadata"]["event_payload"]["alert_ids"] == []
    (post,) = newsroom.posts()
    assert TITLE in post["text"]
    assert "Headline changed: see the thread" in post["text"]
    assert "Headline changed" in json.dumps(post["blocks"])


@pytest.mark.parametrize(
    "what",
    [
        {"title": "UPDATE 1-Ministers want mining legalised"},
        {"title": "Ministers  want ‘mining’ legalised."},
        {"title": "Ministers Want Mining Legalised - Reuters"},
        {"title": "Ministres want mining legalised"},
        {"summary": "The Central Bank opposes the plan"},
        {"summary": f"{WORDS} A vote is expected on Monday."},
        {"summary": ""},
        {"summary": "The central bank…"},
    ],
)
def test_cosmetic_edit_says_nothing(newsroom, what):
    alerted(newsroom)
    edit(newsroom, **what)
    assert newsroom.replies() == []
    assert "see the thread" not in newsroom.posts()[0]["text"]


def test_removed_passage_is_said(newsroom):
    alerted(newsroom, summary=f"A bill is before parliament. {WORDS}")
    edit(newsroom, summary="A bill is before parliament. A vote is expected on Monday.")
    assert lines(newsroom) == ["Passage removed: “The central bank opposes the plan.”"]
    assert "Passage removed: see the thread" in newsroom.posts()[0]["text"]


def test_changed_passage_is_said_with_both_texts(newsroom):
    alerted(newsroom)
    edit(newsroom, summary="The central bank opposes the tax, not the plan.")
    assert lines(newsroom) == [
        "Passage changed: “The central bank opposes the plan.” → “The central bank opposes the tax, not the plan.”"
    ]


def test_same_edit_is_said_once_and_later_ones_count_from_it(newsroom):
    alerted(newsroom)
    edit(newsroom, title="Ministers drop mining plan")
    edit(newsroom, title="Ministers drop mining plan", summary=f"{WORDS} More follows.")
    edit(newsroom, title="Ministers delay mining plan")
    assert lines(newsroom) == [
        f"Headline changed: {TITLE} → Ministers drop mining plan",
        "Headline changed: Ministers drop mining plan → Ministers delay mining plan",
    ]


def test_thread_gets_at_most_three_lines(newsroom):
    alerted(newsroom)
    for number in ("one", "two", "five", "seven", "nine"):
        edit(newsroom, title=f"Ministers postpone the mining bill by {number} years")
    assert len(lines(newsroom)) == 3
    assert newsroom.redis.zcard(keys.outbox(POLICY)) == 0


def test_muted_rule_and_removed_rule_say_nothing(newsroom):
    alerted(newsroom)
    newsroom.command("mute", "opposes", "--for", "1h")
    edit(newsroom, title="Ministers drop mining plan")
    newsroom.command("mute", "opposes", "--end")
    newsroom.watchlist(OTHER)
    edit(newsroom, title="Ministers delay mining plan")
    assert newsroom.replies() == []


def test_alert_that_a_mute_kept_out_of_slack_is_not_corrected(newsroom):
    newsroom.watchlist(RULES)
    newsroom.adopt()
    newsroom.command("mute", "opposes", "--for", "1h")
    show(newsroom)
    newsroom.run()
    newsroom.pass_time(timedelta(hours=2))
    edit(newsroom, title="Ministers drop mining plan")
    assert newsroom.slack.messages(POLICY) == []


def test_withdrawn_alert_is_not_corrected(newsroom):
    newsroom.watchlist(RULES)
    show(newsroom)
    newsroom.poll()
    newsroom.match()
    newsroom.command("mute", "opposes", "--for", "1h")
    newsroom.deliver()
    newsroom.pass_time(timedelta(hours=2))
    edit(newsroom, title="Ministers drop mining plan")
    assert newsroom.slack.messages(POLICY) == []


def test_alert_that_still_waits_is_sent_with_the_new_text(newsroom):
    newsroom.watchlist(RULES)
    show(newsroom)
    newsroom.poll()
    newsroom.match()
    edit(newsroom, title="Ministers drop mining plan", summary=f"{WORDS} The plan is dropped.")
    (post,) = newsroom.slack.messages(POLICY)
    assert "Ministers drop mining plan" in post["text"]
    assert TITLE not in post["text"]


def test_edit_that_is_matched_together_with_its_item_is_in_the_alert(newsroom):
    newsroom.watchlist(RULES)
    show(newsroom)
    newsroom.poll()
    show(newsroom, title="Ministers drop mining plan")
    newsroom.run()
    (post,) = newsroom.slack.messages(POLICY)
    assert "Ministers drop mining plan" in post["text"]


def test_item_of_a_digest_is_corrected_in_the_digests_thread(newsroom):
    newsroom.write(
        "receivers.yaml",
        "defaults: {per_channel_interval: 0.02s, grace: 30s}\nreceivers:\n"
        f"  - {{id: policy, channel: {POLICY}, mode: digest, digest: {{at: '08:00', timezone: UTC}}}}\n"
        f"  - {{id: ops, channel: {OPS}}}\n",
    )
    newsroom.watchlist(RULES)
    show(newsroom)
    newsroom.run()
    newsroom.pass_time(timedelta(days=1))
    newsroom.deliver()
    (post,) = newsroom.posts()
    edit(newsroom, title="Ministers drop mining plan")
    (reply,) = newsroom.replies()
    assert reply["thread_ts"] == post["ts"]
    assert "Headline changed: see the thread" in newsroom.posts()[0]["text"]


def test_correction_without_its_message_is_not_posted(newsroom):
    post = alerted(newsroom)
    show(newsroom, title="Ministers drop mining plan")
    newsroom.poll()
    newsroom.match()
    newsroom.redis.hset(keys.message(post["metadata"]["event_payload"]["message_id"]), "deleted", "1")
    newsroom.deliver()
    assert newsroom.replies() == []
    assert len(newsroom.posts()) == 1
    assert newsroom.redis.zcard(keys.outbox(POLICY)) == 0


def test_text_from_feeds_is_shown_as_it_is(newsroom):
    alerted(newsroom)
    edit(newsroom, title="Ministers &lt;!channel&gt; `drop` *mining* plan")
    (reply,) = newsroom.replies()
    assert "<!channel>" not in reply["text"]
    (section,) = reply["blocks"][0]["elements"]
    assert section["elements"][-1]["text"].endswith("Ministers <!channel> `drop` *mining* plan")


def test_edit_a_week_later_is_still_said_but_no_alert_is_remembered_longer(newsroom):
    alerted(newsroom)
    (name,) = newsroom.redis.keys(keys.alerted("*"))
    assert 0 < newsroom.redis.ttl(name) <= 7 * 86_400
    newsroom.pass_time(timedelta(days=3))
    edit(newsroom, title="Ministers drop mining plan", age=timedelta(minutes=5))
    assert len(lines(newsroom)) == 1
