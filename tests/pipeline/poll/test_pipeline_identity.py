"""Identity is decided by pure code; here are the cases a desk would notice."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.document import Entry
from newswatch.feeds.canonical import canonical_link
from newswatch.models import Feed
from newswatch.pipeline.base.late_edits import is_late_edit
from newswatch.pipeline.poll import entry_ids, identity
from newswatch.store.seen import digest, pack_all, unpack_all

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=timezone.utc)
FEED = Feed(id="wire", url="https://wire.example/rss")


def entry(number: int, **changes) -> Entry:
    base = Entry(
        guid=f"g{number}",
        link=f"https://wire.example/story/{number}?utm_source=rss",
        title=f"Story {number}",
        summary=f"Summary {number}",
        published=NOW - timedelta(hours=1),
    )
    return base._replace(**changes)


class Feedback:
    """A feed as the poller lives through it: documents come, records are kept."""

    def __init__(self, *, first_sight: bool = False) -> None:
        self.known = {}
        self.first = first_sight
        self.document = self.confirmed = 0

    def show(self, *entries: Entry, now: datetime = NOW, version: int = 1):
        seconds = int(now.timestamp())
        context = identity.PollContext(
            feed=FEED,
            now=seconds,
            first_sight=self.first,
            config_version=version,
            document_time=self.document,
            confirmed_time=self.confirmed,
        )
        decision = identity.decide(self.known, entry_ids.identify(entries, canonical_link), context)
        self.known = {record.id: record for record in decision.whole}
        self.first = False
        self.document = self.confirmed = seconds
        return [item for item, _ in decision.items]


def test_known_items_shown_again_are_not_new():
    feed = Feedback()
    assert len(feed.show(entry(1), entry(2))) == 2
    assert feed.show(entry(2), entry(1)) == []


def test_items_come_out_oldest_first():
    feed = Feedback()
    old = entry(1, published=NOW - timedelta(hours=5))
    titles = [item.title for item in feed.show(entry(2), old)]
    assert titles == ["Story 1", "Story 2"]


def test_rewritten_guids_bring_nothing_when_links_stay():
    feed = Feedback()
    feed.show(entry(1), entry(2))
    assert feed.show(entry(1, guid="x1"), entry(2, guid="x2")) == []


def test_rewritten_guids_and_tracking_parameters_bring_nothing():
    feed = Feedback()
    feed.show(entry(1))
    changed = entry(1, guid="x1", link="http://WIRE.example/story/1?utm_source=app#top")
    assert feed.show(changed) == []


def test_rewritten_guid_then_edit_keeps_the_items_identity():
    feed = Feedback()
    (first,) = feed.show(entry(1))
    feed.show(entry(1, guid="x1"))
    (edited,) = feed.show(entry(1, guid="x1", summary="Changed"))
    assert (edited.id, edited.revision) == (first.id, 1)


def test_guid_rewritten_back_and_forth_stays_one_item():
    feed = Feedback()
    feed.show(entry(1))
    for guid in ("x1", "g1", "x1", "g1"):
        assert feed.show(entry(1, guid=guid)) == []


def test_edit_is_a_revision_of_the_same_item():
    feed = Feedback()
    (first,) = feed.show(entry(1))
    (second,) = feed.show(entry(1, title="Story 1, corrected"))
    assert second.id == first.id
    assert (first.revision, second.revision) == (0, 1)


def test_edit_keeps_the_version_of_the_first_claim():
    feed = Feedback()
    feed.show(entry(1), version=3)
    (edited,) = feed.show(entry(1, summary="Changed"), version=9)
    assert edited.config_version == 3


def test_reused_title_with_another_link_on_another_day_is_new():
    feed = Feedback()
    rates = entry(1, title="Key rate decision")
    feed.show(rates)
    later = entry(2, title="Key rate decision", published=NOW + timedelta(days=40))
    assert len(feed.show(later)) == 1


def test_reused_title_beside_the_old_item_is_new():
    feed = Feedback()
    feed.show(entry(1, title="Statement"))
    assert len(feed.show(entry(1, title="Statement"), entry(2, title="Statement"))) == 1


def test_same_link_under_a_new_guid_while_the_old_stays_is_new():
    feed = Feedback()
    feed.show(entry(1))
    assert len(feed.show(entry(1), entry(1, guid="second"))) == 1


def test_two_new_guids_claiming_one_known_link_are_both_new():
    feed = Feedback()
    feed.show(entry(1))
    assert len(feed.show(entry(1, guid="a", title="A"), entry(1, guid="b", title="B"))) == 2


def test_same_link_more_than_48_hours_later_is_new():
    feed = Feedback()
    feed.show(entry(1))
    late = NOW + timedelta(hours=60)
    assert len(feed.show(entry(1, guid="x", published=late), now=late)) == 1


def test_undated_feed_that_rewrites_guids_every_day_for_a_week_stays_quiet():
    feed = Feedback()
    feed.show(entry(1, published=None))
    for day in range(1, 8):
        now = NOW + timedelta(days=day)
        assert feed.show(entry(1, guid=f"day{day}", published=None), now=now) == []


def test_repeated_guid_in_one_document_is_told_apart_by_link():
    feed = Feedback()
    shown = [entry(1, guid="same"), entry(2, guid="same")]
    assert len(feed.show(*shown)) == 2
    assert feed.show(*shown) == []


def test_guid_that_becomes_repeated_does_not_bring_the_first_again():
    feed = Feedback()
    feed.show(entry(1, guid="same"))
    brought = feed.show(entry(1, guid="same"), entry(2, guid="same"))
    assert [item.title for item in brought] == ["Story 2"]


def test_items_without_guid_and_link_are_told_apart_by_text():
    feed = Feedback()
    bare = Entry(title="A", summary="one")
    assert len(feed.show(bare, bare._replace(summary="two"))) == 2
    assert feed.show(bare) == []


def test_first_sight_is_silent_for_old_and_undated_items():
    feed = Feedback(first_sight=True)
    old = entry(1, published=NOW - timedelta(hours=30))
    items = feed.show(entry(2), old, entry(3, published=None))
    assert {item.title: item.silent for item in items} == {"Story 1": True, "Story 2": False, "Story 3": True}


def test_first_sight_of_a_calendar_of_the_future_does_not_flood():
    feed = Feedback(first_sight=True)
    ahead = [entry(n, published=NOW + timedelta(days=30 * n)) for n in range(1, 5)]
    never = entry(9, published=datetime(9999, 12, 31, tzinfo=timezone.utc))
    zone = entry(10, published=NOW + timedelta(hours=11))
    items = feed.show(*ahead, never, zone)
    assert [item.title for item in items if not item.silent] == ["Story 10"]


def test_edit_of_an_item_dated_in_the_future_is_late_by_when_it_was_first_seen():
    feed = Feedback()
    feed.show(entry(1, published=NOW + timedelta(days=300)))
    later = NOW + timedelta(days=5)
    (edit,) = feed.show(entry(1, published=NOW + timedelta(days=300), summary="Other words"), now=later)
    assert is_late_edit(edit, later)
    assert not is_late_edit(edit, NOW + timedelta(hours=40))


def test_first_sight_leaves_an_archive_out_of_the_stream_and_remembers_it():
    feed = Feedback(first_sight=True)
    archive = entry(1, published=NOW - timedelta(days=900))
    assert feed.show(archive) == []
    assert feed.show(archive) == []


def test_edit_of_a_silent_item_stays_silent():
    feed = Feedback(first_sight=True)
    old = entry(1, published=NOW - timedelta(days=3))
    feed.show(old)
    (edited,) = feed.show(old._replace(summary="Changed"))
    assert edited.silent


def test_item_is_forgotten_30_days_after_it_left_the_document():
    feed = Feedback()
    feed.show(entry(1))
    feed.show(entry(2), now=NOW + timedelta(days=29))
    assert any(record.title == digest("story 1", 6) for record in feed.known.values())
    feed.show(entry(2), now=NOW + timedelta(days=31))
    assert len(feed.known) == 1


def test_item_stays_known_while_the_document_is_only_confirmed():
    """A feed that answered 304 for two months still holds its items."""
    feed = Feedback()
    feed.show(entry(1))
    two_months = NOW + timedelta(days=60)
    feed.confirmed = int(two_months.timestamp()) - 60
    feed.show(entry(2), now=two_months)
    assert feed.show(entry(1), now=two_months + timedelta(hours=1)) == []


@given(st.lists(st.integers(0, 6), min_size=1, max_size=8), st.lists(st.integers(0, 6), max_size=8))
def test_whatever_the_order_a_document_never_brings_an_item_twice(first, second):
    feed = Feedback()
    feed.show(*(entry(n) for n in first))
    brought = feed.show(*(entry(n) for n in second))
    assert {item.title for item in brought} == {f"Story {n}" for n in set(second) - set(first)}


def known_by(feed: Feedback) -> list[str]:
    """What decided about each item, after a trip through Redis's bytes."""
    return [record.known_by for record in unpack_all(pack_all(feed.known.values())).values()]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, "guid"),
        ({"guid": ""}, "link"),
        ({"guid": "", "link": ""}, "title"),
        ({"guid": "", "link": "", "published": None}, "content"),
    ],
)
def test_record_says_what_an_items_identity_is_made_of(changes, rule):
    feed = Feedback()
    feed.show(entry(1, **changes))
    assert known_by(feed) == [rule]
    feed.show(entry(1, **changes))
    assert known_by(feed) == [rule]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"guid": "x1"}, "link"),
        ({"guid": "x1", "link": "https://wire.example/other"}, "title"),
        ({"summary": "Changed"}, "guid"),
    ],
)
def test_record_keeps_what_showed_that_an_entry_is_a_known_item(changes, rule):
    feed = Feedback()
    feed.show(entry(1))
    feed.show(entry(1, **changes))
    feed.show(entry(1, **changes))
    assert known_by(feed) == [rule]


