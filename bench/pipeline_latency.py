"""How long an item takes from the site to Slack under Airflow, without the wait for the poll.

Starts the whole stack on free ports with a simulator and a news site of its own, publishes one edition
after another, and measures two times for each:

- hand-over: from the time when the item was added to the stream, which is when its feed was polled, to
  the `ts` of the message in the simulator. The promise is a median ≤ 3 s and a p95 ≤ 6 s.
- run: from the start of the poll_feeds run that found it, which includes the start of its tasks.

    .venv/bin/python -m bench.pipeline_latency [stories]
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import redis

from devtools.news_site.running import RunningSite
from devtools.running_stack import RunningStack
from devtools.slack_sim.running import RunningSimulator

MEDIAN_S, P95_S = 3.0, 6.0
POLL_EVERY_S = 10
CHANNEL = "C0123456789"


def main(stories: int) -> int:
    with (
        tempfile.TemporaryDirectory(prefix="newswatch-bench-") as name,
        RunningSite() as site,
        RunningSimulator(strict_channels=False) as slack,
    ):
        folder = Path(name)
        write_config(folder / "config", site.feeds["wire"])
        with RunningStack(
            folder,
            folder / "config",
            SLACK_BOT_TOKEN=slack.token,
            SLACK_BASE_URL=slack.base_url,
            NEWSWATCH_POLL_INTERVAL=str(POLL_EVERY_S),
        ) as stack:
            stack.wait_healthy()
            time.sleep(2 * POLL_EVERY_S)  # The first runs start everything at once.
            entered, accepted = [], []
            with redis.Redis.from_url(stack.redis_url) as client:
                for number in range(stories):
                    link = site.publish(repeat_after_s=3600)["link"]
                    accepted.append(wait_for_message(slack, link))
                    entered.append(stream_time(client, link))
                    print(f"{number + 1:3d}  {accepted[-1] - entered[-1]:5.2f} s", flush=True)
                    time.sleep(random.uniform(1, 4))
            starts = sorted(
                datetime.fromisoformat(run["start_date"]).timestamp() for run in stack.runs("poll_feeds", 100)
            )
    return report(starts, entered, accepted)


def report(starts: list[float], entered: list[float], accepted: list[float]) -> int:
    handover = [done - came for came, done in zip(entered, accepted, strict=True)]
    begun = [max((s for s in starts if s <= came), default=came) for came in entered]
    whole = [done - start for start, done in zip(begun, accepted, strict=True)]
    for title, times in (("poll run to Slack", whole), ("stream to Slack", handover)):
        print(
            f"{title:18s} median {statistics.median(times):.2f} s  p95 {p95(times):.2f} s  max {max(times):.2f} s"
        )
    kept = statistics.median(handover) <= MEDIAN_S and p95(handover) <= P95_S
    print(f"promise: median ≤ {MEDIAN_S:.0f} s, p95 ≤ {P95_S:.0f} s: {'kept' if kept else 'BROKEN'}")
    return 0 if kept else 1


def p95(times: list[float]) -> float:
    return sorted(times)[max(0, round(0.95 * len(times)) - 1)]


def wait_for_message(slack: RunningSimulator, link: str, timeout_s: float = 90.0) -> float:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        for message in slack.messages(CHANNEL):
            if link in json.dumps(message["blocks"]):
                return float(message["ts"])
        time.sleep(0.1)
    raise SystemExit(f"no message for {link} within {timeout_s:.0f} s")


def stream_time(client: redis.Redis, link: str) -> float:
    rows: Any = client.xrevrange("newswatch:items", count=50)
    for stream_id, values in rows:
        if link.encode() in values[b"item"]:
            return int(stream_id.split(b"-")[0]) / 1000
    raise SystemExit(f"{link} is not in the items stream")


def write_config(folder: Path, feed_url: str) -> None:
    folder.mkdir()
    (folder / "feeds.yaml").write_text(
        f"feeds:\n  - {{id: wire, url: '{feed_url}', every: 1s, at_most: 1s, allow_private: true}}\n",
        encoding="utf-8",
    )
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
