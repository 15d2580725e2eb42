"""The nouns of newswatch: frozen and typed, with only the behaviour that needs nothing else.

All datetimes are aware and in UTC. Durations are seconds, in fields that end with `_s`. Text offsets count code points
of the original (unfolded) text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from newswatch.selector import Selector

TextField = Literal["title", "summary", "body", "author"]
Severity = Literal["low", "medium", "high"]
FEED, PAGE, SITEMAP, JSON = "feed", "page", "sitemap", "json"
KINDS = (FEED, PAGE, SITEMAP, JSON)
"""What a source can be."""
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
SEVERITY_SIGNS: Mapping[Severity, str] = {"high": "▲", "medium": "◆", "low": "▽"}
"""A shape for each, in Slack and on the pages, so that nobody depends on colour. They are in every font."""
"""From the least to the most severe."""


def short_hash(*parts: str, size: int = 16) -> str:
    """A stable id for `parts`: `size` hex digits of BLAKE2b over the parts, joined unambiguously."""
    digest = hashlib.blake2b(digest_size=size // 2)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(4, "big"))
        digest.update(data)
    return digest.hexdigest()


# ── configuration in force ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Window:
    """When a release is due: for `for_s` seconds from `at_s` on, the feed is polled every `every_s` seconds.

    `at_s` is in seconds since 1970. `expect` is the rule whose first hit in the feed ends the window, "" for none.
    `timezone` is the one in which people are shown the time.
    """

    at_s: int
    for_s: float = 600.0
    every_s: float = 1.0
    expect: str = ""
    timezone: str = "UTC"

    @property
    def until_s(self) -> float:
        """When it is over, in seconds since 1970."""
        return self.at_s + self.for_s


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed, or another source, as configured (feeds.yaml, defaults applied)."""

    id: str
    url: str
    tags: tuple[str, ...] = ()
    lang: str = "en"
    every_s: float = 300.0
    at_most_s: float = 900.0
    first_sight_s: float = 86_400.0
    max_age_s: float = 604_800.0
    article: bool = False
    auth: str | None = None
    allow_private: bool = False
    publisher: str = ""
    """Who publishes it, as the configuration says or by its registrable domain; "" if neither tells."""
    headers: tuple[tuple[str, str], ...] = ()
    """Names and values of request headers. A value may be the name of a secret, here and in the next two."""
    user_agent: str = ""
    cookies: tuple[tuple[str, str], ...] = ()
    fallback: tuple[str, ...] = ()
    """Other addresses of the same source, in the order in which they are tried."""
    windows: tuple[Window, ...] = ()
    """Its known releases, in the order of their times."""
    kind: str = ""
    """What its documents are, one of KINDS; "" if that is not given: the first document decides, but never for a page."""
    selector: Selector | None = None
    """Where a page or a JSON document has its list, if that is not found by itself."""
    list_number: int = 0
    """Which list of a page is read, from 1; 0 for the page's news."""
    recheck: bool = False
    """Whether the links of its alerts are read again."""

    @property
    def has_own_headers(self) -> bool:
        """Whether its requests have something that only its own origin may see."""
        return bool(self.auth or self.headers or self.user_agent or self.cookies)


@dataclass(frozen=True, slots=True)
class FeedFilter:
    """Which feeds a rule applies to: any of the ids or any of the tags. Both empty: all feeds."""

    ids: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def admits(self, feed_id: str, feed_tags: tuple[str, ...]) -> bool:
        """Whether the rule applies to items of this feed."""
        if not self.ids and not self.tags:
            return True
        return feed_id in self.ids or any(tag in self.tags for tag in feed_tags)


@dataclass(frozen=True, slots=True)
class Threshold:
    """Alert only on a surge: `stories` stories from `sources` publishers within `within_s` seconds."""

    stories: int
    sources: int
    within_s: float


Modality = Literal["stated", "possible", "denied", "question"]
MODALITIES: tuple[Modality, ...] = get_args(Modality)
DEFAULT_MODALITY: tuple[Modality, ...] = ("stated", "possible")


