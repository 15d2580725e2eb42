"""Finds what was posted already, before a channel's first message after Redis lost data.

Redis records what was sent. If it lost that record (a wiped disk, an old backup, a failover without the last
seconds), everything would be sent again. The history at the other end still has it: each message names its id and
its alerts there. It is read page by page at the pace that Slack allows, from the last message that this Redis knows
of. The place is kept, so that a pause, the end of a run or a kill loses nothing. Of the threads only those are read
that got replies in that time, or that queued replies go to.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from newswatch.models import Alert
from newswatch.pipeline.base import notices
from newswatch.pipeline.deliver.doubt import pause_reading
from newswatch.pipeline.deliver.run_state import DeliveryRun
from newswatch.quantity import quantity
from newswatch.sending import Outcome, Page, Posted
from newswatch.store import configuration, epoch, messages, outbox
from newswatch.store.codec import from_ms, to_ms
from newswatch.store.epoch import Place

EMPTY_BACK = timedelta(hours=48)
"""How far back to look after Redis came back empty. At first sight, feeds bring nothing older than a day."""
MOST_BACK = timedelta(days=7)
"""How far back to look at most, in a channel that got its last message long ago."""
CLOCK_TOLERANCE = timedelta(minutes=2)
SLACK_AND_REDIS = timedelta(minutes=1)
"""Between the time when a message was posted and the time when it was recorded, at most."""
REFUSED = ("paused_channel", "paused_workspace")
MOST_FAILED = 8
"""Readings that may fail in a row before alerts are sent nevertheless: late is better than lost."""
MOST_LINKS = 10


async def make_sure(run: DeliveryRun, channel: str, message_id: str) -> bool:
    """Whether this message may be sent to the channel. Reads its history if another Redis delivered last.

    If so, `run.server` is the Redis that this holds for. A notice or a line may be sent at any time: it holds no alert. Fresh news does not wait for its channel's turn to be
    read, which may take minutes with very many channels.
    """
    if channel in run.recalled:
        return True
    redis = run.services.redis
    kind, alerts = await messages.content_of(redis, message_id)
    if kind == "ops":
        return True
    if run.redis_run is None:
        run.redis_run = await epoch.server_run(redis)
        stored_ms = await configuration.adopted_ms(redis)
        run.data_since_ms = max(run.now_ms() - run.redis_run.up_ms, stored_ms)
    if channel not in run.delivered_by:
        run.delivered_by[channel] = await epoch.delivered_by(redis, channel)
    before, server = run.delivered_by[channel], run.server
    if before != server:
        fresh = before is None and is_fresh(alerts, run.data_since_ms, run.now_ms())
        if fresh and time.monotonic() < run.read_again_at:
            return True
        if not await _recall(run, channel, empty=before is None, wait=not fresh):
            return fresh
    if run.server != server:
        return False  # yet another Redis took over meanwhile
    run.recalled.add(channel)
    return True


def is_fresh(alerts: Sequence[Alert | None], since_ms: int, now_ms: int) -> bool:
    """Whether all that a message reports was published after Redis came back empty, so it cannot be in Slack yet. Pure."""
    latest_ms = now_ms + int(CLOCK_TOLERANCE.total_seconds() * 1000)
    return bool(alerts) and all(
        alert is not None and _published_within(alert, since_ms, latest_ms) for alert in alerts
    )


def _published_within(alert: Alert, since_ms: int, latest_ms: int) -> bool:
    """An edited item's date may be that of the edit, and a date in the future is wrong. Pure."""
    if alert.published is None or alert.revision:
        return False
    return since_ms < to_ms(alert.published) <= latest_ms


async def _recall(run: DeliveryRun, channel: str, *, empty: bool, wait: bool) -> bool:
    """Read what is left to read; `wait` for turns. Returns False if it has to be continued later."""
    redis = run.services.redis
    place = await epoch.read_place(redis, channel)
    if place is None or place.server != run.server:
        place = await _begin(run, channel, empty=empty)
        await epoch.keep_place(redis, channel, place)
    while not place.done:
        page = await _next_page(run, channel, place, wait=wait)
        if page is None:
            return False
        if page.problem is None:
            place = await _record(run, channel, place, page)
        elif page.problem.kind in REFUSED:
            return True  # the post gets the same answer, and that decides
        else:
            left = await _after_failure(run, channel, place, page.problem)
            if left is None:
                return False
            place = left
    return True


