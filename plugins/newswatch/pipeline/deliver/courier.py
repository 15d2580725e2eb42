"""Sends one message at a time, and records what became of it."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Sequence
from dataclasses import replace

from newswatch.errors import LeaseLost, RetryableError
from newswatch.models import Alert, Message
from newswatch.pipeline.base import notices
from newswatch.pipeline.deliver.breaker import is_clear
from newswatch.pipeline.deliver.dead_letters import make_dead_letter
from newswatch.pipeline.deliver.doubt import find_out
from newswatch.pipeline.deliver.folding import fold
from newswatch.pipeline.deliver.hop_times import hops_of
from newswatch.pipeline.deliver.lateness import note_lateness
from newswatch.pipeline.deliver.reminders import remind_after_s
from newswatch.pipeline.deliver.rendering import render
from newswatch.pipeline.deliver.run_state import DeliveryRun
from newswatch.pipeline.deliver.thread import Thread, thread_of
from newswatch.pipeline.deliver.verdict import Verdict, judge
from newswatch.pipeline.deliver.withdrawal import judge_again
from newswatch.sending import Outcome
from newswatch.store import hops, messages, outbox, schema
from newswatch.store.codec import from_ms, to_ms
from newswatch.store.messages import StoredMessage
from newswatch.store.outbox import News
from newswatch.stories.headline import MOST_CHANGES, best, replaces

log = logging.getLogger("newswatch.deliver")

LONG_WAIT_S = 300.0
"""A Retry-After above this is reported."""

REPORTED_TRIES = 4
"""After so many tries without a clear answer, ops is notified of the message."""


class Courier:
    """Handles the messages of a run."""

    def __init__(self, run: DeliveryRun) -> None:
        self._run = run
        self._redis = run.services.redis

    async def handle(
        self, channel: str, message_id: str, free_at_ms: int, server: str, *, probe: bool = False
    ) -> None:
        """Take the message one step further, whatever its state; post it at `free_at_ms`.

        One that cannot be read or rendered becomes a dead letter, so that it does not hold up the others. `server` is the
        run of Redis for which it is known what the channel has. While Slack is away only a `probe` is posted. Raises LeaseLost.
        """
        try:
            await self._step(channel, message_id, free_at_ms, server, probe=probe)
        except RetryableError:
            raise
        except (ValueError, KeyError, TypeError, IndexError) as error:
            log.exception("message %s could not be rendered", message_id)
            await self._bury(channel, message_id, f"could not be rendered: {type(error).__name__}: {error}")

    async def _step(
        self, channel: str, message_id: str, free_at_ms: int, server: str, *, probe: bool
    ) -> None:
        found = await messages.read_message(self._redis, message_id)
        if found is None or found.delivery.state in ("sent", "dead", "withdrawn"):
            await outbox.drop_entry(self._redis, channel, message_id)
        elif found.delivery.state == "sending":
            await find_out(self._run, channel, message_id, self)
        else:
            wanted = await judge_again(self._run, found)
            if wanted is not None:
                await self._send(wanted, free_at_ms, server, probe=probe)

    async def _bury(self, channel: str, message_id: str, error: str) -> None:
        """Make a message that cannot be read or rendered a dead letter. Raises RedisRefused for a newer release's."""
        await schema.refuse_if_outgrown(self._redis)
        try:
            queued = await messages.read_message(self._redis, message_id)
        except (ValueError, KeyError, TypeError):
            await self._dead(Message(message_id, "story", channel, "", ()), error)
            return
        if queued is not None:
            await self._dead(queued.message, error)

    # ── sending ───────────────────────────────────────────────────────────────────────────────

    async def _send(self, queued: StoredMessage, free_at_ms: int, server: str, *, probe: bool) -> None:
        run = self._run
        thread = await thread_of(run, queued.delivery.message)
        if thread is None:
            return
        channel = thread.message.channel
        await run.budget.take()
        await run.window.enter()
        outcome: Outcome | None = None
        try:
            if run.halted and not probe:
                return
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
                server=server,
            )
            if begun == 0:
                raise LeaseLost("another process runs the deliver stage now and continues the work")
            if begun == outbox.ANOTHER_SERVER and server == run.server:
                run.another_server()
            if begun > 0:
                due_ms = to_ms(queued.delivery.due) if queued.delivery.due else now_ms
                outcome = await self._post(thread, now_ms, free_at_ms, due_ms, probe=probe)
        finally:
            run.window.leave(answered=outcome is None or is_clear(outcome))

    async def _post(
        self, thread: Thread, begun_ms: int, free_at_ms: int, due_ms: int, *, probe: bool
    ) -> Outcome | None:
        """Send a message that has begun. Its alerts can no longer change. Returns the answer, None if it was not sent."""
        run = self._run
        queued = await messages.read_message(self._redis, thread.message.id)
        if queued is None:
            return None  # an operator removed it after it was begun
        message = queued.message
        alerts = await messages.read_alerts(self._redis, message.alert_ids)
        payload = await render(run.services, queued, alerts, run.around)
        await asyncio.sleep(max(0, free_at_ms - run.now_ms()) / 1000)
        if (run.halted and not probe) or time.monotonic() < run.hold_until:
            # While the message waited for its turn, Slack went away, or asked the workspace to wait: nothing was sent.
            await self._unbegin(message, begun_ms, due_ms)
            return None
        await self._make_sure_of_the_lease(message, begun_ms)
        outcome = await run.sender.post(payload, thread_ts=thread.ts, broadcast=queued.broadcast)
        answered_ms = run.now_ms()
        if not is_clear(outcome):
            await run.breaker.note(outcome, message.channel, message.id)
        await self._after(queued, outcome, begun_ms, answered_ms)
        if outcome.ts is not None:
            took = hops_of(alerts, from_ms(begun_ms), from_ms(answered_ms))
            await hops.count(self._redis, took, answered_ms)
        if is_clear(outcome):
            await run.breaker.note(outcome, message.channel, message.id)
        return outcome

    async def _unbegin(self, message: Message, begun_ms: int, due_ms: int) -> None:
        """Nothing was sent. If another process has begun the message since, this changes nothing."""
        await outbox.requeue(self._redis, message, begun_ms=begun_ms, state="queued", due_ms=due_ms)

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
            await self._unbegin(message, begun_ms, run.now_ms())
            raise LeaseLost(
                "the deliver stage was delayed until its lease had nearly expired; the next run continues the work"
            )

    async def _after(self, queued: StoredMessage, outcome: Outcome, begun_ms: int, answered_ms: int) -> None:
        run, message = self._run, queued.delivery.message
        verdict = judge(
            outcome,
            tries=queued.delivery.attempts,
            minimal=queued.delivery.minimal,
            grace_s=run.grace_s(message.channel),
            everywhere=outcome.kind == "ratelimited" and run.asked_to_wait(message.channel),
        )
        if verdict.message == "sent" and outcome.ts is not None:
            await self.sent(message, outcome.ts, parentless=outcome.parentless, answered_ms=answered_ms)
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
        if outcome.kind == "ratelimited" and (outcome.retry_after_s or 0.0) > LONG_WAIT_S:
            text = f"Slack asks us to wait {(outcome.retry_after_s or 0.0) / 60:.0f} min before the next message to {run.named(message.channel)}. Its queue is kept."
            await notices.raise_notice(run.services, f"wait:{message.channel}", text)
        if verdict.alone and message.root_id is not None:
            await outbox.detach_reply(self._redis, message)
        if outcome.kind == "unknown" and not queued.delivery.attempts:
            text = f"{outcome.message}. Channel {run.named(message.channel)}, message {message.id}."
            await notices.notify_once(run.services, f"answer:{outcome.code}", text)
        if outcome.kind == "ambiguous" and queued.delivery.attempts == REPORTED_TRIES:
            text = (
                f"A message for {run.named(message.channel)} got no clear answer {REPORTED_TRIES + 1} times while others were"
                f" posted: {outcome.message}. It is tried again at growing intervals (message {message.id})."
            )
            await notices.notify_once(run.services, f"unclear:{message.id}", text)
        await self._pause(message, verdict, outcome)

    async def sent(
        self, message: Message, ts: str, *, parentless: bool = False, answered_ms: int | None = None
    ) -> None:
        """Record that the message is in Slack as `ts`, and remove it from its queue.

        A `parentless` reply replaces its story's message, which was deleted. The channel's gap counts from `answered_ms`,
        now by default.
        """
        run = self._run
        if parentless:
            await outbox.replace_parent(self._redis, message)
            message = replace(message, root_id=None)
        recorded = await outbox.record_sent(
            self._redis,
            message,
            ts,
            now_ms=run.now_ms(),
            free_again_ms=(answered_ms or run.now_ms()) + math.ceil(run.interval_s(message.channel) * 1000),
            alerts_kept_s=run.services.settings.alert_retention_s,
            news=await self._news(message),
        )
        if recorded < 0:
            await self._twice(message)
        run.sent += recorded > 0
        run.waiting.discard(message.id)
        note_lateness(run, message)
        if run.on_progress is not None:
            run.on_progress(run.sent, run.dead)
        again = {
            "slack": "Slack takes messages again.",
            f"channel:{message.channel}": f"Messages are sent to {message.channel} again.",
            f"wait:{message.channel}": f"Messages are sent to {message.channel} again.",
        }
        for cause in again.keys() - run.well:
            run.well.add(cause)
            run.causes.pop(cause, None)
            await notices.clear_notice(run.services, cause, again[cause])

    def _remind_at_ms(self, channel: str) -> int | None:
        after_s = remind_after_s(self._run.bundle, channel)
        return None if after_s is None else self._run.now_ms() + int(after_s * 1000)

    async def _news(self, message: Message) -> News:
        """What a reply changes in its story's message, and when to remind of the message itself.

        It is posted, so a record that cannot be parsed must not keep it from being recorded as sent.
        """
        remind_at_ms = self._remind_at_ms(message.channel)
        found = await messages.read_if_readable(self._redis, message.root_id)
        if found is None:
            return News(remind_at_ms=remind_at_ms)
        own = await self._alerts(message.alert_ids)
        named = await self._alerts(found.message.alert_ids)
        shown = best(await self._alerts([found.headline] if found.headline else [])) or best(named)
        better = best(own)
        further = sorted({one.published_by for one in own} - {one.published_by for one in named})
        headline = ("", 0)
        if found.message.kind == "story" and better is not None and replaces(better, shown):
            headline = better.id, MOST_CHANGES
        return News(further, headline, remind_at_ms)

    async def _alerts(self, alert_ids: Sequence[str]) -> list[Alert]:
        return [one.alert for one in await messages.read_stored_alerts(self._redis, alert_ids)]

    async def _pause(self, message: Message, verdict: Verdict, outcome: Outcome) -> None:
        run = self._run
        until_ms = run.now_ms() + int(verdict.pause_s * 1000)
        if verdict.pause == "channel":
            await outbox.pause_channel(self._redis, message.channel, until_ms, outcome.message)
        elif verdict.pause == "workspace":
            run.hold_until = time.monotonic() + verdict.pause_s
            run.stopped = (
                outcome.kind != "ratelimited"
            )  # those waits are short, and the run goes on after them
            await outbox.pause_workspace(self._redis, until_ms, outcome.message)
        if outcome.kind == "message_limit":
            await self._fold(until_ms)
        if not verdict.problem:
            return
        if verdict.pause == "channel":
            text = f"Channel {run.named(message.channel)}: {verdict.problem}. Its queue is kept."
            cause = f"channel:{message.channel}"
        else:
            text, cause = f"{verdict.problem}. All queues are kept.", "slack"
        run.problem(cause, text)
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

    async def _twice(self, message: Message) -> None:
        text = f"A message was posted twice in {message.channel} (message id {message.id})."
        await notices.notify_once(self._run.services, f"double:{message.id}", text)
