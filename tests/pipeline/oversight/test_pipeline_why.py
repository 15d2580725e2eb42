"""Why an item did or did not alert: one prepared item for each ending, over real Redis, HTTP and Slack."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from feed_server import story
from newsroom import POLICY, WATCHLIST, Newsroom
from newswatch.pipeline.match.run import run_match
from newswatch.pipeline.oversight.why import WhyAnswer, explain

WORDS = "The central bank opposes the plan."
OTHERS = """\
  - id: crypto
    query: central bank NEAR/3 crypto
    notify: [policy]
  - id: weather
    query: rain AND snow
    notify: [ops]
"""


def link(number: int) -> str:
    return story(number)["link"]


def why(room: Newsroom, asked: str, **options) -> WhyAnswer:
    return room._do(lambda services: explain(services, asked, **options))


@pytest.fixture
def room(newsroom):
    """A newsroom that has read its feed before, so that what comes next can alert."""
    newsroom.watchlist(WATCHLIST + OTHERS)
    newsroom.site.serve("/wire", story(0, "Nothing"))
    newsroom.run()
    return newsroom


def bring(room: Newsroom, *stories: dict) -> None:
    room.site.serve("/wire", story(0, "Nothing"), *stories)
    room.poll()


# ── the ten endings ───────────────────────────────────────────────────────────────────────────────


def test_sent_item_names_its_rule_channel_and_message(room):
    bring(room, story(1, "News", WORDS))
    room.match()
    room.deliver()
    (post,) = room.posts()
    status, out, err = room.command("why", link(1), "--json")
    assert status == 0, err
    answer = json.loads(out)
    assert answer["state"] == "sent"
    told = " ".join(answer["reasons"])
    assert "Rule central-bank-opposes matched" in told
    assert f"sent to {POLICY}" in told
    assert f"(ts {post['ts']})" in told
    assert "a new item, recognised by its guid" in told
    assert answer["rules"][0]["rule"] == "central-bank-opposes"


def test_queued_item_says_where_it_waits(room):
    bring(room, story(1, "News", WORDS))
    waiting = why(room, link(1))
    assert (waiting.state, "waiting for matching" in " ".join(waiting.reasons)) == ("queued", True)
    room.match()
    answer = why(room, link(1))
    assert answer.state == "queued"
    assert f"queued for {POLICY}, due " in answer.reasons[-1]


def test_held_item_waits_for_a_surge(room):
    room.watchlist(WATCHLIST + "    threshold: {stories: 3, sources: 1, within: 30m}\n")
    room.adopt()
    bring(room, story(1, "News", WORDS))
    room.run()
    answer = why(room, link(1))
    assert answer.state == "held"
    assert "central-bank-opposes" in answer.reasons[-1]
    assert "the rule's threshold has not been reached" in answer.reasons[-1]


def test_muted_item_names_who_muted_and_until_when(room):
    room.json("mute", "central-bank-opposes", "--for", "2h")
    bring(room, story(1, "News", WORDS))
    room.run()
    answer = why(room, link(1))
    assert answer.state == "muted"
    assert f"muted in {POLICY}: " in answer.reasons[-1]
    assert "muted the rule everywhere until " in answer.reasons[-1]


def test_capped_item_went_into_a_digest(room):
    bring(room, story(1, "One", WORDS), story(2, "Two of them", "The central bank opposes the merger."))
    room._do(run_match, env={"NEWSWATCH_RULE_CAP": "1"})
    room.deliver()
    states = {why(room, link(number)).state: number for number in (1, 2)}
    assert set(states) == {"sent", "capped"}
    (reason,) = [r for r in why(room, link(states["capped"])).reasons if "hourly cap" in r]
    assert f"queued for {POLICY} in the digest" in reason


def test_dead_item_says_what_slack_said(room):
    room.slack.fault("invalid_blocks", times=2)
    bring(room, story(1, "News", WORDS))
    room.run()
    answer = why(room, link(1))
    assert answer.state == "dead"
    assert f"could not be delivered to {POLICY}" in answer.reasons[-1]
    assert "invalid_blocks" in answer.reasons[-1]


def test_silent_item_was_in_the_feed_at_first_sight(newsroom):
    newsroom.site.serve("/wire", story(1, "News", WORDS, age=timedelta(days=3)))
    newsroom.run()
    answer = why(newsroom, link(1))
    assert answer.state == "silent"
    assert any("the feed already had it when newswatch first read the feed" in one for one in answer.reasons)
    assert [(one.rule_id, one.state) for one in answer.copies[0].rules] == [
        ("central-bank-opposes", "matches")
    ]


def test_too_old_item_matches_only_since_a_late_edit(room):
    first = story(1, "News")
    bring(room, first)
    room.run()
    room.pass_time(timedelta(days=3))
    bring(room, {**first, "summary": WORDS})
    room.run()
    answer = why(room, link(1))
    assert answer.state == "too_old"
    assert any("central-bank-opposes first matches revision 1" in one for one in answer.reasons)
    assert any("Edited 1 time, recognised by its guid" in one for one in answer.reasons)


def test_item_that_no_rule_matches_names_the_nearest_rules_and_their_terms(room):
    bring(room, story(1, "The central bank of the whole far country eyes crypto", "It opposes nothing"))
    room.run()
    status, out, _ = room.command("why", link(1), "--json")
    answer = json.loads(out)
    assert (status, answer["state"]) == (0, "not_matched")
    assert [one["rule"] for one in answer["rules"]] == ["crypto", "central-bank-opposes", "weather"]
    nearest = answer["rules"][0]
    assert nearest["failing"][0]["cause"] == "apart"
    assert "`central bank` and `crypto` are 6 words apart in the title" in nearest["text"]
    assert nearest["channels"] == [POLICY]
    assert any("`rain` is nowhere" in reason for reason in answer["reasons"])
    assert any("was in force when it came" in reason for reason in answer["reasons"])


def test_unknown_item_ends_with_1_and_says_since_when_documents_are_known(room):
    status, out, _ = room.command("why", "https://news.example/never-seen", "--json")
    answer = json.loads(out)
    assert (status, answer["state"], answer["rules"]) == (1, "unknown", [])
    since = datetime.fromisoformat(answer["remembered_since"])
    assert abs(datetime.now(timezone.utc) - since) < timedelta(minutes=1)
    assert f"not in any document read since {since:%Y-%m-%d %H:%M:%S} UTC" in answer["reasons"][0]
    status, out, _ = room.command("why", "A title that no feed has")
    assert status == 1
    assert "A title must be given in full" in out


# ── how an item is found ──────────────────────────────────────────────────────────────────────────


def test_item_is_found_by_link_title_and_id(room):
    bring(room, story(1, "Ministries want   Mining legalised", WORDS))
    room.run()
    by_link = why(room, f"{link(1)}?utm_source=app#top")
    (copy,) = by_link.copies
    assert why(room, "ministries want mining legalised").copies == by_link.copies
    assert why(room, copy.item_id).copies == by_link.copies
    assert (copy.feed_id, copy.link, copy.state) == ("wire", link(1), "sent")


def test_each_feeds_copy_is_told_and_the_most_favourable_comes_first(room):
    room.feeds("wire", "other")
    room.site.serve("/other", story(0, "Nothing"), story(1, "News", age=timedelta(days=3)))
    bring(room, story(1, "News", WORDS))
    room.run()
    answer = why(room, link(1))
    assert [(copy.feed_id, copy.state) for copy in answer.copies] == [("wire", "sent"), ("other", "silent")]
    assert answer.state == "sent"
    assert "Other feeds have it too: other (silent)." in answer.reasons


def test_rewritten_guid_and_repetition_are_told(room):
    bring(room, story(1, "News", WORDS))
    room.run()
    room.pass_time(timedelta(minutes=5))
    bring(room, story(1, "News", WORDS, guid="rewritten"))
    told = " ".join(why(room, link(1)).reasons)
    assert "The feed gave it another guid later; it was recognised by its link." in told
    assert "a repetition, which does not alert again" in told


# ── which configuration ───────────────────────────────────────────────────────────────────────────


def test_rule_is_judged_as_it_was_when_the_item_came(room):
    bring(room, story(1, "The central bank likes it"))
    room.run()
    room.watchlist(
        WATCHLIST.replace("opposes\n", "likes\n").replace("central-bank-likes", "central-bank-opposes")
    )
    room.adopt()
    answer = why(room, link(1))
    assert answer.state == "not_matched"
    assert "of `central bank opposes` the title has only `central bank`" in " ".join(answer.reasons)
    room.redis.delete("newswatch:config:past")
    answer = why(room, link(1))
    told = " ".join(answer.reasons)
    assert "is no longer kept" in told
    assert "judged under today's configuration" in told


def outcome(answer: WhyAnswer, rule_id: str) -> tuple[str, str]:
    (found,) = [one for one in answer.copies[0].rules if one.rule_id == rule_id]
    return found.state, found.text


def test_rule_that_came_into_force_later_says_so(room):
    bring(room, story(1, "Something interesting"))
    room.run()
    room.watchlist(WATCHLIST + "  - id: newer\n    query: interesting\n    notify: [policy]\n")
    room.adopt()
    answer = why(room, link(1))
    assert answer.state == "not_matched"
    assert outcome(answer, "newer") == (
        "later",
        "Rule newer matches, but it came into force with version 2, after the item.",
    )
    room.redis.delete("newswatch:config:past")
    assert outcome(why(room, link(1)), "newer")[0] == "later"


def test_rule_that_had_expired_says_so(room):
    day = f"{datetime.now(timezone.utc) + timedelta(days=1):%Y-%m-%d}"
    room.watchlist(WATCHLIST + f"  - {{id: gone, query: interesting, expires: {day}, notify: [policy]}}\n")
    room.poll()
    room.pass_time(timedelta(days=3))
    bring(room, story(1, "Something interesting"))
    room.match()
    assert outcome(why(room, link(1)), "gone") == ("expired", f"Rule gone matches, but it expired on {day}.")


def test_only_the_nearest_ten_rules_are_told_unless_all_are_asked_for(room):
    rules = "".join(f"  - {{id: r{n}, query: word{n}, notify: [policy]}}\n" for n in range(30))
    room.watchlist(WATCHLIST + rules)
    room.adopt()
    bring(room, story(1, "The central bank"))
    room.run()
    few, every = why(room, link(1)), why(room, link(1), all_rules=True)
    assert (len(few.copies[0].rules), len(every.copies[0].rules)) == (10, 31)
    assert few.copies[0].rules[0].rule_id == "central-bank-opposes"