async def _begin(run: DeliveryRun, channel: str, *, empty: bool) -> Place:
    now = run.services.clock()
    last_ms = 0 if empty else await epoch.last_sent_ms(run.services.redis, channel)
    back = EMPTY_BACK
    if last_ms:
        back = min(now - from_ms(last_ms) + SLACK_AND_REDIS, MOST_BACK)
    threads = await outbox.queued_threads(run.services.redis, channel)
    since_ms = run.now_ms() - int(max(back, SLACK_AND_REDIS).total_seconds() * 1000)
    return Place(run.server, since_ms, threads=tuple(threads))


async def _next_page(run: DeliveryRun, channel: str, place: Place, *, wait: bool) -> Page | None:
    """The next page of the channel, then of its threads. None if its turn comes later."""
    in_channel = place.cursor is not None
    while (wait_ms := await run.turn_ms("history" if in_channel else "replies")) > 0:
        run.read_again_at = time.monotonic() + wait_ms / 1000
        if not wait or run.halted or time.monotonic() + wait_ms / 1000 > run.stop_at:
            return None
        await asyncio.sleep(min(wait_ms / 1000, 5.0))
    since = from_ms(place.since_ms)
    if in_channel:
        return await run.sender.read(channel, since=since, cursor=place.cursor or "")
    thread_ts, cursor = place.threads[0], place.thread_cursor
    return await run.sender.read(channel, since=since, thread_ts=thread_ts, cursor=cursor)


def following(place: Place, page: Page, since_ts: float) -> Place:
    """Where to continue after this page. Threads with a reply since `since_ts` are read. Pure."""
    if place.cursor is None:
        if page.cursor:
            return replace(place, thread_cursor=page.cursor, failed=0)
        return replace(place, threads=place.threads[1:], thread_cursor="", failed=0)
    grown = [one for one in page.posts if one.latest_reply and float(one.latest_reply) >= since_ts]
    threads = dict.fromkeys((*place.threads, *(one.ts for one in grown)))
    return replace(place, cursor=page.cursor or None, threads=tuple(threads), failed=0)


async def _record(run: DeliveryRun, channel: str, place: Place, page: Page) -> Place:
    ahead = run.sender.ahead or timedelta(0)
    further = following(place, page, (from_ms(place.since_ms) - ahead - CLOCK_TOLERANCE).timestamp())
    unknown, found, undecided = await epoch.recall(
        run.services.redis,
        channel,
        [_row(one) for one in page.posts],
        further,
        now_ms=run.now_ms(),
        retention_s=int(run.services.settings.alert_retention_s),
    )
    if unknown or found:
        text = (
            "Redis has lost its record of deliveries: it came back empty, or with older data. The channels' history was"
            " read, and what is already there is not sent again. Feeds are read again for what they still show."
        )
        await notices.notify_once(run.services, "redis-lost", text)
    if undecided:
        await _report(run, channel, undecided)
    return further


def _row(one: Posted) -> dict[str, object]:
    row: dict[str, object] = {"id": one.message_id, "ts": one.ts}
    return row if one.alert_ids is None else {**row, "alerts": list(one.alert_ids)}


async def _report(run: DeliveryRun, channel: str, undecided: Sequence[str]) -> None:
    links = [await run.sender.link(channel, ts) for ts in undecided[:MOST_LINKS]]
    more = f" and {len(undecided) - len(links)} more" if len(undecided) > len(links) else ""
    text = (
        f"Redis has lost its records of {quantity(len(undecided), 'message')} in {channel}, and its history does not say which"
        f" alerts were in there. Those alerts may be posted again: {', '.join(links)}{more}."
    )
    await notices.notify_once(run.services, f"undecided:{channel}", text)


async def _after_failure(run: DeliveryRun, channel: str, place: Place, problem: Outcome) -> Place | None:
    """Where to continue after a reading failed; None if only later."""
    if problem.code == "invalid_cursor":
        return replace(place, cursor=None if place.cursor is None else "", thread_cursor="")
    if problem.code == "thread_not_found":
        return await _record(run, channel, place, Page())
    wait_ms = await pause_reading(run, "history" if place.cursor is not None else "replies", problem)
    if run.halted:
        return None
    if problem.kind == "ratelimited":
        return place
    failed = replace(place, failed=place.failed + 1)
    passing = problem.kind in ("ambiguous", "later") and failed.failed < MOST_FAILED
    if passing:
        await epoch.keep_place(run.services.redis, channel, failed)
        pause_s = max(wait_ms / 1000, run.grace_s(channel) / 60 * 2.0 ** min(failed.failed, 6))
        if time.monotonic() + pause_s > run.stop_at:
            return None
        await asyncio.sleep(pause_s)
        return failed
    text = f"History of {channel} cannot be read, so what Redis lost may be posted twice: {problem.message}"
    await notices.notify_once(run.services, f"history:{channel}", text)
    given_up = replace(place, cursor=None, threads=())
    return await _record(run, channel, given_up, Page())
