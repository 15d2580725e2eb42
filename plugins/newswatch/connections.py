"""What newswatch's own settings do not say: Airflow's connections and task slots, where Airflow is.

The core does not import Airflow. `newswatch_airflow.commands` implements this Protocol; it is found by its name and
starts Airflow only when it is asked for something.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from newswatch.feeds.auth import Auth
    from newswatch.slack.client import SlackSettings

_IMPLEMENTATION = "newswatch_airflow.commands"

Value_co = TypeVar("Value_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Found(Generic[Value_co]):
    """A value and where it comes from, in words: `REDIS_URL`, `Airflow's database`."""

    value: Value_co = field(repr=False)
    origin: str


@dataclass(frozen=True)
class RedisAddress:
    """Where Redis is, for `newswatch.store.client.connect(url, **options)`. The URL holds the password."""

    url: str
    options: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return "RedisAddress(***)"


class Connections(Protocol):
    """Each is None where there is none. Raises RetryableError or PermanentError if that cannot be found out."""

    def redis(self) -> Found[RedisAddress] | None:
        """Where Redis is."""
        ...

    def slack(self, network: Mapping[str, str]) -> Found[SlackSettings] | None:
        """How to reach Slack. `network`: the variables for proxies."""
        ...

    def feed(self, name: str, *, plain: bool = False) -> Auth | None:
        """A secret of a feed, as `newswatch.feeds.auth.Resolve`."""
        ...

    def slots(self, poll_shards: int) -> str | None:
        """Which limit of Airflow's task slots is too low, and what to do; "" if none is, None without an Airflow."""
        ...


class NoConnections:
    """There is nothing but the settings."""

    def redis(self) -> None:
        """None."""

    def slack(self, network: Mapping[str, str]) -> None:
        """None."""

    def feed(self, name: str, *, plain: bool = False) -> None:
        """None."""

    def slots(self, poll_shards: int) -> None:
        """None."""


def connections_of(environ: Mapping[str, str]) -> Connections:
    """Airflow's, if these variables or the machine say that an Airflow is set up."""
    try:
        found: Connections | None = import_module(_IMPLEMENTATION).connections_of(environ)
    except ModuleNotFoundError:
        return NoConnections()
    return found or NoConnections()
