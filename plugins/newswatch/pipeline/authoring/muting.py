"""Muting a rule and unmuting it, for the command line, the pages and Slack."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from newswatch.errors import NoSuchRule
from newswatch.pipeline.base.configuration import in_force
from newswatch.pipeline.base.services import Services
from newswatch.quantity import quantity
from newswatch.store import mutes
from newswatch.store.client import redis_errors
from newswatch.store.mutes import Mute

LONGEST_S = 366 * 86_400


async def mute_rule(
    services: Services, rule_id: str, *, for_s: float, by: str, channel: str | None = None
) -> Mute:
    """Mute a rule in one channel, or in all. Raises NoSuchRule and RedisUnavailable."""
    bundle = await in_force(services)
    known = [rule.id for rule in bundle.rules] if bundle else []
    if rule_id not in known:
        near = bundle.rules_of(channel) if bundle and channel else known
        where = " of this channel" if channel else ""
        names = ", ".join(near[:20]) or "none"
        raise NoSuchRule(f"no rule in force has the id {rule_id}; the ids{where} are: {names}")
    now = services.clock()
    until = now + timedelta(seconds=min(for_s, LONGEST_S))
    made = Mute(rule_id, channel or mutes.EVERYWHERE, until, by, now)
    with redis_errors():
        await mutes.put(services.redis, made)
    return made


async def unmute_rule(services: Services, rule_id: str, channel: str | None = None) -> list[Mute]:
    """End a rule's mute in one channel, or in every channel where it has one. Returns the mutes that ended.

    Raises NoSuchRule if it is not muted, and RedisUnavailable.
    """
    with redis_errors():
        ended = await mutes.lift(services.redis, rule_id, channel, services.clock())
    if not ended:
        raise NoSuchRule(f"{rule_id} is not muted")
    return ended


def suppressed(ended: Sequence[Mute]) -> str:
    """What mutes that ended have suppressed: "1 alert was suppressed". Pure."""
    number = sum(one.muted for one in ended)
    return quantity(number, "alert was suppressed", "alerts were suppressed")


async def muted_now(services: Services) -> list[Mute]:
    """The mutes in force: those that suppressed most first, then those that last longest. Raises RedisUnavailable."""
    with redis_errors():
        now = services.clock()
        found = [one for one in await mutes.read(services.redis) if one.until > now]
    return sorted(found, key=lambda one: (-one.muted, -one.until.timestamp(), one.rule_id))
