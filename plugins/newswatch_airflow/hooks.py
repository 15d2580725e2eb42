"""Services for a task or a trigger, made from Airflow's connections.

Tasks look connections up before they start their event loop. Triggers run inside one, so they use
the asynchronous look-up. The configuration folder is `NEWSWATCH_CONFIG`, else `config/` beside
`plugins/`.
"""

from __future__ import annotations

import os
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from newswatch.errors import RedisUnavailable, SlackUnavailable
from newswatch_airflow.connections import feed_auth, redis_address, slack_settings

if TYPE_CHECKING:
    from newswatch.feeds.auth import Auth
    from newswatch.pipeline.services import Services
    from newswatch_airflow.connections import ConnectionLike

REDIS_CONNECTION = "newswatch_redis"
SLACK_CONNECTION = "newswatch_slack"

REPOSITORY = Path(__file__).resolve().parents[2]


def config_folder() -> Path:
    """The folder with feeds.yaml and its siblings, as NEWSWATCH_CONFIG of this process says."""
    return REPOSITORY / (os.environ.get("NEWSWATCH_CONFIG") or "config")


def task_services(*, slack: bool = False) -> Services:
    """Services for a task. `slack` says whether the Slack connection is needed as well.

    Raises RedisUnavailable or SlackUnavailable if the connection is not found. Both are worth a retry,
    because Airflow reports an unreachable api-server in the same way.
    """
    try:
        redis_connection = BaseHook.get_connection(REDIS_CONNECTION)
    except AirflowNotFoundException as error:
        raise RedisUnavailable(_missing(REDIS_CONNECTION)) from error
    if not slack:
        return _services(redis_connection, None)
    try:
        return _services(redis_connection, BaseHook.get_connection(SLACK_CONNECTION))
    except AirflowNotFoundException as error:
        raise SlackUnavailable(_missing(SLACK_CONNECTION)) from error


async def trigger_services() -> Services:
    """Services for the triggerer: Redis only, looked up without blocking its event loop."""
    try:
        return _services(await BaseHook.aget_connection(REDIS_CONNECTION), None)
    except AirflowNotFoundException as error:
        raise RedisUnavailable(_missing(REDIS_CONNECTION)) from error


def _services(redis_connection: ConnectionLike, slack_connection: ConnectionLike | None) -> Services:
    from newswatch.pipeline.services import Services  # noqa: PLC0415 - DAG files reach this module
    from newswatch.store.client import connect  # noqa: PLC0415

    address = redis_address(redis_connection)
    return Services(
        redis=connect(address.url, **address.options),
        slack=None if slack_connection is None else slack_settings(slack_connection),
        config_dir=config_folder(),
        clock=_utc_now,
        env=dict(os.environ),
        resolve_auth=lru_cache(maxsize=None)(resolve_auth),
    )


def resolve_auth(name: str) -> Auth | None:
    """The credentials that a feed's `auth` names: an environment variable as on the command line, or a connection."""
    from newswatch.config.settings import Settings  # noqa: PLC0415
    from newswatch.feeds.auth import Auth  # noqa: PLC0415

    settings = Settings(config_dir=config_folder(), environment=os.environ)
    header = settings.resolve_auth(name, otherwise=_connection_header)
    return Auth(header) if header else None


def _connection_header(name: str) -> str | None:
    try:
        auth = feed_auth(BaseHook.get_connection(name))
    except AirflowNotFoundException:
        return None
    return None if auth is None else auth.header


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


def _missing(name: str) -> str:
    return (
        f"Airflow connection {name} was not found: add it under Admin, Connections, or set "
        f"AIRFLOW_CONN_{name.upper()} in its JSON form for every Airflow component; if it exists, the "
        "api-server did not answer."
    )
