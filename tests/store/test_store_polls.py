"""The history of a feed's polls: short, and the same when it is read as when it was written."""

import pytest

from newswatch.store import keys, polls
from newswatch.store.client import connect
from newswatch.store.polls import PollNote


@pytest.fixture
async def redis(redis_url):
    async with connect(redis_url) as client:
        yield client


async def write(redis, *notes):
    pipe = redis.pipeline(transaction=False)
    for note in notes:
        polls.add(pipe, note)
    await pipe.execute()


def note(at_s, **more):
    return PollNote("wire", at_s, **{"status": 200, "new": 0, "took_ms": 12, "unchanged": 3, **more})


async def test_notes_are_read_newest_first_as_they_were_written(redis):
    one = note(1_764_000_000, new=2)
    two = note(1_764_000_060, status=0, failures=1, error="feed wire: no answer  within 10 s: 5 times")
    await write(redis, one, two)
    assert await polls.read(redis, "wire") == [two, one]


async def test_failure_that_repeats_takes_the_place_of_its_note(redis):
    first, second = note(1, failures=1, error="gone"), note(2, failures=2, error="gone", again=True)
    await write(redis, note(0), first, second)
    assert [(one.at_s, one.failures) for one in await polls.read(redis, "wire")] == [(2, 2), (0, 0)]


async def test_only_the_newest_are_kept_and_few_bytes_each(redis):
    await write(redis, *(note(1_764_000_000 + n, new=n) for n in range(50)))
    found = await polls.read(redis, "wire")
    assert [one.new for one in found] == list(range(49, 29, -1))
    assert await redis.memory_usage(keys.polls("wire")) < 900


async def test_row_that_is_none_of_ours_is_left_out(redis):
    await write(redis, note(7))
    await redis.rpush(keys.polls("wire"), "what is this", b"\xff\xfe")
    assert [one.at_s for one in await polls.read(redis, "wire")] == [7]
