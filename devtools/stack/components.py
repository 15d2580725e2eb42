"""The components of the stack: the command of each, and how to see that it is ready."""

from __future__ import annotations

import json
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devtools.redis_server import server_command
from devtools.stack.ports import LOOPBACK

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Calls to this machine must not go through a proxy from the environment."""


@dataclass(frozen=True, slots=True)
class Component:
    """One long-running process. `ready` is called again and again, and never raises."""

    name: str
    command: tuple[str, ...]
    ready: Callable[[], bool]
    where: str = ""
    """Its address for people, shown when it is ready."""


def redis_component(data: Path, port: int) -> Component:
    """The bundled server with append-only file, on 127.0.0.1 only.

    It must not set its process title. That would overwrite its environment and the stack's id in it.
    """
    data.mkdir(parents=True, exist_ok=True)
    command = tuple(server_command(data, port, "--set-proc-title", "no"))
    return Component("redis", command, lambda: redis_answers(port), f"redis://{LOOPBACK}:{port}/0")


def slack_sim_component(data: Path, port: int) -> Component:
    """The Slack simulator."""
    # Receivers may name any channel, because nobody creates channels in a simulated workspace.
    command = _module("devtools.slack_sim", "--port", str(port), "--data", str(data), "--no-strict-channels")
    url = f"http://{LOOPBACK}:{port}/sim/messages"
    return Component("slack-sim", command, lambda: http_answers(url), f"http://localhost:{port}")


def listener_component(address: str) -> Component:
    """The listener, which receives clicks on the buttons of messages."""
    command = _module("newswatch.cli", "listen")
    return Component("listener", command, lambda: http_answers(f"http://{address}/health"))


def news_site_component(data: Path, port: int) -> Component:
    """The sample news site."""
    # The other feeds repeat the lead only after the first poll has found it, so that they go to its thread.
    command = _module(
        "devtools.news_site", "--port", str(port), "--data", str(data), "--repeat-after-s", "75"
    )
    url = f"http://{LOOPBACK}:{port}"
    return Component("news-site", command, lambda: http_answers(url), url)


def airflow_components(port: int) -> tuple[Component, ...]:
    """Airflow's three components, the api-server first: tasks that start before it is ready would fail.

    They do not serve logs, which saves a port and a process each: on one machine logs are read from disk.
    """
    health = f"http://{LOOPBACK}:{port}/api/v2/monitor/health"
    version = f"http://{LOOPBACK}:{port}/api/v2/version"
    return (
        Component(
            "api-server",
            airflow_command("api-server", "--host", LOOPBACK, "--port", str(port)),
            lambda: http_answers(version),
        ),
        Component(
            "dag-processor", airflow_command("dag-processor"), lambda: healthy(health, "dag_processor")
        ),
        Component(
            "scheduler",
            airflow_command("scheduler", "--skip-serve-logs"),
            lambda: healthy(health, "scheduler"),
        ),
    )


def airflow_command(*arguments: str) -> tuple[str, ...]:
    """A command of Airflow's command line, with this interpreter."""
    return _module("airflow", *arguments)


def _module(name: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name, *arguments)


def redis_answers(port: int, timeout_s: float = 1.0) -> bool:
    """Whether a server on this port answers PING. It does not while it loads its data."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=timeout_s) as link:
            link.sendall(b"PING\r\n")
            return link.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def http_answers(url: str, timeout_s: float = 3.0) -> bool:
    """Whether the server answers, with any status below 500."""
    try:
        with _OPENER.open(url, timeout=timeout_s):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except (OSError, ValueError):
        return False


def healthy(url: str, part: str, timeout_s: float = 3.0) -> bool:
    """Whether the part is healthy according to Airflow's health page."""
    return bool(_json(url, timeout_s).get(part, {}).get("status") == "healthy")


def _json(url: str, timeout_s: float) -> dict[str, Any]:
    try:
        with _OPENER.open(url, timeout=timeout_s) as answer:
            data = json.load(answer)
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}
