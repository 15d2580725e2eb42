"""Findings on the first page: like ones folded, with places to act instead of commands."""

from datetime import datetime, timedelta, timezone

from newswatch.pipeline.oversight.finding_groups import Action, actions_for, grouped
from newswatch.pipeline.oversight.findings import finding_of

NOW = datetime(2026, 11, 27, tzinfo=timezone.utc)


def notice(cause, text="x", minutes=0):
    since = int((NOW - timedelta(minutes=minutes)).timestamp() * 1000)
    return finding_of(cause, {"text": text, "since": str(since)})


def test_many_feeds_with_one_kind_of_trouble_are_one_group_with_the_oldest_time():
    found = [notice(f"silent:feed-{n}", f"Feed feed-{n} is silent", n) for n in range(22)]
    (group,) = grouped(found)
    assert group.what == "22 feeds answer but have had no new item for long."
    assert group.first.since == NOW - timedelta(minutes=21)
    assert group.actions == (Action("See the feeds", "/feeds?state=silent"),)


def test_few_findings_and_other_kinds_stay_apart_in_their_order():
    found = [
        notice("slack"),
        notice("silent:a"),
        notice("channel:C1"),
        notice("channel:C2"),
        notice("channel:C3"),
    ]
    assert [group.first.cause for group in grouped(found)] == [one.cause for one in found]


def test_feed_is_opened_or_polled_and_its_id_is_escaped():
    assert actions_for("moved:a/b") == (
        Action("Open the feed", "/feeds/a%2Fb"),
        Action("Edit", "/watchlist/edit?feed=a%2Fb", edits=True),
        Action("Poll now", "/api/feeds/a%2Fb/poll", posts=True),
    )
    assert actions_for("redis-memory") == ()


def test_another_workspace_is_adopted_with_a_button():
    assert actions_for("workspace") == (Action("Adopt this workspace", "/api/workspace/adopt", posts=True),)
    assert actions_for("workspace-bot") == (Action("Adopt the new bot", "/api/workspace/adopt", posts=True),)