@dataclass(frozen=True, slots=True)
class Event:
    """Who does what: each part is a list (`$name`), several, or words as an entry of a list has them.

    `who` and `what` may be empty: then anybody does it, to anything. Words of `unless` in the same headline
    or paragraph exclude it.
    """

    does: tuple[str, ...]
    who: tuple[str, ...] = ()
    what: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The lists and words of all parts."""
        return (*self.who, *self.does, *self.what, *self.unless)

    def __str__(self) -> str:
        parts = (("who", self.who), ("does", self.does), ("what", self.what), ("unless", self.unless))
        return ", ".join(f"{name}: {' or '.join(words)}" for name, words in parts if words)


@dataclass(frozen=True, slots=True)
class Rule:
    """One watchlist rule: it has a `query`, as the editor wrote it, or else an `event`.

    `modality` says which occurrences of the event count, `negation` whether a negated hit of the query does.
    """

    id: str
    query: str = ""
    severity: Severity = "medium"
    notify: tuple[str, ...] = ()
    feeds: FeedFilter = FeedFilter()
    languages: tuple[str, ...] = ()
    negation: Literal["ignore", "exclude"] = "ignore"
    owner: str | None = None
    expires: str | None = None
    """ISO date, the last day on which the rule is in force."""
    threshold: Threshold | None = None
    must_match: tuple[str, ...] = ()
    must_not_match: tuple[str, ...] = ()
    event: Event | None = None
    modality: tuple[Modality, ...] = DEFAULT_MODALITY

    @property
    def subject(self) -> str:
        """What the rule looks for, for people: its query, or the parts of its event."""
        return self.query if self.event is None else str(self.event)

    def has_expired(self, today: str) -> bool:
        """Whether its last day is before this ISO date."""
        return self.expires is not None and self.expires < today


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local times between which alerts wait, except those of `except_severity` and above."""

    start: str
    end: str
    timezone: str
    except_severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Digest:
    """When a digest goes out: local time `at` in `timezone`."""

    at: str
    timezone: str


@dataclass(frozen=True, slots=True)
class Mention:
    """The Slack user group (its id) that a story of each severity mentions; "" for none."""

    low: str = ""
    medium: str = ""
    high: str = ""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who gets alerts: one Slack channel, with its mode, quiet hours and pace."""

    id: str
    channel: str
    mode: Literal["each", "digest"] = "each"
    digest: Digest | None = None
    quiet: QuietHours | None = None
    per_channel_interval_s: float = 1.0
    grace_s: float = 60.0
    stale_after_s: float = 7_200.0
    """Alerts that wait longer are caught up in one message and its thread."""
    remind_after_s: float | None = None
    """After how long the channel is reminded of a high alert that nobody acknowledged; None for never."""
    alive: Digest | None = None
    """When a line says that nothing came, on days without an alert."""
    mention: Mention | None = None
    """Who is mentioned once in each story."""
    name: str = ""
    """The channel's name, without #, as receivers.yaml gives it; `doctor` compares it with Slack's."""


@dataclass(frozen=True, slots=True)
class Ruleset:
    """The configuration in force without its feeds: validated, versioned, read from Redis by the stages that need rules.

    `version` counts changes and only grows. `digest` identifies the content, feeds included. `rule_since` maps a rule id
    to the version in which it came into force: a rule never alerts on items claimed under an earlier version.
    """

    version: int
    digest: str
    rules: tuple[Rule, ...]
    receivers: tuple[Receiver, ...]
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    default_lang: str = "en"
    rule_since: Mapping[str, int] = field(default_factory=dict)
    editors: tuple[str, ...] = ()
    """The ids of the Slack users who may make and mute rules in Slack."""

    @property
    def label(self) -> str:
        """How people and alerts name this version, e.g. `12-3fa9c2`."""
        return f"{self.version}-{self.digest[:6]}"

    def rules_of(self, channel: str) -> list[str]:
        """The ids of the rules that alert in a Slack channel."""
        here = {one.id for one in self.receivers if one.channel == channel}
        return [rule.id for rule in self.rules if here.intersection(rule.notify)]


@dataclass(frozen=True, slots=True)
class Bundle(Ruleset):
    """All of the configuration in force. There may be 50,000 feeds, so no stage reads all of it (`base.configuration`)."""

    feeds: tuple[Feed, ...] = ()


# ── poll ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class FetchResult:
    """The result of one request for a feed.

    `status` is 200 or 304; anything else is raised as an error. `body` is decompressed. `etag` and `last_modified` are the
    server's own bytes as text, to be sent back unchanged. `headers` has lower-case names, and only those that the parser
    and the scheduler need (content-type, content-language, content-location, cache-control, expires, date).
    """

    url: str
    """The final URL after redirects, the base of relative links."""
    status: int
    body: bytes = b""
    etag: str | None = None
    last_modified: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    permanent_url: str | None = None
    """The target of an unbroken chain of 301/308 from the configured URL, else None."""


@dataclass(frozen=True, slots=True)
class Item:
    """An entry with an identity, as the items stream has it.

    `id` is `<feed id>:<16 hex>` and survives changed guids and edits. `revision` starts at 0 and grows by one with each
    change of title, summary or body in the feed. `config_version` is the bundle version under which the item (not the
    revision) was first claimed.
    """

    id: str
    feed_id: str
    revision: int
    guid: str
    link: str
    canonical_link: str
    title: str
    summary: str
    body: str
    author: str
    tags: tuple[str, ...]
    lang: str
    published: datetime | None
    first_seen: datetime
    config_version: int
    silent: bool = False
    """True for items that a feed already had when it was added: kept for backtests, never alerted."""
    article: bool = False
    """True if `body` is the article of the item, read for this `revision`."""

    def text(self, name: TextField) -> str:
        """The original text of one field."""
        return str(getattr(self, name))


# ── match ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A piece of an item's original text: `text(field)[start:end]`, in code points."""

    field: TextField
    start: int
    end: int


