"""How long an alert takes from publication to Slack under Airflow, hop by hop, across shifts.

Starts the whole stack on free ports with a simulator and a news site of its own, which has 200 feeds, and publishes one
edition after another. Every alert keeps its times, so that each hop is measured:

- publication → seen: the wait for the poll;
- seen → matched → begun → accepted: from the stream to Slack. The promise is about their sum: median ≤ 0.25 s and
  p95 ≤ 0.6 s at a load of 4 or less, median ≤ 0.8 s and p95 ≤ 2 s at a load of 12.

It also prints the gaps between the runs of each stage that stays (promise: median ≤ 3 s, p99 ≤ 5 s), how many DAG runs
an hour there were, how long *Poll now* takes (2 s) and how much a stage logs in a shift (2 MB).

    NEWSWATCH_SHIFT=60s .venv/bin/python -m bench.pipeline_latency [stories]
"""

from __future__ import annotations

import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import redis

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from devtools.news_site.running import RunningSite
from devtools.running_stack import RunningStack
from devtools.slack_sim.running import RunningSimulator
from feed_server import FeedServer, story
from newswatch.store import keys
from newswatch.store.codec import alert_from_json

CALM, BUSY = (0.25, 0.6), (0.8, 2.0)
"""Median and p95 from the stream to Slack, in seconds, at a load of 4 or less, and above."""
CALM_LOAD = 4.0
GAP_S = (3.0, 5.0)
STARTING_S = 30
FEEDS, HOSTS = 200, 20
EVERY_S = 5
POLL_NOW_S = 2.0
PRESSES = 10
MOST_LOG = 2_000_000
RARE = "rare"
"""A feed that is polled once an hour, unless somebody wants it at once."""
CHANNEL = "C0123456789"
RESIDENTS = ("poll_feeds", "match_items", "deliver_alerts")

Times = Mapping[str, float]
"""When one alert was published, seen, matched, begun and accepted, in epoch seconds."""


def main(stories: int) -> int:
    alerts: list[Times] = []
    loads = []
    with (
        tempfile.TemporaryDirectory(prefix="newswatch-bench-") as name,
        RunningSite() as site,
        quiet_feeds() as quiet,
        RunningSimulator(strict_channels=False) as slack,
    ):
        folder = Path(name)
        write_config(folder / "config", site.feeds["wire"], quiet)
        with RunningStack(
            folder,
            folder / "config",
            SLACK_BOT_TOKEN=slack.token,
            SLACK_BASE_URL=slack.base_url,
            NEWSWATCH_RULE_CAP="100000",  # beyond it, alerts come as digests
        ) as stack:
            stack.wait_healthy()
            time.sleep(STARTING_S)  # The first runs start everything at once.
            began = time.time()
            with redis.Redis.from_url(stack.redis_url) as client:
                for number in range(stories):
                    edition = site.publish(repeat_after_s=3600)
                    message = wait_for_message(slack, edition["link"])
                    alerts.append(times_of(client, edition, message))
                    loads.append(os.getloadavg()[0])
                    waited_s = alerts[-1]["accepted"] - alerts[-1]["seen"]
                    print(f"{number + 1:3d}  {waited_s:5.2f} s", flush=True)
                    time.sleep(random.uniform(0, 2 * EVERY_S))  # At any moment between two polls.
                hurried = [poll_now(client) for _ in range(PRESSES)]
            hours = (time.time() - began) / 3600
            logs = {dag_id: largest_log(stack.data, dag_id) for dag_id in RESIDENTS}
            runs = {dag_id: stack.runs(dag_id, 100) for dag_id in RESIDENTS}
    report_runs(runs, began, hours)
    print(
        f"Poll now: median {statistics.median(hurried):.2f} s, max {max(hurried):.2f} s, promise {POLL_NOW_S:.0f} s"
    )
    told = ", ".join(f"{dag_id} {size / 1e6:.3f} MB" for dag_id, size in logs.items())
    print(f"largest log of a run: {told}; promise {MOST_LOG / 1e6:.0f} MB")
    calm = [one for one, load in zip(alerts, loads, strict=True) if load <= CALM_LOAD]
    busy = [one for one, load in zip(alerts, loads, strict=True) if load > CALM_LOAD]
    kept = [report(some, *of) for some, of in ((calm, CALM), (busy, BUSY)) if some]
    kept += [max(hurried) <= POLL_NOW_S, max(logs.values()) <= MOST_LOG]
    print(f"load: median {statistics.median(loads):.1f}, from {min(loads):.1f} to {max(loads):.1f}")
    return 0 if all(kept) else 1


