"""`newswatch setup slack`: from no app at all to a test message in each receiver's channel."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import click

from newswatch.atomic_file import replace_file
from newswatch.cli.context import Invocation, command
from newswatch.cli.output import PROBLEM, as_json
from newswatch.cli.receivers import post_test
from newswatch.env_file import NAME
from newswatch.errors import SlackRefused
from newswatch.models import Receiver
from newswatch.pipeline.authoring.slack_setup import (
    FILE,
    find_channel,
    left_to_do,
    list_channels,
    write_channels,
)
from newswatch.pipeline.base.configuration import check_files
from newswatch.pipeline.base.sender import NO_TOKEN
from newswatch.pipeline.base.services import Services
from newswatch.places import DOCS
from newswatch.sending import ChannelName, SenderCheck

_MANIFEST = DOCS / "slack-app.yaml"
_MEND_FIRST = "Put right what is wrong with the token or its scopes, then run this again."
_NEW_APP = "https://api.slack.com/apps?new_app=1&manifest_yaml="


@click.group("setup")
def setup() -> None:
    """Set up what newswatch works with."""


@setup.command(
    "slack",
    epilog='JSON: {"checks": [{"name", "level", "text"}], "channels": {receiver: channel}, "left": [text]}',
)
@click.option(
    "--receiver",
    "pairs",
    multiple=True,
    metavar="ID=#CHANNEL",
    help="The channel of a receiver, by its name. May be given several times.",
)
@click.option("--test/--no-test", default=True, help="Post a test message into each channel. Default: yes.")
@command
def slack(call: Invocation, *, pairs: tuple[str, ...], test: bool) -> None:
    """Connect Slack: check the token and its scopes, choose the receivers' channels by name, post a test message.

    On a terminal it asks for what is missing. The channels' ids are written into receivers.yaml.
    """
    wanted = dict(_pair(text) for text in pairs)
    has_token = call.settings.slack_token or call.connections.slack(call.settings.network)
    if call.simulated or not has_token:
        _first_steps(call)
        return
    found = call.run(lambda services: _connect(call, services, wanted, test=test), checked=False, slack=True)
    if call.json:
        rows = [{"name": one.subject, "level": one.level, "text": one.message} for one in found.checks]
        channels = {name: channel.id for name, channel in found.chosen.items()}
        as_json({"checks": rows, "channels": channels, "left": found.left})
    else:
        _show(call, found, test=test)
    if found.left:
        raise SystemExit(PROBLEM)


@dataclass(frozen=True, slots=True)
class _Connected:
    """What was examined, the channels that receivers were given, and what is left to do."""

    checks: Sequence[SenderCheck]
    chosen: Mapping[str, ChannelName]
    left: Sequence[str]


async def _connect(
    call: Invocation, services: Services, wanted: Mapping[str, str], *, test: bool
) -> _Connected:
    if services.sender is None:
        raise SlackRefused(NO_TOKEN, code="not_authed")
    async with services.sender.open() as sender:
        checks = await sender.check({})
    if any(check.level == "error" for check in checks):
        return _Connected(checks, {}, [_MEND_FIRST])
    channels = await list_channels(services)
    receivers = _receivers(call, services)
    chosen = {_known(name, receivers): find_channel(given, channels) for name, given in wanted.items()}
    if not chosen and not call.json and sys.stdin.isatty():
        chosen = _ask(receivers, channels)
    write_channels(call.settings.config_dir, chosen)
    receivers = _receivers(call, services)
    left = left_to_do(receivers, channels)
    for receiver in receivers if test and not left else ():
        await post_test(services, receiver)
    return _Connected(checks, chosen, left)


def _receivers(call: Invocation, services: Services) -> Sequence[Receiver]:
    return check_files(call.settings, services.clock().date()).sound_draft().receivers


def _known(name: str, receivers: Sequence[Receiver]) -> str:
    if name in {receiver.id for receiver in receivers}:
        return name
    known = ", ".join(receiver.id for receiver in receivers)
    raise click.UsageError(f"receivers.yaml has no receiver {name}; it has: {known}")


def _show(call: Invocation, found: _Connected, *, test: bool) -> None:
    for check in found.checks:
        click.echo(f"{check.level:8}{check.subject}: {check.message}")
    for name, channel in found.chosen.items():
        click.echo(f"receiver {name}: #{channel.name} ({channel.id}), in {call.settings.config_dir / FILE}")
    for line in found.left:
        click.echo(f"to do   {line}")
    if not found.left:
        click.echo("A test message is in each channel." if test else "Nothing is left to do.")


def _pair(text: str) -> tuple[str, str]:
    name, sign, channel = text.partition("=")
    if not (name and sign and channel):
        raise click.UsageError(f"--receiver {text}: write ID=#CHANNEL, such as policy=#policy-alerts")
    return name.strip(), channel.strip()


def _first_steps(call: Invocation) -> None:
    """There is no token: say how to get one and, on a terminal, store it."""
    link = _NEW_APP + quote(_MANIFEST.read_text(encoding="utf-8")) if _MANIFEST.is_file() else _NEW_APP
    if call.json:
        as_json(
            {"checks": [], "channels": {}, "left": [f"SLACK_BOT_TOKEN is not set: make the app at {link}"]}
        )
        raise SystemExit(PROBLEM)
    click.echo(f"1. Make the app, from the manifest that this link brings along:\n\n{link}\n")
    click.echo(
        "2. Install it in your workspace, and copy its bot token (OAuth & Permissions; it begins with xoxb-)."
    )
    click.echo(f"3. Put the token into {NAME}, as SLACK_BOT_TOKEN=xoxb-…, and run this command again.")
    if not sys.stdin.isatty():
        raise SystemExit(PROBLEM)
    token = click.prompt(
        "\nThe bot token (it is not shown; Enter to do it yourself)", default="", hide_input=True
    )
    if token.strip():
        _store_token(Path.cwd() / NAME, token.strip())
        click.echo(f"Stored in {NAME}, which only you can read. Run this command again.")


def _store_token(path: Path, token: str) -> None:
    """Add the token to .env, in place of one that is there."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    kept = [line for line in lines if not line.replace(" ", "").startswith("SLACK_BOT_TOKEN=")]
    replace_file(path, "".join(f"{line}\n" for line in [*kept, f"SLACK_BOT_TOKEN={token}"]).encode())
    path.chmod(0o600)


def _ask(receivers: Sequence[Receiver], channels: Sequence[ChannelName]) -> dict[str, ChannelName]:
    """Ask for each receiver's channel; Enter keeps the one that it has."""
    click.echo("Channels: " + ", ".join(f"#{channel.name}" for channel in channels))
    chosen = {}
    for receiver in receivers:
        given = click.prompt(f"Channel of receiver {receiver.id}", default=receiver.name or receiver.channel)
        if given not in (receiver.name, receiver.channel):
            chosen[receiver.id] = find_channel(given, channels)
    return chosen
