"""Why an item did or did not alert: its life from the first sight to Slack, and what each rule made of it.

    link, title or id ──▶ what feeds remember of it ──▶ its text and its alerts
    its text + the configuration then in force ──▶ which term of each rule fails

It reads and writes nothing else. The rules are judged under the configuration that was in force when the
item came, while that is kept, else under today's; the answer says which.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from newswatch.config.codec import bundle_from_json
from newswatch.errors import PermanentError
from newswatch.feeds.canonical import canonical_link
from newswatch.models import Bundle, Item, Rule
from newswatch.pipeline.configure import in_force
from newswatch.pipeline.health import span
from newswatch.pipeline.identity import is_late_edit
from newswatch.pipeline.naming import KNOWN_BY
from newswatch.pipeline.overview.alerts import AlertLine, line_of
from newswatch.pipeline.routing import names
from newswatch.pipeline.services import Services
from newswatch.rules import ItemText, Query, parse_query
from newswatch.rules.nearest import Failing, Nearness, Reading
from newswatch.store import archive, configuration, mutes, polls, sightings
from newswatch.store.client import redis_errors
from newswatch.store.codec import from_ms, to_ms
from newswatch.store.mutes import EVERYWHERE, Mute
from newswatch.store.seen import digest
from newswatch.store.sightings import Entry, Sighting

State = Literal[
    "sent",
    "capped",
    "queued",
    "held",
    "muted",
    "dead",
    "withdrawn",
    "too_old",
    "silent",
    "not_matched",
    "unknown",
]
STATES: tuple[State, ...] = get_args(State)
"""What may have become of an item, the most favourable first."""

MOST_COPIES = 20
"""So many feeds' copies of an item are explained, the newest."""
NEAREST = 10
"""So many rules that did not match are explained, the nearest."""
_EARLY_S, _LATE_S = 5, 15
"""How far around a claim its entries are looked for: the clock of Redis may be another."""
_ARTICLE_S = 1_800

_ITEM_ID = re.compile(r"(.+):([0-9a-f]{16})")


class NothingInForce(PermanentError):
    """There is no configuration yet, so nothing can have been read."""


@dataclass(frozen=True, slots=True)
class RuleAnswer:
    """What one rule made of the item. `state` is what became of its alert.

    Without an alert it is `not_matched`, or `later` (the rule came into force after the item), `expired`,
    or `matches` where only the item's own fate kept it from alerting.
    """

    rule_id: str
    state: str
    text: str
    channels: tuple[str, ...]
    failing: tuple[Failing, ...] = ()
    found: tuple[tuple[str, str], ...] = ()
    """Terms that are there, each with the field."""
    share: float = 1.0


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


@dataclass(frozen=True, slots=True)
class Answer:
    """All that is known. `since` is told of an unknown item: from when on documents are remembered.

    None: none was read yet.
    """

    asked: str
    state: State
    reasons: tuple[str, ...]
    copies: tuple[Copy, ...]
    since: datetime | None


@dataclass(frozen=True, slots=True)
class _Judge:
    """The rules of one configuration, read once for all copies. `kept`: it is the one the item came under."""

    bundle: Bundle
    kept: bool
    queries: dict[str, Query] = field(default_factory=dict)

    def nearness(self, reading: Reading, rule: Rule) -> Nearness:
        if rule.id not in self.queries:
            self.queries[rule.id] = parse_query(rule.query, self.bundle.lists)
        return reading.nearness(rule, self.queries[rule.id])


async def explain(services: Services, asked: str, *, all_rules: bool = False) -> Answer:
    """What became of an item, asked by its link, its title or its id. `all_rules`: not only the nearest ones.

    Raises NothingInForce, RedisUnavailable.
    """
    bundle = await in_force(services)
    if bundle is None:
        raise NothingInForce(
            "no configuration is in force, so no document has been read: run `newswatch check`, then `newswatch poll`"
        )
    with redis_errors():
        found = await _sightings(services, bundle, asked)
        since = None if found else await _since(services, bundle)
        judges = _Judges(services, bundle)
        muted = await mutes.read(services.redis)
        newest = sorted(found, key=lambda one: one.record.first_seen, reverse=True)[:MOST_COPIES]
        copies = [
            await _Explanation(services, bundle, judges, muted, one).copy(all_rules=all_rules)
            for one in newest
        ]
    copies.sort(key=lambda copy: STATES.index(copy.state))
    if not copies:
        return Answer(asked, "unknown", (_unknown(asked, since),), (), since)
    more = len(found) - len(copies)
    reasons = [*copies[0].reasons]
    if len(copies) > 1:
        others = ", ".join(f"{copy.feed_id} ({copy.state})" for copy in copies[1:])
        reasons.append(f"Other feeds have it too: {others}{f' and {more} older copies' if more > 0 else ''}.")
    return Answer(asked, copies[0].state, tuple(reasons), tuple(copies), since)


