"""`claim.lua`, `memory.lua`, `states.lua`, `update.lua` and `article.lua`: the poll stage's side of the hand-over."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from store_records import NOW, item

from newswatch.errors import LeaseLost
from newswatch.store import articles, feeds, keys
from newswatch.store.feeds import Claim, ClaimConflict, StateUpdate
from newswatch.store.leases import Lease
from newswatch.store.seen import SeenRecord


def record(number: int) -> SeenRecord:
    name, none = number.to_bytes(8, "big"), bytes(8)
    return SeenRecord(name, name, name, none, none, none, 0, 0, 0, 1, 0, silent=False)


def work(*numbers: int, **changes) -> Claim:
    pairs = tuple((item(n), record(n)) for n in numbers)
    return Claim(
        "wire", pairs, tuple(one for _, one in pairs), {"etag": '"v1"'}, NOW + 60_000, NOW, **changes
    )


async def claim(redis, given: Claim, generation: int = 0, version: int = 0) -> int:
    return await feeds.claim(redis, given, generation=generation, config_version=version, trim_before_ms=0)


async def test_claim_remembers_appends_and_saves_the_validators_in_one_step(redis):
    assert await claim(redis, work(1, 2)) == 2
    assert await redis.xlen(keys.ITEMS) == 2
    memory = await feeds.read_memory(redis, "wire")
    assert (memory.state.generation, memory.state.validators.etag, len(memory.seen)) == (1, '"v1"', 2)
    assert await redis.zscore(keys.FEEDS_DUE, "wire") == NOW + 60_000
    day, hour = divmod(NOW // 3_600_000, 24)
    assert await redis.hget(keys.items_by_hour(day), str(hour)) == b"2"


@pytest.mark.parametrize(("generation", "version"), [(1, 0), (0, 1)])
async def test_claim_on_another_generation_or_configuration_is_refused(redis, generation, version):
    with pytest.raises(ClaimConflict):
        await claim(redis, work(1), generation, version)
    assert await redis.keys("newswatch:*") == []


async def test_claim_is_trimmed_never_past_what_is_not_acknowledged(redis):
    await feeds.ensure_group(redis)
    await claim(redis, work(1))
    await feeds.claim(redis, work(2), generation=1, config_version=0, trim_before_ms=2**45)
    assert await redis.xlen(keys.ITEMS) == 2


async def test_stages_that_begin_together_all_find_the_group(redis):
    await asyncio.gather(*(feeds.ensure_group(redis) for _ in range(20)))
    assert len(await redis.xinfo_groups(keys.ITEMS)) == 1


async def test_many_states_are_written_and_read_in_one_step(redis):
    await redis.zadd(keys.FEEDS_DUE, {f"f{n}": 0 for n in range(50)})
    await feeds.write_updates(redis, [StateUpdate(f"f{n}", {"etag": str(n)}, NOW + n) for n in range(50)])
    found = await feeds.read_states(redis, [f"f{n}" for n in range(51)])
    assert [found[f"f{n}"].validators.etag for n in range(51)] == [*map(str, range(50)), ""]
    assert await redis.zscore(keys.FEEDS_DUE, "f7") == NOW + 7


async def test_update_that_follows_from_another_claim_stores_only_the_due_time(redis):
    await redis.zadd(keys.FEEDS_DUE, {"wire": 0})
    await claim(redis, work(1))
    await feeds.write_updates(redis, [StateUpdate("wire", {"etag": "old"}, NOW + 5, generation=0)])
    assert (await feeds.read_states(redis, ["wire"]))["wire"].validators.etag != "old"
    assert await redis.zscore(keys.FEEDS_DUE, "wire") == NOW + 5
    await feeds.write_updates(redis, [StateUpdate("wire", {"etag": "new"}, NOW + 6, generation=1)])
    assert (await feeds.read_states(redis, ["wire"]))["wire"].validators.etag == "new"


# ── pages ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def job(redis):
    await claim(redis, work(1, pages=frozenset({item(1).id})))
    (found,) = await articles.due_jobs(redis, NOW, known=(), most=10)
    return found


@pytest.fixture
async def lease(redis):
    made = Lease(redis, "articles", 15.0)
    assert await made.take(0.0)
    return made


async def test_page_that_was_read_is_appended_counted_and_no_job_any_more(redis, lease, job):
    assert await articles.read_item(redis, job) == item(1)
    assert await articles.settle(redis, lease, job, "read", item=replace(item(1), body="text", article=True))
    assert await redis.xlen(keys.ITEMS) == 2
    assert await articles.waiting(redis) == 0
    assert (await feeds.read_states(redis, ["wire"]))["wire"].articles.articles_read == 1
    assert not await redis.exists(keys.article(job.item_id))


async def test_page_that_failed_is_due_later_and_given_up_with_its_feed(redis, lease, job):
    assert await articles.settle(redis, lease, job, "later", error="timeout", at_ms=NOW + 9)
    (again,) = await articles.due_jobs(redis, NOW + 9, known=(), most=10)
    assert again.tries == 1
    assert await articles.settle(redis, lease, again, "given-up", error="timeout", at_ms=NOW)
    assert await articles.waiting(redis) == 0
    assert (await feeds.read_states(redis, ["wire"]))["wire"].articles.articles_failed == 1


async def test_page_of_an_item_that_was_edited_meanwhile_changes_nothing(redis, lease, job):
    assert not await articles.settle(redis, lease, replace(job, stamp="other"), "drop")
    assert await articles.waiting(redis) == 1


async def test_page_is_not_settled_without_the_lease(redis, lease, job):
    await redis.set(lease.key, "another")
    with pytest.raises(LeaseLost):
        await articles.settle(redis, lease, job, "drop")
    assert await articles.waiting(redis) == 1
