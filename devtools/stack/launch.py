"""One run of the stack, from its settings until its last process has ended."""

from __future__ import annotations

import os
import signal
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from devtools.slack_sim.settings import DEFAULT_APP_TOKEN, DEFAULT_TOKEN
from devtools.stack import StackError, processes, prune
from devtools.stack.airflow_secrets import airflow_secrets
from devtools.stack.components import (
    Component,
    airflow_command,
    airflow_components,
    listener_component,
    news_site_component,
    redis_component,
    slack_sim_component,
)
from devtools.stack.environment import AirflowPlace, Endpoints, child_environment, login_is_on
from devtools.stack.overlay import SYNC_EVERY_S, Overlay, sample_feeds
from devtools.stack.parent import interrupted_parent
from devtools.stack.ports import LOOPBACK, RememberedPorts, fixed_port
from devtools.stack.settings import StackSettings
from devtools.stack.supervise import Supervisor
from newswatch.quantity import quantity

RECORD = "stack.json"
CLI_ENVIRONMENT = "stack.env"
"""What the command line needs to find this stack (`newswatch.env_file.RUNNING_STACK`)."""

ASKS_AIRFLOW = (
    "AIRFLOW_HOME",
    "AIRFLOW_CONFIG",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
    "AIRFLOW__CORE__FERNET_KEY",
    "AIRFLOW__CORE__EXECUTOR",
    "AIRFLOW__CORE__PARALLELISM",
)
"""With these the command line asks this stack's Airflow for connections and task slots."""

_TICK_S = 0.25
_READY_WITHIN_S = 300.0  # A start takes 12 s on an idle machine, and minutes on a busy one.
_ROTATE_EVERY_S = 60.0
_PRUNE_AFTER_S = 120.0
_PRUNE_EVERY_S = timedelta(days=1).total_seconds()
_STOP_STAGES = (
    (("scheduler", "dag-processor"), 10.0),
    (("api-server",), 3.0),
    (("listener",), 5.0),
    (("news-site", "slack-sim"), 3.0),
    (("redis",), 10.0),
)
"""The order in which components end, with seconds of grace. Running tasks need the api-server, all need Redis."""


@dataclass(slots=True)
class StackPlan:
    """What a start will run: services first, then Airflow's parts; and the overlay to keep up to date."""

    services: list[Component]
    airflow: list[Component]
    endpoints: Endpoints
    place: AirflowPlace | None
    overlay: Overlay | None


def make_plan(settings: StackSettings) -> StackPlan:
    """Choose ports and addresses. Raises StackError if a requested port is taken."""
    ports = RememberedPorts(settings.data / "ports.json")
    services: list[Component] = []
    airflow_port = fixed_port("AIRFLOW_PORT", settings.airflow_port) if settings.airflow else 0
    redis_url = settings.redis_url
    if redis_url is None:
        port = ports.take("redis")
        services.append(redis_component(settings.data / "redis", port))
        redis_url = f"redis://{LOOPBACK}:{port}/0"
    endpoints = Endpoints(redis_url, settings.slack_token or "", settings.slack_base_url, settings.config)
    overlay = None
    if settings.sample:
        sim, site = _sample_ports(settings, ports)
        services.append(slack_sim_component(settings.data / "slack_sim", sim))
        services.append(news_site_component(settings.data / "news_site.json", site))
        overlay = Overlay(
            settings.config, settings.data / "config", sample_feeds(f"http://{LOOPBACK}:{site}")
        )
        base_url = f"http://{LOOPBACK}:{sim}/api/"
        endpoints = Endpoints(redis_url, DEFAULT_TOKEN, base_url, settings.data / "config", DEFAULT_APP_TOKEN)
    if settings.sample or settings.listener:
        address = settings.listen or f"{LOOPBACK}:{ports.take('listener')}"
        endpoints = replace(endpoints, listen=address)
        services.append(listener_component(address))
    place = None
    if settings.airflow:
        home = settings.data / "airflow"
        place = AirflowPlace(settings.root, home, airflow_port, airflow_secrets(home / "secrets.json"))
        endpoints = replace(endpoints, pages=settings.pages or f"http://localhost:{airflow_port}/newswatch")
    airflow = list(airflow_components(airflow_port)) if settings.airflow else []
    return StackPlan(services, airflow, endpoints, place, overlay)


def _sample_ports(settings: StackSettings, ports: RememberedPorts) -> tuple[int, int]:
    sim = fixed_port("SLACK_SIM_PORT", settings.slack_sim_port)
    if settings.site_port is not None:
        return sim, fixed_port("SITE_PORT", settings.site_port)
    return sim, ports.take("news-site")


def clean_up(data: Path, say: Callable[[str], None]) -> None:
    """End what a killed launcher has left behind. Raises StackError if a stack is using this data."""
    record = processes.StackRecord.load(data / RECORD)
    if record is None:
        return
    if record.launcher.pid != os.getpid() and record.launcher.process() is not None:
        raise StackError(
            f"newswatch is already running (process {record.launcher.pid}): end it with `make stop`"
        )
    count = processes.end_all(record.stack_id, record.children, grace_s=3.0)
    if count:
        say(f"ended {quantity(count, 'process', 'processes')} left behind by an earlier run")
    (data / RECORD).unlink(missing_ok=True)


