"""What the threads say when the feed edits an item that alerted before. `decide` is pure.

An alert that was not begun yet is sent with the new text. Where it was sent, its thread says what changed: the headline,
or the passage that the rule matched; how that is judged is in `stories.rewording` and `stories.passage`. Nothing is said
for an alert that was withdrawn or never sent, for a rule that was removed or is muted now, and for edits that are cosmetic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from redis.asyncio import Redis

from newswatch.models import Alert, Excerpt, Item, Match
from newswatch.pipeline.base.past_alerts import HEADLINE, MARKS, Concerns, Past, passage_lines, shortened
from newswatch.rules.excerpt import excerpts_for, spoken
from newswatch.store.corrections import Correction, Edits, read_snapshots
from newswatch.stories.passage import PassageChange, change_of
from newswatch.stories.rewording import is_reworded


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
    """What to do about one edited item. `matches` are those of the new text, by rule.

    `body`: whether the feed itself has the bodies of its items, and not their web pages.
    """
    fresh = [
        (one.alert, _refreshed(one.alert, item, matches.get(one.alert.rule_id)))
        for one in past.wanted(concerns)
        if past.never_begun(one)
    ]
    outlets = tuple(filter(None, (publisher, urlsplit(item.link).hostname, item.feed_id)))

    def change(alert: Alert, excerpt: Excerpt, passage: str) -> PassageChange | None:
        if not item.text(excerpt.field).strip() or (excerpt.field == "body" and not body):
            return None
        became = change_of(passage, (item.title, item.summary, item.body))
        # Where the rule still matches, other words of the item say the same.
        return None if became and became.what == "removed" and alert.rule_id in matches else became

    corrections: list[Correction] = []
    said: list[tuple[str, str, str]] = []
    for channel, alerts in past.in_slack(concerns).items():
        newest = max(alerts, key=lambda one: one.alert.revision)
        about = f"title:{channel}"
        known = past.item.said.get(about, newest.alert.title)
        lines, marks = [], []
        if is_reworded(known, item.title, outlets):
            lines.append(f"Headline changed: {shortened(known)} → {shortened(item.title)}")
            marks.append(HEADLINE)
            said.append((item.id, about, item.title))
        for line in passage_lines(channel, alerts, past.item.said, change):
            lines.append(line.text)
            marks.append(line.mark)
            said.append((item.id, line.about, line.now))
        if lines:
            corrections.append(Correction(newest.message_id, tuple(lines), max(marks, key=MARKS.index)))
    return Edits(corrections, [new for old, new in fresh if new != old], said=said)


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
