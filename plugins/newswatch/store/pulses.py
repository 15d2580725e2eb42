"""The pulse of each resident stage, and the request that all of them drain."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from redis.asyncio import Redis

from newswatch.store import keys
from newswatch.store.client import fields
from newswatch.store.codec import from_ms, to_ms

BEAT_S = 5.0
"""How often a resident beats and looks whether it is asked to stop."""
KEPT_S = 7 * 86_400


PulseState = Literal["working", "waiting", "drained", "ended"]
"""`waiting`: Redis is away, there is no configuration, or another process works the stage. `drained`: it was asked to
stop. `ended`: its shift is over and the next has not begun."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a resident says of itself, all times in UTC.

    `since` is the start of its shift, `until` the planned end, `at` the last beat, `work` the last time it did something
    (None: not in this shift). `note` says in a sentence what it waits for or why it ended, "" if all is well. `where`
    names its task's page, "" outside Airflow. `late_since` is since when it has beaten late (None: it beats on time).
    `error` is the last thing that went wrong, in a sentence, at `error_at`, in this shift or one before (None: nothing).
    """

    stage: str
    state: PulseState
    since: datetime
    until: datetime
    at: datetime
    work: datetime | None = None
    note: str = ""
    where: str = ""
    late_since: datetime | None = None
    error: str = ""
    error_at: datetime | None = None

    def age_s(self, now: datetime) -> float:
        """Seconds since the last beat."""
        return (now - self.at).total_seconds()


@dataclass(frozen=True, slots=True)
class DrainRequest:
    """Somebody asked the residents to finish what is in hand and begin nothing new."""

    by: str
    at: datetime


async def beat(redis: Redis, pulse: Pulse) -> DrainRequest | None:
    """Record the pulse. Returns the request to drain, if there is one: both in one round trip."""
    pipe = redis.pipeline(transaction=False)
    key = keys.pulse(pulse.stage)
    row: dict[Any, Any] = {
        "state": pulse.state,
        "since": to_ms(pulse.since),
        "until": to_ms(pulse.until),
        "at": to_ms(pulse.at),
        "work": to_ms(pulse.work) if pulse.work else 0,
        "note": pulse.note,
        "where": pulse.where,
        "late_since": to_ms(pulse.late_since) if pulse.late_since else 0,
    }
    if pulse.error_at:
        row |= {"error": pulse.error, "error_at": to_ms(pulse.error_at)}
    pipe.hset(key, mapping=row)
    pipe.expire(key, KEPT_S)
    pipe.get(keys.DRAIN)
    return _request((await pipe.execute())[2])


async def read(redis: Redis, stages: Sequence[str]) -> list[Pulse]:
    """The pulses of those of these stages that were at work within a week."""
    pipe = redis.pipeline(transaction=False)
    for stage in stages:
        pipe.hgetall(keys.pulse(stage))
    rows = zip(stages, await pipe.execute(), strict=True)
    return [_pulse(stage, fields(row)) for stage, row in rows if b"at" in row]


async def ask_to_drain(redis: Redis, request: DrainRequest, *, for_s: int | None = None) -> None:
    """Ask the residents to drain, until `resume` or for some seconds. They look every few seconds."""
    await redis.set(keys.DRAIN, json.dumps({"by": request.by, "at": to_ms(request.at)}), ex=for_s)


async def drain_longer(redis: Redis, for_s: int) -> None:
    """Let the request last for some seconds from now."""
    await redis.expire(keys.DRAIN, for_s)


async def resume(redis: Redis) -> bool:
    """Let the residents work again. False if they were not asked to drain."""
    return bool(await redis.delete(keys.DRAIN))


async def drain_request(redis: Redis) -> DrainRequest | None:
    """The request to drain, None if there is none."""
    return _request(await redis.get(keys.DRAIN))


async def red_causes(redis: Redis, stage: str) -> tuple[frozenset[str], int]:
    """The causes for which the stage's last red run ended red, and when that was, in ms (0: never)."""
    causes, at = await redis.hmget(keys.pulse(stage), ["red", "red_at"])
    return frozenset(json.loads(causes or "[]")), int(at or 0)


async def record_red(redis: Redis, stage: str, causes: frozenset[str], now_ms: int | None) -> None:
    """Store the causes that are known. With `now_ms`, a run ends red now."""
    row: dict[Any, Any] = {"red": json.dumps(sorted(causes))}
    if now_ms is not None:
        row["red_at"] = now_ms
    await redis.hset(keys.pulse(stage), mapping=row)


def _request(data: bytes | str | None) -> DrainRequest | None:
    if not data:
        return None
    row = json.loads(data)
    return DrainRequest(str(row["by"]), from_ms(row["at"]))


def _pulse(stage: str, row: dict[str, str]) -> Pulse:
    return Pulse(
        stage,
        cast("PulseState", row["state"]),
        from_ms(int(row["since"])),
        from_ms(int(row["until"])),
        from_ms(int(row["at"])),
        from_ms(int(row["work"])) if int(row["work"]) else None,
        row["note"],
        row["where"],
        from_ms(late_ms) if (late_ms := int(row.get("late_since", "0"))) else None,
        row.get("error", ""),
        from_ms(error_ms) if (error_ms := int(row.get("error_at", "0"))) else None,
    )
