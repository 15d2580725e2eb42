"""One alert by `airflow standalone`, with the newswatch that is installed where this Python is.

    .cache/airflow-3.2.2/bin/python -m devtools.standalone

The firm's way, with nothing of the repository but config/: the installed package gives the DAGs as a bundle and the plugin by
its entry point. A Redis, the Slack simulator and the sample site run beside it on free ports. It waits for the alert of one
published story, and ends everything that it has started. Prints the times in seconds; exit 1 if no alert came.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
import uuid
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import newswatch
from devtools.news_site.running import RunningSite
from devtools.redis_server import RunningRedis, free_port
from devtools.slack_sim.running import RunningSimulator
from devtools.stack.environment import (
    STACK_ID,
    Endpoints,
    service_environment,
    tuning,
    without_proxy_for_loopback,
)
from devtools.stack.overlay import sample_feeds
from devtools.stack.processes import ProcessIdentity, become_subreaper, end_all, spawn
from newswatch.cli.dags import BUNDLE
from newswatch.places import INSTALLED

ROOT = Path(__file__).resolve().parent.parent
ALERT_WITHIN_S = 1_200.0
"""A minute on an idle machine, six at a load of 27 on two cores."""
STOP_WITHIN_S = 20.0
_OPENER = build_opener(ProxyHandler({}))


def main() -> int:
    """Start, wait, end. 0 if the alert came."""
    if not INSTALLED:
        sys.stderr.write(
            f"newswatch at {newswatch.__file__} is not an installed package: use another Python\n"
        )
        return 2
    become_subreaper()
    stack_id = uuid.uuid4().hex
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="newswatch-standalone-")))
        redis = running.enter_context(RunningRedis(folder / "redis"))
        slack = running.enter_context(RunningSimulator(strict_channels=False))
        site = running.enter_context(RunningSite())
        _configure(folder / "config", site)
        port = free_port()
        environ = _environment(folder, port, redis.url, slack) | {STACK_ID: stack_id}
        story = site.publish(repeat_after_s=0)
        began = time.monotonic()
        log = folder / "standalone.log"
        airflow = spawn([str(Path(sys.executable).parent / "airflow"), "standalone"], environ, log, folder)
        children = [ProcessIdentity.of(airflow.pid)]
        running.callback(end_all, stack_id, children, STOP_WITHIN_S)
        took: dict[str, float | str] = {
            "airflow": version("apache-airflow-core"),
            "newswatch": newswatch.__file__,
        }
        while time.monotonic() - began < ALERT_WITHIN_S and airflow.poll() is None:
            if "api_s" not in took and _answers(port):
                took["api_s"] = round(time.monotonic() - began, 1)
            if any(story["link"] in json.dumps(message) for message in slack.messages()):
                took["alert_s"] = round(time.monotonic() - began, 1)
                print(json.dumps(took))
                return 0
            time.sleep(0.5)
        print(json.dumps(took))
        sys.stderr.write(log.read_text("utf-8", "replace")[-8000:])
        return 1


def _configure(folder: Path, site: RunningSite) -> None:
    """The shipped watchlist and receivers, and the feeds of the sample site."""
    shutil.copytree(ROOT / "config", folder)
    rows = "".join(feed.entry("  ") for feed in sample_feeds(site.url))
    (folder / "feeds.yaml").write_text(f"feeds:\n{rows}", "utf-8")


def _environment(folder: Path, port: int, redis_url: str, slack: RunningSimulator) -> dict[str, str]:
    """What a firm sets, and free ports. Nothing of this repository is on the path."""
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AIRFLOW", "NEWSWATCH_", "SLACK_", "REDIS_", "PYTHONPATH"))
    }
    home = folder / "airflow"
    wiring = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps([BUNDLE]),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__API_AUTH__JWT_SECRET": uuid.uuid4().hex * 2,
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "PYTHONUNBUFFERED": "1",
    }
    ends = service_environment(Endpoints(redis_url, slack.token, slack.base_url, folder / "config"))
    return own | tuning() | ends | without_proxy_for_loopback(own) | wiring


def _answers(port: int) -> bool:
    try:
        with _OPENER.open(f"http://127.0.0.1:{port}/api/v2/version", timeout=10):
            return True
    except (URLError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(main())
