"""What the machine decides, not the editors: where Redis, Slack and the configuration are.

From the environment, and beneath it from `.env` in the project's root. Secrets never show in
`repr`, in errors or in logs.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from newswatch.config.env_file import read_env_text
from newswatch.errors import PermanentError

DEFAULT_SLACK_BASE_URL = "https://slack.com/api/"
DEFAULT_CONFIG_FOLDER = "config"

_REDIS_SCHEMES = ("redis", "rediss", "unix")
_WEB_SCHEMES = ("http", "https")
_AUTH_FORM = re.compile(r"(?i:(?:bearer|basic|token)) \S+")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process. What is not set is None: the launcher embeds it then.

    `slack_base_url` ends with a slash, as the Slack client needs it. `contact` goes into the
    User-Agent, so that a publisher can reach whoever polls. `environment` holds all variables,
    for credentials of feeds that are named there.
    """

    config_dir: Path
    redis_url: str | None = field(default=None, repr=False)
    slack_token: str | None = field(default=None, repr=False)
    slack_base_url: str = DEFAULT_SLACK_BASE_URL
    ops_webhook: str | None = field(default=None, repr=False)
    contact: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def from_env(cls, env: Mapping[str, str], root: Path) -> Settings:
        """Settings from `env` over `root/.env`; an empty value counts as not set.

        Raises PermanentError, naming the setting, for a value that cannot be right.
        """
        merged = {**_env_file(root / ".env"), **env}

        def get(name: str) -> str | None:
            return merged.get(name, "").strip() or None

        base_url = _checked_url("SLACK_BASE_URL", get("SLACK_BASE_URL"), _WEB_SCHEMES)
        return cls(
            config_dir=root / Path(get("NEWSWATCH_CONFIG") or DEFAULT_CONFIG_FOLDER).expanduser(),
            redis_url=_checked_url("REDIS_URL", get("REDIS_URL"), _REDIS_SCHEMES),
            slack_token=get("SLACK_BOT_TOKEN"),
            slack_base_url=DEFAULT_SLACK_BASE_URL if base_url is None else f"{base_url.rstrip('/')}/",
            ops_webhook=_checked_url("NEWSWATCH_OPS_WEBHOOK", get("NEWSWATCH_OPS_WEBHOOK"), _WEB_SCHEMES),
            contact=get("NEWSWATCH_CONTACT"),
            environment=merged,
        )

    def resolve_auth(self, name: str, otherwise: Callable[[str], str | None] | None = None) -> str | None:
        """The Authorization header for the credentials that a feed's `auth` names.

        Looked up as an environment variable, as written and in capitals; then `otherwise` is
        asked (under Airflow: the connections). None if nobody knows the name. Raises
        PermanentError if the variable is of neither form.
        """
        for variable in (name, re.sub(r"[.-]", "_", name).upper()):
            value = self.environment.get(variable, "").strip()
            if value:
                return authorization(variable, value)
        return None if otherwise is None else otherwise(name)


def authorization(name: str, value: str) -> str:
    """The Authorization header for `user:password`, or for a scheme such as `Bearer xyz` as it is.

    `name` is the variable, for the error. Raises PermanentError for any other form.
    """
    if _AUTH_FORM.fullmatch(value):
        return value
    user, colon, _password = value.partition(":")
    if not user or not colon or any(char in value for char in "\r\n"):
        raise PermanentError(f"{name} must be user:password or Bearer <token>")
    return f"Basic {base64.b64encode(value.encode()).decode()}"


def _env_file(path: Path) -> dict[str, str]:
    try:
        return read_env_text(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise PermanentError(
            f"{path.name} cannot be read ({type(error).__name__}): mend or remove it"
        ) from error


def _checked_url(name: str, value: str | None, schemes: tuple[str, ...]) -> str | None:
    """The value, if it has one of the schemes and a host or path. The error does not show it."""
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        whole = parts.scheme in schemes and bool(parts.hostname or (parts.scheme == "unix" and parts.path))
        _port = parts.port
    except ValueError:
        whole = False
    if not whole or re.search(r"\s", value):
        forms = " or ".join(f"{scheme}://" for scheme in schemes)
        raise PermanentError(f"{name} is no address: it must begin with {forms} and name a host")
    return value
