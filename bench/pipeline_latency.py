"""How long an alert takes from publication to Slack under Airflow, hop by hop, across shifts.

Starts the whole stack on free ports with a simulator and a news site of its own, which has 200 feeds, and publishes one
edition after another. Every alert keeps its times, so that each hop is measured:

- publication → seen: the wait for the poll;
- seen → matched → begun → accepted: from the stream to Slack. The promise is about their sum: median ≤ 0.25 s and
  p95 ≤ 0.6 s at a load of 4 or less, median ≤ 0.8 s and p95 ≤ 2 s at a load of 12.

It also prints the gaps between the runs of each stage that stays (promise: median ≤ 3 s, p99 ≤ 5 s) and how many DAG runs
an hour there were.

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
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import redis

from devtools.news_site.running import RunningSite
from devtools.running_stack import RunningStack
from devtools.slack_sim.running import RunningSimulator
from newswatch.store import keys
from newswatch.store.codec import alert_from_json

CALM, BUSY = (0.25, 0.6), (0.8, 2.0)
"""Median and p95 from the stream to Slack, in seconds, at a load of 4 or less, and above."""
CALM_LOAD = 4.0
GAP_S = (3.0, 5.0)
STARTING_S = 30
FEEDS = 200
EVERY_S = 5
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
        RunningSite() as quiet,
        RunningSimulator(strict_channels=False) as slack,
    ):
        folder = Path(name)
        write_config(folder / "config", site.feeds["wire"], quiet.feeds["wire"])
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
            hours = (time.time() - began) / 3600
            runs = {dag_id: stack.runs(dag_id, 100) for dag_id in RESIDENTS}
    report_runs(runs, began, hours)
    calm = [one for one, load in zip(alerts, loads, strict=True) if load <= CALM_LOAD]
    busy = [one for one, load in zip(alerts, loads, strict=True) if load > CALM_LOAD]
    kept = [report(some, *of) for some, of in ((calm, CALM), (busy, BUSY)) if some]
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


def write_config(folder: Path, busy_url: str, quiet_url: str) -> None:
    folder.mkdir()
    quiet = [f"{quiet_url}?n={number}" for number in range(FEEDS - 1)]
    lines = [
        f"  - {{id: feed-{number}, url: '{url}', every: {EVERY_S}s, allow_private: true}}"
        for number, url in enumerate([busy_url, *quiet])
    ]
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
