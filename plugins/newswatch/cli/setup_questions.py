"""What `newswatch setup slack` asks on a terminal. A wrong answer is asked again; each good one is stored at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from newswatch.atomic_file import replace_file
from newswatch.env_file import NAME
from newswatch.models import Receiver
from newswatch.pipeline.authoring.slack_setup import (
    NoSuchChannel,
    NoSuchMember,
    find_channel,
    find_member,
    write_channels,
    write_editors,
)
from newswatch.pipeline.base.services import Services
from newswatch.sending import ChannelName

_APP_TOKEN = "xapp-"  # noqa: S105 - how such tokens begin
_MOST_NAMES = 60


def ask_channels(
    folder: Path, receivers: Sequence[Receiver], channels: Sequence[ChannelName]
) -> dict[str, ChannelName]:
    """Ask for each receiver's channel; Enter keeps the one that it has. Raises CannotEdit and OSError."""
    if not channels:
        return {}
    more = f" and {len(channels) - _MOST_NAMES} more" if len(channels) > _MOST_NAMES else ""
    click.echo("Channels: " + ", ".join(f"#{channel.name}" for channel in channels[:_MOST_NAMES]) + more)
    chosen = {}
    for receiver in receivers:
        channel = _ask_channel(receiver, channels)
        if channel is not None:
            write_channels(folder, {receiver.id: channel})
            chosen[receiver.id] = channel
    return chosen


def _ask_channel(receiver: Receiver, channels: Sequence[ChannelName]) -> ChannelName | None:
    """The channel that is chosen; None to keep the one that the receiver has."""
    before = receiver.name or receiver.channel
    while True:
        given = click.prompt(f"Channel of receiver {receiver.id}", default=before)
        if given.strip().removeprefix("#") in (receiver.name, receiver.channel):
            return None
        try:
            return find_channel(given, channels)
        except NoSuchChannel as error:
            click.echo(f"{error}. Please choose again; Enter keeps {before}.")


async def ask_editor(services: Services, folder: Path) -> None:
    """Ask for the member ID of the person at the terminal. Raises SlackRefused, CannotEdit and OSError."""
    while True:
        given = click.prompt(
            "Your member ID, to use /newswatch (in Slack: your profile, ⋮, Copy member ID; Enter to leave it out)",
            default="",
            show_default=False,
        )
        if not given.strip():
            return
        try:
            write_editors(folder, [await find_member(services, given)])
        except NoSuchMember as error:
            click.echo(f"{error} Please try again, or press Enter.")
        else:
            return


def ask_app_token(path: Path) -> bool:
    """Ask for the token of Socket Mode and store it in .env. Whether one was given."""
    while True:
        given = click.prompt(
            "The app-level token, for buttons and /newswatch (Basic Information, App-Level Tokens, scope connections:write;"
            " it is not shown; Enter to leave it out)",
            default="",
            show_default=False,
            hide_input=True,
        ).strip()
        if not given:
            return False
        if given.startswith(_APP_TOKEN):
            store_token(path, "SLACK_APP_TOKEN", given)
            click.echo(f"Stored in {NAME}, which only you can read.")
            return True
        click.echo(f"An app-level token begins with {_APP_TOKEN}. Please try again, or press Enter.")


def store_token(path: Path, name: str, token: str) -> None:
    """Add the token to .env, in place of one that is there."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    kept = [line for line in lines if not line.replace(" ", "").startswith(f"{name}=")]
    replace_file(path, "".join(f"{line}\n" for line in [*kept, f"{name}={token}"]).encode())
    path.chmod(0o600)
