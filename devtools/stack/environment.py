"""The environment variables of every child of the stack: the caller's own, and those that the stack adds.

For `tuning` the caller's values win. For `wiring` (folders, ports, addresses), which connects the parts,
the stack's values win: otherwise a variable for another Airflow on this machine would mix the two.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devtools.stack.connections import redis_connection, slack_connection
from devtools.stack.ports import LOOPBACK
from newswatch.settings import settings_from
from newswatch_airflow.slots import least_slots

STACK_ID = "NEWSWATCH_STACK_ID"
"""Marks every process of a stack, so that those left behind can be found."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The addresses of the services of this start, and the configuration folder."""

    redis_url: str
    slack_token: str
    slack_base_url: str | None
    config: Path
    slack_app_token: str | None = None
    listen: str | None = None
    pages: str | None = None


@dataclass(frozen=True, slots=True)
class AirflowPlace:
    """Airflow's folders, ports and secrets."""

    root: Path
    home: Path
    port: int
    secrets: Mapping[str, str]

    @property
    def password_file(self) -> Path:
        """The file with the password of `admin`, which Airflow writes when its login is on."""
        return self.home / "simple_auth_manager_passwords.json.generated"


def service_environment(endpoints: Endpoints) -> dict[str, str]:
    """The variables that newswatch itself reads, in Airflow and on the command line."""
    given = {
        "SLACK_BASE_URL": endpoints.slack_base_url,
        "SLACK_APP_TOKEN": endpoints.slack_app_token,
        "NEWSWATCH_LISTEN": endpoints.listen,
        "NEWSWATCH_PAGES": endpoints.pages,
    }
    slack = {name: value for name, value in given.items() if value}
    return {
        "REDIS_URL": endpoints.redis_url,
        "SLACK_BOT_TOKEN": endpoints.slack_token,
        **slack,
        "NEWSWATCH_CONFIG": str(endpoints.config),
        "AIRFLOW_CONN_NEWSWATCH_REDIS": json.dumps(redis_connection(endpoints.redis_url)),
        "AIRFLOW_CONN_NEWSWATCH_SLACK": json.dumps(
            slack_connection(endpoints.slack_token, endpoints.slack_base_url)
        ),
    }


def tuning(poll_shards: int = 1) -> dict[str, str]:
    """Settings that the caller's environment may change. Nearly all of them are Airflow's.

    Polling every 30 s lets new users see the thread of the sample story grow without a long wait.

    The scheduler keeps a process of 24 to 35 MB for each slot, so there are no more slots than needed. (SQLite answers
    "database is locked" with 32 parallel tasks, but not with 8.) The timeouts for crashed tasks have a default of
    300 s, so a stage would stop for five minutes after one `kill -9`.

    Each loop of the scheduler costs a twentieth of a second or more, and residents need it only between two shifts. A
    changed DAG file is parsed at once whatever the interval; the others need not be parsed more than twice an hour.
    """
    return {
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(least_slots(poll_shards)),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "2",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
        "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "60",
        "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "15",
        # One failed heartbeat takes half a minute: residents outlive an api-server that is away for five.
        "AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS": "10",
        # A task that starts while the api-server is away waits for it about as long, and uses up fewer of its tries.
        "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "8",
        "AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MAX": "10",
        "AIRFLOW__WORKERS__MISSING_DAG_RETRY_DELAY": "5",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "60",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "1800",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        "AIRFLOW__LOGGING__UVICORN_LOGGING_LEVEL": "WARNING",
        # Without it each heartbeat of a task is a line of the api-server's log, 40 MB a day.
        "AIRFLOW__LOGGING__NAMESPACE_LEVELS": "http.access=WARNING",
    }


def wiring(place: AirflowPlace) -> dict[str, str]:
    """Airflow settings that connect the parts. The caller's values for them are ignored."""
    address = f"http://{LOOPBACK}:{place.port}"
    return {
        "AIRFLOW_HOME": str(place.home),
        "AIRFLOW_CONFIG": str(place.home / "airflow.cfg"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(place.root / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(place.root / "plugins"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "AIRFLOW__API__HOST": LOOPBACK,
        "AIRFLOW__API__PORT": str(place.port),
        "AIRFLOW__API__BASE_URL": f"http://localhost:{place.port}",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{place.home / 'airflow.db'}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(place.home / "logs"),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(
            place.home / "logs" / "dag_processor"
        ),
        **place.secrets,
    }


def login_is_on(environ: Mapping[str, str]) -> bool:
    """Whether the caller's environment turns the login of the Airflow UI on."""
    name = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"
    return environ.get(name, tuning()[name]).strip().lower() not in {"true", "t", "1"}


def without_proxy_for_loopback(environ: Mapping[str, str]) -> dict[str, str]:
    """NO_PROXY in both spellings with loopback added, because Airflow's parts use HTTP among themselves."""
    hosts = (environ.get("no_proxy") or environ.get("NO_PROXY") or "").split(",")
    named = [host.strip() for host in hosts if host.strip()]
    named += [host for host in (LOOPBACK, "localhost", "::1") if host not in named]
    return {"NO_PROXY": ",".join(named), "no_proxy": ",".join(named)}


def child_environment(
    environ: Mapping[str, str], stack_id: str, endpoints: Endpoints, place: AirflowPlace | None
) -> dict[str, str]:
    """The whole environment of a child: the caller's, with that of the stack."""
    airflow: dict[str, str] = {}
    if place is not None:
        shards = settings_from(environ, place.root).poll_shards
        airflow = {**tuning(shards), **environ, **wiring(place)}
    return {
        **environ,
        **airflow,
        **without_proxy_for_loopback(environ),
        **service_environment(endpoints),
        "PYTHONUNBUFFERED": "1",
        STACK_ID: stack_id,
    }
