"""`newswatch setup slack`: from no app at all to a test message in each receiver's channel, and what is left to do."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import click

from newswatch.cli import setup_questions as questions
from newswatch.cli.context import Invocation, command
from newswatch.cli.output import PROBLEM, as_json
from newswatch.cli.receivers import post_test
from newswatch.env_file import NAME, with_running_stack
from newswatch.errors import SlackRefused, SlackUnavailable
from newswatch.models import Receiver
from newswatch.pipeline.authoring.slack_setup import (
    FILE,
    find_channel,
    find_member,
    list_channels,
    missing_channels,
    why_not_members,
    write_channels,
    write_editors,
)
from newswatch.pipeline.base.configuration import check_files
from newswatch.pipeline.base.sender import NO_TOKEN
from newswatch.pipeline.base.services import Services
from newswatch.places import DOCS
from newswatch.sending import ChannelName, SenderCheck

_MANIFEST = DOCS / "slack-app.yaml"
_MEND_FIRST = "Put right what is wrong with the token or its scopes, then run this again."
_NEW_APP = "https://api.slack.com/apps?new_app=1&manifest_yaml="
_NO_WAY_BACK = (
    "For buttons and /newswatch in Slack: set SLACK_APP_TOKEN in .env. Make the token at https://api.slack.com/apps, your"
    " app, Basic Information, App-Level Tokens, with the scope connections:write; Socket Mode must be on."
)
_NO_EDITORS = (
    "To use /newswatch yourself: add your member ID to `editors` in receivers.yaml (in Slack: your profile, ⋮, Copy member"
    " ID), or run newswatch setup slack --editor U…"
)
_RESTART = (
    "Stop `make run` with Ctrl-C and start it again: it still uses the settings that it was started with."
)


@click.group("setup")
def setup() -> None:
    """Set up what newswatch works with."""


@setup.command(
    "slack",
    epilog='JSON: {"checks": [{"name", "level", "text"}], "channels": {receiver: channel}, "tested": [receiver],'
    ' "left": [text], "optional": [text]}\n\nExit: 1 if something of `left` keeps alerts from a receiver.',
)
@click.option(
    "--receiver",
    "pairs",
    multiple=True,
    metavar="ID=#CHANNEL",
    help="The channel of a receiver, by its name. May be given several times.",
)
@click.option(
    "--editor",
    "editors",
    multiple=True,
    metavar="MEMBER_ID",
    help="Somebody who may use /newswatch, by member ID. May be given several times.",
)
@click.option("--test/--no-test", default=True, help="Post a test message into each channel. Default: yes.")
@command
def slack(call: Invocation, *, pairs: tuple[str, ...], editors: tuple[str, ...], test: bool) -> None:
    """Connect Slack: check the token and its scopes, choose the receivers' channels by name, post a test message.

    On a terminal it asks for what is missing. The channels' ids and the editors are written into receivers.yaml. What is
    still missing is named at the end.
    """
    wanted = dict(_pair(text) for text in pairs)
    has_token = call.settings.slack_token or call.connections.slack(call.settings.network)
    if call.simulated or not has_token:
        _first_steps(call)
        return

    async def work(services: Services) -> _Connected:
        return await _connect(call, services, wanted, editors, test=test)

    found = call.run(work, checked=False, slack=True)
    if call.json:
        rows = [{"name": one.subject, "level": one.level, "text": one.message} for one in found.checks]
        channels = {name: channel.id for name, channel in found.chosen.items()}
        as_json(
            {
                "checks": rows,
                "channels": channels,
                "tested": found.tested,
                "left": found.left,
                "optional": found.optional,
            }
        )
    else:
        _show(call, found)
    if found.left:
        raise SystemExit(PROBLEM)


@dataclass(frozen=True, slots=True)
class _Connected:
    """What was examined, the channels that receivers were given, and the receivers that got a test message.

    `left` is what keeps alerts from a receiver, `optional` what else can be set up.
    """

    checks: Sequence[SenderCheck]
    chosen: Mapping[str, ChannelName] = field(default_factory=dict)
    tested: Sequence[str] = ()
    left: Sequence[str] = ()
    optional: Sequence[str] = ()


async def _connect(
    call: Invocation, services: Services, wanted: Mapping[str, str], editors: Sequence[str], *, test: bool
) -> _Connected:
    if services.sender is None:
        raise SlackRefused(NO_TOKEN, code="not_authed")
    async with services.sender.open() as sender:
        checks = await sender.check({})
    if any(check.level == "error" for check in checks):
        return _Connected(checks, left=[_MEND_FIRST])
    channels, unlisted = await _listed(services)
    receivers = _receivers(call, services)
    known = channels or ()
    chosen = {_known(name, receivers): find_channel(given, known) for name, given in wanted.items()}
    members = [await find_member(services, one) for one in editors]
    folder = call.settings.config_dir
    write_channels(folder, chosen)
    write_editors(folder, members)
    app_token = call.settings.slack_app_token is not None
    if not chosen and not members and not call.json and sys.stdin.isatty():
        chosen = questions.ask_channels(folder, receivers, known)
        if await _no_editors(call, services):
            await questions.ask_editor(services, folder)
        app_token = app_token or questions.ask_app_token(Path.cwd() / NAME)
    receivers = _receivers(call, services)
    missing = missing_channels(receivers, channels) if channels is not None else {}
    tested = []
    for receiver in receivers if test else ():
        if receiver.id not in missing:
            fault = await _test(services, receiver)
            missing |= {receiver.id: fault} if fault else {}
            tested += [] if fault else [receiver.id]
    left = [*unlisted, *(f"Receiver {name}: {text}" for name, text in missing.items())]
    return _Connected(checks, chosen, tested, left, await _optional(call, services, app_token=app_token))


async def _listed(services: Services) -> tuple[Sequence[ChannelName] | None, Sequence[str]]:
    """The workspace's channels; None, and why, if a scope for that is missing."""
    try:
        return await list_channels(services), ()
    except SlackRefused as error:
        return None, [f"The channels cannot be listed, so none can be chosen by name. {error}."]


