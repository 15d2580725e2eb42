"""Every Redis key newswatch uses: its name, owner, size and retention.

Keys are spelled here and in `lua/prelude.lua`, for the scripts, and nowhere else; a test compares the two.

Retention of items, alerts and seen entries is set by settings; the table has the defaults.

| key | type | written by | size | kept |
|---|---|---|---|---|
| config | hash: version, receivers, rules and release windows (JSON), fingerprint, owner of its files | configure | the JSON of the rules | always |
| config:feeds | hash: version, digest, bucket (by the hash of the host) → its feeds (JSON) | configure | ~150 B a feed | always |
| feeds:moved | hash feed → bucket of the host that it is read from, if that is not the configured one | poll | ~60 B a feed that moved | while it is read there |
| config:places | hash feed → its bucket | configure | ~60 B a feed | always |
| config:past | hash version → that bundle's JSON, zlib | configure | a fifth of the JSON or less, ~120 KB for 10,000 rules | the last 20 versions |
| feed:{feed} | hash | poll, articles | ~600 B | while configured |
| polls:{feed} | list, at most 20 of `store.polls` | poll, none for "not changed" | ~30 B an entry, ~200 B a failure | while configured |
| coverage:{day} | hash feed|figure → number, see `store.coverage`; the day counts from 1970 | poll, none for "not changed" | ~40 B a figure, a feed has at most 80 and seldom more than 10 | 35 days |
| seen:{feed} | string of 61-byte records | poll (claim) | ~68 B an item | in the document and 30 days more |
| elements:{feed} | string: 8 bytes, then 16 an entry | poll (claim) | 16 B an entry of the last document | until the next document |
| gaps:{feed} | zset gap (since, until, interval that closes it; s) → found, ms | poll | ~100 B a gap | 90 days, the newest 500, while configured |
| page:{feed} | string: items and beginning of a web page, JSON, zlib | poll (pages) | 5 to 30 KB a page | 90 days after its last change |
| layout:{feed} | string: the same before and after its last layout change | poll (pages) | 10 to 60 KB | 14 days |
| window:{feed}:{at} | string: hit or slow, see `store.windows` | match, poll | ~100 B | 1 day |
| host:{host} | string: no request before, ms | poll, articles | ~100 B | as long as the host asked for |
| feeds:due | zset feed → next poll, ms | poll | ~80 B a feed | while configured |
| feeds:wanted | set of feeds that somebody wants polled now | pages, poll | small | 1 hour |
| items | stream, group `match` | poll (claim), articles | the item's JSON | 7 days, never past unacknowledged ones |
| items:{day} | hash hour → items claimed; the day counts from 1970 | poll (claim) | small | 9 days |
| items:{day}:feeds | hash hour|feed → items claimed | poll (claim) | ~60 B a feed and hour with items | 2 days |
| articles | zset item → page due, ms | poll (claim), articles | ~100 B a job | until read or given up, 7 days at most |
| article:{item} | hash: item JSON, link, tries, stamp | poll (claim), articles | the item's JSON | the same |
| rechecks | zset item → link read again, ms | match, articles | ~100 B an item | a day, see `store.rechecks` |
| recheck:{item} | hash: link, what was read there before | match, articles | the text of the article, 60 KB at most | 3 days |
| alert:{id} | hash | match | ~1 KB | 90 days |
| alerts | zset alert → matched, ms | match | ~100 B an alert | 90 days |
| alerts:{facet}:{value} | zset alert → matched, ms, for a rule, feed, channel or severity, and state:muted, state:held, state:withdrawn | match, deliver | ~30 to 100 B an alert and facet | 90 days |
| alerted:{item} | hash: alert:{alert} of the item; what was said of its edits, by channel | match | ~100 B an alert | 7 days after its last alert |
| hits:{day} | hash rule → alerts; the day counts from 1970 | match | ~40 B a rule with alerts | 90 days |
| hits:last | hash rule → its last alert, ms | match | ~50 B a rule | 90 days |
| hops | hash `hop:column` → alerts, `hop:ms` → their time in all | deliver | ~2 kB | for good |
| hops:{hour} | the same of one hour, counted from 1970 | deliver | ~2 kB | 25 hours |
| last-runs | hash DAG that comes and goes → its last finished run, ms | configure, housekeeping, poll | small | always |
| queue-lengths | list, one entry of `store.queue_lengths` a minute | poll | ~25 B an entry, at most 1,440 | the newest 1,440 |
| rule-hits | string: what the rules with packs catch among the stored items (JSON, zlib) | housekeeping | ~40 B a hit, at most 1,000 a rule | until the next housekeeping |
| story:{channel}:{story} | hash: its messages; alert:{alert} → matched, ms | match | ~200 B and 60 B an alert | 7 days after its last alert |
| titles | zset title's words → when, ms | match | ~220 B an item that alerted | 48 hours |
| surge:{rule}:{channel} | zset sequence|alert → held since, ms | match | ~100 B a held alert | the rule's window |
| surge:{rule}:{channel}:stories | zset story → held last, ms | match | ~90 B a story | the rule's window |
| surge:{rule}:{channel}:sources | zset publisher → held last, ms | match | ~70 B a publisher | the rule's window |
| surge:{rule}:{channel}:now | string, the current surge | match | small | the rule's window |
| releases | hash channel|story → what its messages need (JSON) | match | ~150 B a surge | until its alerts are queued |
| release:{channel}:{story} | zset sequence|alert → held since, ms | match | ~100 B an alert | until they are queued |
| rate:{rule}:{channel}:{hour} | string, messages so far; of all rules where none is named | match | ~90 B | 2 hours |
| mutes | hash rule|channel → until, ms, by whom, message whose button began it | mute, listener | ~100 B a mute | until it ends |
| acknowledged:{rule} | hash item → matched, ms, of its alert | listener | ~80 B an item | 90 days |
| irrelevant:{rule} | hash item → who, when, the item's JSON | listener | the item's JSON and ~100 B | 90 days, the newest 200 |
| missed:{rule} | hash item → by whom it was missed, when, the item's JSON | `newswatch missed` | the item's JSON and ~100 B | 90 days, the newest 200 |
| listener | string: how it listens, since when | listener | ~100 B | 2 minutes after its last beat |
| mutes:count | hash rule|channel → alerts muted | match | ~60 B a mute | until unmuted |
| message:{id} | hash | match, deliver, listener | ~500 B | queued: until sent or dead; then 90 days |
| outbox:{channel} | zset message → due, ms | match, deliver | ~80 B a message | until sent or dead |
| lane:{lane}:{channel} | zset message → due, ms, of those that go before (`first`) or after (`last`) the others of the queue | match, deliver | ~80 B a message | until sent or dead |
| channels | set of channels with a queue | match, deliver | small | while queued |
| channel:{channel} | hash: pacing, pause, last alert, last message sent, last catch-up, sequence of its messages | match, deliver | ~170 B | always |
| clock | string: the latest time at which a stage ran, ms | poll, deliver | small | always |
| alive | hash receiver → last line due (ms), items by then | match (after a cycle) | ~60 B a receiver | always |
| epoch | hash channel → Redis's run_id | deliver | ~60 B a channel | always |
| deployment | hash: Slack's team id and bot id, with their names | deliver, adopt | ~150 B | always |
| recalls | hash channel → how far its history was read (JSON) | deliver | ~200 B a channel | until it was read |
| workspace | hash: pause | deliver | ~150 B | always |
| turns | hash: by method of Slack, when the next request may be made, ms; pauses | deliver, listener | ~150 B | always |
| breaker | string: state of the circuit breaker (JSON), see `store.breaker` | deliver | ~500 B | always |
| updates | zset message → due, ms | deliver, listener, mute | ~80 B | until the message is up to date |
| wake | list, at most one entry: delivery has something new | match, deliver, listener | small | until delivery looks |
| withdrawn | zset alert → when, ms, of those that can return | deliver | ~80 B | until they return, 24 hours at most |
| conditions | string: under which configuration and mutes queued alerts were last judged | deliver | small | always |
| reminders | zset message → due, ms, of high alerts in channels that are reminded | deliver | ~80 B | until it is due |
| dead | zset message → when, ms | deliver | ~80 B | until retried, 90 days at most |
| dead:items | hash stream id → error | match | ~200 B | 90 days |
| notice:{cause} | hash | all stages | ~300 B | while active and 1 day |
| notices | set of active causes | all stages | small | while active |
| lease:{stage} | string token | match, deliver, articles | small | its own timeout |
| pulse:{stage} | hash: since, at, until, state, work, error, task | match, deliver, articles | ~300 B | 7 days after its last beat |
| previews:{user} | string: previews that a user of the pages asked for in this minute | pages | ~90 B | a minute after the first |
| schema | hash: schema, release that wrote it first | every stage | small | always |
| drain | string: who asked, when (JSON) | drain | small | until resumed |
| restoring:{key} | as the key | restore | what is being restored, until it takes the place of the key | until then |
| reader:asked | string: Airflow was just asked to start a run that reads articles | poll | small | 30 s |
"""

