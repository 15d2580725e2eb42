"""States of a newsroom that people see in the pages: much of everything, nothing at all, trouble.

`full` and `trouble` take the words of the feeds from the caller, so that the same scene can be played
with hostile ones.
"""

from __future__ import annotations

import time
from datetime import datetime, timezone
from functools import partial

from feed_server import Document, story
from newsroom import OPS, POLICY, Newsroom
from newswatch.listener.clicks import take_click
from newswatch.slack.buttons import ACTIONS
from newswatch.slack.clicks import Click
from newswatch.store import keys

DIGEST, NIGHT, CLOSED = "C0222222222", "C0333333333", "C0444444444"

TITLES = (
    "Central bank opposes plan to legalise crypto mining",
    "Central bank opposes plan to legalise crypto mining, ministry says",
    "Interest rates stay where they are for the third time in a row",
    "Ministries want mining legalised",
    "Grid operator publishes its winter outlook",
    "Regulator fines exchange over missing disclosures",
    "Harvest forecast raised after a wet spring",
    "New import levy: why the central bank opposes it",
)
SUMMARIES = (
    "The measure would open the market to licensed farms; the central bank opposes the measure.",
    "Officials said on Tuesday that the proposal would come back to parliament in the new year.",
)

WATCHLIST = """\
lists:
  opposes: [oppose, reject, object to, come out against, do not support]
rules:
  # What the policy desk must know at once.
  - id: central-bank-opposes
    query: central bank opposes
    severity: high
    notify: [policy]
    owner: policy-team
  - id: central-bank-against
    query: "central bank ONEAR/6 $opposes"
    severity: high
    notify: [policy]
    owner: policy-team
    expires: 2031-06-30
  - {id: rates, query: interest rates, severity: medium, notify: [digest], owner: markets}
  - {id: fines, query: regulator fines, severity: medium, notify: [closed]}
  - {id: grid, query: grid operator, severity: low, notify: [night]}
  - {id: never-yet, query: "'SEC' AND (approval OR approves)", notify: [policy]}
"""
RECEIVERS = f"""\
defaults: {{per_channel_interval: 0.02s, grace: 60s}}
receivers:
  - {{id: policy, channel: {POLICY}}}
  - {{id: digest, channel: {DIGEST}, mode: digest, digest: {{at: "08:00", timezone: Europe/Zurich}}}}
  - {{id: night, channel: {NIGHT}, quiet: {{from: "00:00", to: "23:59", timezone: UTC}}}}
  - {{id: closed, channel: {CLOSED}}}
  - {{id: ops, channel: {OPS}}}
"""


def full(room: Newsroom, titles=TITLES, summaries=SUMMARIES, source="The Wire") -> None:
    """A newsroom at work: alerts in every state, feeds that fare well and badly, mutes, dead letters."""
    room.feeds("wire", "markets", "daily", "gone", "busy", "flaky")
    room.watchlist(WATCHLIST)
    room.write("receivers.yaml", RECEIVERS)
    (room.config / "watchlist.d").mkdir(exist_ok=True)
    room.write(
        "watchlist.d/harvest.yaml", "rules:\n  - {id: harvest, query: harvest forecast, notify: [policy]}\n"
    )
    room.site.serve("/busy", title=source)
    room.site.documents["/flaky"] = Document(b"<html>oops</html>", status=503)
    _publish(room, titles, summaries, source)
    room.adopt()
    room.redis.hset(keys.MUTES, "harvest|*", f'{{"until":{_ms() + 3_000_000},"by":"ada","since":{_ms()}}}')
    room.slack.fault("not_in_channel", times=0, channel=CLOSED)
    room.run()
    _publish(room, titles, summaries, source, late=True)
    room.run()
    room.slack.fault("invalid_blocks", times=2, channel=POLICY)
    room.site.serve("/daily", story(50, titles[-1], summaries[1]), title=f"{source}, daily")
    room.run()
    room.slack.clear_faults()
    room.site.documents["/busy"] = Document(b"later", status=429, headers={"Retry-After": "1800"})
    room.poll()
    room.redis.delete(*room.redis.keys(keys.host("*")))  # all feeds of the site share its host
    _history(room)
    _readers_say(room)


def _readers_say(room):
    """What the buttons below the two newest messages would bring."""
    for message, action in zip(room.posts(), ("newswatch_ack", "newswatch_irrelevant"), strict=False):
        name = message["metadata"]["event_payload"]["message_id"]
        at = datetime.now(timezone.utc)
        click = Click(ACTIONS[action], name, message["channel"], "U0ANNA", "anna", at)
        room._do(partial(take_click, click=click))


def _publish(room, titles, summaries, source, *, late=False):
    first = [story(n, title, summaries[n % len(summaries)]) for n, title in enumerate(titles[:-1])]
    room.site.serve("/wire", *first, etag='"1"', title=source)
    if late:  # others tell the same story, which joins its thread
        again = [story(n + 20, titles[0], summaries[0], link=f"https://{n}.example/a") for n in range(2)]
        room.site.serve("/markets", *again, title=f"{source}, markets")
        room.site.serve("/daily", story(40, titles[1], summaries[0]), title=f"{source}, daily")


def _history(room):
    """Figures of the days before, which no test can wait for."""
    day = _ms() // 86_400_000
    for ago in range(1, 8):
        for number, rule in enumerate(("central-bank-opposes", "central-bank-against", "rates")):
            room.redis.hincrby(keys.hits(day - ago), rule, (ago * 7 + number * 5) % 11)
        for hour in range(24):
            room.redis.hincrby(keys.items_by_hour(day - ago), hour, 5 + (hour * 13 + ago * 7) % 40)

    now_s = _ms() // 1000
    burst = [*range(40), *range(40, 0, -1)]
    lengths = [0] * 300 + burst + [3, 0, 1] * 200 + burst[::2] + [0] * 100
    samples = [
        f"{now_s - 60 * (len(lengths) - n)} {length // 3} {length} {length % 2}"
        for n, length in enumerate(lengths)
    ]
    room.redis.rpush(keys.QUEUE_LENGTHS, *samples)


def _ms():
    return int(time.time() * 1000)


def trouble(room: Newsroom, titles=TITLES, summaries=SUMMARIES, source="The Wire") -> None:
    """Much is wrong: the configuration, Slack, queues, feeds; the findings say so."""
    full(room, titles, summaries, source)
    room.redis.hset(
        keys.WORKSPACE,
        mapping={"until": _ms() + 600_000, "reason": "invalid_auth: Slack does not accept the token"},
    )
    for cause, text in (
        (
            "configuration",
            "watchlist.yaml:4:12: the rule asks for nothing: give a query. Version 1 stays in force.",
        ),
        ("slack", "Slack takes nothing: invalid_auth"),
        ("silent:daily", "Feed daily answers but has had no new item since 12 November 08:00 UTC"),
        ("moved:markets", "Feed markets moved permanently and is now polled at https://markets.example/new"),
    ):
        room.redis.hset(keys.notice(cause), mapping={"text": text, "since": _ms() - 5_400_000})
        room.redis.sadd(keys.NOTICES, cause)
    room.redis.zadd(keys.FEEDS_DUE, {"wire": _ms() - 900_000})
