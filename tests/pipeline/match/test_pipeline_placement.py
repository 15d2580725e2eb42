"""Where alerts go, decided without any store: each rule of `newswatch.pipeline.match.placement`."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timezone
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from newswatch.models import Alert
from newswatch.pipeline.match import placement
from newswatch.pipeline.match.board import COLLECT_MS, MAX_ALERTS_A_MESSAGE, UNCERTAIN
from newswatch.pipeline.match.candidates import Candidate, Cap
from newswatch.pipeline.match.placement import question
from newswatch.slack.layout import SlackLayout
from newswatch.slack.listing import MAX_ITEMS, ROOM
from newswatch.store.handover import (
    MessageSnapshot,
    Plan,
    Release,
    Situation,
    StorySnapshot,
    SurgeSnapshot,
)

place = partial(placement.place, layout=SlackLayout())
release = partial(placement.release, layout=SlackLayout())

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=timezone.utc)
NOW = int(NOON.timestamp() * 1000)
CHANNEL = "C1"
HOUR = NOW // 3_600_000


def alert(item: str = "i1", rule: str = "r1", severity: str = "medium", **changes) -> Alert:
    values = {
        "id": f"{rule}-{item}",
        "rule_id": rule,
        "severity": severity,
        "channel": CHANNEL,
        "item_id": item,
        "revision": 0,
        "feed_id": "wire",
        "link": f"https://news.example/{item}",
        "title": f"Headline of {item}",
        "excerpts": (),
        "published": NOON,
        "first_seen": NOON,
        "matched": NOON,
        "config_version": "1-abcdef",
        "story_id": item,
    }
    return Alert(**(values | changes))


def candidate(one: Alert | None = None, **changes) -> Candidate:
    one = one or alert()
    return Candidate(**({"alert": one, "kind": "each", "group": one.story_id, "due_ms": NOW} | changes))


def digest(one: Alert, group: str = "digest:8", **changes) -> Candidate:
    return candidate(one, kind="digest", group=group, due_ms=NOW + 60_000, heading="Digest", **changes)


def snapshot(name: str = "m1", ids: tuple[str, ...] = ("a",), **changes) -> MessageSnapshot:
    state, frozen = changes.pop("state", "queued"), changes.pop("frozen", "")
    values = {"id": name, "kind": "story", "alert_ids": ids, "size": 0, "state": state}
    return MessageSnapshot(**(values | {"snapshot": f"{state}|{frozen}|{ids}"} | changes))


def told(root: MessageSnapshot | None = None, reply: MessageSnapshot | None = None, **changes) -> Situation:
    known = {"root": root, "open": reply, "messages": 1, "rank": 1, "rules": frozenset({"r1"})}
    return Situation(stories={(CHANNEL, "i1"): StorySnapshot(**(known | changes))})


def kinds(plan: Plan) -> list[str]:
    return [one.kind for one in plan.created]


# ── one story ─────────────────────────────────────────────────────────────────────────────────


def test_first_alert_of_a_story_begins_its_message():
    plan = place([candidate()], Situation(), NOW)
    (made,) = plan.created
    (story,) = plan.stories
    assert (made.kind, made.channel, made.story, made.alerts, made.due) == (
        "story", CHANNEL, "i1", ("r1-i1",), NOW,
    )  # fmt: skip
    assert (story.root, story.open, story.rank, story.rules) == (made.id, "", 1, ("r1",))
    assert story.messages == {1: made.id}
    assert [(one.alert.id, one.message_id) for one in plan.alerts] == [("r1-i1", made.id)]


def test_alert_joins_the_message_that_is_not_begun():
    plan = place([candidate()], told(snapshot()), NOW)
    (grown,) = plan.grown
    assert (grown.id, grown.alerts, grown.broadcast) == ("m1", ("a", "r1-i1"), False)
    assert plan.created == []
    assert plan.snapshot == {"m1": "queued||('a',)"}


def test_alert_of_a_story_that_was_begun_is_a_reply_that_collects():
    plan = place([candidate()], told(snapshot(state="sending", frozen="1")), NOW)
    (made,) = plan.created
    (story,) = plan.stories
    assert (made.kind, made.root, made.due) == ("reply", "m1", NOW + COLLECT_MS)
    assert (story.was, story.root, story.open) == (("m1", ""), "m1", made.id)


def test_alert_joins_the_reply_that_collects():
    plan = place([candidate()], told(snapshot(state="sent"), snapshot("m2")), NOW)
    assert [one.id for one in plan.grown] == ["m2"]
    assert set(plan.snapshot) == {"m1", "m2"}


def test_reply_that_was_begun_is_followed_by_another():
    situation = told(snapshot(state="sent"), snapshot("m2", state="sending", frozen="1"))
    assert kinds(place([candidate()], situation, NOW)) == ["reply"]


def test_story_whose_message_is_dead_or_past_its_retention_begins_again():
    for state in ("dead", ""):
        plan = place([candidate()], told(snapshot(state=state), snapshot("m2")), NOW)
        assert kinds(plan) == ["story"]
        assert (plan.stories[0].open, plan.stories[0].row()["closed"]) == ("", True)


def test_frozen_message_that_is_queued_again_takes_no_more():
    assert kinds(place([candidate()], told(snapshot(frozen="1")), NOW)) == ["reply"]


def test_message_takes_eight_alerts_and_the_next_is_a_reply():
    group = [candidate(alert(f"x{n}", story_id="i1")) for n in range(MAX_ALERTS_A_MESSAGE + 3)]
    plan = place(group, Situation(), NOW)
    assert [(one.kind, len(one.alerts)) for one in plan.created] == [("story", 8), ("reply", 3)]
    assert plan.created[1].root == plan.created[0].id


def test_items_with_long_links_leave_their_message_sooner():
    long = "https://news.example/" + "x" * 2_900
    group = [candidate(alert(f"x{n}", story_id="i1", link=long + str(n))) for n in range(8)]
    plan = place(group, Situation(), NOW)
    assert len(plan.created) > 1
    assert all(one.size <= ROOM for one in plan.created)


def test_stories_that_share_a_digest_both_grow_it():
    shared = snapshot("m9", kind="digest")
    stories = {(CHANNEL, name): StorySnapshot(shared, None, 1) for name in ("i1", "i2")}
    plan = place([candidate(alert("i1")), candidate(alert("i2"))], Situation(stories=stories), NOW)
    (grown,) = plan.grown
    assert grown.alerts == ("a", "r1-i1", "r1-i2")


def test_alert_that_exists_is_left_out_and_one_twice_in_a_batch_counts_once():
    plan = place(
        [candidate(), candidate(), candidate(alert("i2"))], Situation(known=frozenset({"r1-i2"})), NOW
    )
    assert [one.alert.id for one in plan.alerts] == ["r1-i1"]


# ── who sees a reply ──────────────────────────────────────────────────────────────────────────


def test_reply_of_a_named_rule_stays_in_the_thread():
    (made,) = place([candidate()], told(snapshot(state="sent")), NOW).created
    assert not made.broadcast


def test_reply_of_a_rule_not_named_yet_is_broadcast():
    (made,) = place([candidate(alert(rule="r2"))], told(snapshot(state="sent")), NOW).created
    assert made.broadcast


def test_reply_of_a_more_severe_alert_is_broadcast():
    plan = place([candidate(alert(severity="high"))], told(snapshot(state="sent")), NOW)
    assert plan.created[0].broadcast
    assert plan.stories[0].rank == 2


def test_reply_that_collects_becomes_a_broadcast_with_a_new_rule():
    plan = place([candidate(alert(rule="r2"))], told(snapshot(state="sent"), snapshot("m2")), NOW)
    assert plan.grown[0].broadcast


def test_doubtful_high_alert_is_a_broadcast_of_its_own():
    high = candidate(alert(severity="high"), doubtful=True)
    for reply in (None, snapshot("m2")):
        for root in (snapshot(), snapshot(state="sent"), snapshot(state="sending", frozen="1")):
            plan = place([high], told(root, reply, rank=2), NOW)
            (made,) = plan.created
            assert (made.kind, made.root, made.broadcast, made.alerts) == ("reply", "m1", True, ("r1-i1",))
            assert made.text == UNCERTAIN
            assert plan.grown == []


def test_doubtful_high_alert_of_a_story_without_message_begins_it():
    high = candidate(alert(severity="high"), doubtful=True)
    for situation in (Situation(), told(snapshot(state="dead"))):
        (made,) = place([high], situation, NOW).created
        assert (made.kind, made.broadcast) == ("story", False)


# ── one item, one place ───────────────────────────────────────────────────────────────────────


def test_alerts_of_an_item_go_where_the_most_severe_rule_has_it():
    medium = candidate(alert(rule="general"), group="another story")
    high = candidate(alert(rule="grave", severity="high"), group="i1")
    plan = place([medium, high], Situation(), NOW)
    (made,) = plan.created
    assert (made.story, set(made.alerts)) == ("i1", {"general-i1", "grave-i1"})


def test_high_alert_that_is_excepted_from_quiet_hours_takes_the_others_of_its_item_along():
    plan = place(
        [digest(alert(rule="low")), candidate(alert(rule="grave", severity="high"))], Situation(), NOW
    )
    assert kinds(plan) == ["story"]


def test_of_equally_severe_rules_the_most_immediate_decides():
    assert kinds(place([digest(alert(rule="a")), candidate(alert(rule="b"))], Situation(), NOW)) == ["story"]


def test_item_with_more_rules_than_a_message_takes_is_still_in_one_place():
    plan = place([candidate(alert(rule=f"r{n}")) for n in range(30)], Situation(), NOW)
    assert [len(one.alerts) for one in plan.created] == [30]


def test_item_with_more_alerts_than_a_message_can_name_has_two():
    plan = place([candidate(alert(rule=f"r{n}")) for n in range(205)], Situation(), NOW)
    assert [len(one.alerts) for one in plan.created] == [200, 5]


def test_one_item_in_two_channels_is_decided_for_each():
    plan = place([candidate(), candidate(alert(id="b", channel="C2"))], Situation(), NOW)
    assert sorted(one.channel for one in plan.created) == ["C1", "C2"]


# ── order ─────────────────────────────────────────────────────────────────────────────────────


def test_messages_are_named_in_the_order_of_the_stream_the_most_severe_first():
    group = [candidate(alert(f"i{n}", severity=("low", "high")[n % 2])) for n in range(40)]
    plan = place(group, Situation(sequences={CHANNEL: 9}), NOW)
    stories = [one.story for one in sorted(plan.created, key=lambda one: one.id)]
    assert stories == [f"i{n}" for n in [*range(1, 40, 2), *range(0, 40, 2)]]
    assert min(one.id for one in plan.created) > f"{9:010x}~"[:10]
    assert plan.sequences == {CHANNEL: 40}


def test_names_are_never_repeated_by_a_redis_that_came_back_empty():
    first, second = (place([candidate()], Situation(), now).created[0].id for now in (NOW, NOW + 1))
    assert first != second


# ── digests and caps ──────────────────────────────────────────────────────────────────────────


def test_digest_that_is_full_goes_on_in_another():
    plan = place([digest(alert(f"i{n}")) for n in range(45)], Situation(), NOW)
    assert [len(one.alerts) for one in plan.created] == [20, 20, 5]
    assert {(one.kind, one.root, one.text, one.due) for one in plan.created} == {
        ("digest", "", "Digest", NOW + 60_000)
    }


def test_rule_over_its_cap_goes_on_in_a_digest():
    cap = Cap(3, HOUR, NOW + 300_000, "Too many", 1_000, "Too many here")
    plan = place([candidate(alert(f"i{n}"), cap=cap) for n in range(5)], Situation(), NOW)
    assert kinds(plan) == ["story"] * 3 + ["digest"]
    assert plan.rates == {("r1", CHANNEL, HOUR): 3, ("", CHANNEL, HOUR): 3}
    assert plan.created[3].alerts == ("r1-i3", "r1-i4")


def test_cap_counts_what_came_before_and_alerts_that_join_do_not_count():
    cap = Cap(3, HOUR, NOW + 300_000, "Too many", 1_000, "Too many here")
    situation = Situation(rates={("r1", CHANNEL, HOUR): 2})
    same = [candidate(alert(f"x{n}", story_id="i1"), cap=cap) for n in range(4)]
    plan = place([*same, candidate(alert("i2"), cap=cap)], situation, NOW)
    assert kinds(plan) == ["story", "digest"]
    assert plan.rates == {("r1", CHANNEL, HOUR): 1, ("", CHANNEL, HOUR): 1}


def test_channel_over_its_cap_goes_on_in_a_digest_of_all_rules():
    cap = Cap(100, HOUR, NOW + 300_000, "Too many", 3, "Too many here")
    found = [candidate(alert(f"i{n}", rule=f"r{n}", severity="medium"), cap=cap) for n in range(5)]
    plan = place(found, Situation(), NOW)
    assert kinds(plan) == ["story"] * 3 + ["digest"]
    assert (plan.created[3].text, len(plan.created[3].alerts)) == ("Too many here", 2)
    assert plan.rates[("", CHANNEL, HOUR)] == 3


def test_channel_over_its_cap_still_gets_high_alerts_one_by_one_and_first():
    cap = Cap(100, HOUR, NOW + 300_000, "Too many", 3, "Too many here")
    situation = Situation(rates={("", CHANNEL, HOUR): 3})
    plan = place([candidate(alert("i1", severity="high"), cap=cap)], situation, NOW)
    assert kinds(plan) == ["story"]
    assert plan.created[0].lane == "first"


def test_item_of_a_capped_and_an_equally_severe_rule_counts_for_the_one_that_may():
    cap = Cap(1, HOUR, NOW, "Too many", 1_000, "Too many here")
    situation = Situation(rates={("noisy", CHANNEL, HOUR): 1})
    both = [candidate(alert(rule="noisy"), cap=cap), candidate(alert(rule="calm"), cap=cap)]
    plan = place(both, situation, NOW)
    assert kinds(plan) == ["story"]
    assert plan.rates == {("calm", CHANNEL, HOUR): 1, ("", CHANNEL, HOUR): 1}


# ── mutes ─────────────────────────────────────────────────────────────────────────────────────


def test_muted_alert_is_kept_and_goes_nowhere():
    plan = place([candidate(muted="r1|*")], Situation(), NOW)
    assert [(one.message_id, one.muted) for one in plan.alerts] == [("", "r1|*")]
    assert not plan.created


def test_muted_rule_does_not_decide_where_its_item_goes():
    muted = candidate(alert(rule="grave", severity="high"), group="own", muted="grave|*")
    assert place([muted, candidate()], Situation(), NOW).created[0].story == "i1"


# ── surges ────────────────────────────────────────────────────────────────────────────────────

THRESHOLD = (3, 2, 60_000)


def held(item: str, feed: str = "wire", **changes) -> Candidate:
    return candidate(alert(item, feed_id=feed), threshold=THRESHOLD, **changes)


def surge(**changes) -> Situation:
    return Situation(surges={("r1", CHANNEL): SurgeSnapshot(**changes)})


def test_alert_below_the_threshold_is_held():
    plan = place([held("i1")], surge(), NOW)
    (one,) = plan.held
    assert (one.story, one.source, one.within) == ("i1", "wire", 60_000)
    assert plan.alerts[0].message_id == ""
    assert not plan.created
    assert not plan.begun


def test_surge_begins_when_stories_and_sources_suffice():
    plan = place([held("i1"), held("i2"), held("i3"), held("i4", "daily")], surge(), NOW)
    (begun,) = plan.begun
    assert begun.release.text == "Surge: 4 stories from 2 publishers"
    assert len(plan.held) == 4
    assert not plan.created  # its messages are made part by part


def test_stories_and_sources_known_already_are_not_counted_twice():
    known = {
        "stories": 2,
        "sources": 1,
        "known_stories": frozenset({"i1"}),
        "known_sources": frozenset({"wire"}),
    }
    assert not place([held("i1")], surge(**known), NOW).begun
    assert not place([held("i3")], surge(**known), NOW).begun
    assert place([held("i3", "daily")], surge(**known), NOW).begun


def test_alerts_after_the_surge_began_join_its_release():
    group = [held("i1"), held("i2"), held("i3", "daily"), held("i4"), held("i5")]
    plan = place(group, surge(), NOW)
    assert len(plan.held) == 3
    assert [story for _, story, _ in plan.joined] == [plan.begun[0].release.story] * 2
    assert plan.begun[0].release.text == "Surge: 5 stories from 2 publishers"


def test_alerts_of_a_surge_that_is_released_still_wait_for_their_turn():
    plan = place([held("i9")], surge(story="surge:r1:1", releasing=True), NOW)
    assert [one[:2] for one in plan.joined] == [(CHANNEL, "surge:r1:1")]
    assert plan.going_on == [("r1", CHANNEL, 60_000)]


def test_alerts_of_a_surge_under_way_go_to_its_thread():
    situation = Situation(
        stories={(CHANNEL, "surge:r1:1"): StorySnapshot(snapshot(kind="surge", state="sent"), None, 1, 1)},
        surges={("r1", CHANNEL): SurgeSnapshot(story="surge:r1:1")},
    )
    plan = place([held("i9")], situation, NOW)
    (made,) = plan.created
    assert (made.kind, made.root, made.story) == ("reply", "m1", "surge:r1:1")


def test_item_of_a_held_and_another_rule_alerts_by_the_other():
    plan = place([held("i1"), candidate(alert("i1", rule="plain"))], surge(), NOW)
    assert plan.created[0].alerts == ("plain-i1",)
    assert len(plan.held) == 1


RELEASE = Release("r1", CHANNEL, "surge:r1:1", "surge", NOW, "Surge: 50 stories from 2 publishers", 1)


def members(count: int) -> dict[str, Alert | None]:
    return {f"{n:010x}|r1-i{n}": alert(f"i{n}") for n in range(count)}


def test_release_lists_all_that_was_held_in_its_order_the_first_message_as_root():
    plan = release(RELEASE, members(50), Situation(), NOW)
    first, *others = plan.created
    assert [len(one.alerts) for one in plan.created] == [20, 20, 10]
    assert (first.root, first.text) == ("", RELEASE.text)
    assert all(one.kind == "surge" and one.root == first.id for one in others)
    assert [name for name, _ in plan.moved] == [f"r1-i{n}" for n in range(50)]
    assert plan.released == [(CHANNEL, "surge:r1:1", tuple(members(50)))]
    assert plan.stories[0].root == first.id


def test_release_goes_on_in_the_thread_that_an_earlier_part_began():
    root = StorySnapshot(snapshot(kind="surge", state="sent"), None, 3, 1)
    plan = release(RELEASE, members(5), Situation(stories={(CHANNEL, RELEASE.story): root}), NOW)
    assert [one.root for one in plan.created] == ["m1"]
    assert plan.stories[0].messages.keys() == {4}


def test_release_drops_members_that_are_gone_or_in_a_message():
    plan = release(RELEASE, {"1|a": None, "2|b": alert("b")}, Situation(), NOW)
    assert [name for name, _ in plan.moved] == ["r1-b"]
    assert plan.released[0][2] == ("1|a", "2|b")


def test_release_for_a_digest_has_no_thread():
    given = Release("r1", CHANNEL, "surge:r1:1", "digest", NOW + 5, "Digest", 1)
    plan = release(given, members(25), Situation(), NOW)
    assert [(one.kind, one.root, one.due) for one in plan.created] == [("digest", "", NOW + 5)] * 2


# ── whatever comes ────────────────────────────────────────────────────────────────────────────

CANDIDATES = st.builds(
    lambda item, rule, severity, kind, threshold, muted, capped, length: Candidate(
        alert=alert(
            f"i{item}",
            f"r{rule}",
            severity,
            story_id=f"s{item % 4}",
            link="https://a.example/" + "x" * length,
        ),
        kind=kind,
        group=f"s{item % 4}" if kind == "each" else "digest:8",
        due_ms=NOW,
        heading="Digest",
        threshold=THRESHOLD if threshold else None,
        muted="r|*" if muted else None,
        cap=Cap(2, HOUR, NOW, "Too many", 1_000, "Too many here") if capped else None,
    ),
    st.integers(0, 30),
    st.integers(0, 4),
    st.sampled_from(["low", "medium", "high"]),
    st.sampled_from(["each", "digest"]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.integers(1, 2_900),
)


@given(st.lists(CANDIDATES, max_size=60))
def test_each_alert_is_in_exactly_one_message_or_says_why_in_none(candidates):
    asked = question(candidates, NOW)
    assert set(asked.alerts) == {one.alert.id for one in candidates}
    plan = place(candidates, Situation(), NOW)
    members = Counter(name for one in plan.created for name in one.alerts)
    waiting = {one.member.partition("|")[2] for one in plan.held} | {
        one[2].partition("|")[2] for one in plan.joined
    }
    for placed in plan.alerts:
        name = placed.alert.id
        assert members[name] == (placed.message_id != "")
        assert (name in waiting) == (placed.message_id == "" and placed.muted is None)
    assert len(plan.alerts) == len({one.alert.id for one in candidates})
    for one in plan.created:
        items = {placed.alert.item_id for placed in plan.alerts if placed.message_id == one.id}
        assert len(items) <= MAX_ITEMS
        assert one.size <= ROOM or len(items) == 1
        stories = [change for change in plan.stories if one.id in change.messages.values()]
        assert len(stories) == 1
