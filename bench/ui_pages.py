"""How long the server takes for each page of the UI. The limit is 100 ms of CPU, in the median.

Fills a Redis with 100,000 items, 100,000 alerts, 10,000 feeds and 10,000 rules, writes the files for them, mounts the pages in
Airflow's own app with its login on, and requests each page several times. Then live results of drafts are measured on as
many items (see bench/live_results.py), with the size of their index.

    .venv/bin/python -m bench.ui_pages [items] [rules] [feeds] [page …]

With pages, such as `metrics watchlist`, only these are measured, and no live results.
"""

from __future__ import annotations

import asyncio
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from airflow_sandbox import prepare, redis_connection

prepare()
os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] = "False"
os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"] = "ada:admin"
os.environ["AIRFLOW__API_AUTH__JWT_SECRET"] = "a secret for figures " * 4
os.environ["NEWSWATCH_MONITOR_TOKEN"] = "figures"
os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "WARNING"

import redis  # noqa: E402
from airflow.api_fastapi.app import create_app, get_auth_manager  # noqa: E402
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser  # noqa: E402
from airflow.utils.db import initdb  # noqa: E402
from fastapi.testclient import TestClient  # noqa: E402
from redis.typing import EncodableT, FieldT  # noqa: E402

from bench import live_results  # noqa: E402
from devtools.redis_server import RunningRedis  # noqa: E402
from newswatch.models import Alert, Bundle, Excerpt, Feed, Item, Receiver, Rule, alert_id  # noqa: E402
from newswatch.pipeline.base.configuration import to_store  # noqa: E402
from newswatch.store import keys  # noqa: E402
from newswatch.store.client import connect  # noqa: E402
from newswatch.store.codec import alert_to_json, item_to_json, to_ms  # noqa: E402
from newswatch.store.configuration import FeedChange, Head, put_in_force  # noqa: E402
from newswatch.store.seen import SeenRecord, digest, pack_all  # noqa: E402

LIMIT_MS = 100.0
RULES_A_FILE = 100
TIMES = 20
CHANNELS = tuple(f"C{number:010d}" for number in range(20))
ALERTS = 100_000
READY_S = 300
CHANGED = "api/rules/changed"
"""The changed rules of a draft, each tried on the stored items."""


def fill(client: redis.Redis, items: int, rules: int, feeds: int) -> str:
    """Store everything that the pages read. Returns the id of the newest alert."""
    now = datetime.now(timezone.utc)
    fill_feeds(client, feeds, now)
    fill_items(client, items, feeds, now)
    fill_seen(client, items, feeds, now)
    client.xgroup_create(keys.ITEMS, keys.ITEMS_GROUP, id="$")
    return fill_alerts(client, rules, feeds, now)


def fill_feeds(client: redis.Redis, feeds: int, now: datetime) -> None:
    pipe = client.pipeline(transaction=False)
    for number in range(feeds):
        status = "failing" if number % 50 == 0 else "ok"
        state: dict[FieldT, EncodableT] = {
            "status": status,
            "polled_ms": to_ms(now),
            "last_new_ms": to_ms(now),
            "seen_since_ms": to_ms(now - timedelta(days=6)),
            "title": f"Feed {number}",
        }
        pipe.hset(keys.feed(f"feed-{number}"), mapping=state)
        pipe.zadd(keys.FEEDS_DUE, {f"feed-{number}": to_ms(now) + number})
    pipe.execute()