from __future__ import annotations

_PREFIX = "newswatch:"

CONFIG = _PREFIX + "config"
CONFIG_PAST = _PREFIX + "config:past"
CONFIG_FEEDS = _PREFIX + "config:feeds"
CONFIG_PLACES = _PREFIX + "config:places"
FEEDS_DUE = _PREFIX + "feeds:due"
FEEDS_MOVED = _PREFIX + "feeds:moved"
FEEDS_WANTED = _PREFIX + "feeds:wanted"
ITEMS = _PREFIX + "items"
ITEMS_GROUP = "match"
ARTICLES = _PREFIX + "articles"
ALERTS = _PREFIX + "alerts"
CHANNELS = _PREFIX + "channels"
CLOCK = _PREFIX + "clock"
ALIVE = _PREFIX + "alive"
EPOCH = _PREFIX + "epoch"
RECALLS = _PREFIX + "recalls"
WORKSPACE = _PREFIX + "workspace"
DEPLOYMENT = _PREFIX + "deployment"
TURNS = _PREFIX + "turns"
BREAKER = _PREFIX + "breaker"
UPDATES = _PREFIX + "updates"
WAKE = _PREFIX + "wake"
TITLES = _PREFIX + "titles"
MUTES = _PREFIX + "mutes"
MUTES_COUNT = _PREFIX + "mutes:count"
WITHDRAWN = _PREFIX + "withdrawn"
REMINDERS = _PREFIX + "reminders"
CONDITIONS = _PREFIX + "conditions"
DEAD = _PREFIX + "dead"
DEAD_ITEMS = _PREFIX + "dead:items"
NOTICES = _PREFIX + "notices"
LISTENER = _PREFIX + "listener"
DRAIN = _PREFIX + "drain"
READER_ASKED = _PREFIX + "reader:asked"
RECHECKS = _PREFIX + "rechecks"
SCHEMA = _PREFIX + "schema"
RELEASES = _PREFIX + "releases"
HITS_LAST = _PREFIX + "hits:last"
RULE_HITS = _PREFIX + "rule-hits"
HOPS = _PREFIX + "hops"
QUEUE_LENGTHS = _PREFIX + "queue-lengths"
LAST_RUNS = _PREFIX + "last-runs"

