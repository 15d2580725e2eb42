"""What the whole stack costs while nothing happens: processor, memory, DAG runs, disk; and the first alert after that.

    python -m bench.at_rest [--minutes 60] [--json]

Starts what `make run` starts, with a sample site that publishes nothing, waits until all has settled, and lets it rest.
Then the site publishes a story. The processor time is that of all processes, those that ended included. The memory is
what belongs to the processes alone plus their share of what they have in common (PSS). The disk is what the data folder
grows by in a day; Redis' file counts once, since Redis rewrites it when it has doubled. The first alert counts from the stream to Slack. The exit status is 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

import psutil
import redis

from bench.pipeline_latency import times_of, wait_for_message
from devtools.news_site.running import RunningSite
from devtools.process import ROOT
from devtools.running_stack import RunningStack
from devtools.slack_sim.running import RunningSimulator
from devtools.stack.overlay import FEEDS_FILE, sample_feeds, with_sample_feeds

SETTLING_S = 180
SAMPLE_S = 30.0
REWRITTEN = "redis"
"""The folder of Redis' append-only file, which does not grow on: from 2 MB on it is rewritten when it has doubled."""
TARGETS = {"core_percent": 9.0, "pss_gb": 1.1, "runs_an_hour": 40.0, "mb_a_day": 50.0, "first_alert_s": 1.0}


def tree(roots: list[psutil.Process]) -> list[psutil.Process]:
    return [one for root in roots for one in (root, *root.children(recursive=True))]


def cpu_s(processes: list[psutil.Process]) -> dict[str, float]:
    """CPU seconds by kind of process, of the ended children too, which count for the process that waited for them."""
    kinds: dict[str, float] = {}
    for process in processes:
        try:
            times, kind = process.cpu_times(), kind_of(process)
        except psutil.Error:
            continue
        total = times.user + times.system + times.children_user + times.children_system
        kinds[kind] = kinds.get(kind, 0.0) + total
    return kinds


def kind_of(process: psutil.Process) -> str:
    line = " ".join(process.cmdline())
    for word in (
        *(
            "poll_feeds",
            "match_items",
            "deliver_alerts",
            "airflow worker",
            "scheduler",
            "dag-processor",
        ),
        *("api_server", "api-server", "redis-server", "news_site", "slack_sim", "gunicorn", "devtools.stack"),
    ):
        if word in line:
            return word
    return str(process.name())


def pss_mb(processes: list[psutil.Process]) -> float:
    total = 0
    for process in processes:
        with suppress(psutil.Error):
            total += process.memory_full_info().pss
    return total / 2**20


def size_mb(folder: Path) -> dict[str, float]:
    """Megabytes on disk by the first part of the path."""
    sizes: dict[str, float] = {}
    for path in folder.rglob("*"):
        with suppress(OSError):
            if path.is_file() and not path.is_symlink():
                part = path.relative_to(folder).parts[0]
                sizes[part] = sizes.get(part, 0.0) + path.stat().st_blocks * 512 / 2**20
    return sizes


def runs_since(stack: RunningStack, since: datetime) -> dict[str, int]:
    """DAG runs that began since then, by DAG."""
    asked = since.strftime("%Y-%m-%dT%H:%M:%SZ")
    found = stack.api("GET", f"/dags/~/dagRuns?start_date_gte={asked}&limit=100")
    counts: dict[str, int] = {}
    for offset in range(0, found["total_entries"], 100):
        page = stack.api("GET", f"/dags/~/dagRuns?start_date_gte={asked}&limit=100&offset={offset}")
        for run in page["dag_runs"]:
            counts[run["dag_id"]] = counts.get(run["dag_id"], 0) + 1
    return counts


def grown(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    parts = {part: after.get(part, 0.0) - before.get(part, 0.0) for part in after}
    return {part: round(by, 3) for part, by in sorted(parts.items(), key=lambda one: -one[1]) if by > 0}


def write_config(folder: Path, site: RunningSite) -> None:
    """The configuration of the project, with the sample feeds."""
    shutil.copytree(ROOT / "config", folder)
    text = (folder / FEEDS_FILE).read_text(encoding="utf-8")
    (folder / FEEDS_FILE).write_text(with_sample_feeds(text, sample_feeds(site.url)), encoding="utf-8")


def first_alert_s(stack: RunningStack, site: RunningSite, slack: RunningSimulator) -> float:
    """Seconds from the stream to Slack for a story that is published now."""
    edition = site.publish(repeat_after_s=3600)
    message = wait_for_message(slack, edition["link"])
    with redis.Redis.from_url(stack.redis_url) as client:
        times = times_of(client, edition, message)
    return times["accepted"] - times["seen"]


def measure(minutes: float) -> dict[str, object]:
    with (
        tempfile.TemporaryDirectory(prefix="newswatch-rest-") as name,
        RunningSite() as site,
        RunningSimulator(strict_channels=False) as slack,
    ):
        folder = Path(name)
        write_config(folder / "config", site)
        settings = {
            "SLACK_BOT_TOKEN": slack.token,
            "SLACK_BASE_URL": slack.base_url,
            "SLACK_APP_TOKEN": slack.app_token,
        }
        with RunningStack(folder, folder / "config", **settings) as stack:
            stack.wait_healthy()
            time.sleep(SETTLING_S)
            roots = [psutil.Process(pid) for pid in (stack.pid, site.process.pid, slack.process.pid)]
            began, start = datetime.now(timezone.utc), time.monotonic()
            cpu_before, disk_before = cpu_s(tree(roots)), size_mb(stack.data)
            memory, load = [], []
            while (left_s := start + minutes * 60 - time.monotonic()) > 0:
                memory.append(pss_mb(tree(roots)))
                load.append(os.getloadavg()[0])
                time.sleep(min(SAMPLE_S, left_s))
            taken_s = time.monotonic() - start
            cpu_after, disk_after = cpu_s(tree(roots)), size_mb(stack.data)
            hours = taken_s / 3600
            runs = runs_since(stack, began + timedelta(seconds=1))
            first_s = first_alert_s(stack, site, slack)
    by_kind = {kind: cpu_after[kind] - cpu_before.get(kind, 0.0) for kind in cpu_after}
    disk = grown(disk_before, disk_after)
    rewritten_mb = disk.get(REWRITTEN, 0.0)
    return {
        "minutes": round(taken_s / 60, 1),
        "core_percent": 100 * (sum(cpu_after.values()) - sum(cpu_before.values())) / taken_s,
        "pss_gb": statistics.median(memory) / 1024,
        "pss_gb_max": max(memory) / 1024,
        "runs_an_hour": sum(runs.values()) / hours,
        "mb_a_day": rewritten_mb + (sum(disk.values()) - rewritten_mb) * 24 / hours,
        "first_alert_s": first_s,
        "load_median": statistics.median(load),
        "core_percent_by_process": {
            kind: round(100 * by / taken_s, 2)
            for kind, by in sorted(by_kind.items(), key=lambda one: -one[1])
        },
        "runs": runs,
        "mb_grown": disk,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = measure(options.minutes)
    if options.json:
        print(json.dumps(figures))
    else:
        for name, figure in figures.items():
            target = f"   (at most {TARGETS[name]:g})" if name in TARGETS else ""
            print(f"{name:24s} {figure:.2f}{target}" if isinstance(figure, float) else f"{name:24s} {figure}")
    return 1 if any(float(str(figures[name])) > most for name, most in TARGETS.items()) else 0


if __name__ == "__main__":
    sys.exit(main())
