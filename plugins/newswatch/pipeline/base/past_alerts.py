"""What alerted for an item before, and which of that readers have in Slack.

An edit of the item, or of its web page, is said in the threads of those alerts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from newswatch.models import Alert, Excerpt, short_hash
from newswatch.store import messages
from newswatch.store.corrections import AlertedItem, read_alerted
from newswatch.store.messages import StoredAlert, StoredMessage
from newswatch.stories.passage import PassageChange, quoted

HEADLINE, CHANGED, REMOVED, GONE = (
    "headline changed",
    "passage changed",
    "passage removed",
    "article withdrawn",
)
"""The marks of a message, from the least to the most important one."""
MARKS = (HEADLINE, CHANGED, REMOVED, GONE)
_MOST_CHARS = 240
_NEVER_POSTED = ("dead", "withdrawn")

Concerns = Callable[[Alert], bool]
"""Whether readers still get the alerts of this one's rule in its channel."""


@dataclass(frozen=True, slots=True)
class Past:
    """What alerted for an item before: its alerts with their messages, and what was said of its edits."""

    item: AlertedItem
    alerts: Sequence[StoredAlert]
    messages: Mapping[str, StoredMessage]

    def never_begun(self, one: StoredAlert) -> bool:
        """Whether the alert is held, or its message still waits for its first try."""
        message = self.messages.get(one.message_id)
        if message is None:
            return not one.message_id
        return message.delivery.state == "queued" and message.delivery.sending_since is None

    def in_slack(self, concerns: Concerns) -> dict[str, list[StoredAlert]]:
        """The alerts that readers have or are about to get, by channel, of rules that still concern them."""
        by_channel: dict[str, list[StoredAlert]] = {}
        for one in self.wanted(concerns):
            message = self.messages.get(one.message_id)
            if (
                message is not None
                and message.delivery.state not in _NEVER_POSTED
                and not self.never_begun(one)
            ):
                by_channel.setdefault(one.alert.channel, []).append(one)
        return by_channel

    def wanted(self, concerns: Concerns) -> list[StoredAlert]:
        """The alerts that were not muted or withdrawn, of rules that still concern readers."""
        return [one for one in self.alerts if not (one.muted or one.withdrawn) and concerns(one.alert)]


@dataclass(frozen=True, slots=True)
class Line:
    """A line about a passage, the mark for its message, and what is remembered: about what, and the text now."""

    text: str
    mark: str
    about: str
    now: str


async def read_past(redis: Redis, item_ids: Sequence[str]) -> dict[str, Past]:
    """What alerted before, for those of the items that did."""
    past = {}
    for name, item in (await read_alerted(redis, item_ids)).items():
        alerts = await messages.read_stored_alerts(redis, item.alert_ids)
        found = await messages.read_readable(redis, [one.message_id for one in alerts])
        past[name] = Past(item, alerts, found)
    return past


def passage_lines(
    channel: str,
    alerts: Sequence[StoredAlert],
    said: Mapping[str, str],
    change: Callable[[Alert, Excerpt, str], PassageChange | None],
) -> list[Line]:
    """What is said of the passages of these alerts. `change` says what became of one; headlines are not passages."""
    found: dict[str, Line] = {}
    for alert in (one.alert for one in alerts):
        for excerpt in alert.excerpts:
            passage = quoted(excerpt)
            about = f"passage:{channel}:{short_hash(passage)}"
            passage = said.get(about, passage)
            if excerpt.field == "title" or about in found or not passage:
                continue
            became = change(alert, excerpt, passage)
            if became is not None and became.what == "removed":
                found[about] = Line(f"Passage removed: “{shortened(passage)}”", REMOVED, about, "")
            elif became is not None:
                text = f"Passage changed: “{shortened(passage)}” → “{shortened(became.new)}”"
                found[about] = Line(text, CHANGED, about, became.new)
    return list(found.values())


def shortened(text: str) -> str:
    """The text in one line, cut to what a line of a thread holds."""
    text = " ".join(text.split())
    return text if len(text) <= _MOST_CHARS else text[: _MOST_CHARS - 1].rstrip() + "…"
