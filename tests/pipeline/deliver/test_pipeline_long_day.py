"""One scripted day: nothing is lost, nothing comes twice, and people can read what comes.

Twenty channels and some 3,000 alerts, on a clock that newswatch and Slack share and the test moves. Slack is away for six
hours, in four ways. Meanwhile a rule is muted, one is removed, a receiver gets another channel, the clock jumps, and one
message cannot be rendered. When Slack is back, Redis fails over without its last writes, and later it is restored from a
backup of 40 minutes ago. Slack's limits for reading are in force; posting is ten times as fast as in Slack.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from collections import Counter
from datetime import timedelta

import pytest
import redis
from outage_room import webhook_server

from devtools.slack_sim.running import RunningSimulator
from newsroom import OPS, Newsroom
from newswatch.errors import NewswatchError
from newswatch.models import Item
from newswatch.pipeline.deliver.run import run_deliver
from newswatch.pipeline.match.run import run_match
from newswatch.slack.client import SlackSettings
from newswatch.store import keys
from newswatch.store.client import connect
from newswatch.store.codec import item_to_json
from newswatch.store.feeds import ensure_group

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

DESKS = 20
MORNING, AN_HOUR, IN_TEN_MINUTES, EVENING = 15, 20, 5, 6
"""How many alerts each desk gets. One in five is high."""
MUTED, REMOVED, MOVED = 3, 4, 5
MOVED_TO = "C0DESK00999"
POISON = "C0DESK00006"
WORDS = (
    "mining",
    "lending",
    "custody",
    "taxes",
    "reserves",
    "payments",
    "exchanges",
    "audits",
    "tokens",
    "yields",
)
SETTINGS = {"NEWSWATCH_RULE_CAP": "100000", "NEWSWATCH_SLACK_RATE": "50"}
COPY = """
local found = {}
for _, name in ipairs(redis.call('KEYS', '*')) do
  found[#found + 1] = {name, redis.call('PTTL', name), redis.call('DUMP', name)}
end
return found
"""


def channel(desk: int) -> str:
    return f"C0DESK{desk:05d}"


class Day(Newsroom):
    """A newsroom whose clock Slack shares, with a Redis that can lose writes and a Slack that can be away."""

    def __init__(self, folder, own_redis, hook: str) -> None:
        self._server = own_redis
        self._hook = hook
        self._passed = timedelta()
        self._faults: list[dict] = []
        self._stories = 0
        self.made: set[str] = set()
        slack = RunningSimulator(data=folder / "slack", interval_s=0.1, posts_per_minute=3000)
        super().__init__(folder / "room", own_redis.url, slack)
        self.write("feeds.yaml", "feeds:\n  - {id: wire, url: 'https://news.example/rss'}\n")
        self.set_up()
        self.settle()

    # ── the configuration ─────────────────────────────────────────────────────────────────────

    def set_up(self, *, without: int | None = None, moved: bool = False) -> None:
        rules = "".join(
            f"  - {{id: desk{n:02}, query: desk{n:02}, severity: medium, notify: [r{n:02}]}}\n"
            f"  - {{id: urgent{n:02}, query: urgent{n:02}, severity: high, notify: [r{n:02}]}}\n"
            for n in range(DESKS)
            if n != without
        )
        rows = "".join(
            f"  - {{id: r{n:02}, channel: {MOVED_TO if moved and n == MOVED else channel(n)}}}\n"
            for n in range(DESKS)
        )
        self.watchlist("rules:\n" + rules)
        self.write(
            "receivers.yaml",
            "defaults: {per_channel_interval: 0.1s, grace: 20s}\n"
            f"receivers:\n{rows}  - {{id: ops, channel: {OPS}}}\n",
        )
        self.adopt()

    # ── time, and what goes wrong ─────────────────────────────────────────────────────────────

    def settle(self) -> None:
        """Slack as it is now: its clock, its channels, what is wrong with it."""
        places = [*map(channel, range(DESKS)), MOVED_TO, OPS]
        self.slack.config(skew_s=self._passed.total_seconds(), channels=[{"id": one} for one in places])
        self.slack.clear_faults()
        for fault in self._faults:
            self.slack.fault(**fault)

    def elapse(self, span: timedelta, *, away: bool = False) -> None:
        """Time passes, for newswatch and for Slack."""
        self._passed += span
        self.pass_time(span)
        if not away:
            self.settle()

    def copy(self) -> list[tuple[bytes, int, bytes]]:
        """All that Redis holds at one moment."""
        with redis.Redis.from_url(self.redis_url) as client:
            return client.eval(COPY, 0)

    def become(self, before: list[tuple[bytes, int, bytes]]) -> None:
        """Redis is another server that knows only that."""
        with redis.Redis.from_url(self.redis_url) as client:
            client.flushall()
            for name, lasts_ms, value in before:
                client.restore(name, max(lasts_ms, 0), value)
        self._server.stop()  # not killed: a busy disk may not have it all yet
        self._server.start()

    # ── the work ──────────────────────────────────────────────────────────────────────────────

    def news(self, each: int, *, without: tuple[int, ...] = ()) -> list[Item]:
        """So many stories for each desk."""
        first = self._stories
        self._stories += DESKS * each
        return [
            self._item(first + desk * each + n, f"{'urgent' if n % 5 == 0 else 'desk'}{desk:02}")
            for desk in range(DESKS)
            for n in range(each)
            if desk not in without
        ]

    def _item(self, number: int, word: str) -> Item:
        now = self.clock()
        link = f"https://news.example/story/{number}"
        parts = [WORDS[int(digit)] + digit for digit in f"{number * 7919:09}"]
        return Item(
            id=f"wire:{number:016x}", feed_id="wire", revision=0, guid=str(number), link=link, canonical_link=link,
            title=f"{word} {number} {' '.join(parts)}", summary="", body="", author="", tags=(), lang="en",
            published=now, first_seen=now, config_version=10**6,
        )  # fmt: skip

    def publish(self, items: list[Item]) -> list[Item]:
        """They are matched, and their alerts queued."""

        async def append() -> None:
            async with connect(self.redis_url) as client:
                await ensure_group(client)
                pipe = client.pipeline()
                for one in items:
                    pipe.xadd(keys.ITEMS, {"v": "1", "item": item_to_json(one)})
                await pipe.execute()

        asyncio.run(append())
        self._do(run_match, env=SETTINGS)
        self.made |= set(self.redis.zrange(keys.ALERTS, 0, -1))
        return items

    def send(self, *, deadline_s: float = 20.0, on_progress=None):
        slack = SlackSettings(self.slack.token, self.slack.base_url, timeout_s=5.0, clock=self._now)

        async def work(services):
            return await run_deliver(services, linger_s=1.0, deadline_s=deadline_s, on_progress=on_progress)

        return self._do(work, sender=slack, env={**SETTINGS, "NEWSWATCH_OPS_WEBHOOK": self._hook})

    def send_all(self) -> None:
        """Runs of delivery, half a minute apart, until nothing is queued."""
        give_up = time.monotonic() + 600.0
        while self.send().queued:
            assert time.monotonic() < give_up, "the queues did not become empty in time"
            self.elapse(timedelta(seconds=30))

    def an_hour_without_slack(self, *faults: dict) -> None:
        """Slack is away, and delivery runs every 20 minutes."""
        self._faults = list(faults)
        if not faults:
            self.slack.kill()
        else:
            self.settle()
        self.publish(self.news(AN_HOUR))
        for _ in range(3):
            self.send(deadline_s=10.0)
            self.elapse(timedelta(minutes=20), away=not faults)
        if not faults:
            self.slack.restart()
            self.settle()

    def fail_over(self) -> None:
        """Within a run, another Redis takes over that lacks the last 60 messages sent."""
        before: list = []

        def progress(sent: int, _dead: int) -> None:
            if sent == 150:
                before.extend(self.copy())
            if sent == 210:
                self.become(before)

        with contextlib.suppress(NewswatchError):
            self.send(deadline_s=180.0, on_progress=progress)
        assert before


@pytest.fixture
def told():
    with webhook_server() as found:
        yield found


@pytest.fixture
def day(tmp_path, own_redis, told):
    made = Day(tmp_path, own_redis, told[0])
    yield made
    made.close()
    made.slack.stop()


UNAVAILABLE = {"kind": "http_503", "method": "*", "times": 0}
PAGES = {"kind": "html", "method": "*", "times": 0}
NO_ANSWERS = {"kind": "reset", "when": "after", "times": 0}
"""Slack posts the message, and its answer is lost."""


def poison(day: Day) -> None:
    """One message can never be rendered."""
    name = day.redis.zrange(keys.outbox(POISON), 0, -1)[-1]
    (alert_id,) = json.loads(day.redis.hget(keys.message(name), "alerts"))
    day.redis.hset(keys.alert(alert_id), "json", "{")


def test_day_of_outages_failover_and_restore_ends_with_everything_said_once(day, told):  # noqa: PLR0915 - one story
    begun = time.process_time()
    day.publish(day.news(MORNING))
    day.send_all()
    morning = Counter(m["channel"] for m in day.slack.messages())
    assert sum(morning.values()) == DESKS * MORNING

    day.an_hour_without_slack()
    day.an_hour_without_slack(UNAVAILABLE)
    day.an_hour_without_slack(PAGES)
    day.pass_time(timedelta(hours=2))  # only our clock jumps, and goes back
    day.send(deadline_s=10.0)
    day.pass_time(-timedelta(hours=2))
    day.an_hour_without_slack(NO_ANSWERS)
    day.an_hour_without_slack()
    day.an_hour_without_slack(UNAVAILABLE)
    day._faults = []
    day.settle()

    day.command("mute", f"desk{MUTED:02}", "--for", "3d")
    day.set_up(without=REMOVED, moved=True)
    poison(day)
    day.fail_over()
    day.send_all()

    backup = day.copy()
    late = []
    for _ in range(4):
        day.elapse(timedelta(minutes=10))
        late += day.publish(day.news(IN_TEN_MINUTES, without=(MUTED, REMOVED)))
        day.send_all()
    day.become(backup)
    day.publish(late)  # the feeds still show them
    day.publish(day.news(EVENING, without=(MUTED, REMOVED)))
    day.send_all()
    day.elapse(timedelta(minutes=1))
    day.send_all()

    sent = Counter(m["channel"] for m in day.slack.messages())
    print("messages per channel:", dict(sorted(sent.items())))
    print("reports:", *(m["text"] for m in day.posts(OPS)), "webhook:", *told[1], sep="\n  ")
    print(f"CPU: {time.process_time() - begun:.0f} s")
    posted = Counter(name for place in sent if place != OPS for name in day.alert_ids(place))
    twice = {name for name, count in posted.items() if count > 1}
    dead = {name for letter in day.json("dead") for name in letter["alert_ids"]}
    withdrawn = set(day.redis.zrange(keys.alerts_of("state", "withdrawn"), 0, -1))

    assert len(day.made) >= 3000
    assert [m for m in day.slack.messages() if twice & set(m["metadata"]["event_payload"]["alert_ids"])] == []
    assert day.made - set(posted) - dead - withdrawn == set()
    assert len(posted) + len(dead) + len(withdrawn) == len(day.made)
    assert len(dead) == 1
    of_muted, of_removed = 6 * AN_HOUR * 4 // 5, 6 * AN_HOUR
    assert (
        of_muted + of_removed - 6 <= len(withdrawn) <= of_muted + of_removed
    )  # a probe may have been one of them

    for place, count in sent.items():
        if place in (OPS, channel(MUTED), channel(REMOVED), channel(MOVED), POISON):
            continue
        # one catch-up and its thread, 20 single high ones, what came in the last two hours, probes, and the evening
        evening = 4 * IN_TEN_MINUTES + EVENING
        assert count - morning[place] <= 1 + 8 + 20 + 2 * AN_HOUR + 6 + evening, (place, count)
        texts = [m["text"] for m in day.posts(place)]
        assert sum("Catching up" in text for text in texts) == 1, place
        assert not any("behind in this channel" in text for text in texts), place
    assert sent[channel(REMOVED)] <= morning[channel(REMOVED)] + 1  # a probe of before the change
    assert sent[channel(MOVED)] <= morning[channel(MOVED)] + 1

    once = Counter(
        re.sub(r"\d+", "#", m["text"]) if "Channel" not in m["text"] else m["text"] for m in day.posts(OPS)
    )
    assert {text: count for text, count in once.items() if count > 1} == {}
    for words in (
        "queued alerts will not be sent",
        "Redis has lost its record",
        "Slack takes messages again after",
    ):
        assert len([text for text in once if words in text]) == 1, words
    away = [text for text in told[1] if "Slack has been away" in text]
    assert len(away) == 2  # at the beginning, and again when our clock had jumped beyond four hours
    assert len([text for text in told[1] if "Slack takes messages again after" in text]) == 1
    assert len(told[1]) == 3