class Launch:
    """`make run`: start everything, watch it until a signal comes, end everything."""

    def __init__(
        self, settings: StackSettings, environ: Mapping[str, str], say: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._environ = environ
        self._say = say
        self._signals = 0
        self._parent = interrupted_parent()
        self._overlay_at = 0.0

    def run(self) -> int:
        """Returns 0 after a signal. Raises StackError if something could not start."""
        self._settings.data.mkdir(parents=True, exist_ok=True)
        clean_up(self._settings.data, self._say)
        plan = make_plan(self._settings)
        processes.become_subreaper()
        supervisor = self._supervisor(plan)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._count_signal)
        supervisor.open()
        with ExitStack() as at_end:
            at_end.callback(self._stop, supervisor)
            self._write_cli_environment(plan.endpoints, plan.place)
            self._sync(plan.overlay)
            if self._boot(plan, supervisor):
                self._say(banner(self._settings, plan, self._environ))
                self._watch(plan, supervisor)
        return 0

    def _supervisor(self, plan: StackPlan) -> Supervisor:
        stack_id = uuid.uuid4().hex
        logs = self._settings.data / "logs"
        environ = child_environment(self._environ, stack_id, plan.endpoints, plan.place)
        record = self._settings.data / RECORD
        return Supervisor(stack_id, environ, self._settings.root, logs, record, self._say, self._stopping)

    def _count_signal(self, _number: int, _frame: object) -> None:
        self._signals += 1

    def _stopping(self) -> bool:
        return self._signals > 0 or self._parent()

    def _boot(self, plan: StackPlan, supervisor: Supervisor) -> bool:
        self._say("starting newswatch")
        for component in plan.services:
            supervisor.start(component)
        if not supervisor.wait_ready(plan.services, _READY_WITHIN_S) or not plan.airflow:
            return not self._stopping()
        migrate = airflow_command("db", "migrate")
        if not supervisor.run_job("airflow-db", migrate, 300):
            return False
        self._say("  airflow-db     ready")
        first, *others = plan.airflow
        supervisor.start(first)
        supervisor.start(others[0])  # The dag-processor needs only the database.
        if not supervisor.wait_ready([first], _READY_WITHIN_S):
            return False
        for component in others[1:]:
            supervisor.start(component)
        return supervisor.wait_ready(others, _READY_WITHIN_S)

    def _watch(self, plan: StackPlan, supervisor: Supervisor) -> None:
        prune_at = time.monotonic() + _PRUNE_AFTER_S
        rotate_at = time.monotonic()
        while not self._stopping():
            supervisor.watch()
            self._sync(plan.overlay)
            if time.monotonic() >= rotate_at:
                prune.rotate_output(self._settings.data / "logs")
                rotate_at = time.monotonic() + _ROTATE_EVERY_S
            if time.monotonic() >= prune_at:
                self._prune(plan, supervisor)
                prune_at = time.monotonic() + _PRUNE_EVERY_S
            time.sleep(_TICK_S)

    def _sync(self, overlay: Overlay | None) -> None:
        if overlay is not None and time.monotonic() >= self._overlay_at:
            overlay.sync()
            self._overlay_at = time.monotonic() + SYNC_EVERY_S

    def _prune(self, plan: StackPlan, supervisor: Supervisor) -> None:
        now = datetime.now(timezone.utc)
        if plan.place is not None:
            prune.prune_logs(plan.place.home / "logs", now)
            supervisor.start_job("airflow-db-clean", prune.database_command(now))

    def _stop(self, supervisor: Supervisor) -> None:
        self._say("stopping newswatch")
        before = self._signals
        supervisor.stop(_STOP_STAGES, hurry=lambda: self._signals > max(before, 1))
        (self._settings.data / CLI_ENVIRONMENT).unlink(missing_ok=True)
        self._say("stopped")

    def _write_cli_environment(self, endpoints: Endpoints, place: AirflowPlace | None) -> None:
        """Write the file by which the newswatch command finds this stack."""
        lines = [f"NEWSWATCH_CONFIG='{endpoints.config}'"]
        if self._settings.redis_url is None:
            lines.append(f"REDIS_URL='{endpoints.redis_url}'")
        if self._settings.sample:
            lines.append(f"SLACK_BOT_TOKEN='{endpoints.slack_token}'")
            lines.append(f"SLACK_BASE_URL='{endpoints.slack_base_url}'")
        if place is not None:
            given = child_environment(self._environ, "", endpoints, place)
            lines += [f"{name}='{given[name]}'" for name in ASKS_AIRFLOW if name in given]
        file = self._settings.data / CLI_ENVIRONMENT
        file.touch()
        file.chmod(0o600)
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def banner(settings: StackSettings, plan: StackPlan, environ: Mapping[str, str]) -> str:
    """The text that is shown when everything is running."""
    lines = ["", "newswatch is up"]
    if plan.place is not None:
        lines.append(f"  Airflow   http://localhost:{plan.place.port}")
        if login_is_on(environ):
            lines.append(f"            the password is in {_shown(plan.place.password_file, settings.root)}")
    if settings.sample:
        lines.append(
            f"  Slack     http://localhost:{settings.slack_sim_port}   (simulated: SLACK_BOT_TOKEN is not set)"
        )
        lines.append("            the first sample alert appears within 90 seconds")
    lines.append(
        f"  Rules     {_shown(settings.config / 'watchlist.yaml', settings.root)}, loaded when saved"
    )
    lines.append("  Command   .venv/bin/newswatch alerts")
    lines.append(f"  Logs      {_shown(settings.data / 'logs', settings.root)}")
    lines.append("  Ctrl-C stops everything; nothing is lost.\n")
    return "\n".join(lines)


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
