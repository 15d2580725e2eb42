"""Finds out what became of the messages in doubt: one reading of a channel's history for all of them.

A message in doubt was sent and its answer was lost. After its grace period it is looked up. Threads are read only
for replies that may be there, at the pace that Slack allows. What cannot be read now is looked at again later, and
does not hold up the other messages.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from newswatch.models import Message
from newswatch.pipeline.base import notices
from newswatch.pipeline.deliver.breaker import is_clear
from newswatch.pipeline.deliver.run_state import DeliveryRun
from newswatch.pipeline.deliver.thread import Thread, thread_of
from newswatch.pipeline.deliver.verdict import UNREADABLE_LOOKS
from newswatch.sending import Outcome, Posted
from newswatch.store import messages, outbox, turns
from newswatch.store.codec import to_ms
from newswatch.store.messages import StoredMessage
from newswatch.store.turns import Method

MOST_AT_ONCE = 2_000
LONG_WAIT_MS = 300_000
"""A Retry-After above this is reported."""
BAD_CURSOR = "invalid_cursor"


class Recorder(Protocol):
    """Records that a message was sent."""

    async def sent(self, message: Message, ts: str, *, parentless: bool = False) -> None:
        """It is in Slack as `ts`; `parentless`: it is a reply, and is in the channel itself."""


class Unread(Exception):
    """The history cannot be read now. `wait_ms`: how long to wait; `problem` is None if Slack's limit is the only reason."""

    def __init__(self, wait_ms: int, problem: Outcome | None = None) -> None:
        super().__init__(problem.message if problem else "no turn")
        self.wait_ms = wait_ms
        self.problem = problem


async def find_out(run: DeliveryRun, channel: str, message_id: str, recorder: Recorder) -> None:
    """Look up this message and the others of the channel whose grace period is over; record each, or queue it again."""
    redis = run.services.redis
    # Its place in the queue may be behind more messages than are looked at.
    names = [message_id, *await outbox.in_doubt(redis, channel, run.now_ms(), MOST_AT_ONCE)]
    doubtful = [
        one for one in (await messages.read_readable(redis, names)).values() if one.delivery.sending_since
    ]
    threads = {one.id: await thread_of(run, one.message) for one in doubtful}
    doubtful = [one for one in doubtful if threads[one.id] is not None]
    if not doubtful:
        return
    try:
        posts = await _history(run, channel, [*map(_begun, doubtful)])
        posts += await _threads(run, doubtful, [one for one in threads.values() if one], posts)
    except Unread as unread:
        await _unreadable(run, channel, doubtful, unread)
        return
    text = f"The history of {channel} can be read again."
    run.causes.pop(f"history:{channel}", None)
    await notices.clear_notice(run.services, f"history:{channel}", text)
    await notices.clear_notice(run.services, "wait:reading", "Histories can be read again.")
    for one in doubtful:
        places = {post.ts: post for post in posts if post.message_id == one.id}
        for ts, post in sorted(places.items()):
            await recorder.sent(
                one.message, ts, parentless=one.message.root_id is not None and not post.thread_ts
            )
        if not places:
            await _again(run, one, "not in the channel's history: sent again")


def _begun(one: StoredMessage) -> datetime:
    since = one.delivery.sending_since
    if since is None:
        raise ValueError(f"message {one.id} was never begun")
    return since


async def _history(run: DeliveryRun, channel: str, begun: list[datetime]) -> list[Posted]:
    return await _pages(run, channel, min(begun), "history", None)


async def _threads(
    run: DeliveryRun, doubtful: list[StoredMessage], threads: list[Thread], posts: list[Posted]
) -> list[Posted]:
    """The threads of replies that were not found in the channel, except those known to have no newer reply."""
    found = {post.message_id for post in posts}
    replies = [
        (one, thread.ts)
        for one, thread in zip(doubtful, threads, strict=True)
        if thread.ts is not None and one.id not in found
    ]
    newest = {post.ts: post.latest_reply for post in posts}
    more: list[Posted] = []
    for ts in dict.fromkeys(ts for _, ts in replies):
        since = min(_begun(one) for one, where in replies if where == ts)
        if ts in newest and not newest[ts]:
            continue
        more += await _pages(run, doubtful[0].message.channel, since, "replies", ts)
    return more


async def _pages(
    run: DeliveryRun, channel: str, since: datetime, method: Method, thread_ts: str | None
) -> list[Posted]:
    posts: list[Posted] = []
    cursor = ""
    while True:
        wait_ms = await run.turn_soon_ms(method)
        if wait_ms:
            raise Unread(wait_ms)
        page = await run.sender.read(channel, since=since, thread_ts=thread_ts, cursor=cursor)
        if page.problem is not None:
            if page.problem.code == "thread_not_found":
                return posts  # its first message was deleted; the reply would be in the channel
            raise Unread(await pause_reading(run, method, page.problem), page.problem)
        posts += page.posts
        if not page.cursor:
            return posts
        cursor = page.cursor


async def pause_reading(run: DeliveryRun, method: Method, problem: Outcome) -> int:
    """A reading failed. If the channel is not to blame, all reading pauses. Returns the pause in ms."""
    wait_ms = int((problem.retry_after_s or 0.0) * 1000)
    if problem.kind == "ratelimited":
        await turns.pause_method(run.services.redis, method, run.now_ms() + max(wait_ms, 1000))
        if wait_ms > LONG_WAIT_MS:
            text = f"Slack asks us to wait {wait_ms / 60_000:.0f} min before histories are read again. Messages in doubt wait."
            await notices.raise_notice(run.services, "wait:reading", text)
    elif problem.kind == "not_reached" or (
        problem.kind == "ambiguous" and not is_clear(await run.sender.ping())
    ):
        await run.breaker.unreached(problem)
    return wait_ms


async def _again(run: DeliveryRun, one: StoredMessage, why: str) -> None:
    await outbox.requeue(
        run.services.redis,
        one.message,
        begun_ms=to_ms(_begun(one)),
        state="queued",
        due_ms=run.now_ms(),
        error=why,
        attempts=1,
    )


async def _unreadable(
    run: DeliveryRun, channel: str, doubtful: Iterable[StoredMessage], unread: Unread
) -> None:
    redis, problem = run.services.redis, unread.problem
    passing = problem is None or problem.kind in ("not_reached", "ratelimited", "ambiguous", "later")
    wait_ms = unread.wait_ms or int(run.grace_s(channel) * (250 if passing else 1000))
    if not passing and problem is not None:
        text = f"History of {channel} cannot be read, so messages stay in doubt: {problem.message}"
        run.problem(f"history:{channel}", text)
        await notices.raise_notice(run.services, f"history:{channel}", text)
    for one in doubtful:
        run.waiting.add(one.id)
        if not passing:
            await outbox.count_look(redis, one.message)
            if one.looks + 1 >= UNREADABLE_LOOKS:
                await _again(run, one, "in doubt, history unreadable: sent again")
                continue
        await outbox.defer(redis, one.message, run.now_ms() + wait_ms)
