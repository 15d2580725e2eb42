"""One feed's copy of an item, explained: when it was seen, and where each of its alerts went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast, get_args

from newswatch.models import Bundle
from newswatch.pipeline.base.late_edits import is_late_edit
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.oversight.alerts import AlertLine, line_of
from newswatch.pipeline.oversight.why_rules import Judge, Judges, RuleAnswer
from newswatch.pipeline.poll.entry_ids import KNOWN_BY
from newswatch.pipeline.poll.health import span
from newswatch.store import polls, sightings
from newswatch.store.codec import from_ms, to_ms
from newswatch.store.messages import read_messages
from newswatch.store.mutes import EVERYWHERE, Mute
from newswatch.store.sightings import Sighting, StreamedItem

State = Literal[
    "sent",
    "capped",
    "queued",
    "held",
    "withdrawn",
    "muted",
    "dead",
    "too_old",
    "silent",
    "not_matched",
    "unknown",
]
STATES: tuple[State, ...] = get_args(State)
"""The possible states of an item, the most successful first."""

NEAREST = 10
"""How many rules that did not match are explained, the nearest first."""
_EARLY_S, _LATE_S = 5, 15
"""How far around a claim its stream entries are searched: Redis may have another clock."""
_ARTICLE_S = 1_800


@dataclass(frozen=True, slots=True)
class Copy:
    """One feed's copy of the item. `version` is the configuration under which its rules were judged."""

    item_id: str
    feed_id: str
    title: str
    link: str
    state: State
    reasons: tuple[str, ...]
    rules: tuple[RuleAnswer, ...]
    version: str
    version_kept: bool


