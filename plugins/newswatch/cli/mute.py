"""`newswatch mute` and `unmute`: keep a rule out of Slack for a while; nothing of it vanishes."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from datetime import timedelta

import click

from newswatch.cli.context import Invocation, command
from newswatch.cli.output import ago, as_json, table
from newswatch.config.durations import parse_duration
from newswatch.errors import PermanentError
from newswatch.pipeline.configure import in_force
from newswatch.pipeline.services import Services, utc_now
from newswatch.store import mutes
from newswatch.store.client import redis_errors

DEFAULT_FOR = "24h"


class NoSuchRule(PermanentError):
    """The id given names no rule in force, or none that is muted."""


async def _check_rule(services: Services, rule_id: str) -> None:
    bundle = await in_force(services)
    known = [rule.id for rule in bundle.rules] if bundle else []
    if rule_id not in known:
        raise NoSuchRule(
            f"no rule in force is called {rule_id}; there are: {', '.join(known[:20]) or 'none'}"
        )


def _seconds(value: str) -> float:
    try:
        return parse_duration(value)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--for") from error


@click.command()
@click.argument("rule", required=False)
@click.option("--for", "for_", default=DEFAULT_FOR, show_default=True, help="How long, e.g. 2h or 3d.")
@click.option("--channel", help="Only in this channel (its id). Default: everywhere.")
@command
def mute(call: Invocation, *, rule: str | None, for_: str, channel: str | None) -> None:
    """Mute RULE; without RULE, list what is muted. Muted alerts are counted and kept."""
    if rule is None:
        _list(call)
        return
    span = timedelta(seconds=_seconds(for_))

    async def work(services: Services) -> mutes.Mute:
        await _check_rule(services, rule)
        now = services.clock()
        made = mutes.Mute(rule, channel or mutes.EVERYWHERE, now + span, getpass.getuser(), now)
        with redis_errors():
            await mutes.put(services.redis, made)
        return made

    made = call.run(work)
    if call.json:
        as_json(asdict(made))
    else:
        where = f"in {made.channel}" if channel else "everywhere"
        click.echo(
            f"{rule} is muted {where} until {made.until:%Y-%m-%d %H:%M} UTC; `newswatch unmute {rule}` ends it"
        )


def _list(call: Invocation) -> None:
    async def work(services: Services) -> list[mutes.Mute]:
        with redis_errors():
            return [one for one in await mutes.read(services.redis) if one.until > services.clock()]

    found = call.run(work)
    if call.json:
        as_json([asdict(one) for one in found])
        return
    now = utc_now()
    table(
        ("Rule", "Channel", "Ends", "By", "Muted alerts"),
        [(m.rule_id, m.channel, ago(m.until, now), m.by, str(m.muted)) for m in found],
        "Nothing is muted.",
    )


@click.command()
@click.argument("rule")
@click.option("--channel", help="Only in this channel (its id). Default: wherever it is muted.")
@command
def unmute(call: Invocation, *, rule: str, channel: str | None) -> None:
    """Let RULE speak again."""

    async def work(services: Services) -> list[mutes.Mute]:
        with redis_errors():
            return await mutes.lift(services.redis, rule, channel)

    ended = call.run(work)
    if not ended:
        raise NoSuchRule(f"{rule} is not muted; `newswatch mute` lists what is")
    if call.json:
        as_json([asdict(one) for one in ended])
    else:
        kept = sum(one.muted for one in ended)
        click.echo(f"{rule} speaks again; {kept} alerts were muted (`newswatch alerts` shows them)")