EVERY = _PREFIX + "*"
"""Matches every key of newswatch."""
STAGED = _PREFIX + "restoring:*"
"""Matches what is being restored."""
PASSING = (
    *(f"{_PREFIX}{kind}:" for kind in ("lease", "pulse", "host", "restoring")),
    *(DRAIN, READER_ASKED, LISTENER, WAKE, BREAKER, TURNS, SCHEMA),
)
"""How the keys begin that no backup has: they belong to running processes or are over in minutes. A backup names its schema
itself."""

ALERT_RETENTION_S = 90 * 86_400
GAP_RETENTION_S = 90 * 86_400
ARTICLE_RETENTION_S = 7 * 86_400
STORY_RETENTION_S = 7 * 86_400


def feed(feed_id: str) -> str:
    """State of one feed: validators, body hash, errors, claim generation."""
    return f"{_PREFIX}feed:{feed_id}"


def polls(feed_id: str) -> str:
    """A feed's last polls: see `newswatch.store.polls`."""
    return f"{_PREFIX}polls:{feed_id}"


def coverage(day: int) -> str:
    """How well feeds could be read on one day, counted from 1970."""
    return f"{_PREFIX}coverage:{day}"


def seen(feed_id: str) -> str:
    """A feed's packed records: see `newswatch.store.seen`."""
    return f"{_PREFIX}seen:{feed_id}"


def elements(feed_id: str) -> str:
    """The entries of a feed's last document: see `newswatch.store.elements`."""
    return f"{_PREFIX}elements:{feed_id}"


def gaps(feed_id: str) -> str:
    """The gaps of a feed: see `newswatch.store.gaps`."""
    return f"{_PREFIX}gaps:{feed_id}"


def page(feed_id: str) -> str:
    """What a web page showed when its list was last found: see `newswatch.store.layouts`."""
    return f"{_PREFIX}page:{feed_id}"


def layout(feed_id: str) -> str:
    """A web page's last layout change: see `newswatch.store.layouts`."""
    return f"{_PREFIX}layout:{feed_id}"


def window(feed_id: str, at_s: int) -> str:
    """What is known of the release window of a feed that begins then."""
    return f"{_PREFIX}window:{feed_id}:{at_s}"


def host(name: str) -> str:
    """When a host's pause ends."""
    return f"{_PREFIX}host:{name}"


