"""`notice.lua` and `daily_line.lua`: messages that no alert is in."""

from __future__ import annotations

from store_records import CHANNEL, NOW, queued, stored

from newswatch.models import Receiver
from newswatch.store import daily_lines, keys, notices

HOURS = 3_600_000
RECEIVER = Receiver("policy", CHANNEL)


async def switch(redis, how, now_ms=NOW, channel=CHANNEL):
    return await notices.switch(redis, "slack", how, notice_text="Away.", ops_channel=channel, now_ms=now_ms)


async def test_notice_is_queued_on_onset_repeated_after_hours_and_once_at_the_end(redis):
    first = await switch(redis, "on")
    found = (await stored(redis, first)).message
    assert (found.kind, found.text, found.story_id, found.alert_ids) == ("ops", "Away.", "ops:slack", ())
    assert await switch(redis, "on", NOW + HOURS) is None
    assert await switch(redis, "on", NOW + 4 * HOURS)
    assert await notices.is_active(redis, "slack")
    assert await switch(redis, "off", NOW + 5 * HOURS)
    assert await switch(redis, "off", NOW + 6 * HOURS) is None
    assert not await notices.is_active(redis, "slack")
    assert len(await queued(redis)) == 3


async def test_notice_without_an_ops_channel_is_noted_and_not_queued(redis):
    assert await switch(redis, "on", channel="") == ""
    assert await notices.is_active(redis, "slack")
    assert not await redis.exists(keys.CHANNELS)


async def test_notice_of_what_has_no_end_comes_once(redis):
    assert await switch(redis, "once")
    assert await switch(redis, "once", NOW + HOURS) is None
    assert not await notices.is_active(redis, "slack")


async def test_notices_of_one_moment_keep_their_order(redis):
    names = [
        await notices.switch(redis, f"c{n}", "on", notice_text=str(n), ops_channel=CHANNEL, now_ms=NOW)
        for n in range(30)
    ]
    assert list(await queued(redis)) == names


async def line(redis, due_ms):
    return await daily_lines.queue_line(
        redis, RECEIVER, "Nothing came.", due_ms=due_ms, now_ms=due_ms, items=7
    )


async def test_daily_line_comes_from_the_second_time_on_once_a_day(redis):
    assert not await line(redis, NOW)
    assert await line(redis, NOW + 24 * HOURS)
    assert not await line(redis, NOW + 24 * HOURS)
    ((name, _),) = (await queued(redis)).items()
    assert (await stored(redis, name)).message.text == "Nothing came."
    assert await daily_lines.last_line(redis, RECEIVER) == (NOW + 24 * HOURS, 7)


async def test_daily_line_does_not_come_after_an_alert(redis):
    await line(redis, NOW)
    await redis.hset(keys.channel(CHANNEL), "last_alert", NOW + 1)
    assert not await line(redis, NOW + 24 * HOURS)
    assert await line(redis, NOW + 48 * HOURS)