def report(alerts: Sequence[Times], median_s: float, p95_s: float) -> bool:
    """Print the hops of alerts at about the same load, and return whether the promise to them was kept."""
    hops = ("published", "seen", "matched", "begun", "accepted")
    for first, last in (*pairwise(hops), ("seen", "accepted"), ("published", "accepted")):
        seconds = [one[last] - one[first] for one in alerts]
        print(
            f"{first:9s} → {last:9s} median {statistics.median(seconds):6.2f} s  p95 {share(seconds, 0.95):6.2f} s"
            f"  max {max(seconds):6.2f} s"
        )
    waited = [one["accepted"] - one["seen"] for one in alerts]
    kept = statistics.median(waited) <= median_s and share(waited, 0.95) <= p95_s
    at = f"{'up to' if (median_s, p95_s) == CALM else 'above'} {CALM_LOAD:.0f}"
    print(
        f"{len(alerts)} alerts at a load {at}; promise from the stream to Slack: median ≤ {median_s} s, p95 ≤ {p95_s} s:"
        f" {'kept' if kept else 'BROKEN'}"
    )
    return kept


def report_runs(runs: Mapping[str, list[dict[str, Any]]], since: float, hours: float) -> None:
    for dag_id, found in runs.items():
        spans = sorted(
            (moment(one["start_date"]), moment(one["end_date"])) for one in found if one["start_date"]
        )
        gaps = [later - ended for (_, ended), (later, _) in pairwise(spans) if ended and later >= since]
        told = (
            f"gaps between runs: median {statistics.median(gaps):.2f} s, p99 {share(gaps, 0.99):.2f} s of {len(gaps)}"
            if gaps
            else "no gap between runs"
        )
        number = sum(start >= since for start, _ in spans)
        print(f"{dag_id:15s} {told}; {number / hours:.0f} runs an hour")


def share(values: Sequence[float], of: float) -> float:
    return sorted(values)[max(0, round(of * len(values)) - 1)]


def moment(text: str | None) -> float:
    return datetime.fromisoformat(text).timestamp() if text else 0.0


def wait_for_message(slack: RunningSimulator, link: str, timeout_s: float = 90.0) -> dict[str, Any]:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        found = [one for one in slack.messages() if link in json.dumps(one["blocks"])]
        if found:
            return dict(found[0])
        time.sleep(0.1)
    raise SystemExit(f"no message for {link} within {timeout_s:.0f} s")


def times_of(client: redis.Redis, edition: Mapping[str, Any], message: Mapping[str, Any]) -> Times:
    """`seen` is the time of the item in the stream, `accepted` the `ts` that the simulator gave."""
    rows: Any = client.xrevrange(keys.ITEMS, count=50)
    (seen_ms,) = [int(name.split(b"-")[0]) for name, row in rows if edition["link"].encode() in row[b"item"]][
        :1
    ]
    payload = message["metadata"]["event_payload"]
    alert = alert_from_json(cast("bytes", client.hget(keys.alert(payload["alert_ids"][0]), "json")))
    begun: Any = client.hget(keys.message(payload["message_id"]), "sending_since")
    return {
        "published": edition["published"],
        "seen": seen_ms / 1000,
        "matched": alert.matched.timestamp(),
        "begun": int(begun) / 1000,
        "accepted": float(message["ts"]),
    }


def poll_now(client: redis.Redis) -> float:
    """What the button does, and the seconds until the feed was polled."""
    key = keys.feed(RARE)
    before, began = client.hget(key, "polled_ms"), time.monotonic()
    client.zadd(keys.FEEDS_DUE, {RARE: 0}, xx=True)
    client.sadd(keys.FEEDS_WANTED, RARE)
    while client.hget(key, "polled_ms") == before:
        time.sleep(0.02)
    return time.monotonic() - began


def largest_log(data: Path, dag_id: str) -> int:
    """Bytes of the longest log of a run, all tries together."""
    runs = (data / "airflow" / "logs" / f"dag_id={dag_id}").glob("run_id=*")
    return max(sum(file.stat().st_size for file in run.rglob("*.log")) for run in runs)


@contextmanager
def quiet_feeds() -> Iterator[list[str]]:
    """The addresses of feeds in which nothing is new, on hosts of their own: a host is asked for one feed at a time."""
    servers = [FeedServer(host=f"127.0.0.{number + 2}") for number in range(HOSTS)]
    urls = []
    try:
        for number in range(FEEDS - 1):
            server, path = servers[number % HOSTS], f"/{number}"
            server.serve(path, story(number, "Weather for the week"), etag='"1"')
            urls.append(server.url + path)
        yield urls
    finally:
        for server in servers:
            server.stop()


def write_config(folder: Path, busy_url: str, quiet: Sequence[str]) -> None:
    folder.mkdir()
    rare, *usual = quiet
    lines = [
        f"  - {{id: feed-{number}, url: '{url}', every: {EVERY_S}s, allow_private: true}}"
        for number, url in enumerate([busy_url, *usual])
    ]
    lines.append(f"  - {{id: {RARE}, url: '{rare}', every: 1h, allow_private: true}}")
    (folder / "feeds.yaml").write_text("feeds:\n" + "\n".join(lines) + "\n", encoding="utf-8")
    (folder / "watchlist.yaml").write_text(
        "rules:\n  - {id: central-bank-opposes, query: central bank opposes, severity: high, notify: [policy]}\n",
        encoding="utf-8",
    )
    (folder / "receivers.yaml").write_text(
        f"receivers:\n  - {{id: policy, channel: {CHANNEL}}}\n  - {{id: ops, channel: C0999999999}}\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
