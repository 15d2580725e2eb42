"""Sends one message at a time, or finds out whether it was sent, and records the result."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from newswatch.errors import LeaseLost
from newswatch.models import Message
from newswatch.pipeline.base import notices
from newswatch.pipeline.deliver.dead_letters import make_dead_letter
from newswatch.pipeline.deliver.folding import fold
from newswatch.pipeline.deliver.reminders import remind_after_s
from newswatch.pipeline.deliver.rendering import render
from newswatch.pipeline.deliver.run_state import DeliveryRun
from newswatch.pipeline.deliver.verdict import UNREADABLE_LOOKS, Verdict, judge
from newswatch.pipeline.deliver.withdrawal import judge_again
from newswatch.sending import Outcome
from newswatch.store import messages, outbox
from newswatch.store.codec import to_ms
from newswatch.store.messages import StoredMessage


class Courier:
    """Handles the messages of a run."""

    def __init__(self, run: DeliveryRun) -> None:
        self._run = run
        self._redis = run.services.redis

    async def handle(self, channel: str, message_id: str, free_at_ms: int) -> None:
        """Take the message one step further, whatever its state; post it at `free_at_ms`. Raises LeaseLost."""
        found = await messages.read_message(self._redis, message_id)
        if found is None or found.delivery.state in ("sent", "dead", "withdrawn"):
            await outbox.drop_entry(self._redis, channel, message_id)
        elif found.delivery.state == "sending":
            await self._find_out(found)
        else:
            wanted = await judge_again(self._run, found)
            if wanted is not None:
                await self._send(wanted, free_at_ms)

    async def bury(self, message_id: str, error: str) -> None:
        """Make a dead letter of a message that cannot be rendered."""
        queued = await messages.read_message(self._redis, message_id)
        if queued is not None:
            await self._dead(queued.message, error)

    # ── sending ───────────────────────────────────────────────────────────────────────────────

    async def _send(self, queued: StoredMessage, free_at_ms: int) -> None:
        thread = await self._thread(queued.delivery.message)
        if thread is None:
            return
        run, channel = self._run, thread.message.channel
        if run.lease.left_s() <= (run.timeout_s + run.lease.duration_s) / 2:
            await run.lease.renew()
        now_ms = run.now_ms()
        begun = await outbox.begin(
            self._redis,
            run.lease,
            thread.message,
            now_ms=now_ms,
            look_again_ms=now_ms + int(run.grace_s(channel) * 1000),
            free_again_ms=max(now_ms, free_at_ms) + int(run.interval_s(channel) * 1000),
        )
        if begun == 0:
            raise LeaseLost("another process runs the deliver stage now and continues the work")
        if begun > 0:
            await self._post(thread, now_ms, free_at_ms)

    async def _post(self, thread: _Thread, begun_ms: int, free_at_ms: int) -> None:
        """Send a message that has begun. Its alerts can no longer change."""
        run = self._run
        queued = await messages.read_message(self._redis, thread.message.id)
        if queued is None:
            return  # an operator removed it after it was begun
        message = queued.message
        alerts = await messages.read_alerts(self._redis, message.alert_ids)
        payload = await render(run.services, queued, alerts)
        await asyncio.sleep(max(0, free_at_ms - run.now_ms()) / 1000)
        await run.budget.take()
        await self._make_sure_of_the_lease(message, begun_ms)
        outcome = await run.sender.post(payload, thread_ts=thread.ts, broadcast=queued.broadcast)
        await self._after(queued, outcome, begun_ms)

    async def _make_sure_of_the_lease(self, message: Message, begun_ms: int) -> None:
        """The last check before the request, which must end before another process may take over."""
        run = self._run
        try:
            if run.lease.left_s() <= run.timeout_s:
                await run.lease.renew()
            ours = run.lease.left_s() > run.timeout_s
        except LeaseLost:
            ours = False
        if not ours:
            # Nothing was sent; if another process has begun the message since, this changes nothing.
            now_ms = run.now_ms()
            await outbox.requeue(self._redis, message, begun_ms=begun_ms, state="queued", due_ms=now_ms)
            raise LeaseLost(
                "the deliver stage was delayed until its lease had nearly expired; the next run continues the work"
            )

    async def _thread(self, message: Message) -> _Thread | None:
        """Where a message goes: the channel, or its root's thread. None if it has to wait."""
        if message.root_id is None:
            return _Thread(message, None)
        found = await messages.read_message(self._redis, message.root_id)
        root = found.delivery if found else None
        if root is None or root.state in ("dead", "withdrawn"):
            await outbox.detach_reply(self._redis, message)
            again = await messages.read_message(self._redis, message.id)
            return await self._thread(again.message) if again else None
        if root.ts is None:
            due_ms = max(to_ms(root.due) if root.due else 0, self._run.now_ms()) + 100
            await outbox.defer(self._redis, message, due_ms)
            return None
        return _Thread(message, root.ts)

    async def _after(self, queued: StoredMessage, outcome: Outcome, begun_ms: int) -> None:
        run, message = self._run, queued.delivery.message
        verdict = judge(
            outcome,
            tries=queued.delivery.attempts,
            minimal=queued.delivery.minimal,
            grace_s=run.grace_s(message.channel),
        )
        if verdict.message == "sent" and outcome.ts is not None:
            await self._sent(message, outcome.ts)
            return
        if verdict.message == "dead":
            await self._dead(message, verdict.problem)
            return
        run.waiting.add(message.id)
        await outbox.requeue(
            self._redis,
            message,
            begun_ms=begun_ms,
            state=verdict.message,
            due_ms=run.now_ms() + int(verdict.wait_s * 1000),
            error=outcome.message or outcome.code,
            attempts=int(verdict.attempt),
            minimal=verdict.minimal,
        )
        if outcome.kind == "not_reached":
            await run.unreached(outcome)
        await self._pause(message, verdict, outcome)

    async def _sent(self, message: Message, ts: str) -> None:
        run = self._run
        recorded = await outbox.record_sent(
            self._redis,
            message,
            ts,
            now_ms=run.now_ms(),
            free_again_ms=run.now_ms() + int(run.interval_s(message.channel) * 1000),
            further_feeds=await self._further(message),
            alerts_kept_s=run.services.settings.alert_retention_s,
            remind_at_ms=self._remind_at_ms(message.channel),
        )
        if recorded < 0:
            await self._twice(message)
        run.sent += recorded > 0
        run.waiting.discard(message.id)
        if run.on_progress is not None:
            run.on_progress(run.sent, run.dead)
        again = {
            "slack": "Slack takes messages again.",
            f"channel:{message.channel}": f"Messages are sent to {message.channel} again.",
        }
        for cause in again.keys() - run.well:
            run.well.add(cause)
            await notices.clear_notice(run.services, cause, again[cause])

    def _remind_at_ms(self, channel: str) -> int | None:
        after_s = remind_after_s(self._run.bundle, channel)
        return None if after_s is None else self._run.now_ms() + int(after_s * 1000)

    async def _further(self, message: Message) -> list[str]:
        """The feeds of a reply that its story's message does not name yet.

        The reply is posted, so a record that cannot be parsed must not keep it from being recorded as sent.
        """
        if message.root_id is None:
            return []
        root = await messages.read_message(self._redis, message.root_id)
        named = await self._feeds(root.message.alert_ids) if root else set()
        return sorted(await self._feeds(message.alert_ids) - named)

    async def _feeds(self, alert_ids: Sequence[str]) -> set[str]:
        return {one.alert.feed_id for one in await messages.read_stored_alerts(self._redis, alert_ids)}

    async def _pause(self, message: Message, verdict: Verdict, outcome: Outcome) -> None:
        run = self._run
        until_ms = run.now_ms() + int(verdict.pause_s * 1000)
        if verdict.pause == "channel":
            await outbox.pause_channel(self._redis, message.channel, until_ms, outcome.message)
        elif verdict.pause == "workspace":
            run.stopped = True
            await outbox.pause_workspace(self._redis, until_ms, outcome.message)
        if outcome.kind == "message_limit":
            await self._fold(until_ms)
        if not verdict.problem:
            return
        if verdict.pause == "channel":
            text = f"Channel {message.channel}: {verdict.problem}. Its queue is kept."
            cause = f"channel:{message.channel}"
        else:
            text, cause = f"{verdict.problem}. All queues are kept.", "slack"
        run.problem(text)
        await notices.raise_notice(run.services, cause, text)

    async def _fold(self, due_ms: int) -> None:
        """Turn the backlog into a few digests while the workspace takes no more messages."""
        for channel in await outbox.channels_with_queue(self._redis):
            await fold(
                self._redis, channel, self._run.services.layout, now_ms=self._run.now_ms(), due_ms=due_ms
            )

    async def _dead(self, message: Message, error: str) -> None:
        run = self._run
        await make_dead_letter(run.services, message, error)
        run.dead += 1
        run.waiting.discard(message.id)

    # ── finding out ───────────────────────────────────────────────────────────────────────────

    async def _find_out(self, queued: StoredMessage) -> None:
        """Look up a message that may have been posted, then record it or queue it again."""
        run, delivery = self._run, queued.delivery
        message = delivery.message
        begun = delivery.sending_since or run.services.clock()
        thread = await self._thread(message)
        if thread is None:
            return
        message = thread.message  # its root may have changed
        found = await run.sender.find(message.channel, message.id, since=begun, thread_ts=thread.ts)
        if found.readable:
            text = f"The history of {message.channel} can be read again."
            await notices.clear_notice(run.services, f"history:{message.channel}", text)
        if found.ts is not None:
            for ts in dict.fromkeys((found.ts, *found.all_ts)):
                await self._sent(message, ts)
            return
        if found.readable:
            await self._again(message, begun, "not in the channel's history: sent again")
            return
        await self._unreadable(queued, begun, found.problem)

    async def _again(self, message: Message, begun: datetime, why: str) -> None:
        await outbox.requeue(
            self._redis,
            message,
            begun_ms=to_ms(begun),
            state="queued",
            due_ms=self._run.now_ms(),
            error=why,
            attempts=1,
        )

    async def _unreadable(self, queued: StoredMessage, begun: datetime, problem: Outcome | None) -> None:
        run, message = self._run, queued.delivery.message
        run.waiting.add(message.id)
        why = problem.message if problem else "the history cannot be read"
        if problem is not None and problem.kind in ("not_reached", "ratelimited", "ambiguous"):
            wait_s = problem.retry_after_s or run.grace_s(message.channel) / 4
            await outbox.defer(self._redis, message, run.now_ms() + int(wait_s * 1000))
            return
        await outbox.count_look(self._redis, message)
        text = f"History of {message.channel} cannot be read, so a message stays in doubt: {why}"
        run.problem(text)
        await notices.raise_notice(run.services, f"history:{message.channel}", text)
        if queued.looks + 1 >= UNREADABLE_LOOKS:
            await self._again(message, begun, "in doubt, history unreadable: sent again")
        else:
            due_ms = run.now_ms() + int(run.grace_s(message.channel) * 1000)
            await outbox.defer(self._redis, message, due_ms)

    async def _twice(self, message: Message) -> None:
        text = f"A message was posted twice in {message.channel} (message id {message.id})."
        await notices.notify_once(self._run.services, f"double:{message.id}", text)


@dataclass(frozen=True, slots=True)
class _Thread:
    """Where a message goes: `ts` None is the channel itself."""

    message: Message
    ts: str | None