def article(item_id: str) -> str:
    """One item whose web page is to be read."""
    return f"{_PREFIX}article:{item_id}"


def recheck(item_id: str) -> str:
    """One alerted item whose link is read again."""
    return f"{_PREFIX}recheck:{item_id}"


def alert(alert_id: str) -> str:
    """One alert: its JSON and the message it went into."""
    return f"{_PREFIX}alert:{alert_id}"


def alerted(item_id: str) -> str:
    """The alerts of one item, and what was said of its edits."""
    return f"{_PREFIX}alerted:{item_id}"


def alerts_of(facet: str, value: str) -> str:
    """The alerts of one rule, feed, channel or severity, or those muted, held or withdrawn."""
    return f"{ALERTS}:{facet}:{value}"


def story(channel_id: str, story_id: str) -> str:
    """One channel's messages about one story."""
    return f"{_PREFIX}story:{channel_id}:{story_id}"


def surge(rule_id: str, channel_id: str) -> str:
    """The alerts of a rule with a threshold that wait in one channel."""
    return f"{_PREFIX}surge:{rule_id}:{channel_id}"


def surge_stories(rule_id: str, channel_id: str) -> str:
    """Their stories, each once."""
    return f"{surge(rule_id, channel_id)}:stories"


def surge_sources(rule_id: str, channel_id: str) -> str:
    """Their publishers, each once."""
    return f"{surge(rule_id, channel_id)}:sources"


def surge_now(rule_id: str, channel_id: str) -> str:
    """The current surge: the story its alerts belong to."""
    return f"{surge(rule_id, channel_id)}:now"


def release(channel_id: str, story_id: str) -> str:
    """The alerts of a surge that are being put into messages."""
    return f"{_PREFIX}release:{channel_id}:{story_id}"


def rate(rule_id: str, channel_id: str, hour: int) -> str:
    """Messages that a rule, or all rules (""), brought to a channel in one hour, counted from 1970."""
    return f"{_PREFIX}rate:{rule_id}:{channel_id}:{hour}"


def previews(user: str) -> str:
    """How many previews a user asked for in this minute."""
    return f"{_PREFIX}previews:{user[:100]}"


def hits(day: int) -> str:
    """Alerts by rule on one day, counted from 1970."""
    return f"{_PREFIX}hits:{day}"


def items_by_hour(day: int) -> str:
    """Items claimed by hour on one day, counted from 1970."""
    return f"{ITEMS}:{day}"


def items_of_feeds(day: int) -> str:
    """Items claimed by hour and feed on one day, counted from 1970."""
    return f"{items_by_hour(day)}:feeds"


def hops_of_hour(hour: int) -> str:
    """How long alerts took that were sent in one hour, counted from 1970."""
    return f"{HOPS}:{hour}"


def acknowledged(rule_id: str) -> str:
    """The items that readers acknowledged an alert of, by rule."""
    return f"{_PREFIX}acknowledged:{rule_id}"


def irrelevant(rule_id: str) -> str:
    """The items that readers marked as not relevant to a rule."""
    return f"{_PREFIX}irrelevant:{rule_id}"


def missed(rule_id: str) -> str:
    """The items that a rule should have caught, as readers say."""
    return f"{_PREFIX}missed:{rule_id}"


def message(message_id: str) -> str:
    """One message and its delivery."""
    return f"{_PREFIX}message:{message_id}"


def outbox(channel: str) -> str:
    """One channel's queue."""
    return f"{_PREFIX}outbox:{channel}"


def lane(name: str, channel: str) -> str:
    """The messages of a channel's queue that go before (`first`) or after (`last`) the others."""
    return f"{_PREFIX}lane:{name}:{channel}"


def channel(channel_id: str) -> str:
    """One channel's pacing and pause."""
    return f"{_PREFIX}channel:{channel_id}"


def lease(stage: str) -> str:
    """Which process runs a stage now."""
    return f"{_PREFIX}lease:{stage}"


def pulse(stage: str) -> str:
    """What the resident of a stage says of itself."""
    return f"{_PREFIX}pulse:{stage}"


def notice(cause: str) -> str:
    """One cause of ops notices."""
    return f"{_PREFIX}notice:{cause}"


def staged(name: str) -> str:
    """Where a key is written while it is restored, from its name without the prefix."""
    return f"{_PREFIX}restoring:{name}"


def short(name: str) -> str:
    """A key without the prefix."""
    return name.removeprefix(_PREFIX)


def whole(name: str) -> str:
    """A key from its name without the prefix."""
    return _PREFIX + name
