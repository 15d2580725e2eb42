"""The hand-over match → deliver: alerts into messages, items acknowledged, in one step."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from redis.asyncio import Redis

from newswatch.models import SEVERITIES, Alert, Threshold
from newswatch.store import keys
from newswatch.store.client import script_text, text
from newswatch.store.codec import alert_to_json
from newswatch.store.leases import Lease

MAX_ALERTS_A_MESSAGE = 8
MAX_ALERTS_A_DIGEST = 20
COLLECT_MS = 3_000
"""Later sources of a story are collected for so long rather than posted one by one."""


@dataclass(frozen=True, slots=True)
class Cap:
    """How many messages a rule may bring to a channel within `hour`, and the digest for what exceeds it."""

    most: int
    hour: int
    due_ms: int
    heading: str

    def row(self) -> dict[str, Any]:
        """What the script reads."""
        return {
            "most": self.most,
            "hour": self.hour,
            "due": self.due_ms,
            "digest": MAX_ALERTS_A_DIGEST,
            "heading": self.heading,
        }


@dataclass(frozen=True, slots=True)
class Placement:
    """An alert and the kind of message it is to go into.

    `each`: its story's message, or a reply in that story's thread. `digest`: the message that
    collects `group` until `due_ms`. With `threshold` it is held until the surge is there. `muted`
    names the mute that keeps it out of Slack. `cap` turns it into a digest's when its rule brings too many.
    """

    alert: Alert
    kind: Literal["each", "digest"]
    group: str
    due_ms: int
    heading: str = ""
    threshold: Threshold | None = None
    muted: str | None = None
    cap: Cap | None = None

    def row(self) -> dict[str, Any]:
        """What the script reads."""
        row: dict[str, Any] = {
            "id": self.alert.id,
            "channel": self.alert.channel,
            "story": self.group,
            "feed": self.alert.feed_id,
            "rule": self.alert.rule_id,
            "severity": self.alert.severity,
            "rank": SEVERITIES.index(self.alert.severity),
            "json": alert_to_json(self.alert),
            "kind": self.kind,
            "due": self.due_ms,
            "most": MAX_ALERTS_A_DIGEST if self.kind == "digest" else MAX_ALERTS_A_MESSAGE,
            "heading": self.heading,
        }
        if self.threshold is not None:
            within_ms = int(self.threshold.within_s * 1000)
            surge = {
                "stories": self.threshold.stories,
                "sources": self.threshold.sources,
                "within": within_ms,
            }
            row["surge"] = surge
        if self.muted is not None:
            row["muted"] = self.muted
        if self.cap is not None and self.kind == "each":
            row["cap"] = self.cap.row()
        return row


async def hand_over(
    redis: Redis,
    lease: Lease,
    stream_ids: Sequence[str],
    placements: Sequence[Placement],
    titles: Sequence[str],
    *,
    now_ms: int,
    titles_since_ms: int,
    alerts_kept_s: float = keys.ALERT_RETENTION_S,
) -> int | None:
    """Queue alerts and acknowledge their items. Returns alerts queued, None: the lease is lost.

    `titles` are remembered for telling stories apart, those before `titles_since_ms` forgotten.
    """
    script = redis.register_script(script_text("handover"))
    args: list[str | int] = [
        *(lease.token, keys.ITEMS_GROUP, keys.PREFIX, now_ms, COLLECT_MS),
        *(int(alerts_kept_s), keys.STORY_RETENTION_S, json.dumps(list(stream_ids))),
        json.dumps([placement.row() for placement in placements], ensure_ascii=False),
        *(json.dumps(list(titles), ensure_ascii=False), titles_since_ms),
    ]
    names = [lease.key, keys.ITEMS, keys.ALERTS, keys.CHANNELS, keys.TITLES]
    answer = await script(keys=names, args=args)
    return int(answer[1]) if answer[0] else None


async def told_titles(redis: Redis, since_ms: int) -> list[tuple[str, float]]:
    """Titles remembered since then, with when they were told in milliseconds since 1970."""
    rows: Any = await redis.zrangebyscore(keys.TITLES, since_ms, "+inf", withscores=True)
    return [(text(member), float(score)) for member, score in rows]
