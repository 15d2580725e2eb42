"""The nouns of newswatch: frozen, typed, and free of behaviour that needs anything but themselves.

All datetimes are aware and in UTC. All durations are seconds in fields ending `_s`. Text
offsets count code points of the original (unfolded) text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

TextField = Literal["title", "summary", "body", "author"]
Severity = Literal["low", "medium", "high"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From the mildest to the gravest."""


def short_hash(*parts: str, size: int = 16) -> str:
    """A stable name for `parts`: `size` hex digits of BLAKE2b over the parts, unambiguously joined."""
    digest = hashlib.blake2b(digest_size=size // 2)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(4, "big"))
        digest.update(data)
    return digest.hexdigest()


# ── configuration in force ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed as configured (feeds.yaml, defaults applied)."""

    id: str
    url: str
    tags: tuple[str, ...] = ()
    lang: str = "en"
    every_s: float = 300.0
    at_most_s: float = 900.0
    first_sight_s: float = 86_400.0
    article: bool = False
    auth: str | None = None
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class FeedFilter:
    """Which feeds a rule looks at: any of the ids or any of the tags. Both empty: all feeds."""

    ids: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def admits(self, feed_id: str, feed_tags: tuple[str, ...]) -> bool:
        """Whether items of this feed are looked at."""
        if not self.ids and not self.tags:
            return True
        return feed_id in self.ids or any(tag in self.tags for tag in feed_tags)


@dataclass(frozen=True, slots=True)
class Threshold:
    """Alert only on a surge: `stories` stories from `sources` feeds within `within_s` seconds."""

    stories: int
    sources: int
    within_s: float


@dataclass(frozen=True, slots=True)
class Rule:
    """One watchlist rule. `query` is the text the editor wrote; `file`/`line`/`col` is where."""

    id: str
    query: str
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


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local times between which alerts wait, `except_severity` excepted."""

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
class Receiver:
    """Who is told: one Slack channel and how it wants to be told."""

    id: str
    channel: str
    mode: Literal["each", "digest"] = "each"
    digest: Digest | None = None
    quiet: QuietHours | None = None
    per_channel_interval_s: float = 1.0
    grace_s: float = 60.0
    alive: Digest | None = None
    """When a line says that nothing came, if nothing did."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The configuration in force: validated, versioned, read by every stage from Redis.

    `version` counts adoptions and only grows. `digest` names the content. `rule_since` maps a
    rule id to the version with which that id came into force: a rule never alerts on items
    claimed under an earlier version.
    """

    version: int
    digest: str
    feeds: tuple[Feed, ...]
    rules: tuple[Rule, ...]
    receivers: tuple[Receiver, ...]
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    default_lang: str = "en"
    rule_since: Mapping[str, int] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """How people and alerts name this version, e.g. `12-3fa9c2`."""
        return f"{self.version}-{self.digest[:6]}"


# ── poll ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class FetchResult:
    """What one request for a feed brought.

    `status` is 200 or 304; anything else is raised as an error. `body` is decompressed. `etag`
    and `last_modified` are the server's own bytes as text, to be sent back verbatim. `headers`
    has lower-case names and holds only what the parser and the scheduler need (content-type,
    content-language, content-location, cache-control, expires, date).
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
    """An entry with an identity, as it stands in the items stream.

    `id` is `<feed id>:<16 hex>` and survives guid churn and edits; `revision` starts at 0 and
    grows by one with each change of title, summary or body that the feed makes. `config_version`
    is the bundle version under which the item (not the revision) was first claimed.
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
    """True for what a feed already held at first sight: kept for backtests, never alerted."""
    article: bool = False
    """True where `body` is the main text of the item's page, read after this same `revision`."""

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


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that an item satisfies, and why. `spans` is never empty and is sorted."""

    rule_id: str
    spans: tuple[Span, ...]
    alternative: str = ""
    """The part of the query that hit, as the editor wrote it."""


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


MarkKind = Literal["ack", "mute", "irrelevant"]


@dataclass(frozen=True, slots=True)
class Mark:
    """What a reader said of a message with a button, the last time they said so.

    `on` is False where it was taken back. `by` is what people are called, `user_id` Slack's id of
    them, "" where they are none of Slack's. `until` is the end of a mute.
    """

    on: bool
    by: str
    user_id: str
    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Marks:
    """What readers said of one message; None for what nobody did."""

    ack: Mark | None = None
    mute: Mark | None = None
    irrelevant: Mark | None = None


NO_MARKS = Marks()


DeliveryState = Literal["queued", "sending", "sent", "dead"]
MessageKind = Literal["story", "reply", "digest", "surge", "ops"]


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to Slack as one post: a story, a reply in its thread, a digest, a surge, an ops notice.

    `alert_ids` may grow while the message is queued and is frozen when its first send begins.
    `root_id` is the story message a reply belongs to. `text` is an ops notice, or a digest's heading.
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
    """What its items take of a listing's room, see `newswatch.slack.listing`."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where a message stands. `attempts` counts only attempts that Slack may have seen."""

    message: Message
    state: DeliveryState
    due: datetime | None = None
    attempts: int = 0
    sending_since: datetime | None = None
    sent: datetime | None = None
    ts: str | None = None
    error: str = ""
    minimal: bool = False
    """The next send is the one minimal-text resend after a refused payload."""