def claimed_ms(number: int, items: int, now: datetime) -> int:
    """When an item came, the newest one now."""
    return to_ms(now) - (items - number) * (6 * 86_400_000 // items)


def title_of(number: int) -> str:
    return f"Headline number {number} of some length for a change"


def fill_seen(client: redis.Redis, items: int, feeds: int, now: datetime) -> None:
    """What each feed remembers of its items."""
    pipe = client.pipeline(transaction=False)
    for feed in range(feeds):
        known = [seen_record(number, claimed_ms(number, items, now)) for number in range(feed, items, feeds)]
        pipe.set(keys.seen(f"feed-{feed}"), pack_all(known))
        if feed % 1_000 == 0:
            pipe.execute()
    pipe.execute()


def seen_record(number: int, at_ms: int) -> SeenRecord:
    name = number.to_bytes(8, "big")
    return SeenRecord(
        id=name,
        key=name,
        item=name,
        link=digest(f"https://news.example/{number}", 6),
        title=digest(title_of(number).casefold(), 6),
        content=name[2:],
        published=at_ms // 1000,
        first_seen=at_ms // 1000,
        last_in_document=at_ms // 1000,
        config_version=1,
        revision=0,
        silent=False,
        known_by="guid",
    )


def fill_items(client: redis.Redis, items: int, feeds: int, now: datetime) -> None:
    pipe = client.pipeline(transaction=False)
    for number in range(items):
        at_ms = claimed_ms(number, items, now)
        feed = f"feed-{number % feeds}"
        moment = datetime.fromtimestamp(at_ms / 1000, timezone.utc)
        item = Item(
            id=f"{feed}:{number:016x}",
            feed_id=feed,
            revision=0,
            guid=str(number),
            link=f"https://news.example/{number}",
            canonical_link=f"https://news.example/{number}",
            title=title_of(number),
            summary="A standfirst of some forty words. " * 8,
            body="",
            author="",
            tags=(),
            lang="en",
            published=moment,
            first_seen=moment,
            config_version=1,
        )
        pipe.xadd(keys.ITEMS, {"v": "1", "item": item_to_json(item)}, id=f"{at_ms}-{number}")
        if number % 2_000 == 0:
            pipe.execute()
    pipe.execute()


def fill_alerts(client: redis.Redis, rules: int, feeds: int, now: datetime) -> str:
    """One alert a minute: most sent, the newest queued, some muted, a few dead. A tenth of the rules has marks. Returns the id of a sent one."""
    pipe = client.pipeline(transaction=False)
    sent = ""
    for number in range(ALERTS):
        at = now - timedelta(minutes=ALERTS - number)
        left = ALERTS - number
        state = (
            "queued"
            if left <= 500
            else "dead"
            if left % 2_000 == 0
            else "muted"
            if left % 50 == 0
            else "sent"
        )
        alert = alert_of(number, f"rule-{number % rules}", f"feed-{number % feeds}", at)
        put_alert(pipe, alert, f"{number:016x}", state)
        sent = alert.id if state == "sent" else sent
        if number % 1_000 == 0:
            pipe.execute()
    for rule in range(0, rules, 10):
        marks: dict[FieldT, EncodableT] = {str(n): "{}" for n in range(1 + rule % 3)}
        for label in (keys.irrelevant, keys.acknowledged, keys.missed):
            pipe.hset(label(f"rule-{rule}"), mapping=marks)
    pipe.execute()
    return sent


def alert_of(number: int, rule: str, feed: str, at: datetime) -> Alert:
    title = title_of(number)
    channel = CHANNELS[number % len(CHANNELS)]
    return Alert(
        id=alert_id(rule, f"{feed}:{number}", channel),
        rule_id=rule,
        severity="low" if number % 10_000 == 0 else "high",
        channel=channel,
        item_id=f"{feed}:{number}",
        revision=0,
        feed_id=feed,
        link=f"https://news.example/{number}",
        title=title,
        excerpts=(
            Excerpt("title", title, ((0, 8),)),
            Excerpt("summary", "A standfirst of some forty words. " * 6, ((2, 12),)),
        ),
        published=at,
        first_seen=at,
        matched=at,
        config_version="1-abcdef",
        story_id=f"story-{number}",
    )


def put_alert(pipe: redis.client.Pipeline, alert: Alert, message: str, state: str) -> None:
    """Store an alert as match and deliver leave it."""
    at_ms = to_ms(alert.matched)
    record: dict[FieldT, EncodableT] = {
        "json": alert_to_json(alert),
        "message": "" if state == "muted" else message,
    }
    facets = [("rule", alert.rule_id), ("feed", alert.feed_id)]
    facets += [("channel", alert.channel), ("severity", alert.severity)]
    if state == "muted":
        record["muted"] = "rule|*"
        facets.append(("state", "muted"))
    else:
        fields: dict[FieldT, EncodableT] = {"state": state, "kind": "story", "channel": alert.channel}
        fields["alerts"] = f'["{alert.id}"]'
        fields |= {"sent": at_ms + 900, "ts": "1.1"} if state == "sent" else {"due": at_ms, "error": "x"}
        pipe.hset(keys.message(message), mapping=fields)
    if state == "queued":
        pipe.zadd(keys.outbox(alert.channel), {message: at_ms})
        pipe.sadd(keys.CHANNELS, alert.channel)
    if state == "dead":
        pipe.zadd(keys.DEAD, {message: at_ms})
    pipe.hset(keys.alert(alert.id), mapping=record)
    pipe.zadd(keys.ALERTS, {alert.id: at_ms})
    for facet, value in facets:
        pipe.zadd(keys.alerts_of(facet, value), {alert.id: at_ms})
    pipe.hincrby(keys.hits(at_ms // 86_400_000), alert.rule_id, 1)
    pipe.hset(keys.HITS_LAST, alert.rule_id, at_ms)


async def put_bundle(url: str, rules: int, feeds: int) -> None:
    bundle = Bundle(
        version=1,
        digest="abcdef0123456789",
        feeds=tuple(
            Feed(f"feed-{n}", f"https://host-{n % 900}.example/{n}", tags=("t",)) for n in range(feeds)
        ),
        rules=tuple(Rule(f"rule-{n}", f"central bank {n} opposes", notify=("desk-0",)) for n in range(rules)),
        receivers=tuple(Receiver(f"desk-{n}", channel) for n, channel in enumerate(CHANNELS)),
    )
    async with connect(url) as client:
        stored = to_store(bundle, "")
        change = FeedChange(86_400, added=tuple(feed.id for feed in bundle.feeds))
        now_ms = to_ms(datetime.now(timezone.utc))
        await put_in_force(client, Head(), stored, change, owner="", now_ms=now_ms)


def write_files(folder: Path, rules: int, feeds: int) -> None:
    """The files of the same configuration, the rules in files of a hundred."""
    lines = [
        f"  - {{id: feed-{n}, url: 'https://host-{n % 900}.example/{n}', tags: [t]}}" for n in range(feeds)
    ]
    (folder / "feeds.yaml").write_text("\n".join(("feeds:", *lines, "")), "utf-8")
    lines = [f"  - {{id: desk-{n}, channel: {channel}}}" for n, channel in enumerate(CHANNELS)]
    (folder / "receivers.yaml").write_text(
        "\n".join(("receivers:", *lines, "  - {id: ops, channel: C0999999999}", "")), "utf-8"
    )
    (folder / "watchlist.d").mkdir()
    for first in range(0, rules, RULES_A_FILE):
        own = [
            f"  - id: rule-{n}\n    query: central bank {n} opposes\n    notify: [desk-0]"
            for n in range(first, min(first + RULES_A_FILE, rules))
        ]
        name = "watchlist.yaml" if not first else f"watchlist.d/{first:06}.yaml"
        (folder / name).write_text("\n".join(("rules:", *own, "")), "utf-8")


def pages(newest: str) -> list[str]:
    return [
        *("", "alerts", "alerts?rule=rule-77", "alerts?feed=feed-77&state=dead", "alerts?severity=low"),
        *(f"alerts?channel={CHANNELS[7]}", "alerts?state=muted", "alerts?state=dead", "alerts?state=queued"),
        *("alerts?text=nothing+like+it", "alerts?text=number+99", f"alerts/{newest}"),
        *(
            "watchlist",
            "watchlist/removed",
            "watchlist?silent=1",
            "watchlist?sort=-last",
            "watchlist?sort=-alerts",
            "watchlist?sort=-irrelevant",
            "watchlist?text=9999",
            "watchlist/rules/rule-77",
        ),
        *("watchlist/rules/rule-77/history", "watchlist/rules/rule-77/edit", "watchlist/rules/rule-77/copy"),
        *("watchlist/new", "watchlist/edit", "watchlist/edit?rule=rule-9999", "api/completions"),
        *(
            "why",
            "why?item=Headline+number+99999+of+some+length+for+a+change",
            "why?item=feed-77:000000000000004d",
        ),
        *("why?item=https://news.example/never", "items?text=number+99"),
        *("feeds", "feeds?state=failing", "feeds?start=9950", "feeds/feed-77", "delivery"),
        *("api/status", "api/alerts", "api/feeds", "api/health", "metrics", CHANGED),
    ]


def changed_draft(folder: Path) -> dict[str, str]:
    """A draft of a file in which one rule has another query."""
    text = (folder / "watchlist.yaml").read_text("utf-8")
    return {"name": "watchlist.yaml", "text": text.replace("central bank 7 opposes", "headline 7 changes")}


def measure(
    client: TestClient, path: str, draft: dict[str, str]
) -> tuple[float, float, float, float, float, float, float]:
    """In ms: the first answer; median, 95% and longest of the others; CPU time: the first, median and longest.

    The CPU time is that of this process, so it includes the client and not Redis. Other work on the machine
    has little influence on it.
    """
    monitored = path in ("api/health", "metrics")
    headers = {"Authorization": "Bearer figures"} if monitored else {}
    taken, worked = [], []
    for _ in range(TIMES + 1):
        started, begun = time.perf_counter(), time.process_time()
        if path == CHANGED:
            answer = client.post(f"/newswatch/{path}", json=draft, headers={"X-Newswatch": "1"})
        else:
            answer = client.get(f"/newswatch/{path}", headers=headers)
        taken.append((time.perf_counter() - started) * 1000)
        worked.append((time.process_time() - begun) * 1000)
        assert answer.status_code == 200 or monitored, (path, answer.status_code, answer.text[:500])
    others = sorted(taken[1:])
    late = others[int(0.95 * len(others))]
    return (
        taken[0],
        statistics.median(others),
        late,
        others[-1],
        worked[0],
        statistics.median(worked[1:]),
        max(worked[1:]),
    )


def make_ready(client: TestClient) -> None:
    """Open an editor and wait until the index of live results is built, in the background. Its CPU time is none of a page."""
    client.get("/newswatch/watchlist/new")
    asked = {"fields": {"query": "central bank"}}
    deadline = time.monotonic() + READY_S
    while True:
        answer = client.post("/newswatch/api/rules/live", json=asked, headers={"X-Newswatch": "1"})
        if answer.status_code == 200 and "data-again" not in answer.text:
            return
        if time.monotonic() > deadline:
            raise SystemExit(
                f"the index was not built within {READY_S} s: {answer.status_code} {answer.text}"
            )
        time.sleep(1)


def main() -> int:
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    chosen = [word for word in sys.argv[1:] if not word.isdigit()]
    items, rules, feeds = (*numbers, *(100_000, 10_000, 10_000)[len(numbers) :])
    with tempfile.TemporaryDirectory() as folder, RunningRedis() as server:
        slow = run(server.url, Path(folder), items, rules, feeds, chosen)
    return slow if chosen else live_results.main(items, feeds, rules) or slow


def run(url: str, folder: Path, items: int, rules: int, feeds: int, chosen: Sequence[str] = ()) -> int:
    os.environ["AIRFLOW_CONN_NEWSWATCH_REDIS"] = redis_connection(url)
    os.environ["NEWSWATCH_CONFIG"] = str(folder)
    write_files(folder, rules, feeds)
    with redis.Redis.from_url(url) as client:
        newest = fill(client, items, rules, feeds)
    asyncio.run(put_bundle(url, rules, feeds))
    initdb()
    app = create_app(apps="core")
    logging.disable(logging.INFO)
    token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username="ada", role="ADMIN"))
    print(f"{items:,} items, {ALERTS:,} alerts, {rules:,} rules, {feeds:,} feeds; {TIMES} requests each, ms")
    print(f"load {os.getloadavg()[0]:.1f}")
    columns = ("first", "median", "p95", "longest", "cpu 1st", "cpu", "cpu max")
    print(f"{'page':<32}" + "".join(f"{name:>9}" for name in columns))
    slow = []
    with TestClient(app, base_url="http://airflow.test") as client:
        client.cookies.set("_token", token)
        client.headers["Accept"] = "text/html"
        make_ready(client)
        for path in chosen or pages(newest):
            figures = measure(client, path, changed_draft(folder))
            print(f"{'/' + path:<32}" + "".join(f"{figure:>9.0f}" for figure in figures), flush=True)
            if figures[5] > LIMIT_MS:
                slow.append(path)
    print(f"over {LIMIT_MS:.0f} ms of CPU in the median: {', '.join(slow) or 'none'}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
