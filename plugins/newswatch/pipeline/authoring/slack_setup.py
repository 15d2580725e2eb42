"""Setting up Slack: which channel each receiver gets, and writing it into receivers.yaml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from newswatch.atomic_file import replace_file
from newswatch.config.shapes import RECEIVER
from newswatch.config.yaml_changes import SetKey
from newswatch.config.yaml_text import edit_text, value_at
from newswatch.errors import PermanentError, SlackRefused, SlackUnavailable
from newswatch.models import Receiver
from newswatch.pipeline.base.sender import NO_TOKEN
from newswatch.pipeline.base.services import Services
from newswatch.sending import ChannelName, Outcome

FILE = "receivers.yaml"
_ORDER = tuple(key.name for key in RECEIVER.keys)


class NoSuchChannel(PermanentError):
    """Slack has no channel of that name, or does not show it to us."""


async def list_channels(services: Services) -> Sequence[ChannelName]:
    """The workspace's channels by name. Raises SlackRefused and SlackUnavailable."""
    if services.sender is None:
        raise SlackRefused(NO_TOKEN, code="not_authed")
    async with services.sender.open() as sender:
        found = await sender.list_channels()
    if isinstance(found, Outcome):
        if found.kind in ("not_reached", "ambiguous", "ratelimited"):
            raise SlackUnavailable(found.message)
        raise SlackRefused(found.message, code=found.code)
    return found


def find_channel(given: str, channels: Sequence[ChannelName]) -> ChannelName:
    """The channel with this name (with or without #) or id. Raises NoSuchChannel, which names similar ones. Pure."""
    wanted = given.strip().removeprefix("#")
    for channel in channels:
        if wanted == channel.id or wanted.casefold() == channel.name.casefold():
            return channel
    near = get_close_matches(wanted.casefold(), [channel.name for channel in channels], n=3)
    hint = f"; similar names: {', '.join(f'#{name}' for name in near)}" if near else ""
    raise NoSuchChannel(
        f"Slack shows the app no channel {given!r}{hint}. A private channel is shown once the app is in it: /invite it there"
    )


def write_channels(folder: Path, chosen: Mapping[str, ChannelName]) -> bool:
    """Give receivers their channels' ids and names in receivers.yaml; comments and order stay. Whether that changed it.

    `chosen` maps receiver ids to channels. Raises CannotEdit and OSError.
    """
    path = (folder / FILE).resolve()  # the file itself, not a link to it
    before = text = path.read_text(encoding="utf-8")
    for receiver_id, channel in chosen.items():
        rows = value_at(FILE, text, ("receivers",)) or []
        ids = [str(one.get("id", "")).strip() if isinstance(one, dict) else "" for one in rows]
        place = ("receivers", ids.index(receiver_id))
        for key, value in (("channel", channel.id), ("name", channel.name)):
            text = edit_text(FILE, text, SetKey((*place, key), value), _ORDER)
    if text != before:
        replace_file(path, text.encode("utf-8"))
    return text != before


def left_to_do(receivers: Sequence[Receiver], channels: Sequence[ChannelName]) -> list[str]:
    """What somebody still has to do in Slack or in receivers.yaml, a sentence for each receiver. Pure."""
    by_id = {channel.id: channel for channel in channels}
    found = []
    for receiver in receivers:
        channel = by_id.get(receiver.channel)
        if channel is None:
            found.append(
                f"Receiver {receiver.id}: the app does not see {receiver.channel}. Choose its channel: "
                f"newswatch setup slack --receiver {receiver.id}=#its-channel"
            )
        elif not channel.member:
            found.append(f"Receiver {receiver.id}: invite the app into #{channel.name}: /invite @newswatch")
    return found
