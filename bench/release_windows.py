"""How long a release takes from publication to Slack in its window, with the whole stack; one late, one refused.

    python -m bench.release_windows [--json]

Starts what `make run` starts, on free ports, with a simulator and sources of its own. Seven sources have three windows
each, which begin ten seconds apart, and each release is published some seconds into its window, at any moment between
two polls. The sample site has one window, and publishes in it. Another sample site publishes nothing: five minutes after its
time the receivers get one line. One source answers 429: its window goes on at the usual pace. Takes seven minutes. The exit
status is 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from bench._contest import tell
from bench.pipeline_latency import CHANNEL, share
from devtools.news_site.running import RunningSite
from devtools.running_stack import RunningStack
from devtools.slack_sim.running import RunningSimulator
from feed_server import Document, FeedServer, story

SOURCES, WINDOWS = 7, 3
"""More than three windows a day and host are not allowed."""
BETWEEN_S = 10
APART_S = 110
"""A hit up to a minute before a window counts for it, so a late one must not reach into the next window's minute."""
AHEAD_S = 45
LATE_S = 300
MEDIAN_S, P95_S = 1.2, 2.5
PLANS = (  # unlike each other: a report that may belong to a story waits three seconds for others
    "a levy on harbours", "the merger of two lenders", "new rules for pensions", "cheaper mortgages", "a digital coin",
    "the sale of gold", "a tax on banks", "bonds for railways", "a cap on fees", "faster payments", "a wage freeze",
    "state aid for steel", "a ban on short sales", "the budget", "a rent brake", "an export credit", "a solar subsidy",
    "a fund for dikes", "higher reserves", "the reform of tariffs", "a second mint", "a levy on ferries",
)  # fmt: skip


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--json", action="store_true")
    as_json = options.parse_args().json
    with (
        tempfile.TemporaryDirectory(prefix="newswatch-bench-") as name,
        RunningSimulator(strict_channels=False) as slack,
        RunningSite() as site,
        RunningSite() as silent,
    ):
        servers = [FeedServer(host=f"127.0.0.{2 + number}") for number in range(SOURCES + 1)]
        try:
            found = measure(Path(name), servers, site, silent, slack)
        finally:
            for server in servers:
                server.stop()
    if as_json:
        print(json.dumps(found))
        return 0
    return report(found)


def measure(
    folder: Path, servers: list[FeedServer], site: RunningSite, silent: RunningSite, slack: RunningSimulator
) -> dict[str, Any]:
    """The seconds that each release took, the lines about late ones, and the requests of the source that refused."""
    items = [[story(0, "Weather for the week")] for _ in servers]
    for server, own in zip(servers, items, strict=True):
        server.serve("/wire", *own)
    *sources, refusing = servers
    urls = [*(f"{server.url}/wire" for server in servers), site.feeds["wire"], silent.feeds["wire"]]
    config = folder / "config"
    config.mkdir()
    write_config(config, urls, [])
    settings = {"SLACK_BOT_TOKEN": slack.token, "SLACK_BASE_URL": slack.base_url}
    with RunningStack(folder, config, NEWSWATCH_RULE_CAP="100000", **settings) as stack:
        stack.wait_healthy(600.0)
        start = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(seconds=AHEAD_S)
        moments = [
            [start + timedelta(seconds=BETWEEN_S * number + APART_S * turn) for turn in range(WINDOWS)]
            for number in range(SOURCES)
        ]
        # The sample site's window is after those of the others, and before its edition is repeated elsewhere.
        sample = start + timedelta(seconds=SOURCES * BETWEEN_S)
        write_config(config, urls, [*moments, [start], [sample], [start]])
        refusing.documents["/wire"] = Document(b"slower", status=429)
        asked_before = len(refusing.requests)
        published: dict[str, float] = {}
        loads = []
        due = sorted((moment, number) for number, row in enumerate([*moments, [sample]]) for moment in row)
        for turn, (moment, number) in enumerate(due):
            time.sleep(max(0.0, moment.timestamp() + random.uniform(2, BETWEEN_S - 2) - time.time()))
            loads.append(os.getloadavg()[0])
            if number == SOURCES:
                edition = site.publish(repeat_after_s=3600)
                published[edition["link"]] = edition["published"]
                continue
            release = story(turn + 1, f"{PLANS[turn].capitalize()} decided", age=timedelta(0))
            items[number].insert(0, release)
            sources[number].serve("/wire", *items[number])
            published[release["link"]] = time.time()
        time.sleep(max(20.0, start.timestamp() + LATE_S + 15 - time.time()))
    messages = slack.messages(CHANNEL)
    took = {}
    for link, at in published.items():
        times = [float(one["ts"]) for one in messages if f'"{link}"' in json.dumps(one["blocks"])]
        took[link] = min(times, default=float("inf")) - at
    return {
        "took_s": sorted(took.values()),
        "missing": [link for link, seconds in took.items() if seconds == float("inf")],
        "lines": [one["text"] for one in messages if "not there at" in one["text"]],
        "refused": len(refusing.requests) - asked_before,
        "load": statistics.median(loads),
    }


def report(found: dict[str, Any]) -> int:
    """Print the figures. Returns 1 if a target is missed."""
    took = found["took_s"]
    late = [line for line in found["lines"] if f"source-{SOURCES + 2}:" in line]
    print(f" {len(took)} releases, load {found['load']:.1f}")
    good = [
        tell("publication → Slack, median", statistics.median(took), "s", MEDIAN_S),
        tell("publication → Slack, p95", share(took, 0.95), "s", P95_S),
        tell("lines about the late release", len(late), "", 1),
        tell("lines about the late release", len(late), "", 1, most=False),
        tell("releases that are not in Slack", len(found["missing"]), "", 0),
        tell("requests to the source that answered 429", found["refused"], "", 2),
    ]
    print("  " + "\n  ".join([*found["lines"], *found["missing"]]))
    return 0 if all(good) else 1


def write_config(folder: Path, urls: list[str], windows: list[list[datetime]]) -> None:
    """A feed for each source, with windows at these moments."""
    rows = []
    for number, url in enumerate(urls):
        row = f"id: source-{number}, url: '{url}', every: 1h, allow_private: true"
        if windows:
            made = ", ".join(
                f'{{at: "{at:%Y-%m-%d %H:%M:%S}", timezone: UTC, for: 60s, every: 1s, expect: decision}}'
                for at in windows[number]
            )
            row += f", windows: [{made}]"
        rows.append(f"  - {{{row}}}\n")
    (folder / "watchlist.yaml").write_text(
        "rules:\n  - {id: decision, query: decided OR central bank opposes, severity: high, notify: [policy]}\n",
        encoding="utf-8",
    )
    (folder / "receivers.yaml").write_text(
        f"receivers:\n  - {{id: policy, channel: {CHANNEL}}}\n  - {{id: ops, channel: C0999999999}}\n",
        encoding="utf-8",
    )
    (folder / "feeds.yaml").write_text("feeds:\n" + "".join(rows), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
