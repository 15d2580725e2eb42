"""Published headlines, and what readers say about them, for the tests of commands that learn from readers."""

from __future__ import annotations

from collections.abc import Mapping

from feed_server import story
from newsroom import Newsroom
from newswatch.listener.clicks import take_click
from newswatch.slack.buttons import ACTIONS
from newswatch.slack.clicks import Click


def published(room: Newsroom, titles: Mapping[int, str], *, start: int = 0, **more) -> None:
    """The headlines are polled, matched and posted."""
    room.site.serve("/wire", *(story(start + number, title, **more) for number, title in titles.items()))
    room.run()


def reader_says(room: Newsroom, name: str, *titles: str) -> None:
    """A click ("ack" or "irrelevant") on the messages with these headlines."""
    action = next(action for action in ACTIONS.values() if action.kind == name and action.on)
    for message in room.slack.messages():
        if any(title in message["text"] for title in titles):
            payload = message["metadata"]["event_payload"]
            click = Click(action, payload["message_id"], message["channel"], "U1", "ada", room.clock())
            assert room._do(lambda services, click=click: take_click(services, click)).effect == "taken"
