"""`newswatch mute` and `unmute`: keep a rule out of Slack for a while; nothing of it vanishes."""

from __future__ import annotations

import getpass
from dataclasses import asdict

import click

from newswatch.cli.context import Invocation, command
from newswatch.cli.output import ago, as_json, table
from newswatch.durations import parse_duration
from newswatch.pipeline.muting import mute_rule, muted_now, unmute_rule
from newswatch.pipeline.services import utc_now

DEFAULT_FOR = "24h"


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
    length_s = _seconds(for_)
    made = call.run(
        lambda services: mute_rule(services, rule, for_s=length_s, by=getpass.getuser(), channel=channel)
    )
    if call.json:
        as_json(asdict(made))
    else:
        where = f"in {made.channel}" if channel else "everywhere"
        click.echo(
            f"{rule} is muted {where} until {made.until:%Y-%m-%d %H:%M} UTC; `newswatch unmute {rule}` ends it"
        )


def _list(call: Invocation) -> None:
    found = call.run(muted_now)
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
    ended = call.run(lambda services: unmute_rule(services, rule, channel))
    if call.json:
        as_json([asdict(one) for one in ended])
    else:
        kept = sum(one.muted for one in ended)
        click.echo(f"{rule} speaks again; {kept} alerts were muted (`newswatch alerts` shows them)")
