"""`newswatch mute` and `unmute`: keep a rule's alerts out of Slack for a while. They are still stored."""

from __future__ import annotations

from dataclasses import asdict

import click

from newswatch.acting_user import acting_user
from newswatch.cli.context import Invocation, command
from newswatch.cli.output import ago, as_json, table
from newswatch.durations import parse_duration
from newswatch.pipeline.authoring.muting import mute_rule, muted_now, suppressed, unmute_rule
from newswatch.pipeline.base.clock import utc_now

DEFAULT_FOR = "24h"


def _seconds(value: str) -> float:
    try:
        return parse_duration(value)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--for") from error


@click.command(
    epilog="""
    JSON: the mute, {"rule_id", "channel", "until", "by", "since", "muted", "message_id"}; without RULE a list of
    them. "muted" counts the alerts that were suppressed.
    """
)
@click.argument("rule", required=False)
@click.option("--for", "for_", default=DEFAULT_FOR, show_default=True, help="How long, e.g. 2h or 3d.")
@click.option("--channel", help="Only in this channel (its id). Default: everywhere.")
@command
def mute(call: Invocation, *, rule: str | None, for_: str, channel: str | None) -> None:
    """Mute RULE, or list what is muted. Muted alerts are stored and counted, but not sent."""
    if rule is None:
        _list(call)
        return
    length_s = _seconds(for_)
    made = call.run(
        lambda services: mute_rule(services, rule, for_s=length_s, by=acting_user(), channel=channel)
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
        ("Rule", "Channel", "Ends", "By", "Suppressed"),
        [(m.rule_id, m.channel, ago(m.until, now), m.by, str(m.muted)) for m in found],
        "Nothing is muted.",
    )


@click.command(epilog="JSON: a list of the mutes that ended, as printed by `mute`.")
@click.argument("rule")
@click.option("--channel", help="Only in this channel (its id). Default: wherever it is muted.")
@command
def unmute(call: Invocation, *, rule: str, channel: str | None) -> None:
    """Unmute RULE, so that its alerts go to Slack again."""
    ended = call.run(lambda services: unmute_rule(services, rule, channel))
    if call.json:
        as_json([asdict(one) for one in ended])
    else:
        click.echo(f"{rule} is no longer muted; {suppressed(ended)} (`newswatch alerts` shows them)")
