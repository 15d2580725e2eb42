"""The one table of keys: what feeds.yaml, the watchlist files and receivers.yaml may contain.

The readers and the JSON Schemas both come from here.
"""

from __future__ import annotations

from newswatch import feed_secrets
from newswatch.config import request_headers, words
from newswatch.config.kinds import ListOf, OneOrMore, Text, Value, choice, count, duration, flag, word
from newswatch.config.records import Key, Named, Record, Short
from newswatch.config.word_lists import WordList
from newswatch.models import KINDS, MODALITIES, SEVERITIES

SHORTEST_EVERY_S = 2.0
"""Servers of others are asked no more often."""
SHORT_EVERY_S = 15.0
"""Whoever asks for a shorter interval means it: hints of the feed do not stretch it, unless `at_most` allows it."""
AT_MOST_CAP_S = 900.0
"""A feed is polled at least every 15 minutes, unless its own interval is longer."""

NOBODY = "nobody would be alerted: name receivers from receivers.yaml, such as notify: [policy]"

ID = word(
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}",
    "an id",
    "write letters, digits, - and _ (at most 100), beginning with a letter or digit",
)
ID_USED = Value(str, ID.schema())
"""An id of something else. Whatever is written, the check of references says which ids there are."""
TAG = word(r"\w[\w.-]{0,99}", "a tag", "write letters, digits, - and _ (at most 100)")
TAG_USED = Value(str, TAG.schema())
LANG = word(words.LANGUAGE, "a language code", "write en, ru, zh, …", lower=True)
LIST_NAME = word(
    r"[A-Za-z_][A-Za-z0-9_-]{0,99}", "a list name", "write letters, digits, _ and -, as in $central_bank"
)
URL = Value(words.check_url, {"type": "string", "pattern": "^https?://[^/\\s]+"})
CHANNEL = Value(words.check_channel, {"type": "string", "pattern": "^[CGD][A-Z0-9]{7,20}$"})
CHANNEL_NAME = word(
    r"[^\s#@<>&]{1,80}", "a channel's name", "write it without #, such as policy-alerts", lower=True
)
USER = Value(words.check_user, {"type": "string", "pattern": "^[UW][A-Z0-9]{2,20}$"})
USER_GROUP = Value(words.check_user_group, {"type": "string", "pattern": "^S[A-Z0-9]{2,20}$"})
ZONE = Value(words.check_timezone, {"type": "string", "examples": ["Europe/Zurich", "UTC"]})
CLOCK = Value(words.check_clock, {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"})
DATE = Value(words.check_date, {"type": "string", "format": "date"})
MOMENT = Value(
    words.check_moment,
    {
        "type": "string",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(:[0-9]{2})?$",
        "examples": ["2026-12-10 14:15"],
    },
)
CALENDAR_FILE = Value(words.check_calendar, {"type": "string", "pattern": "\\.ics$"})
USER_AGENT = Value(request_headers.check_value, {"type": "string"})
AUTH = Value(feed_secrets.check_name, {"type": "string", "pattern": feed_secrets.NAME_PATTERN})

EVERY = duration()
AT_MOST = duration()
FIRST_SIGHT = duration(zero=True)
MAX_AGE = duration()

_POLLING = (
    Key("every", EVERY, "How often the feed is polled, such as 5m. At least 2s."),
    Key(
        "at_most",
        AT_MOST,
        "How far the feed's own hints may stretch the interval. Default 4 × every, at most 15m; below 15s it is every.",
    ),
    Key("lang", LANG, "The language of texts that do not declare one, such as en."),
    Key(
        "first_sight",
        FIRST_SIGHT,
        "When a feed is read for the first time, only items no older than this can alert. Default 24h.",
    ),
    Key("max_age", MAX_AGE, "An item dated longer ago than this is remembered without an alert. Default 7d."),
    Key("allow_private", flag(), "Allow loopback and private addresses. Only for feeds of your own network."),
)

LONGEST_WINDOW_S = 900.0
SHORTEST_WINDOW_EVERY_S = 1.0

_WINDOW = (
    Key(
        "for",
        duration(most_s=LONGEST_WINDOW_S),
        "How long the feed is polled faster from that time on. Default 10m, at most 15m.",
    ),
    Key(
        "every",
        duration(least_s=SHORTEST_WINDOW_EVERY_S),
        "How often the feed is polled in that time. Default and at least 1s.",
    ),
    Key(
        "expect",
        ID,
        "The rule whose first hit in the feed ends the window; its receivers hear if none comes.",
    ),
)
WINDOW = Record(
    "window",
    (
        Key("at", MOMENT, "The local date and time of the release.", missing="at is missing"),
        Key("timezone", ZONE, "IANA time zone of `at`.", missing="timezone is missing"),
        *_WINDOW,
    ),
)

CALENDAR = Record(
    "calendar",
    (
        Key(
            "file",
            CALENDAR_FILE,
            "The iCalendar file, below the configuration folder.",
            missing="file is missing",
        ),
        *_WINDOW,
    ),
)

SELECTOR = Record(
    "selector",
    (
        Key(
            "items", Text(500), "The rows of the list.", missing="items is missing: name the rows of the list"
        ),
        Key("title", Text(500), "Within a row, its title."),
        Key("link", Text(500), "Within a row, its link."),
        Key("date", Text(500), "Within a row, its date."),
        Key("summary", Text(500), "Within a row, its summary."),
    ),
)
FEED_DEFAULTS = Record("defaults", _POLLING)
FEED = Record(
    "feed",
    (
        Key(
            "id",
            ID,
            "The feed's name in rules, alerts and logs. Do not change it later.",
            missing="id is missing",
        ),
        Key("url", URL, "The feed's address, http or https.", missing="url is missing"),
        Key("tags", ListOf(TAG), "Words by which rules and queries (tag:…) select feeds."),
        *_POLLING,
        Key(
            "publisher",
            Text(100),
            "Who publishes it, such as ECB. Feeds of one publisher count once in thresholds and messages. "
            "Default: the registrable domain of the url.",
        ),
        Key("article", flag(), "Also read the article of each item and match it as body."),
        Key(
            "recheck",
            flag(),
            "Read the link of each alert again after 10 minutes, 1, 6 and 24 hours, and say in its thread what changed.",
        ),
        Key(
            "auth",
            AUTH,
            "The variable NEWSWATCH_FEED_… or the Airflow connection newswatch_feed_… with the credentials.",
        ),
        Key(
            "headers",
            request_headers.HEADERS,
            "Headers of its requests, such as Accept-Language: en. A value may name a secret, as in auth.",
        ),
        Key(
            "user_agent",
            USER_AGENT,
            "What its requests say they come from. Default newswatch, with NEWSWATCH_CONTACT.",
        ),
        Key(
            "cookies",
            request_headers.COOKIES,
            "Cookies of its requests, by name. A value may name a secret, as in auth.",
        ),
        Key(
            "fallback",
            ListOf(URL),
            "Other addresses of the same source. They are tried in order while the url fails.",
        ),
        Key(
            "windows",
            ListOf(WINDOW, unique=False),
            "Known releases: when they are due the feed is polled every second. At most three a day and host.",
        ),
        Key(
            "calendar",
            Short(CALENDAR, "file"),
            "An iCalendar file below the configuration folder: each of its events begins a window.",
        ),
        Key(
            "type",
            choice(*KINDS),
            "What is read: a feed, a web page with a list of news, a sitemap or a JSON list. A page must be named; "
            "for the others the first document decides.",
        ),
        Key(
            "selector",
            SELECTOR,
            "Where the list is, if it is not found by itself: CSS selectors for a page, names joined by dots for JSON.",
        ),
        Key("list", count(1, 8), "Which list of a page is read, as `newswatch feeds preview` numbers them."),
    ),
)

FEED_FILTER = Record(
    "feeds",
    (
        Key("ids", ListOf(ID_USED), "Only these feeds."),
        Key("tags", ListOf(TAG_USED), "Only feeds with one of these tags."),
    ),
)
THRESHOLD = Record(
    "threshold",
    (
        Key("stories", count(1), "How many stories make a surge.", missing="stories is missing"),
        Key("sources", count(1), "From how many publishers they must come.", missing="sources is missing"),
        Key(
            "within",
            duration(least_s=1.0),
            "The time within which they must come, such as 30m; at least 1s.",
            missing="within is missing",
        ),
    ),
)
EVENT = Record(
    "event",
    (
        Key("who", OneOrMore(Text(500)), "Who does it: a list, several, or words. Default anybody."),
        Key(
            "does",
            OneOrMore(Text(500)),
            "What is done: a list such as $opposes, several, or verbs.",
            missing="does is missing: say what is done, such as $opposes or $sanctions",
        ),
        Key("what", OneOrMore(Text(500)), "What it is done to. Default anything."),
        Key("unless", OneOrMore(Text(500)), "Words in the same headline or paragraph that exclude it."),
    ),
)
RULE = Record(
    "rule",
    (
        Key("id", ID, "The rule's name; unique over all watchlist files.", missing="id is missing"),
        Key("event", EVENT, "Who does what, see docs/rules.md. A rule has an event or a query."),
        Key(
            "modality",
            ListOf(choice(*MODALITIES)),
            "Which occurrences of the event count. Default [stated, possible].",
        ),
        Key("query", Text(), "What to look for in the query language, see docs/rules.md."),
        Key("severity", choice(*SEVERITIES), "How urgent the rule's alerts are. Default medium."),
        Key(
            "notify",
            ListOf(ID_USED, empty=NOBODY),
            "The receivers of its alerts.",
            missing=f"notify: {NOBODY}",
        ),
        Key("feeds", FEED_FILTER, "Which feeds the rule looks at. Default all."),
        Key("languages", ListOf(LANG), "Which languages the rule looks at. Default all."),
        Key(
            "negation",
            choice("ignore", "exclude"),
            "Whether a negated hit of the query counts. Default: it does (ignore).",
        ),
        Key("owner", Text(200), "Who is responsible for the rule."),
        Key("expires", DATE, "The last day on which the rule is in force."),
        Key("threshold", THRESHOLD, "Alert only on a surge."),
        Key(
            "must_match",
            ListOf(Text(), unique=False),
            "Texts that the rule must match; checked with every change.",
        ),
        Key(
            "must_not_match",
            ListOf(Text(), unique=False),
            "Texts that the rule must not match; checked with every change.",
        ),
    ),
    either=("event", "query"),
)
LISTS = Named(LIST_NAME, WordList())

RECEIVER_DEFAULTS = Record(
    "defaults",
    (
        Key(
            "per_channel_interval",
            duration(zero=True),
            "The shortest time between two posts to a channel. Default 1s.",
        ),
        Key(
            "grace",
            duration(),
            "How long a message in doubt waits before the channel's history is read. Default 60s.",
        ),
    ),
)
DIGEST = Record(
    "digest",
    (
        Key("at", CLOCK, "Local time of day, HH:MM.", missing="at is missing"),
        Key("timezone", ZONE, "IANA time zone.", missing="timezone is missing"),
    ),
)
ALIVE = Record(
    "alive",
    (
        Key("at", CLOCK, "Local time of day, HH:MM.", missing="at is missing"),
        Key("timezone", ZONE, "IANA time zone.", missing="timezone is missing"),
    ),
)
MENTION = Record(
    "mention",
    tuple(
        Key(severity, USER_GROUP, f"The user group that a story of severity {severity} mentions.")
        for severity in SEVERITIES
    ),
)
QUIET = Record(
    "quiet",
    (
        Key("from", CLOCK, "Local time from which alerts wait, HH:MM.", missing="from is missing"),
        Key("to", CLOCK, "Local time until which alerts wait, HH:MM.", missing="to is missing"),
        Key("timezone", ZONE, "IANA time zone.", missing="timezone is missing"),
        Key("except", choice(*SEVERITIES), "Alerts of this severity or a higher one do not wait."),
    ),
)
RECEIVER = Record(
    "receiver",
    (
        Key("id", ID, "The receiver's name in rules.", missing="id is missing"),
        Key("channel", CHANNEL, "The Slack channel's id.", missing="channel is missing"),
        Key(
            "name",
            CHANNEL_NAME,
            "The channel's name, for people. `newswatch doctor` says if Slack calls it otherwise.",
        ),
        Key("mode", choice("each", "digest"), "Each alert at once, or a digest. Default each."),
        Key("digest", DIGEST, "When the digest goes out."),
        Key("quiet", QUIET, "When alerts wait."),
        Key(
            "stale_after",
            duration(),
            "Alerts that could not be sent for this long come together: one message, and the rest in its thread. Default 2h.",
        ),
        Key(
            "remind_after",
            duration(),
            "Remind the channel of a high alert that nobody has acknowledged for this long. Default never.",
        ),
        Key(
            "alive",
            ALIVE,
            "When to post a line saying that nothing came, on days without an alert. Default never.",
        ),
        Key("mention", MENTION, "Slack user groups by severity; a story mentions its group once."),
    ),
)

FEEDS_FILE = Record(
    "file",
    (
        Key("defaults", FEED_DEFAULTS, "Defaults for all feeds."),
        Key("feeds", ListOf(FEED, empty=None, unique=False), "The feeds.", missing="feeds is missing"),
    ),
)
WATCHLIST_FILE = Record(
    "file",
    (
        Key("lists", LISTS, "Words and phrases to use in queries as $name."),
        Key("rules", ListOf(RULE, empty=None, unique=False), "The rules."),
    ),
)
RECEIVERS_FILE = Record(
    "file",
    (
        Key("defaults", RECEIVER_DEFAULTS, "Defaults for all receivers."),
        Key(
            "receivers",
            ListOf(RECEIVER, empty=None, unique=False),
            "The receivers.",
            missing="receivers is missing",
        ),
        Key(
            "editors",
            ListOf(USER, empty=None),
            "The Slack user ids of those who may use /newswatch: make, mute and end rules. Default nobody.",
        ),
    ),
)
