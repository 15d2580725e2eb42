"""Slack's layout: which renderer makes a message, and how much one holds. Pure.

It is the `Layout` that the pipeline declares.
"""

from __future__ import annotations

from collections.abc import Sequence

from newswatch.models import Alert
from newswatch.sending import Outgoing
from newswatch.slack.buttons import Attention
from newswatch.slack.listing import LISTS, MAX_ITEMS, ROOM, room
from newswatch.slack.payload import (
    MAX_ALERT_IDS,
    Payload,
    render_correction,
    render_listing,
    render_minimal,
    render_ops,
    render_reply,
    render_story,
)
from newswatch.slack.reports import Frame


class SlackLayout:
    """How messages look in Slack."""

    most_items = MAX_ITEMS
    most_room = ROOM
    most_alert_ids = MAX_ALERT_IDS

    def room(self, alerts: Sequence[Alert]) -> int:
        """The characters that one item takes in a message, at most."""
        return room(alerts)

    def render(self, outgoing: Outgoing) -> Payload:
        """The payload of `chat.postMessage` and `chat.update`."""
        one, message = outgoing, outgoing.message
        if message.kind in ("ops", "reminder") and not one.plain:
            return render_ops(message, one.pages)
        if message.kind == "correction":
            return render_correction(message, plain=one.plain)
        attention = Attention(one.marks, buttons=one.buttons, now=one.now, corrected=one.corrected)
        frame = Frame(one.receiver, one.pages, one.belongs_to, one.mention)
        if one.plain:
            return render_minimal(
                message,
                one.alerts,
                sources=one.sources,
                now=one.now,
                further=one.further,
                headline=one.headline,
                attention=attention,
                frame=frame,
            )
        if message.kind in LISTS:
            return render_listing(message, one.alerts, sources=one.sources, now=one.now, attention=attention)
        if message.kind == "reply":
            return render_reply(
                message,
                one.alerts,
                sources=one.sources,
                now=one.now,
                further=one.further,
                headline=one.headline,
                attention=attention,
                frame=frame,
            )
        return render_story(
            message,
            one.alerts,
            sources=one.sources,
            now=one.now,
            further=one.further,
            headline=one.headline,
            attention=attention,
            frame=frame,
        )
