"""What readers are told when the feed edits an item that alerted before. `decide` is pure.

An alert that was not begun yet is sent with the new text. Where it was sent, its thread says what changed: the headline,
or the passage that the rule matched; how that is judged is in `stories.rewording` and `stories.passage`. Nothing is said
for an alert that was withdrawn or never sent, for a rule that was removed or is muted now, and for edits that are cosmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from redis.asyncio import Redis

from newswatch.models import Alert, Item, Match, short_hash
from newswatch.rules.excerpt import excerpts_for, spoken
from newswatch.store import messages
from newswatch.store.corrections import AlertedItem, Correction, Edits, read_alerted, read_snapshots
from newswatch.store.messages import StoredAlert, StoredMessage
from newswatch.stories.passage import change_of, quoted
from newswatch.stories.rewording import is_reworded

HEADLINE, CHANGED, REMOVED = "headline changed", "passage changed", "passage removed"
"""The marks of a message, from the least to the most important one."""
_MOST_CHARS = 240
_NEVER_POSTED = ("dead", "withdrawn")


@dataclass(frozen=True, slots=True)
class Past:
    """What alerted for an item before: its alerts with their messages, and what was said of its edits."""

    item: AlertedItem
    alerts: Sequence[StoredAlert]
    messages: Mapping[str, StoredMessage]


Concerns = Callable[[Alert], bool]
"""Whether readers still get the alerts of this one's rule in its channel."""


async def read_past(redis: Redis, item_ids: Sequence[str]) -> dict[str, Past]:
    """What alerted before, for those of the items that did."""
    past = {}
    for name, item in (await read_alerted(redis, item_ids)).items():
        alerts = await messages.read_stored_alerts(redis, item.alert_ids)
        found = await messages.read_readable(redis, [one.message_id for one in alerts])
        past[name] = Past(item, alerts, found)
    return past


def is_edit(item: Item) -> bool:
    """Whether the feed itself edited the item. The text of its web page comes as the same revision."""
    return item.revision > 0 and not item.silent and not item.article


async def together(redis: Redis, found: Sequence[tuple[Past, Edits]]) -> Edits:
    """All of it as one, with the messages that must not be begun meanwhile."""
    waiting = {one.alert.id: one.message_id for past, _ in found for one in past.alerts}
    refreshed = [alert for _, edits in found for alert in edits.refreshed]
    return Edits(
        [correction for _, edits in found for correction in edits.corrections],
        refreshed,
        await read_snapshots(redis, filter(None, (waiting[alert.id] for alert in refreshed))),
        [said for _, edits in found for said in edits.said],
    )


def decide(
    item: Item,
    past: Past,
    matches: Mapping[str, Match],
    concerns: Concerns,
    *,
    publisher: str = "",
    body: bool = True,
) -> Edits:
    """What to do about one edited item. `body`: whether the feed itself has the texts of the items' bodies."""
    corrections: list[Correction] = []
    refreshed: list[Alert] = []
    said: list[tuple[str, str, str]] = []
    by_channel: dict[str, list[StoredAlert]] = {}
    for one in past.alerts:
        if one.muted or one.withdrawn or not concerns(one.alert):
            continue
        message = past.messages.get(one.message_id)
        if not one.message_id or (message is not None and _never_begun(message)):
            fresh = _refreshed(one.alert, item, matches.get(one.alert.rule_id))
            refreshed += [fresh] if fresh != one.alert else []
        elif message is not None and message.delivery.state not in _NEVER_POSTED:
            by_channel.setdefault(one.alert.channel, []).append(one)
    outlets = tuple(filter(None, (publisher, urlsplit(item.link).hostname, item.feed_id)))
    for channel, alerts in by_channel.items():
        about = f"title:{channel}"
        newest = max(alerts, key=lambda one: one.alert.revision)
        lines, marks = [], []
        known = past.item.said.get(about, newest.alert.title)
        if is_reworded(known, item.title, outlets):
            lines.append(f"Headline changed: {_short(known)} → {_short(item.title)}")
            marks.append(HEADLINE)
            said.append((item.id, about, item.title))
        for line, kind, remembered in _passages(item, channel, alerts, past.item.said, matches, body=body):
            lines.append(line)
            marks.append(kind)
            said.append((item.id, *remembered))
        if lines:
            mark = max(marks, key=(HEADLINE, CHANGED, REMOVED).index)
            corrections.append(Correction(newest.message_id, tuple(lines), mark))
    return Edits(corrections, refreshed, said=said)


def _passages(
    item: Item,
    channel: str,
    alerts: Sequence[StoredAlert],
    known: Mapping[str, str],
    matches: Mapping[str, Match],
    *,
    body: bool,
) -> list[tuple[str, str, tuple[str, str]]]:
    """The lines about passages, each with its mark and what is to be remembered."""
    found: dict[str, tuple[str, str, tuple[str, str]]] = {}
    for alert in (one.alert for one in alerts):
        for excerpt in alert.excerpts:
            if excerpt.field == "title" or (excerpt.field == "body" and not body):
                continue
            passage = quoted(excerpt)
            about = f"passage:{channel}:{short_hash(passage)}"
            passage = known.get(about, passage)
            if about in found or not item.text(excerpt.field).strip():
                continue
            change = change_of(passage, (item.title, item.summary, item.body))
            if change is None:
                continue
            if change.what == "removed" and alert.rule_id in matches:
                continue  # other words of the item say the same
            if change.what == "removed":
                line = f"Passage removed: “{_short(change.old)}”"
            else:
                line = f"Passage changed: “{_short(change.old)}” → “{_short(change.new)}”"
            mark = REMOVED if change.what == "removed" else CHANGED
            found[about] = line, mark, (about, change.new)
    return list(found.values())


def _never_begun(message: StoredMessage) -> bool:
    return message.delivery.state == "queued" and message.delivery.sending_since is None


def _refreshed(alert: Alert, item: Item, match: Match | None) -> Alert:
    """The alert with the item's new text. What the rule does not match any more stays as it was."""
    if match is None:
        return replace(alert, title=item.title)
    return replace(
        alert,
        title=item.title,
        excerpts=excerpts_for(item, match.spans),
        event=spoken(item, match),
        modality=match.modality,
    )


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _MOST_CHARS else text[: _MOST_CHARS - 1].rstrip() + "…"