def undated(number: int, **changes) -> Entry:
    return entry(number, published=None, **changes)


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize(
    "polls",
    [
        # guids made anew at each poll, and one link for all
        [[{"guid": f"{poll}-{n}", "link": "https://wire.example/"} for n in range(4)] for poll in range(6)],
        # a guid twice, then once, then twice
        [[{"guid": "a"}, {"guid": "a"}, {}], [{"guid": "a"}, None, {}], [{"guid": "a"}, {"guid": "a"}, {}]],
        # no guid, and one link for all; the document shrinks to one item and grows again
        [
            [{"guid": "", "link": "https://wire.example/"} if n < most else None for n in range(4)]
            for most in (4, 1, 2, 4)
        ],
        # session ids in links, no guid
        [
            [{"guid": "", "link": f"https://wire.example/{n};jsessionid={poll}A{n}"} for n in range(3)]
            for poll in range(5)
        ],
        [
            [{"guid": "", "link": f"https://wire.example/?id={n}&PHPSESSID={poll}"} for n in range(3)]
            for poll in range(5)
        ],
        # session ids in guids that are links
        [[{"guid": f"https://wire.example/{n};jsessionid={poll}"} for n in range(3)] for poll in range(5)],
        # one guid for all
        [[{"guid": "0"} if n < most else None for n in range(4)] for most in (4, 1, 3, 2, 4)],
        # one link, first items with guids, later without
        [[{"link": "https://wire.example/"}] * 3, [{"link": "https://wire.example/", "guid": ""}] * 3],
        # a guid that becomes repeated
        [[{"guid": "a"}, None], [{"guid": "a"}, {"guid": "b"}], [{"guid": "a"}, {"guid": "b"}]],
        # neither guid nor link
        [[{"guid": "", "link": ""}] * 3 for _ in range(4)],
        # the order turns round
        [[{"guid": "x"}] * 3, [{"guid": "x"}] * 3],
        # guids made anew, links kept
        [[{"guid": f"{poll}/{n}"} for n in range(3)] for poll in range(5)],
    ],
)
def test_nothing_alerts_again_whatever_a_feed_does_to_its_ids(polls, dated):
    feed, brought = Feedback(), []
    for poll, shown in enumerate(polls):
        made = [
            entry(n, **({} if dated else {"published": None}), **changes)
            for n, changes in enumerate(shown)
            if changes is not None
        ]
        now = NOW + timedelta(minutes=5 * poll)
        items = feed.show(*(reversed(made) if poll % 2 else made), now=now)
        brought += [item.title for item in items if not item.revision]
    assert sorted(brought) == sorted(set(brought))


