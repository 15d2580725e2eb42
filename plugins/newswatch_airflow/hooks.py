"""Services for a task, made from Airflow's connections and this process's settings.

Tasks look connections up before they start their event loop. The configuration folder is `NEWSWATCH_CONFIG`, else `config/` beside
`plugins/`, or in an installed package `config/` where the process starts.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from newswatch.errors import RedisUnavailable, SlackUnavailable
from newswatch.places import home
from newswatch.settings import Settings, read_settings, settings_from
from newswatch_airflow.connections import (
    REDIS_CONNECTION,
    SLACK_CONNECTION,
    feed_auth,
    redis_address,
    slack_settings,
)

if TYPE_CHECKING:
    from newswatch.feeds.auth import Auth
    from newswatch.pipeline.base.services import Services
    from newswatch.slack.client import SlackSettings
    from newswatch_airflow.connections import ConnectionLike


def process_settings() -> Settings:
    """The settings of this process. Raises SettingsRefused with everything that is wrong with them."""
    return settings_from(os.environ, home())  # noqa: TID251 - Airflow's processes begin here


def sound_settings() -> Settings:
    """The same, with the default for each value that is refused. For places where raising would hide the reason.

    If a DAG file cannot be imported, its DAG disappears. The tasks name what is wrong.
    """
    return read_settings(os.environ, home())[0]  # noqa: TID251 - the same


def task_services(*, slack: bool = False) -> Services:
    """Services for a task. `slack` says whether the Slack connection is needed as well.

    Raises SettingsRefused before it does anything else. Raises RedisUnavailable or SlackUnavailable if the connection
    is not found; both are retried, because Airflow reports the same if its api-server does not answer.
    """
    settings = process_settings()
    try:
        redis_connection = BaseHook.get_connection(REDIS_CONNECTION)
    except AirflowNotFoundException as error:
        raise RedisUnavailable(_missing(REDIS_CONNECTION)) from error
    if not slack:
        return _services(settings, redis_connection, None)
    try:
        return _services(settings, redis_connection, BaseHook.get_connection(SLACK_CONNECTION))
    except AirflowNotFoundException as error:
        raise SlackUnavailable(_missing(SLACK_CONNECTION)) from error


def task_slack() -> SlackSettings:
    """How to reach Slack. Raises SettingsRefused, and SlackUnavailable if the connection is not found."""
    try:
        return slack_settings(BaseHook.get_connection(SLACK_CONNECTION), process_settings().network)
    except AirflowNotFoundException as error:
        raise SlackUnavailable(_missing(SLACK_CONNECTION)) from error


def _services(
    settings: Settings, redis_connection: ConnectionLike, slack_connection: ConnectionLike | None
) -> Services:
    from newswatch.assembly import services_of  # noqa: PLC0415 - DAG files reach this module
    from newswatch.feeds.auth import resolver  # noqa: PLC0415
    from newswatch.store.client import connect  # noqa: PLC0415

    address = redis_address(redis_connection)
    return services_of(
        settings,
        connect(address.url, **address.options),
        None if slack_connection is None else slack_settings(slack_connection, settings.network),
        resolver(settings.feed_secrets, lru_cache(maxsize=None)(_connection_auth)),
    )


def _connection_auth(name: str, *, plain: bool = False) -> Auth | None:
    try:
        return feed_auth(BaseHook.get_connection(name), plain=plain)
    except AirflowNotFoundException:
        return None


def _missing(name: str) -> str:
    return (
        f"Airflow connection {name} was not found: add it under Admin, Connections, or set "
        f"AIRFLOW_CONN_{name.upper()} in its JSON form for every Airflow component. If it exists, the "
        "api-server did not answer."
    )
