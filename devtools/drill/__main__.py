"""`make drill`: kill every part of the compose stack while alerts flow, and print how soon the next alert came.

A story is published at the kill and one when the part is back, which is when its own health check succeeds. What counts is
how long after the return both are in Slack. Exit status 1 if a promise is broken: no story lost, none posted twice, and at a load of
at most 4 the next alert within 45 s and `docker stop` of a worker within ten.

With `--upgrade-from COMMIT` nothing is killed: the stack begins as that commit was, with an image built from it, and its containers
are replaced one after the other, as a rolling upgrade does. With `--watch SECONDS` nothing is killed either, and what each service
takes is printed.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from devtools.drill.compose import Stack
from devtools.drill.flow import Flow
from devtools.drill.usage import usage_table, watch

VICTIMS = (
    "airflow-worker stop",
    "airflow-worker",
    "airflow-scheduler",
    "airflow-dag-processor",
    "airflow-api-server",
    "postgres",
    "newswatch-redis",
    "broker",
)
"""In this order. All are killed with SIGKILL, but for the worker that is stopped as an upgrade does it."""
ROLLING = ("airflow-worker", "airflow-scheduler", "airflow-dag-processor", "airflow-api-server")
"""What a rolling upgrade replaces, in this order."""
NEXT_S, STOP_S = 45.0, 10.0
QUIET_LOAD = 4.0
"""Above it these times are printed and not judged."""
CALM_S = 20.0
"""Between two kills, so that each meets a stack that works."""
SETTLED_S = 180.0
"""From the first alert until each feed was polled once and the caches are warm."""
GIVE_UP_S = 600.0
STARTING_S = 1800.0
"""A starved machine takes long to start everything at once."""


@dataclass(frozen=True, slots=True)
class Result:
    """One kill. Times in seconds; `next_s` from the return to the alert."""

    victim: str
    stop_s: float
    away_s: float
    next_s: float
    load: float
    from_story: int


def kill(stack: Stack, flow: Flow, victim: str, away_s: float) -> Result:
    """Kill one part, start it again, and wait for the alerts of both stories."""
    service, _, how = victim.partition(" ")
    container = stack.busiest(service)
    first = len(flow.stories)
    began = time.time()
    before = flow.publish()
    # The replica takes over meanwhile, so nothing has to return first.
    if stack.sentinel and service == "newswatch-redis":
        stack.docker("kill", "--signal", "KILL", container)
        accepted = flow.wait_for(before, GIVE_UP_S)
        stack.docker("start", container)
        return Result(f"{victim} (failover)", 0.0, 0.0, accepted - began, os.getloadavg()[0], first)
    stack.docker(*(("stop",) if how else ("kill", "--signal", "KILL")), container)
    stop_s = time.time() - began
    time.sleep(away_s)
    stack.docker("start", container)
    stack.wait_healthy(container)
    returned = time.time()
    after = flow.publish()
    accepted = max(flow.wait_for(story, GIVE_UP_S) for story in (before, after))
    load = os.getloadavg()[0]
    return Result(
        victim, stop_s if how else 0.0, returned - began, max(0.0, accepted - returned), load, first
    )


def upgrade(stack: Stack, flow: Flow, service: str, container: str) -> Result:
    """Replace one container by one of this release, and wait for the alerts of the stories before and after."""
    first = len(flow.stories)
    began = time.time()
    before = flow.publish()
    stack.replace(service, container)
    returned = time.time()
    after = flow.publish()
    accepted = max(flow.wait_for(story, GIVE_UP_S) for story in (before, after))
    next_s, load = max(0.0, accepted - returned), os.getloadavg()[0]
    return Result(f"{container} replaced", 0.0, returned - began, next_s, load, first)


def table(results: Sequence[Result], posted: Sequence[int]) -> tuple[list[str], bool]:
    """The lines to print, and whether all promises were kept. `posted` is how often each story was posted, in order."""
    lines = [
        f"{'victim':26s} {'stopped in':>10s} {'away':>7s} {'next alert after':>16s} {'stories':>8s} {'lost':>5s} {'twice':>6s} {'load':>5s}"
    ]
    kept = True
    for number, one in enumerate(results):
        until = results[number + 1].from_story if number + 1 < len(results) else len(posted)
        counts = posted[one.from_story : until]
        lost, twice = counts.count(0), sum(count > 1 for count in counts)
        late = one.next_s > NEXT_S or one.stop_s > STOP_S
        kept &= not lost and not twice and not (late and one.load <= QUIET_LOAD)
        stopped = f"{one.stop_s:8.1f} s" if one.stop_s else ""
        lines.append(
            f"{one.victim:26s} {stopped:>10s} {one.away_s:5.0f} s {one.next_s:14.1f} s {len(counts):8d} {lost:5d} {twice:6d} {one.load:5.1f}"
        )
    return lines, kept


def steps(stack: Stack, flow: Flow, given: argparse.Namespace) -> list[Callable[[], Result]]:
    """The kills, or the replacements of a rolling upgrade."""
    if given.watch:
        return []
    if given.upgrade_from:
        pairs = [(service, container) for service in ROLLING for container in stack.containers(service)]
        return [partial(upgrade, stack, flow, service, container) for service, container in pairs]
    return [
        partial(kill, stack, flow, victim, given.away) for victim in (given.only or VICTIMS) * given.kills
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out the drill and print its table."""
    parser = argparse.ArgumentParser(prog="make drill", description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--feeds", type=int, default=2000)
    parser.add_argument("--rules", type=int, default=2000)
    parser.add_argument(
        "--kills", type=int, default=1, help="how often everything is killed, one after the other"
    )
    parser.add_argument("--pace", type=float, default=10.0, help="seconds between two stories")
    parser.add_argument("--away", type=float, default=2.0, help="seconds from a kill to the start")
    parser.add_argument(
        "--sentinel", action="store_true", help="with a replica and three Sentinels, of the profile sentinel"
    )
    parser.add_argument("--only", choices=VICTIMS, action="append", help="this part only; may be repeated")
    parser.add_argument(
        "--upgrade-from", default="", metavar="COMMIT", help="a rolling upgrade from there instead of kills"
    )
    parser.add_argument("--every", default="1m", metavar="TIME", help="how often the quiet feeds are polled")
    parser.add_argument(
        "--watch", type=float, metavar="SECONDS", help="kill nothing, and print what each service takes"
    )
    parser.add_argument("--logs", type=Path, metavar="FILE", help="keep there what the containers logged")
    given = parser.parse_args(argv)
    results: list[Result] = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))  # so that the stack is removed
    with (
        tempfile.TemporaryDirectory(prefix="newswatch-drill-") as name,
        Stack(
            Path(name),
            workers=given.workers,
            feeds=given.feeds,
            rules=given.rules,
            every=given.every,
            sentinel=given.sentinel,
            release=given.upgrade_from,
            logs=given.logs,
        ) as stack,
        Flow(stack.site_port, stack.slack_port, given.pace) as flow,
    ):
        print(
            f"{given.workers} workers, {given.feeds} feeds, {given.rules} rules; waiting for the first alert",
            flush=True,
        )
        flow.wait_for(flow.publish(), STARTING_S)
        if given.watch:
            time.sleep(SETTLED_S)
            print("\n".join(usage_table(watch(stack, given.watch))), flush=True)
        for step in steps(stack, flow, given):
            flow.wait_for_all(GIVE_UP_S)
            time.sleep(CALM_S)
            results.append(step())
            one = results[-1]
            print(
                f"{one.victim}: next alert {one.next_s:.1f} s after the return; load {one.load:.1f}",
                flush=True,
            )
        flow.end()
        flow.wait_for_all(GIVE_UP_S)
        time.sleep(CALM_S)  # for what would come twice
        lines, kept = table(results, [len(times) for times in flow.times().values()])
    print("\n".join(lines))
    print("all promises kept" if kept else "BROKEN")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
