"""What each service of the drill takes while nothing is killed: processor time and memory, as its control groups count them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from devtools.drill.compose import Stack

SERVICES = (
    "airflow-worker",
    "airflow-scheduler",
    "airflow-dag-processor",
    "airflow-api-server",
    "postgres",
    "broker",
    "newswatch-redis",
)
"""Those of a real installation: the simulator, the sites and the configuration are the drill's own."""
EVERY_S = 15.0
# The first file of each pair is version 2 of the control groups, the second version 1.
_READ = """cd /sys/fs/cgroup
if test -e cpu.stat; then sed -n 's/^usage_usec //p' cpu.stat; cat memory.current; sed -n 's/^inactive_file //p' memory.stat
else expr $(cat cpuacct/cpuacct.usage) / 1000; cat memory/memory.usage_in_bytes; sed -n 's/^total_inactive_file //p' memory/memory.stat
fi"""


@dataclass(frozen=True, slots=True)
class Usage:
    """Of one service, all its containers together: cores on average, and the most memory seen, in MB."""

    service: str
    cores: float
    most_mb: float


def watch(stack: Stack, seconds: float) -> list[Usage]:
    """What each service takes in this time."""
    first = {service: _read(stack, service) for service in SERVICES}
    began = time.monotonic()
    most = {service: memory for service, (_cpu, memory) in first.items()}
    last = first
    while time.monotonic() < began + seconds:
        time.sleep(EVERY_S)
        last = {service: _read(stack, service) for service in SERVICES}
        most = {service: max(most[service], memory) for service, (_cpu, memory) in last.items()}
    passed = time.monotonic() - began
    return [
        Usage(service, (last[service][0] - first[service][0]) / passed, most[service] / 1e6)
        for service in SERVICES
    ]


def usage_table(found: Sequence[Usage]) -> list[str]:
    """The lines to print, with a sum."""
    every = [*found, Usage("all", sum(one.cores for one in found), sum(one.most_mb for one in found))]
    lines = [f"{one.service:24s} {one.cores:5.2f} {one.most_mb:10,.0f} MB" for one in every]
    return [f"{'service':24s} {'cores':>5s} {'most memory':>13s}", *lines]


def _read(stack: Stack, service: str) -> tuple[float, int]:
    """Seconds of processor time so far, and bytes of memory without the files that can be dropped."""
    texts = [stack.docker("exec", name, "sh", "-c", _READ).split() for name in stack.containers(service)]
    return sum(int(cpu) for cpu, _, _ in texts) / 1e6, sum(int(held) - int(files) for _, held, files in texts)
