"""Who may do what from Slack. Asked of Slack and of the configuration in force each time, also when a modal is sent."""

from __future__ import annotations

from newswatch.errors import PermanentError
from newswatch.models import Receiver
from newswatch.pipeline.base.configuration import in_force
from newswatch.pipeline.base.services import Services
from newswatch.sending import Outcome
from newswatch.slack.answers import refusal_in_words
from newswatch.slack.client import SlackClient
from newswatch.slack.requests import Asker

NOTHING = "Nothing was changed."


class Refused(PermanentError):
    """The request is refused. The text is for the person who asked."""


async def check_editor(services: Services, client: SlackClient, asker: Asker) -> None:
    """Raises Refused unless this is a full member of our workspace and one of `editors`; RedisUnavailable."""
    found = await client.membership(asker.id)
    if found.refusal:
        raise Refused(f"{found.refusal} {NOTHING}")
    bundle = await in_force(services)
    if bundle is None:
        raise Refused(f"No configuration is in force yet. Try again in a minute. {NOTHING}")
    if asker.id not in bundle.editors:
        raise Refused(
            f"You are not one of the editors. To become one, have your member ID {asker.id} added to `editors` in"
            f" receivers.yaml. {NOTHING}"
        )


async def check_channel(client: SlackClient, channel: str, user_id: str) -> None:
    """Raises Refused unless both the app and the user are in the channel."""
    there, outcome = await client.is_in(channel)
    _check_scope(outcome)
    if not there:
        raise Refused(
            f"newswatch is not in this channel, or it is archived ({refusal_in_words(outcome)})."
            f" Invite it: /invite @newswatch. {NOTHING}"
        )
    member, outcome = await client.has_member(channel, user_id)
    _check_scope(outcome)
    if not member:
        raise Refused(f"You are not in this channel ({refusal_in_words(outcome)}). {NOTHING}")


def _check_scope(outcome: Outcome) -> None:
    """Raises Refused, with the scope, if Slack does not say who is in the channel."""
    if outcome.code == "missing_scope":
        raise Refused(f"newswatch cannot see who is in this channel. {outcome.message}. {NOTHING}")


async def receiver_of(services: Services, channel: str) -> Receiver:
    """The receiver that posts to a channel; of several, the first one that posts each alert at once. Raises Refused.

    Slack makes no receivers: which channels get alerts is for those who edit receivers.yaml.
    """
    bundle = await in_force(services)
    found = [one for one in bundle.receivers if one.channel == channel] if bundle else []
    if not found:
        raise Refused(
            f"No receiver posts to this channel. Have one with the channel's ID {channel} added to receivers.yaml. {NOTHING}"
        )
    return next((one for one in found if one.mode == "each"), found[0])
