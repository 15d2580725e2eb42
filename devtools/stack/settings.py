"""What the stack is given: newswatch's own settings, and the ports of this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devtools.stack import StackError
from newswatch.settings import settings_from


@dataclass(frozen=True, slots=True)
class StackSettings:
    """One start's settings. A port of None is any free one; `data` holds all that persists."""

    root: Path
    data: Path
    config: Path
    airflow_port: int = 8080
    slack_sim_port: int = 8081
    site_port: int | None = None
    redis_url: str | None = None
    slack_token: str | None = None
    slack_base_url: str | None = None
    listener: bool = False
    """Whether the caller's environment says how clicks come from Slack."""
    listen: str | None = None
    """Where it takes them (host:port); None: any free port of loopback."""
    pages: str | None = None
    """Where readers open newswatch's pages; None: on this machine."""
    airflow: bool = True

    @property
    def sample(self) -> bool:
        """Whether the simulator, the sample site and its feeds are part of the stack."""
        return self.slack_token is None


def read_settings(
    environ: Mapping[str, str], root: Path, data: Path, *, airflow: bool = True
) -> StackSettings:
    """Settings from variables; an empty value counts as not set.

    Raises StackError and SettingsRefused, which name the variables.
    """
    own = settings_from(environ, root)
    return StackSettings(
        root=root,
        data=data,
        config=own.config_dir,
        airflow_port=_port(environ, "AIRFLOW_PORT") or 8080,
        slack_sim_port=_port(environ, "SLACK_SIM_PORT") or 8081,
        site_port=_port(environ, "SITE_PORT"),
        redis_url=own.redis_url,
        slack_token=own.slack_token,
        slack_base_url=own.slack_base_url,
        listener=bool(own.slack_app_token or own.slack_signing_secret),
        listen=None if own.listen is None else f"{own.listen.host}:{own.listen.port}",
        pages=own.pages,
        airflow=airflow,
    )


def _port(environ: Mapping[str, str], name: str) -> int | None:
    value = environ.get(name, "").strip()
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= 65535):
        raise StackError(f"{name}={value} is no port: give a number from 1 to 65535")
    return int(value)
