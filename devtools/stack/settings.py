"""What the stack is told: environment first, then `.env`, then the defaults."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devtools.stack import StackError

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")


@dataclass(frozen=True, slots=True)
class Settings:
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
    airflow: bool = True

    @property
    def sample(self) -> bool:
        """Whether the simulator, the sample site and its feeds are part of the stack."""
        return self.slack_token is None


def parse_env_file(text: str) -> dict[str, str]:
    """The variables of a `.env` file: `NAME=value` a line, `#` comments, optional quotes.

    Nothing is expanded, as docker-compose reads the same file. A line of another form is refused
    with its number.
    """
    variables: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise StackError(f".env:{number}: expected NAME=value")
        variables[found[1]] = _unquoted(found[2].strip())
    return variables


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return re.split(r"\s+#", value, maxsplit=1)[0]


def merged_environment(environ: Mapping[str, str], env_file: Path) -> dict[str, str]:
    """The environment with what `.env` adds to it; the environment wins."""
    try:
        text = env_file.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = ""
    return {**parse_env_file(text), **environ}


def read_settings(environ: Mapping[str, str], root: Path, data: Path, *, airflow: bool = True) -> Settings:
    """Settings from variables; an empty value counts as not set. Errors name the variable."""
    config = Path(environ.get("NEWSWATCH_CONFIG") or "config")
    return Settings(
        root=root,
        data=data,
        config=config if config.is_absolute() else root / config,
        airflow_port=_port(environ, "AIRFLOW_PORT") or 8080,
        slack_sim_port=_port(environ, "SLACK_SIM_PORT") or 8081,
        site_port=_port(environ, "SITE_PORT"),
        redis_url=environ.get("REDIS_URL") or None,
        slack_token=environ.get("SLACK_BOT_TOKEN") or None,
        slack_base_url=environ.get("SLACK_BASE_URL") or None,
        listener=bool(environ.get("SLACK_APP_TOKEN") or environ.get("SLACK_SIGNING_SECRET")),
        listen=environ.get("NEWSWATCH_LISTEN") or None,
        airflow=airflow,
    )


def _port(environ: Mapping[str, str], name: str) -> int | None:
    value = environ.get(name, "").strip()
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= 65535):
        raise StackError(f"{name}={value} is no port: give a number from 1 to 65535")
    return int(value)