async def _test(services: Services, receiver: Receiver) -> str:
    """Post a test message. Why that failed, "" if it did not."""
    try:
        await post_test(services, receiver)
    except (SlackRefused, SlackUnavailable) as error:
        return f"the test message was refused. {error}"
    return ""


async def _no_editors(call: Invocation, services: Services) -> str:
    """Why nobody of this workspace may use /newswatch, "" if somebody may."""
    editors = check_files(call.settings, services.clock().date()).sound_draft().editors
    refusals = await why_not_members(services, editors)
    if not editors:
        return _NO_EDITORS
    return (
        f"{_NO_EDITORS}. Slack knows none of the `editors` there as a member: {', '.join(editors)}."
        if all(refusals.values())
        else ""
    )


async def _optional(call: Invocation, services: Services, *, app_token: bool) -> list[str]:
    settings = call.settings
    reachable = app_token or settings.slack_signing_secret is not None
    found = ["" if reachable else _NO_WAY_BACK, await _no_editors(call, services)]
    stack = with_running_stack({}, Path.cwd())
    before = stack.get("SLACK_BOT_TOKEN")
    changed = app_token and settings.slack_app_token is None
    if stack and (changed or (before and before != settings.slack_token)):
        found.append(_RESTART)
    return [text for text in found if text]


def _receivers(call: Invocation, services: Services) -> Sequence[Receiver]:
    return check_files(call.settings, services.clock().date()).sound_draft().receivers


def _known(name: str, receivers: Sequence[Receiver]) -> str:
    if name in {receiver.id for receiver in receivers}:
        return name
    known = ", ".join(receiver.id for receiver in receivers)
    raise click.UsageError(f"receivers.yaml has no receiver {name}; it has: {known}")


def _show(call: Invocation, found: _Connected) -> None:
    for check in found.checks:
        click.echo(f"{check.level:8}{check.subject}: {check.message}")
    for name, channel in found.chosen.items():
        click.echo(f"receiver {name}: #{channel.name} ({channel.id}), in {call.settings.config_dir / FILE}")
    if found.tested:
        click.echo(f"A test message was posted for: {', '.join(found.tested)}")
    todo = [*found.left, *found.optional]
    click.echo("\nLeft to do" if todo else "Nothing is left to do.")
    for line in todo:
        click.echo(f"- {line}")


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
        questions.store_token(Path.cwd() / NAME, "SLACK_BOT_TOKEN", token.strip())
        click.echo(f"Stored in {NAME}, which only you can read. Run this command again.")