def test_one_link_with_changing_titles_is_one_item_that_is_edited():
    feed = Feedback()
    (first,) = feed.show(undated(1, guid="", title="Rates at 10:00"))
    for minute in range(1, 5):
        (edit,) = feed.show(undated(1, guid="", title=f"Rates at 10:0{minute}"))
        assert (edit.id, edit.revision) == (first.id, minute)


def test_new_item_under_the_one_link_of_all_is_new():
    feed = Feedback()
    site = {"guid": "", "link": "https://wire.example/"}
    feed.show(undated(1, **site), undated(2, **site), undated(3, **site))
    (new,) = feed.show(undated(4, **site), undated(1, **site), undated(2, **site))
    assert (new.title, new.revision) == ("Story 4", 0)


def test_edit_of_headline_slug_link_and_guid_with_the_same_date_is_an_edit():
    feed = Feedback()
    moment = NOW - timedelta(minutes=17)
    before = entry(1, published=moment)
    feed.show(entry(2, published=NOW - timedelta(hours=3)), before)
    after = before._replace(guid="new", link="https://wire.example/new-slug", title="Another headline")
    (edit,) = feed.show(entry(2, published=NOW - timedelta(hours=3)), after)
    assert edit.revision == 1


def test_guid_with_a_new_story_and_a_new_date_is_new():
    feed = Feedback()
    (first,) = feed.show(entry(1, guid="latest"))
    later = NOW + timedelta(days=1)
    (new,) = feed.show(entry(2, guid="latest", published=later), now=later)
    assert (new.revision, new.id != first.id) == (0, True)
    assert feed.show(entry(2, guid="latest", published=later), now=later + timedelta(hours=1)) == []