async def _sightings(services: Services, bundle: Bundle, asked: str) -> list[Sighting]:
    feed_ids = [feed.id for feed in bundle.feeds]
    by_id = _ITEM_ID.fullmatch(asked.strip())
    if by_id is not None:
        found = await sightings.with_id(services.redis, by_id[1], bytes.fromhex(by_id[2]))
        if found:
            return found
    link = canonical_link(asked)
    title = " ".join(asked.split()).casefold()
    return await sightings.with_hash(services.redis, feed_ids, digest(link or title, 6)) if title else []


async def _since(services: Services, bundle: Bundle) -> datetime | None:
    """From when on documents are remembered: what left them longer ago than the retention is forgotten."""
    first_ms = await sightings.read_since(services.redis, [feed.id for feed in bundle.feeds])
    if first_ms is None:
        return None
    kept_ms = to_ms(services.clock()) - int(services.retention.seen_s * 1000)
    return from_ms(max(first_ms, kept_ms))


def _unknown(asked: str, since: datetime | None) -> str:
    if since is None:
        return "No document has been read yet: run `newswatch poll`, or see `newswatch doctor`."
    what = "This link is" if canonical_link(asked) else "This is"
    also = "" if canonical_link(asked) else " A title must be given in full."
    return (
        f"{what} not in any document read since {_time(since)}.{also}"
        " See whether a feed has it: `newswatch feeds preview FEED`."
    )


class _Judges:
    """The configurations under which rules are judged, each read once."""

    def __init__(self, services: Services, today: Bundle) -> None:
        self._services = services
        self.today = _Judge(today, kept=False)
        self._past: dict[int, _Judge] = {today.version: _Judge(today, kept=True)}

    async def of(self, version: int) -> _Judge:
        """The configuration of that version while it is kept, else today's."""
        if version not in self._past:
            self._past[version] = await self._read(version) or self.today
        return self._past[version]

    async def _read(self, version: int) -> _Judge | None:
        stored = await configuration.read_past(self._services.redis, version)
        if stored is None:
            return None
        try:
            return _Judge(bundle_from_json(stored), kept=True)
        except PermanentError:  # of another schema: as good as not kept
            return None