class Explanation:
    """One feed's copy of an item, explained."""

    def __init__(
        self, services: Services, bundle: Bundle, judges: Judges, muted: Sequence[Mute], sighting: Sighting
    ) -> None:
        self._services = services
        self._redis = services.redis
        self._judges = judges
        self._mutes = {mute.name: mute for mute in muted}
        self._sighting = sighting
        self._record = sighting.record
        self._feed = next((feed for feed in bundle.feeds if feed.id == sighting.feed_id), None)

    async def copy(self, *, all_rules: bool) -> Copy:
        """Raises RedisError."""
        lines = await self._lines()
        entries = await self._entries(lines)
        judge = await self._judges.of(self._record.config_version)
        alerted = [await self._alerted(line) for line in lines]
        alerted_by = {line.alert.rule_id for line in lines}
        judged = await self._judged(judge, entries, alerted_by, None if all_rules else NEAREST)
        state, reasons = await self._state(alerted, judged, entries, kept=judge.kept)
        shown = judged if all_rules else judged[:NEAREST]
        item = entries[-1].item if entries else None
        alert = lines[-1].alert if lines else None
        return Copy(
            item_id=self._sighting.item_id,
            feed_id=self._sighting.feed_id,
            title=item.title if item else alert.title if alert else "",
            link=item.link if item else alert.link if alert else "",
            state=state,
            reasons=(*self._seen(), *reasons, *self._rules_reasons(state, judge, shown, entries)),
            rules=(*alerted, *shown),
            version=judge.bundle.label,
            version_kept=judge.kept,
        )

    # ── what is stored ───────────────────────────────────────────────────────────────────────

    async def _lines(self) -> list[AlertLine]:
        item_id, feed_id = self._sighting.item_id, self._sighting.feed_id
        stored = await sightings.alerts_of(self._redis, feed_id, item_id, self._record.first_seen * 1000)
        messages = await read_messages(self._redis, [one.message_id for one in stored])
        now_ms = to_ms(self._services.clock())
        return [line_of(one, messages.get(one.message_id), now_ms) for one in stored]

    async def _entries(self, lines: Sequence[AlertLine]) -> list[StreamedItem]:
        """The item's revisions that are still kept, the oldest first."""
        moments = [self._record.first_seen, *(line.alert.matched.timestamp() for line in lines)]
        moments += [note.at_s for note in await polls.read(self._redis, self._sighting.feed_id) if note.new]
        spans = [
            (int(moment - _EARLY_S) * 1000, int(moment + _LATE_S) * 1000)
            for moment in moments
            if moment >= self._record.first_seen
        ]
        if self._feed is not None and self._feed.article:
            first = self._record.first_seen
            spans.append((first * 1000, (first + _ARTICLE_S) * 1000))
        found = await sightings.entries_of(self._redis, self._sighting.item_id, spans)
        if not found or found[-1].item.revision < self._record.revision:
            # Claimed at another time than the known polls, or by another clock than that of Redis.
            found = await sightings.newest_entries_of(self._redis, self._sighting.item_id) or found
        return found

    # ── its life ─────────────────────────────────────────────────────────────────────────────

    def _seen(self) -> list[str]:
        record, feed_id = self._record, self._sighting.feed_id
        by = KNOWN_BY[record.known_by]
        first = f"First seen {stamp(_moment(record.first_seen))} in the feed {feed_id}"
        under = f"under configuration version {record.config_version}"
        moved = record.id != record.item
        if not record.revision and not moved:
            sentences = [f"{first}, {under}: a new item, recognised by {by}."]
        else:
            sentences = [f"{first}, {under}: a new item."]
        if moved:
            sentences.append(f"The feed gave it another guid later; it was recognised by {by}.")
        if record.revision:
            times = f"{record.revision} time{'s' if record.revision > 1 else ''}"
            sentences.append(
                f"Edited {times}{'' if moved else f', recognised by {by}'}: an edit is not a new item."
            )
        if record.last_in_document > record.first_seen:
            until = stamp(_moment(record.last_in_document))
            sentences.append(f"Still in the document {until}: a repetition, which does not alert again.")
        return sentences

    async def _state(
        self,
        alerted: Sequence[RuleAnswer],
        judged: Sequence[RuleAnswer],
        entries: Sequence[StreamedItem],
        *,
        kept: bool,
    ) -> tuple[State, list[str]]:
        """Its state, and the sentences that explain it."""
        if alerted:
            states = [cast("State", one.state) for one in alerted]
            return min(states, key=STATES.index), [one.text for one in alerted]
        if self._record.silent:
            since_ms = await sightings.read_since(self._redis, [self._sighting.feed_id])
            return "silent", [self._silent(since_ms or 0)]
        if not entries:
            length = span(self._services.settings.item_retention_s)
            text = f"Its text is no longer kept (items are kept for {length}), so the rules cannot be tried on it."
            return "not_matched", [text]
        last = entries[-1]
        error = await sightings.match_error(self._redis, last.stream_id)
        if error:
            return "dead", [f"It could not be matched and was set aside: {error}"]
        if await sightings.waits(self._redis, last.stream_id):
            since = stamp(from_ms(last.claimed_ms))
            return "queued", [f"It has been waiting for matching since {since}."]
        rules = ", ".join(one.rule_id for one in judged if one.state == "matches")
        if not rules:
            return "not_matched", []
        if last.item.revision and not last.item.article and (kept or _came_late(last)):
            text = f"Too old: {rules} first matches revision {last.item.revision}, an edit more than 48 h after the item."
            return "too_old", [text]
        text = (
            f"{rules} matches now but gave no alert: another configuration was in force when the item was matched, "
            f"or the alert is no longer kept ({span(self._services.settings.alert_retention_s)})."
        )
        return "not_matched", [text]

    def _silent(self, since_ms: int) -> str:
        record = self._record
        if record.published and record.first_seen * 1000 > since_ms:
            max_age = span(self._feed.max_age_s) if self._feed else "7 d"
            return (
                f"Silent: it was published {stamp(_moment(record.published))}, more than {max_age} before newswatch"
                " first saw it (`max_age` in feeds.yaml). Such items are only remembered."
            )
        first_sight = span(self._feed.first_sight_s) if self._feed else "24 h"
        if record.published:
            age = f"it was published {stamp(_moment(record.published))}, more than {first_sight} earlier"
        else:
            age = "it has no date that shows that it is new"
        return (
            f"Silent: the feed already had it when newswatch first read the feed, and {age}. "
            "Such items are kept for backtests and never alert."
        )

    async def _alerted(self, line: AlertLine) -> RuleAnswer:
        alert, message = line.alert, line.message
        state, what = "queued", ""
        capped = message is not None and sightings.is_capped(message)
        if line.state in ("sent", "acknowledged"):
            state, what = "sent", f"sent to {alert.channel}"
            if message is not None:
                thread = " in the thread of its story" if message.message.kind == "reply" else ""
                sent = message.delivery.sent
                what += f"{thread}{f' {stamp(sent)}' if sent else ''} (ts {message.delivery.ts})"
        elif line.state == "muted":
            state, what = "muted", await self._muted(alert.id, alert.channel)
        elif line.state == "withdrawn":
            state, what = "withdrawn", f"withdrawn before it was sent to {alert.channel}: {line.why}"
        elif line.state == "dead":
            state, what = "dead", f"it could not be delivered to {alert.channel}: {line.why}"
        elif message is None:
            state, what = "held", f"held for {alert.channel}: {line.why}"
        else:
            delivery = message.delivery
            due = f", due {stamp(delivery.due)}" if delivery.due else ""
            is_digest = message.message.kind == "digest"
            digest_ = f" in the digest “{message.message.text}”" if is_digest else ""
            error = f"; the last attempt: {delivery.error}" if delivery.error else ""
            state, what = "queued", f"queued for {alert.channel}{digest_}{due}{error}"
        if capped and state in ("sent", "queued"):
            state, what = "capped", f"the rule had reached its hourly cap, so it went into a digest: {what}"
        text = (
            f"Rule {alert.rule_id} matched {stamp(alert.matched)} under configuration {alert.config_version}: "
            f"{what}."
        )
        return RuleAnswer(alert.rule_id, state, text, (alert.channel,))

    async def _muted(self, alert_id: str, channel: str) -> str:
        name = await sightings.muted_by(self._redis, alert_id)
        mute = self._mutes.get(name)
        if mute is None:
            return f"muted in {channel} at that time"
        where = "everywhere" if mute.channel == EVERYWHERE else f"in {mute.channel}"
        return f"muted in {channel}: {mute.by} muted the rule {where} until {stamp(mute.until)}"

    # ── its rules ────────────────────────────────────────────────────────────────────────────

    async def _judged(
        self, judge: Judge, entries: Sequence[StreamedItem], alerted: set[str], most: int | None
    ) -> list[RuleAnswer]:
        if not entries:
            return []
        came = max(from_ms(entries[-1].claimed_ms), _moment(self._record.first_seen))
        return await self._judges.judged(judge, entries[-1].item, came, alerted, most)

    def _rules_reasons(
        self, state: State, judge: Judge, shown: Sequence[RuleAnswer], entries: Sequence[StreamedItem]
    ) -> list[str]:
        if state not in ("not_matched", "silent", "too_old") or not entries:
            return []
        version = f"configuration {judge.bundle.label}"
        if judge.kept:
            under = f"The rules are judged under {version}, which was in force when it came"
        else:
            under = (
                f"The rules are judged under today's {version}, "
                f"since version {self._record.config_version} is no longer kept"
            )
        revision = entries[-1].item.revision
        newest = f"; newest revision that is kept: {revision}" if self._record.revision else ""
        return [f"{under}{newest}.", *(one.text for one in shown[:NEAREST])]


def _came_late(entry: StreamedItem) -> bool:
    return is_late_edit(entry.item, from_ms(entry.claimed_ms))


def _moment(seconds: int) -> datetime:
    return from_ms(seconds * 1000)


def stamp(moment: datetime) -> str:
    """A time as the answers show it."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
