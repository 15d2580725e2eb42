"""One configuration, ready to match items: which alerts an item gives, and what follows from an edit of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from newswatch.config.parts import FeedWindow
from newswatch.feeds.host import host_and_port
from newswatch.models import Alert, Item, Match, Rule, Ruleset, Window, alert_id
from newswatch.pipeline.base.compiled_rules import compiled
from newswatch.pipeline.base.configuration import FeedsById
from newswatch.pipeline.base.disk_cache import DiskCache
from newswatch.pipeline.base.item_text import item_text
from newswatch.pipeline.base.late_edits import is_late_edit
from newswatch.pipeline.base.past_alerts import Past
from newswatch.pipeline.base.routing import Route, receivers_named, routes
from newswatch.pipeline.base.windows import is_release
from newswatch.pipeline.match import corrections
from newswatch.pipeline.match.candidates import Candidate, Cap
from newswatch.pipeline.match.wording import wording_of
from newswatch.quantity import quantity
from newswatch.rules import Watchlist
from newswatch.rules.excerpt import excerpts_for, spoken
from newswatch.settings import Settings
from newswatch.store import items
from newswatch.store.codec import to_ms
from newswatch.store.corrections import Edits
from newswatch.store.mutes import Mute, muted_by
from newswatch.store.rechecks import NewRecheck
from newswatch.store.windows import WindowName
from newswatch.stories.link import story_id
from newswatch.stories.titles import Titles
from newswatch.stories.wording import Wording

HOUR_MS = 3_600_000
CAP_GRACES = 5
"""Alerts beyond a rule's cap are collected for this many grace periods, usually five minutes."""


