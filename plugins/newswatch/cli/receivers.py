"""`newswatch test-receiver`: posts one message to a receiver's channel, to show that it arrives."""

from __future__ import annotations

import click

from newswatch.cli.context import Invocation, command
from newswatch.cli.output import as_json
from newswatch.errors import PermanentError, SlackRefused, SlackUnavailable
from newswatch.models import Message, Receiver, short_hash
from newswatch.pipeline.base.configuration import check_files
from newswatch.pipeline.base.sender import NO_TOKEN
from newswatch.pipeline.base.services import Services
from newswatch.sending import Outgoing


class NoSuchReceiver(PermanentError):
    """No receiver has this id."""


def _receiver(call: Invocation, name: str, services: Services) -> Receiver:
    receivers = check_files(call.settings, services.clock().date()).sound_draft().receivers
    for receiver in receivers:
        if receiver.id == name:
            return receiver
    known = ", ".join(receiver.id for receiver in receivers)
    raise NoSuchReceiver(f"receivers.yaml has no receiver {name}; it has: {known}")


async def post_test(services: Services, receiver: Receiver) -> str:
    """Post a test message to the receiver's channel. Returns its ts. Raises SlackRefused and SlackUnavailable."""
    if services.sender is None:
        raise SlackRefused(NO_TOKEN, code="not_authed")
    message = Message(
        id=short_hash("test", receiver.id, services.clock().isoformat()),
        kind="ops",
        channel=receiver.channel,
        story_id="test",
        alert_ids=(),
        text=f"newswatch can post here.\nThis is a test of the receiver {receiver.id}; no action is needed.",
    )
    payload = services.layout.render(Outgoing(message, (), {}, services.clock()))
    async with services.sender.open() as sender:
        outcome = await sender.post(payload, thread_ts=None, broadcast=False)
    if outcome.kind in ("not_reached", "ambiguous", "ratelimited"):
        raise SlackUnavailable(outcome.message)
    if outcome.ts is None:
        raise SlackRefused(outcome.message, code=outcome.code)
    return outcome.ts


@click.command("test-receiver", epilog='JSON: {"receiver", "channel", "ts"}')
@click.argument("receiver")
@command
def test_receiver(call: Invocation, *, receiver: str) -> None:
    """Post a test message to RECEIVER's channel."""

    async def work(services: Services) -> tuple[Receiver, str]:
        found = _receiver(call, receiver, services)
        return found, await post_test(services, found)

    found, ts = call.run(work, slack=True)
    if call.json:
        as_json({"receiver": found.id, "channel": found.channel, "ts": ts})
    else:
        click.echo(f"Sent to {found.channel} for receiver {found.id} (ts {ts})")
