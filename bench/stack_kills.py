"""How soon the next alert is out after `kill -9`, under Airflow, and how soon a backtest starts beside the residents.

Starts the whole stack on free ports. Each victim is killed several times. At the kill a story is published, and it counts
from then for a resident's process, from the return of the component for the others. The promise at a load of 4 or less:
10 s for a resident's process, 45 s for a component, 5 s for the start of a backtest.

    .venv/bin/python -m bench.stack_kills [kills of each]
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import psutil

from bench.pipeline_latency import CHANNEL, quiet_feeds, wait_for_message, write_config
from devtools.news_site.running import RunningSite
from devtools.running_stack import RunningStack
from devtools.slack_sim.running import RunningSimulator

TASKS = ("poll_feeds", "match_items", "deliver_alerts")
COMPONENTS = ("scheduler", "api_server")
TASK_S, COMPONENT_S, BACKTEST_S = 10.0, 45.0, 5.0
STARTING_S = 30
CALM_S = 15
"""Between two kills, so that each meets a stack that works."""


def main(kills: int) -> int:
    kept = True
    with (
        tempfile.TemporaryDirectory(prefix="newswatch-bench-") as name,
        RunningSite() as site,
        quiet_feeds() as quiet,
        RunningSimulator(strict_channels=False) as slack,
    ):
        folder = Path(name)
        write_config(folder / "config", site.feeds["wire"], quiet)
        settings = {"SLACK_BOT_TOKEN": slack.token, "SLACK_BASE_URL": slack.base_url}
        with RunningStack(folder, folder / "config", **settings) as stack:
            stack.wait_healthy()
            time.sleep(STARTING_S)

            def next_alert() -> float:
                began = time.monotonic()
                wait_for_message(slack, site.publish(repeat_after_s=3600)["link"], 300)
                return time.monotonic() - began

            next_alert()
            for dag_id in TASKS:
                kept &= report(dag_id, [killed_task(stack, dag_id, next_alert) for _ in range(kills)], TASK_S)
            for component in COMPONENTS:
                taken = [killed_component(stack, component, next_alert) for _ in range(kills)]
                kept &= report(component, taken, COMPONENT_S)
            kept &= report("backtest_rule starts", [backtest_start(stack) for _ in range(kills)], BACKTEST_S)
        doubles = slack.doubles()
        once = all(
            sum(edition["link"] in json.dumps(one["blocks"]) for one in slack.messages(CHANNEL)) == 1
            for edition in site.log()
        )
    print(f"every story exactly once: {'yes' if once and not doubles else 'NO'}")
    return 0 if kept and once and not doubles else 1


def report(name: str, seconds: list[float], promise_s: float) -> bool:
    kept = max(seconds) <= promise_s
    print(
        f"{name:20s} median {statistics.median(seconds):6.2f} s  max {max(seconds):6.2f} s of {len(seconds)},"
        f" promise {promise_s:.0f} s: {'kept' if kept else 'BROKEN'}; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    return kept


def killed_task(stack: RunningStack, dag_id: str, next_alert: Callable[[], float]) -> float:
    time.sleep(CALM_S)
    while not (pids := task_pids(stack, dag_id)):
        time.sleep(0.1)
    for pid in pids:
        psutil.Process(pid).kill()
    return next_alert()


def task_pids(stack: RunningStack, dag_id: str) -> list[int]:
    found = stack.api("GET", f"/dags/{dag_id}/dagRuns/~/taskInstances?state=running&limit=20")
    return [pid for task in found["task_instances"] for pid in stack.pids(f"airflow worker -- {task['id']}")]


def killed_component(stack: RunningStack, component: str, next_alert: Callable[[], float]) -> float:
    """Seconds from the component's return to the alert of a story that was published at the kill, 0 if it came before."""
    time.sleep(CALM_S)
    process = stack.component(component)
    process.kill()
    began = time.monotonic()
    waited_s = next_alert()
    while not returned(stack, component, process.pid):
        time.sleep(0.2)
    away_s = time.monotonic() - began
    after_s = next_alert()
    return max(waited_s - away_s, after_s)


def returned(stack: RunningStack, component: str, old_pid: int) -> bool:
    try:
        if stack.component(component).pid == old_pid:
            return False
        health = stack.api("GET", "/monitor/health")
    except (OSError, RuntimeError, psutil.Error):
        return False
    return component == "api_server" or health[component]["status"] == "healthy"


def backtest_start(stack: RunningStack) -> float:
    """Seconds from the request to the start of the task."""
    asked = datetime.now(timezone.utc)
    path = "/dags/backtest_rule/dagRuns"
    run = stack.api("POST", path, {"logical_date": None, "conf": {"rule": "central-bank-opposes"}})
    while True:
        found = stack.api("GET", f"{path}/{run['dag_run_id']}/taskInstances")
        starts = [one["start_date"] for one in found["task_instances"] if one["start_date"]]
        if starts:
            return (datetime.fromisoformat(min(starts)) - asked).total_seconds()
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
