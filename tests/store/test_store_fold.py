"""`fold.lua`: queued messages become a digest, all of them or none."""

from __future__ import annotations

from store_records import CHANNEL, NOW, alert, queue, queued, stored

from newswatch.models import Delivery, Message
from newswatch.pipeline.deliver.folding import digests_of, fold
from newswatch.slack.layout import SlackLayout
from newswatch.slack.listing import ROOM
from newswatch.store import keys, outbox
from newswatch.store.messages import StoredMessage


async def three(redis, lease):
    return [await queue(redis, lease, f"m{n}", alert(f"a{n}"), story=f"s{n}") for n in range(3)]


async def test_messages_become_one_digest_with_all_their_alerts(redis, match_lease):
    old = await three(redis, match_lease)
    assert await outbox.fold(redis, CHANNEL, old, now_ms=NOW, due_ms=NOW + 9, heading="Held back")
    ((name, due),) = (await queued(redis)).items()
    found = (await stored(redis, name)).message
    assert (found.kind, found.alert_ids, found.text, found.size, due) == (
        "digest", ("a0", "a1", "a2"), "Held back", 300, NOW + 9,
    )  # fmt: skip
    assert await redis.exists(*(keys.message(one.id) for one in old)) == 0
    for number in range(3):
        assert await redis.hget(keys.alert(f"a{number}"), "message") == name.encode()
        assert await redis.hget(keys.story(CHANNEL, f"s{number}"), "root") == name.encode()


async def test_reply_that_is_folded_collects_no_more(redis, match_lease):
    old = await three(redis, match_lease)
    await redis.hset(keys.story(CHANNEL, "s0"), mapping={"root": "m9", "open": "m0"})
    await outbox.fold(redis, CHANNEL, old, now_ms=NOW, due_ms=NOW, heading="")
    assert await redis.hmget(keys.story(CHANNEL, "s0"), "root", "open") == [b"m9", None]


async def test_message_that_was_begun_or_grew_or_is_gone_refuses_all(redis, match_lease):
    old = await three(redis, match_lease)
    for field, value in (("state", "sending"), ("frozen", "1"), ("alerts", '["a1","b"]')):
        before = await redis.hgetall(keys.message("m1"))
        await redis.hset(keys.message("m1"), field, value)
        assert not await outbox.fold(redis, CHANNEL, old, now_ms=NOW, due_ms=NOW, heading="")
        await redis.delete(keys.message("m1"))
        await redis.hset(keys.message("m1"), mapping=before)
    await redis.delete(keys.message("m1"))
    assert not await outbox.fold(redis, CHANNEL, old, now_ms=NOW, due_ms=NOW, heading="")
    assert (await queued(redis)).keys() == {"m0", "m1", "m2"}


async def test_whole_queue_is_folded_in_its_order(redis, match_lease):
    for number in range(45):
        await queue(redis, match_lease, f"m{number:02}", alert(f"a{number:02}"), story=f"s{number}")
    assert await fold(redis, CHANNEL, SlackLayout(), now_ms=NOW, due_ms=NOW + 9) == 45
    names = [(await stored(redis, name)).message.alert_ids for name in await queued(redis)]
    assert [name for ids in names for name in ids] == [f"a{number:02}" for number in range(45)]
    assert [len(ids) for ids in names] == [20, 20, 5]


def a_message(name: str, alerts: int = 1, size: int = 100, kind: str = "story", state: str = "queued"):
    ids = tuple(f"{name}-{n}" for n in range(alerts))
    return StoredMessage(Delivery(Message(name, kind, CHANNEL, name, ids, size=size), state))


def test_digests_take_neighbours_as_many_as_fit():
    queue_ = [a_message(f"m{n}", alerts=8) for n in range(5)]
    assert [[one.id for one in digest] for digest in digests_of(queue_, SlackLayout())] == [
        ["m0", "m1"],
        ["m2", "m3"],
    ]
    wide = [a_message(f"m{n}", size=ROOM // 3) for n in range(4)]
    assert [len(digest) for digest in digests_of(wide, SlackLayout())] == [3]


def test_what_is_begun_or_listed_already_is_not_folded():
    others = [a_message("d", kind="digest"), a_message("o", kind="ops"), a_message("b", state="sending")]
    assert digests_of([a_message("m0"), *others], SlackLayout()) == []
    assert len(digests_of([a_message("m0"), *others, a_message("m1")], SlackLayout())[0]) == 2