class _Explanation:
    """One feed's copy of an item, explained."""

    def __init__(
        self, services: Services, bundle: Bundle, judges: _Judges, muted: Sequence[Mute], sighting: Sighting
    ) -> None:
        self._services = services
        self._redis = services.redis
        self._bundle = bundle
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
        judged = self._judged(judge, entries[-1], {line.alert.rule_id for line in lines}) if entries else []
        state, reasons = await self._fate(alerted, judged, entries, kept=judge.kept)
        shown = judged if all_rules else _nearest(judged)
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
        messages = await archive.read_messages(self._redis, [one.message_id for one in stored])
        now_ms = to_ms(self._services.clock())
        return [line_of(one, messages.get(one.message_id), now_ms) for one in stored]

    async def _entries(self, lines: Sequence[AlertLine]) -> list[Entry]:
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
            # Claimed in between of what is known of its polls, or by another clock than Redis's.
            found = await sightings.newest_entries_of(self._redis, self._sighting.item_id) or found
        return found

    # ── its life ─────────────────────────────────────────────────────────────────────────────

    def _seen(self) -> list[str]:
        record, feed_id = self._record, self._sighting.feed_id
        by = KNOWN_BY[record.known_by]
        first = f"Seen first {_time(_moment(record.first_seen))} by the feed {feed_id}"
        under = f"under configuration version {record.config_version}"
        moved = record.id != record.item
        if not record.revision and not moved:
            told = [f"{first}, {under}: a new item, recognised by {by}."]
        else:
            told = [f"{first}, {under}: a new item."]
        if moved:
            told.append(f"The feed gave it another guid later; it was recognised by {by}.")
        if record.revision:
            times = f"{record.revision} time{'s' if record.revision > 1 else ''}"
            told.append(
                f"Edited {times}{'' if moved else f', recognised by {by}'}: an edit is not a new item."
            )
        if record.last_in_document > record.first_seen:
            until = _time(_moment(record.last_in_document))
            told.append(f"Still in the document {until}: a repetition, which never alerts again.")
        return told

    async def _fate(
        self,
        alerted: Sequence[RuleAnswer],
        judged: Sequence[RuleAnswer],
        entries: Sequence[Entry],
        *,
        kept: bool,
    ) -> tuple[State, list[str]]:
        """What became of it, with the sentences that say so."""
        if alerted:
            best: Any = min((one.state for one in alerted), key=lambda state: STATES.index(_state(state)))
            return best, [one.text for one in alerted]
        if self._record.silent:
            return "silent", [self._silent()]
        if not entries:
            length = span(self._services.retention.items_s)
            text = (
                f"Its text is no longer kept (items are kept {length}), so the rules cannot be tried on it."
            )
            return "not_matched", [text]
        last = entries[-1]
        error = await sightings.buried(self._redis, last.stream_id)
        if error:
            return "dead", [f"It could not be matched and was set aside: {error}"]
        if await sightings.waits(self._redis, last.stream_id):
            since = _time(from_ms(last.claimed_ms))
            return "queued", [f"It has been waiting for match_items since {since}."]
        rules = ", ".join(one.rule_id for one in judged if one.state == "matches")
        if not rules:
            return "not_matched", []
        if last.item.revision and not last.item.article and (kept or _came_late(last)):
            text = f"Too old: {rules} first matches revision {last.item.revision}, an edit more than 48 h after the item."
            return "too_old", [text]
        text = (
            f"{rules} matches now and yet gave no alert: the configuration was another one when the item was matched, "
            f"or the alert is no longer kept ({span(self._services.retention.alerts_s)})."
        )
        return "not_matched", [text]

    def _silent(self) -> str:
        record = self._record
        first_sight = span(self._feed.first_sight_s) if self._feed else "24 h"
        if record.published:
            age = f"it was published {_time(_moment(record.published))}, more than {first_sight} before"
        else:
            age = "it has no date that shows it to be new"
        return (
            f"Silent: the feed held it when newswatch first read the feed, and {age}. "
            "Such items are kept for backtests and never alert."
        )

    async def _alerted(self, line: AlertLine) -> RuleAnswer:
        alert, message = line.alert, line.message
        state, what = "queued", ""
        capped = message is not None and sightings.is_capped(message)
        if line.state in ("sent", "acknowledged"):
            state, what = "sent", f"sent to {alert.channel}"
            if message is not None:
                thread = " in the thread of its story" if message.kind == "reply" else ""
                what += f"{thread} {_time(from_ms(message.sent_ms))} (ts {message.ts})"
        elif line.state == "muted":
            state, what = "muted", await self._muted(alert.id, alert.channel)
        elif line.state == "dead":
            state, what = "dead", f"it could not be delivered to {alert.channel}: {line.why}"
        elif message is None:
            state, what = "held", f"held for {alert.channel}: {line.why}"
        else:
            due = _time(from_ms(message.due_ms))
            digest_ = f" in the digest “{message.text}”" if message.kind == "digest" else ""
            error = f"; the last try: {message.error}" if message.error else ""
            state, what = "queued", f"queued for {alert.channel}{digest_}, due {due}{error}"
        if capped and state in ("sent", "queued"):
            state, what = "capped", f"the rule had reached its hourly cap, so it went into a digest: {what}"
        text = (
            f"Rule {alert.rule_id} matched {_time(alert.matched)} under configuration {alert.config_version}: "
            f"{what}."
        )
        return RuleAnswer(alert.rule_id, state, text, (alert.channel,))

    async def _muted(self, alert_id: str, channel: str) -> str:
        name = await sightings.muted_by(self._redis, alert_id)
        mute = self._mutes.get(name)
        if mute is None:
            return f"kept out of {channel} by a mute that has ended"
        where = "everywhere" if mute.channel == EVERYWHERE else f"in {mute.channel}"
        return f"kept out of {channel}: {mute.by} muted the rule {where} until {_time(mute.until)}"

    # ── its rules ────────────────────────────────────────────────────────────────────────────

    def _judged(self, judge: _Judge, last: Entry, alerted: set[str]) -> list[RuleAnswer]:
        """The rules that gave no alert, those that match first, then the nearest."""
        found = []
        for one, rules in self._trials(judge):
            reading = Reading(self._text(last.item, one.bundle), one.bundle.lists, one.bundle.default_lang)
            answers = (self._one(one, reading, rule, last) for rule in rules if rule.id not in alerted)
            found += [answer for answer in answers if answer is not None]
        return sorted(found, key=lambda one: (bool(one.failing), -one.share, len(one.failing), one.rule_id))

    def _trials(self, judge: _Judge) -> list[tuple[_Judge, list[Rule]]]:
        """The rules of that version, and of today's those that are newer than it."""
        then = {rule.id for rule in judge.bundle.rules}
        newer = [rule for rule in self._bundle.rules if rule.id not in then]
        return [(judge, list(judge.bundle.rules)), (self._judges.today, newer)]

    def _one(self, judge: _Judge, reading: Reading, rule: Rule, last: Entry) -> RuleAnswer | None:
        nearness = judge.nearness(reading, rule)
        channels = tuple(receiver.channel for receiver in names(judge.bundle.receivers, rule.notify))
        since = judge.bundle.rule_since.get(rule.id, 0)
        came = max(from_ms(last.claimed_ms), _moment(self._record.first_seen))
        if nearness.failing:
            if since > self._record.config_version:
                return None
            text = f"Rule {rule.id} does not match: {_sentence(nearness)}."
            state = "not_matched"
        elif since > self._record.config_version:
            state, text = (
                "later",
                (f"Rule {rule.id} matches, but it came into force with version {since}, after the item."),
            )
        elif rule.expires is not None and rule.expires < came.date().isoformat():
            state, text = "expired", f"Rule {rule.id} matches, but it expired on {rule.expires}."
        else:
            state, text = "matches", f"Rule {rule.id} matches."
        found = tuple((term, place.field) for term, place in nearness.found)
        return RuleAnswer(rule.id, state, text, channels, nearness.failing, found, nearness.share)

    def _text(self, item: Item, bundle: Bundle) -> ItemText:
        tags = next((feed.tags for feed in bundle.feeds if feed.id == item.feed_id), ())
        return ItemText(
            title=item.title,
            summary=item.summary,
            body=item.body,
            author=item.author,
            lang=item.lang,
            feed_id=item.feed_id,
            feed_tags=tags,
            tags=item.tags,
        )

    def _rules_reasons(
        self, state: State, judge: _Judge, shown: Sequence[RuleAnswer], entries: Sequence[Entry]
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


def _nearest(judged: Sequence[RuleAnswer]) -> list[RuleAnswer]:
    return list(judged[:NEAREST])


def _came_late(entry: Entry) -> bool:
    return is_late_edit(entry.item, from_ms(entry.claimed_ms))


def _state(state: str) -> State:
    return next(one for one in STATES if one == state)


def _sentence(nearness: Nearness) -> str:
    """What fails, and what was found beside it."""
    failing = "; ".join(one.text for one in nearness.failing)
    there = [f"`{term}` is in the {place.field}" for term, place in nearness.found]
    return f"{failing} ({', '.join(dict.fromkeys(there))})" if there else failing


def _moment(seconds: int) -> datetime:
    return from_ms(seconds * 1000)


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def as_dict(answer: Answer) -> dict[str, Any]:
    """For machines. `rules` are those of the first copy."""
    copies = [_copy_dict(copy) for copy in answer.copies]
    return {
        "asked": answer.asked,
        "state": answer.state,
        "reasons": list(answer.reasons),
        "rules": copies[0]["rules"] if copies else [],
        "items": copies,
        "remembered_since": answer.since.isoformat() if answer.since else None,
    }


def _copy_dict(copy: Copy) -> dict[str, Any]:
    return {
        "id": copy.item_id,
        "feed": copy.feed_id,
        "title": copy.title,
        "link": copy.link,
        "state": copy.state,
        "reasons": list(copy.reasons),
        "rules": [_rule_dict(one) for one in copy.rules],
        "configuration": copy.version,
        "configuration_then": copy.version_kept,
    }


def _rule_dict(one: RuleAnswer) -> dict[str, Any]:
    return {
        "rule": one.rule_id,
        "state": one.state,
        "text": one.text,
        "channels": list(one.channels),
        "share": round(one.share, 2),
        "found": [{"term": term, "field": name} for term, name in one.found],
        "failing": [
            {
                "term": failing.term,
                "cause": failing.cause,
                "text": failing.text,
                "spans": [
                    {"field": place.field, "start": place.start, "end": place.end} for place in failing.spans
                ],
            }
            for failing in one.failing
        ],
    }
