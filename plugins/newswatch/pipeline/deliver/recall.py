"""What is out already: asked before a channel's first message after Redis was emptied or restarted.

Redis tells what was sent; a Redis that lost it (a wiped disk, a failover without the last second) would have
everything sent again. Slack's history still knows: each message names its id and its alerts there.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from newswatch.pipeline.base import notices
from newswatch.pipeline.deliver.run_state import DeliveryRun
from newswatch.sending import Outcome, Posted
from newswatch.store import epoch, messages, outbox

EMPTY_BACK = timedelta(hours=48)
"""How far back after a Redis came back empty: feeds bring no older items at first sight than a day."""
RESTART_BACK = timedelta(minutes=15)
"""How far back after a restart or failover: writes of the last second may be missing, not older ones."""
REFUSED = ("paused_channel", "paused_workspace")
TRIES = 3
MOST_PAUSES = 20


async def make_sure(run: DeliveryRun, channel: str) -> bool:
    """Whether the channel may be sent to; looks into its history when another Redis delivered last."""
    if channel in run.recalled:
        return True
    redis = run.services.redis
    server = await epoch.server_run(redis)
    before = await epoch.delivered_by(redis, channel)
    if before != server and not await _recall(run, channel, server, empty=before is None):
        return False
    run.recalled.add(channel)
    return True


async def _recall(run: DeliveryRun, channel: str, server: str, *, empty: bool) -> bool:
    posts, problem = await _read(run, channel, EMPTY_BACK if empty else RESTART_BACK)
    if problem is not None and problem.kind == "not_reached":
        await run.unreached(problem)
        return False
    if problem is not None and problem.kind in REFUSED and problem.code != "missing_scope":
        return True  # the post meets the same answer, and that one's row decides
    if problem is not None:
        text = f"History of {channel} cannot be read, so what Redis forgot may come twice: {problem.message}"
        await notices.notify_once(run.services, f"history:{channel}", text)
    unknown, found = await epoch.recall(
        run.services.redis,
        channel,
        [{"id": one.message_id, "ts": one.ts, "alerts": list(one.alert_ids)} for one in posts],
        server,
        now_ms=run.now_ms(),
        retention_s=int(run.services.settings.alert_retention_s),
    )
    if unknown or found:
        text = (
            "Redis has lost deliveries: it came back empty or older than it was. What stands in Slack was read"
            " back from the channels and is not sent again; feeds are asked again for what they still show."
        )
        await notices.notify_once(run.services, "redis-lost", text)
    return True


async def _read(run: DeliveryRun, channel: str, back: timedelta) -> tuple[list[Posted], Outcome | None]:
    """What stands in the channel; patient with rate limits, less so with faults."""
    since = run.services.clock() - back
    threads = await _threads(run, channel)
    tries = 0
    for _ in range(MOST_PAUSES):
        posts, problem = await run.sender.posted(channel, since=since, threads=threads)
        if problem is None or problem.kind not in ("ratelimited", "ambiguous"):
            return posts, problem
        tries += problem.kind == "ambiguous"
        if tries >= TRIES:
            break
        await asyncio.sleep(problem.retry_after_s or run.grace_s(channel) / 60)
    return posts, problem


async def _threads(run: DeliveryRun, channel: str) -> list[str]:
    """The threads that queued replies are meant for: a reply that is out stands there only."""
    redis = run.services.redis
    (state,) = await outbox.read_channels(redis, [channel])
    queued = await messages.read_messages(redis, [name for name, _ in state.due])
    roots = {one.message.root_id for one in queued.values() if one.message.root_id}
    found = await messages.read_messages(redis, sorted(roots))
    return sorted({root.delivery.ts for root in found.values() if root.delivery.ts})