class Watch:
    """One bundle, ready to match: the compiled rules, and what alerts need from the configuration."""

    def __init__(
        self,
        bundle: Ruleset,
        settings: Settings,
        feeds: FeedsById,
        feed_windows: Iterable[FeedWindow] = (),
    ) -> None:
        self.bundle = bundle
        self._rule_cap = settings.rule_cap
        self._channel_cap = max(settings.channel_cap, settings.rule_cap)
        self._grace_s = {receiver.channel: receiver.grace_s for receiver in bundle.receivers}
        self._rules: dict[str, Rule] = {rule.id: rule for rule in bundle.rules}
        self._feeds = feeds
        self._expected: dict[tuple[str, str], list[Window]] = {}
        for feed_id, window in feed_windows:
            self._expected.setdefault((feed_id, window.expect), []).append(window)
        self._watchlist: Watchlist = compiled(
            bundle.rules, bundle.lists, bundle.default_lang, DiskCache(settings.cache)
        )

    def matches(self, item: Item, today: str) -> list[tuple[Rule, Match]]:
        """The rules in force that the item satisfies. `today` is an ISO date."""
        text = item_text(item, self._feeds.get(item.feed_id))
        found = ((self._rules[match.rule_id], match) for match in self._watchlist.match(text))
        return [(rule, match) for rule, match in found if rule.expires is None or rule.expires >= today]

    def candidates(self, item: Item, now: datetime, titles: Titles, mutes: list[Mute]) -> list[Candidate]:
        """The alerts of an item, one for each rule and channel, each with where its rule sends it.

        Silent items (first sight) and items claimed before a rule came into force give none. An edit gives one only while
        the item is younger than 48 h. An item with its article may alert at any time, since late edits queue none. The
        alert id does not depend on the revision, so a rule that matched an earlier revision does not alert again.
        """
        if item.silent or (is_late_edit(item, now) and not item.article):
            return []
        found = [
            (rule, match)
            for rule, match in self.matches(item, now.date().isoformat())
            if self.bundle.rule_since.get(rule.id, 0) <= item.config_version
        ]
        if not found:
            return []
        link = story_id(item)
        known = titles.story_of(link, item.feed_id, self.wording(item), now.timestamp(), hour_of(item))
        story = known.story if known is not None else link
        by_channel: dict[str, list[tuple[Rule, Match, Route]]] = {}
        for rule, match in found:
            for route in routes(receivers_named(self.bundle.receivers, rule.notify), rule.severity, now):
                by_channel.setdefault(route.channel, []).append((rule, match, route))
        placed = []
        for matched in by_channel.values():
            high = any(rule.severity == "high" for rule, _, _ in matched)
            doubtful = high and known is not None and not known.certain
            placed += [
                replace(self._candidate(item, *one, story, now, mutes), doubtful=doubtful) for one in matched
            ]
        return placed

    def edit(self, item: Item, past: Past, now: datetime, mutes: list[Mute]) -> Edits:
        """What to do about an item that its feed edited after it alerted."""
        feed = self._feeds.get(item.feed_id)
        return corrections.decide(
            item,
            past,
            {rule.id: match for rule, match in self.matches(item, now.date().isoformat())},
            lambda one: one.rule_id in self._rules and muted_by(mutes, one.rule_id, one.channel, now) is None,
            publisher=feed.publisher if feed else "",
            body=feed is None or not feed.article,
        )

    def rechecks(self, alerts: Iterable[Alert], part: Sequence[items.StreamEntry]) -> list[NewRecheck]:
        """The links of these new alerts that are read again."""
        read = {one.item.id: one.item.body for one in part if one.item is not None and one.item.article}
        links = {one.item_id: one for one in alerts if host_and_port(one.link)}
        return [
            NewRecheck(one.item_id, one.feed_id, one.link, one.title, read.get(one.item_id, ""))
            for one in links.values()
            if (feed := self._feeds.get(one.feed_id)) is not None and feed.recheck
        ]

    def releases(self, alerts: Iterable[Alert]) -> set[WindowName]:
        """The release windows that these new alerts end."""
        return {
            (alert.feed_id, window.at_s)
            for alert in alerts
            for window in self._expected.get((alert.feed_id, alert.rule_id), ())
            if is_release(window, alert)
        }

    def wording(self, item: Item) -> Wording:
        """The words of an item's title and summary. Stories under other links are found by them."""
        return wording_of(item, self.bundle.default_lang)

    def _candidate(
        self, item: Item, rule: Rule, match: Match, route: Route, story: str, now: datetime, mutes: list[Mute]
    ) -> Candidate:
        limits = rule.threshold
        return Candidate(
            alert=self._alert(item, rule, match, route.channel, story, now),
            kind=route.kind,
            group=route.group or story,
            due_ms=to_ms(route.due or now),
            heading=route.heading,
            threshold=(limits.stories, limits.sources, int(limits.within_s * 1000)) if limits else None,
            muted=muted_by(mutes, rule.id, route.channel, now),
            cap=self._cap(route.channel, now),
        )

    def _cap(self, channel: str, now: datetime) -> Cap:
        return Cap(
            most=self._rule_cap,
            hour=to_ms(now) // HOUR_MS,
            due_ms=to_ms(now) + int(self._grace_s[channel] * CAP_GRACES * 1000),
            heading=f"More than {quantity(self._rule_cap, 'message')} this hour",
            channel_most=self._channel_cap,
            channel_heading=f"More than {quantity(self._channel_cap, 'message')} in this channel this hour",
        )

    def _alert(self, item: Item, rule: Rule, match: Match, channel: str, story: str, now: datetime) -> Alert:
        feed = self._feeds.get(item.feed_id)
        return Alert(
            id=alert_id(rule.id, item.id, channel),
            rule_id=rule.id,
            severity=rule.severity,
            channel=channel,
            item_id=item.id,
            revision=item.revision,
            feed_id=item.feed_id,
            link=item.link,
            title=item.title,
            excerpts=excerpts_for(item, match.spans),
            event=spoken(item, match),
            modality=match.modality,
            published=item.published,
            first_seen=item.first_seen,
            matched=now,
            config_version=self.bundle.label,
            story_id=story,
            updated=item.revision > 0 and not item.article,
            publisher=feed.publisher if feed else "",
        )


def hour_of(item: Item) -> int:
    """When it was published, in hours since 1970."""
    return to_ms(item.published or item.first_seen) // HOUR_MS