Role = Literal["who", "does", "what"]


@dataclass(frozen=True, slots=True)
class EventPart:
    """One part of an event in an item's text. A verb in two pieces is two parts: "hits … with fine"."""

    role: Role
    span: Span


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that an item satisfies, and why. `spans` is never empty and is sorted."""

    rule_id: str
    spans: tuple[Span, ...]
    alternative: str = ""
    """The part of the query that hit, as the editor wrote it; of an event, the template."""
    event: tuple[EventPart, ...] = ()
    """Who does what, in the order of the text, where the rule is an event."""
    modality: Modality | None = None
    """How the text puts the event."""


# ── alert and deliver ─────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of a field around matched words; `marks` are (start, end) pairs into `text`."""

    field: TextField
    text: str
    marks: tuple[tuple[int, int], ...]


def alert_id(rule_id: str, item_id: str, channel: str) -> str:
    """The identity of an alert: (rule, item, channel). Revisions and redeliveries share it."""
    return short_hash("alert", rule_id, item_id, channel)


@dataclass(frozen=True, slots=True)
class Alert:
    """One rule's match of one item for one channel: all a message needs to be rendered."""

    id: str
    rule_id: str
    severity: Severity
    channel: str
    item_id: str
    revision: int
    feed_id: str
    link: str
    title: str
    excerpts: tuple[Excerpt, ...]
    published: datetime | None
    first_seen: datetime
    matched: datetime
    config_version: str
    story_id: str
    updated: bool = False
    """The rule first matched a later revision of the item."""
    event: tuple[tuple[Role, str], ...] = ()
    """Who does what, in the words and the order of the text, where the rule is an event."""
    modality: Modality | None = None
    """How the text puts the event."""
    publisher: str = ""
    """Who publishes the feed; "" if nothing tells. An aggregator's items keep the publisher of its feed."""

    @property
    def published_by(self) -> str:
        """What it counts as where publishers are counted."""
        return self.publisher or self.feed_id

    @property
    def deed(self) -> tuple[tuple[Role, str], ...]:
        """Who does what to whom, in that order whatever the text's; a verb in pieces as "hits … with fine"."""
        order: tuple[Role, ...] = ("who", "does", "what")
        words = {role: [said for one, said in self.event if one == role] for role in order}
        return tuple((role, " … ".join(words[role])) for role in order if words[role])


MarkKind = Literal["ack", "mute", "irrelevant"]


@dataclass(frozen=True, slots=True)
class Mark:
    """What a reader last said about a message with one button.

    `on` is False if it was taken back. `by` is the person's name, `user_id` their Slack id, "" for someone outside of Slack.
    `until` is the end of a mute.
    """

    on: bool
    by: str
    user_id: str
    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Marks:
    """What readers said about one message; None for what nobody said."""

    ack: Mark | None = None
    mute: Mark | None = None
    irrelevant: Mark | None = None


NO_MARKS = Marks()


DeliveryState = Literal["queued", "sending", "sent", "dead", "withdrawn"]
MessageKind = Literal["story", "reply", "digest", "surge", "catch-up", "reminder", "correction", "ops"]


@dataclass(frozen=True, slots=True)
class Message:
    """One post to Slack: a story, a reply, a digest, a surge, a list of what waited, a reminder, a correction, a notice.

    `alert_ids` may grow while the message is queued; they are frozen when its first send begins. `root_id` is the story's
    message that a reply belongs to. `text` is a notice, or a digest's heading.
    """

    id: str
    kind: MessageKind
    channel: str
    story_id: str
    alert_ids: tuple[str, ...]
    root_id: str | None = None
    text: str = ""
    created: datetime | None = None
    size: int = 0
    """How much of a list's room its items take, see `newswatch.slack.listing`."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The state of a message. `attempts` counts only attempts that Slack may have seen."""

    message: Message
    state: DeliveryState
    due: datetime | None = None
    attempts: int = 0
    sending_since: datetime | None = None
    sent: datetime | None = None
    ts: str | None = None
    error: str = ""
    minimal: bool = False
    """The next send is the one retry as plain text after Slack refused the content."""
