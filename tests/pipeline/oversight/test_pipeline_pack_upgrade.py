"""An upgrade of the packs: which rules gain or lose hits among the stored items, said once."""

from dataclasses import replace

import pytest

from feed_server import story
from newsroom import OPS
from newswatch.packs import packs_version
from newswatch.pipeline.oversight.housekeeping import run_housekeeping
from newswatch.pipeline.oversight.pack_upgrade import Change, changes_between, is_outdated
from newswatch.store import rule_hits
from newswatch.store.rule_hits import RuleHits

WATCHLIST = """\
rules:
  - {id: against, event: {who: $central_banks, does: $opposes}, notify: [policy]}
  - {id: words, query: central bank opposes, notify: [policy]}
"""


@pytest.fixture
def room(newsroom):
    newsroom.watchlist(WATCHLIST)
    newsroom.site.serve("/wire", story(1, "Central bank opposes the plan"), story(2, "ECB rejects the levy"))
    newsroom.poll()
    newsroom.match()
    newsroom._do(run_housekeeping)
    return newsroom


def change_record(room, **changes):
    """Make the last note one of an older release."""

    async def work(services):
        record = await rule_hits.read(services.redis)
        await rule_hits.write(services.redis, replace(record, **changes))

    room._do(work)


def notices_of(room):
    room.deliver()
    return [post["text"] for post in room.posts(OPS) if post["text"].startswith("Packs")]


def record_of(room):
    async def work(services):
        return await rule_hits.read(services.redis)

    return room._do(work)


def test_housekeeping_notes_the_hits_of_rules_with_packs(room):
    record = record_of(room)
    assert record.packs == packs_version()
    assert {name: len(hits.items) for name, hits in record.rules.items()} == {"against": 2}


def test_upgrade_is_reported_once_with_what_each_rule_gains_and_loses(room):
    hits = record_of(room).rules["against"]
    change_record(room, packs="0123456789ab", rules={"against": replace(hits, items=(hits.items[0], "gone"))})
    assert room._do(is_outdated)
    room._do(run_housekeeping)
    assert not room._do(is_outdated)
    room._do(run_housekeeping)
    (notice,) = notices_of(room)
    assert "Packs 012345 → " in notice
    assert "against +1 −0" in notice


def test_upgrade_that_changes_nothing_says_so(room):
    change_record(room, packs="0123456789ab")
    room._do(run_housekeeping)
    assert "every rule catches what it caught before" in notices_of(room)[0]


def test_same_packs_are_not_reported(room):
    room._do(run_housekeeping)
    assert notices_of(room) == []


def test_rule_that_was_edited_or_added_is_left_out():
    before = {"edited": RuleHits("a", ("1",)), "same": RuleHits("b", ("1", "2"))}
    now = {"edited": RuleHits("x", ()), "same": RuleHits("b", ("1", "3", "4")), "new": RuleHits("c", ("1",))}
    # Item 4 was claimed after the note.
    assert changes_between(before, now, {"1", "2", "3"}) == [Change("same", 1, 1)]


def test_note_that_cannot_be_read_counts_as_none(room):
    room.redis.set("newswatch:rule-hits", b"broken")
    room._do(run_housekeeping)
    assert record_of(room) is not None
