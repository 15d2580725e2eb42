"""Setting up Slack: which channel each receiver gets, who may use /newswatch, and what is left to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from newswatch.atomic_file import replace_file
from newswatch.config.shapes import RECEIVER
from newswatch.config.words import check_user
from newswatch.config.yaml_changes import AddEntry, SetKey
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


class NoSuchMember(PermanentError):
    """Slack does not know the id as that of a full member of the workspace."""


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


async def find_member(services: Services, given: str) -> str:
    """The member's id, after Slack has said that this is a full member. Raises NoSuchMember and SlackRefused."""
    try:
        user_id = check_user(given.strip())
    except ValueError as error:
        raise NoSuchMember(
            f"{given.strip()[:60]!r} is not a member ID. It begins with U or W: in Slack, open your profile and choose"
            " Copy member ID in its menu (⋮)"
        ) from error
    refusal = (await why_not_members(services, (user_id,)))[user_id]
    if refusal:
        raise NoSuchMember(refusal)
    return user_id


async def why_not_members(services: Services, user_ids: Sequence[str]) -> dict[str, str]:
    """Why each of these is not a full member of the workspace, "" for one who is. Raises SlackRefused."""
    if services.sender is None:
        raise SlackRefused(NO_TOKEN, code="not_authed")
    async with services.sender.open() as sender:
        return {user_id: (await sender.membership(user_id)).refusal for user_id in user_ids}


def write_editors(folder: Path, user_ids: Sequence[str]) -> None:
    """Add these to `editors` in receivers.yaml, unless they are there. Raises CannotEdit and OSError."""

    def change(text: str) -> str:
        there = value_at(FILE, text, ("editors",)) or []
        for user_id in user_ids:
            if user_id not in there:
                text = edit_text(FILE, text, AddEntry(("editors",), user_id))
        return text

    _rewrite(folder, change)


def write_channels(folder: Path, chosen: Mapping[str, ChannelName]) -> None:
    """Give receivers their channels' ids and names in receivers.yaml; comments and order stay.

    `chosen` maps receiver ids to channels. Raises CannotEdit and OSError.
    """

    def change(text: str) -> str:
        for receiver_id, channel in chosen.items():
            rows = value_at(FILE, text, ("receivers",)) or []
            ids = [str(one.get("id", "")).strip() if isinstance(one, dict) else "" for one in rows]
            place = ("receivers", ids.index(receiver_id))
            for key, value in (("channel", channel.id), ("name", channel.name)):
                text = edit_text(FILE, text, SetKey((*place, key), value), _ORDER)
        return text

    _rewrite(folder, change)


def _rewrite(folder: Path, change: Callable[[str], str]) -> None:
    path = (folder / FILE).resolve()  # the file itself, not a link to it
    before = path.read_text(encoding="utf-8")
    after = change(before)
    if after != before:
        replace_file(path, after.encode("utf-8"))


def missing_channels(receivers: Sequence[Receiver], channels: Sequence[ChannelName]) -> dict[str, str]:
    """By receiver: what somebody still has to do in Slack or in receivers.yaml before it can be posted to. Pure."""
    by_id = {channel.id: channel for channel in channels}
    found = {}
    for receiver in receivers:
        channel = by_id.get(receiver.channel)
        if channel is None:
            found[receiver.id] = (
                f"the app does not see {receiver.channel}. Choose its channel: "
                f"newswatch setup slack --receiver {receiver.id}=#its-channel"
            )
        elif not channel.member:
            found[receiver.id] = f"invite the app into #{channel.name}: /invite @newswatch"
    return found
