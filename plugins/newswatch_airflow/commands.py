"""What Airflow knows, for the command line and the listener, which are not part of it: connections and task slots.

Airflow is started in a process of its own (`connection_reader`, `slot_reader`), and only if its answer is needed. It takes
seconds and a hundred megabytes, which a listener would keep, and it sets up logging as it likes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newswatch.connections import Found, RedisAddress
from newswatch.errors import FetchRefused, NewswatchError, PermanentError, RetryableError
from newswatch.redact import redact_text
from newswatch_airflow.connections import (
    REDIS_CONNECTION,
    SLACK_CONNECTION,
    feed_auth,
    redis_address,
    slack_settings,
)

if TYPE_CHECKING:
    from newswatch.feeds.auth import Auth
    from newswatch.slack.client import SlackSettings

WAIT_S = 120.0
"""Importing Airflow takes 3 s, and a minute on a very busy machine."""
_NAMES_DATABASE = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
_NAMES_CONNECTIONS = (
    "AIRFLOW_CONN_NEWSWATCH_",
    _NAMES_DATABASE,
    "AIRFLOW__SECRETS__BACKEND",
    "AIRFLOW__WORKERS__SECRETS_BACKEND",
)
_SETTINGS = {REDIS_CONNECTION: "REDIS_URL", SLACK_CONNECTION: "SLACK_BOT_TOKEN"}


@dataclass(slots=True)
class Connection:
    """A connection as Airflow has it (`newswatch_airflow.connections.ConnectionLike`)."""

    conn_id: str
    conn_type: str | None
    host: str | None
    schema: str | None
    login: str | None
    password: str | None = field(repr=False)
    port: int | None
    extra: str | None = field(repr=False)


class AirflowConnections:
    """Reads each connection once. `environ` are the variables that Airflow is started with."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = dict(environ)
        self._answers: dict[str, dict[str, Any]] = {}

    def redis(self) -> Found[RedisAddress] | None:
        """`newswatch_redis`. Raises RetryableError or PermanentError if there is none, since nothing works without it."""
        found = self._connection(REDIS_CONNECTION)
        if found is None:
            raise PermanentError(self._missing(REDIS_CONNECTION))
        return Found(redis_address(found.value), found.origin)

    def slack(self, network: Mapping[str, str]) -> Found[SlackSettings] | None:
        """`newswatch_slack`, None if there is none."""
        found = self._connection(SLACK_CONNECTION)
        return None if found is None else Found(slack_settings(found.value, network), found.origin)

    def feed(self, name: str, *, plain: bool = False) -> Auth | None:
        """The connection that a feed names. Raises FetchRefused if Airflow cannot be asked: other feeds go on."""
        try:
            found = self._connection(name)
            return None if found is None else feed_auth(found.value, plain=plain)
        except NewswatchError as error:
            raise FetchRefused(f"auth: {error}", kind="auth") from error

    def slots(self, poll_shards: int) -> str | None:
        """Which limit of Airflow's task slots is too low. Raises RetryableError if Airflow does not say."""
        if not (self._environ.get(_NAMES_DATABASE) or _file(self._environ).is_file()):
            return None
        too_low: str = _ask("slot_reader", [str(poll_shards)], self._environ)
        return too_low

    def _connection(self, name: str) -> Found[Connection] | None:
        if name not in self._answers:
            # Redis and Slack are asked for together: starting Airflow is what costs.
            wanted = [REDIS_CONNECTION, SLACK_CONNECTION] if name in _SETTINGS else [name]
            self._answers |= _ask("connection_reader", wanted, self._environ)
        answer = self._answers[name]
        if answer["connection"] is not None:
            return Found(Connection(**answer["connection"]), answer["origin"])
        if answer["faults"]:
            instead = f", or set {_SETTINGS[name]}" if name in _SETTINGS else ""
            raise RetryableError(
                f"Airflow connection {name} could not be read ({'; '.join(answer['faults'])}): correct that{instead}"
            )
        return None

    def _missing(self, name: str) -> str:
        asked = ", ".join(self._answers[name]["asked"])
        return (
            f"{_SETTINGS[name]} is not set, and Airflow has no connection {name} (asked: {asked}): add it, or set"
            f" {_SETTINGS[name]}"
        )


def connections_of(environ: Mapping[str, str]) -> AirflowConnections | None:
    """None where no Airflow is installed, or nothing says where its connections are."""
    named = any(value and name.startswith(_NAMES_CONNECTIONS) for name, value in environ.items())
    return (
        AirflowConnections(environ) if (named or _file(environ).is_file()) and find_spec("airflow") else None
    )


def _file(environ: Mapping[str, str]) -> Path:
    """Airflow's configuration file, which need not be there."""
    home = Path(environ.get("AIRFLOW_HOME") or Path(environ.get("HOME") or "/") / "airflow")
    return Path(environ.get("AIRFLOW_CONFIG") or home / "airflow.cfg")


def _ask(reader: str, words: Sequence[str], environ: Mapping[str, str]) -> Any:
    """What a module of ours prints that starts Airflow. Raises RetryableError if it does not answer."""
    command = [sys.executable, "-m", f"newswatch_airflow.{reader}", *words]
    try:
        done = subprocess.run(  # noqa: S603 - our own module, with words that were checked
            command,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RetryableError(f"Airflow did not start within {WAIT_S:.0f} s to be asked") from None
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise RetryableError(f"Airflow could not be asked: {redact_text(last)}")
    return json.loads(done.stdout)
