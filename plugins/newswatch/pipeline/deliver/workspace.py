"""Whether messages still go to the workspace that this Redis belongs to.

Queues, records and history belong to one workspace. Sent with a token of another one, alerts would reach strangers or be
refused. Another bot of the same workspace may send, but cannot edit what the first one posted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from newswatch.errors import PermanentError
from newswatch.pipeline.base import notices
from newswatch.pipeline.base.sender import NO_TOKEN, Sender
from newswatch.pipeline.base.services import Services
from newswatch.sending import Identity
from newswatch.store import deployment
from newswatch.store.client import redis_errors

CAUSE, BOT_CAUSE = "workspace", "workspace-bot"


class NoWorkspace(PermanentError):
    """Nobody says which workspace the token is for: there is no token, or Slack does not answer."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How the token's workspace and bot differ from those known."""

    level: Literal["warning", "error"]
    text: str


def difference(known: Identity | None, found: Identity) -> Difference | None:
    """How a token's workspace differs from the one known; None if it is the same, or the first. Pure."""
    if known is None or (known.team_id, known.bot_id) == (found.team_id, found.bot_id):
        return None
    if known.team_id != found.team_id:
        text = (
            f"The Slack token is for the workspace {found.workspace}, but this Redis belongs to {known.workspace}. "
            f"Nothing is sent, and all queues are kept. Set the token of {known.team}, or adopt "
            f"the workspace on the page Status to send to {found.team} from now on"
        )
        return Difference("error", text)
    text = (
        f"The Slack token is for the bot {found.bot} ({found.bot_id}) in {found.workspace}; until now it was for {known.bot} "
        f"({known.bot_id}). Messages are sent, but those that the other bot posted cannot be updated. "
        "Adopt the new bot on the page Status, if it is meant"
    )
    return Difference("warning", text)


async def may_send(services: Services, sender: Sender) -> Difference | None:
    """Compare the sender's workspace with the one known, remember the first, and notify ops of a difference.

    If Slack does not say, sending goes on: if the token is refused, so is the first message. Raises RedisUnavailable.
    """
    found = await sender.identity()
    if found is None:
        return None
    known = await deployment.read(services.redis)
    if known is None:
        await deployment.adopt(services.redis, found)
    differs = difference(known, found)
    for cause, level in ((CAUSE, "error"), (BOT_CAUSE, "warning")):
        if differs is not None and differs.level == level:
            await notices.raise_notice(services, cause, differs.text)
        else:
            text = f"The Slack token is for {found.workspace} and the bot {found.bot}, as expected."
            await notices.clear_notice(services, cause, text)
    return differs


async def adopt_workspace(services: Services) -> tuple[Identity | None, Identity]:
    """Send to the token's workspace from now on. Returns what was known before, and what is known now.

    Raises NoWorkspace, RedisUnavailable.
    """
    if services.sender is None:
        raise NoWorkspace(f"{NO_TOKEN}. Then adopt its workspace")
    async with services.sender.open() as sender:
        found = await sender.identity()
    if found is None:
        raise NoWorkspace(
            "Slack does not say which workspace the token is for. Is the token right, and can Slack be reached?"
        )
    with redis_errors():
        before = await deployment.read(services.redis)
        await deployment.adopt(services.redis, found)
    return before, found