def test_headline_edit_with_a_date_a_little_later_is_an_edit():
    feed = Feedback()
    feed.show(entry(1))
    (edit,) = feed.show(entry(1, title="Edited", published=NOW))
    assert edit.revision == 1


def test_items_older_than_max_age_are_remembered_silently():
    feed = Feedback()
    old, fresh = NOW - timedelta(days=8), NOW - timedelta(days=6)
    assert [i.title for i in feed.show(entry(1, published=old), entry(2, published=fresh))] == ["Story 2"]
    assert len(feed.known) == 2


def test_date_with_an_unclear_zone_silences_nothing():
    feed = Feedback(first_sight=True)
    items = feed.show(
        entry(1, published=NOW - timedelta(hours=30), dates_unclear=True),
        entry(2, published=NOW - timedelta(hours=50), dates_unclear=True),
    )
    assert {item.title: item.silent for item in items} == {"Story 1": False, "Story 2": True}


def test_first_three_items_of_a_new_feed_without_dates_may_alert():
    feed = Feedback(first_sight=True)
    items = feed.show(*(undated(n) for n in range(10)))
    assert [item.title for item in items if not item.silent] == ["Story 0", "Story 1", "Story 2"]


@pytest.mark.parametrize(
    "shown", [[undated(n) for n in range(51)], [entry(0), *(undated(n) for n in range(1, 10))]]
)
def test_undated_items_of_a_long_or_a_dated_feed_are_silent_at_first_sight(shown):
    feed = Feedback(first_sight=True)
    assert all(item.silent for item in feed.show(*shown) if item.published is None)
