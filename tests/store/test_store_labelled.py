"""Items that readers labelled for a rule: kept with the newest first, and tidied."""

from __future__ import annotations

from datetime import timedelta

from store_records import NOON, NOW, alert, item, queue

from newswatch.models import Mark
from newswatch.store import keys, labelled, marks
from newswatch.store.labelled import Labelled


async def test_missed_item_is_kept_once_for_its_rule_with_the_newest_record(redis):
    assert await labelled.put_missed(redis, "r1", Labelled(item(1), "ada", NOON))
    assert not await labelled.put_missed(redis, "r1", Labelled(item(1), "bob", NOON + timedelta(hours=1)))
    assert await labelled.put_missed(redis, "r1", Labelled(item(2), "ada", NOON))
    found = await labelled.read_labelled(redis, "missed", "r1")
    assert [(one.item, one.by) for one in found] == [(item(1), "bob"), (item(2), "ada")]
    assert await labelled.count_labelled(redis, ["missed", "irrelevant"], ["r1", "r2"]) == {
        "missed": {"r1": 2},
        "irrelevant": {},
    }
    assert await labelled.read_labelled(redis, "irrelevant", "r1") == []


async def test_old_ones_and_all_but_the_newest_are_tidied_away(redis):
    for number in range(labelled.MOST_LABELLED + 2):
        at = NOON - timedelta(minutes=number)
        await labelled.put_missed(redis, "r1", Labelled(item(number), "ada", at))
    await labelled.put_missed(redis, "r2", Labelled(item(1), "ada", NOON - timedelta(days=91)))
    assert await labelled.tidy_labelled(redis, "missed", NOW, 90 * 86_400.0) == 3
    assert len(await labelled.read_labelled(redis, "missed", "r1")) == labelled.MOST_LABELLED
    assert not await redis.exists(keys.missed("r2"))


async def test_labelled_items_of_more_rules_than_are_counted_at_once_are_counted_for_each(redis):
    rules = [f"r{number}" for number in range(labelled.HASHES_AT_ONCE + 2)]
    for rule in (rules[0], rules[-1]):
        await labelled.put_missed(redis, rule, Labelled(item(1), "ada", NOON))
    found = await labelled.count_labelled(redis, ["acknowledged", "missed"], rules)
    assert found == {"acknowledged": {}, "missed": {rules[0]: 1, rules[-1]: 1}}
    assert await labelled.count_labelled(redis, ["missed"], []) == {"missed": {}}


async def test_acknowledged_item_is_counted_as_long_as_its_alert_is_kept(redis, match_lease):
    old = alert("a2", matched=NOON - timedelta(days=91))
    await queue(redis, match_lease, "m1", alert("a1"))
    await queue(redis, match_lease, "m2", old, story="s2")
    for message, one in (("m1", alert("a1")), ("m2", old)):
        await marks.put_ack(redis, message, Mark(True, "ada", "U1", NOON), NOW, [one])
    assert await labelled.count_labelled(redis, ["acknowledged"], ["r1"]) == {"acknowledged": {"r1": 2}}
    assert await labelled.tidy_acknowledged(redis, NOW, 90 * 86_400.0) == 1
    assert await labelled.count_labelled(redis, ["acknowledged"], ["r1"]) == {"acknowledged": {"r1": 1}}
