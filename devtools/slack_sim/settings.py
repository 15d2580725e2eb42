"""The settings of the simulated workspace, at the start and while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from devtools.slack_sim.text import is_web_url
from devtools.slack_sim.users import USERS, User

DEFAULT_TOKEN = "xoxb-newswatch-simulator"  # noqa: S105 - a simulator's token opens nothing
DEFAULT_APP_TOKEN = "xapp-newswatch-simulator"  # noqa: S105 - likewise
DEFAULT_SIGNING_SECRET = "newswatch-simulator-signing-secret"  # noqa: S105 - likewise
DEFAULT_SCOPES = (
    "chat:write",
    "channels:history",
    "groups:history",
    "channels:read",
    "groups:read",
    "commands",
    "users:read",
)


@dataclass(frozen=True, slots=True)
class ChannelSetup:
    """A channel as configured: whether the app is in it and whether it is archived.

    `people` are the ids of the users in it; None for everybody.
    """

    id: str
    name: str = ""
    archived: bool = False
    member: bool = True
    private: bool = False
    people: tuple[str, ...] | None = None


DEFAULT_CHANNELS = (
    ChannelSetup("C0000000001", "policy-alerts"),
    ChannelSetup("C0000000002", "newswatch-ops"),
)


@dataclass(frozen=True, slots=True)
class SimSettings:
    """How the workspace behaves.

    `interval_s`: the shortest time between two accepted posts to a channel, 0 for no limit. `posts_per_minute`:
    accepted posts in any minute over all channels, and `tier3_per_minute`, `tier4_per_minute`: requests in any minute
    for each method of Tier 3 and of Tier 4; 0 for no limit.
    `latency_s`: how long every API answer takes. `history_delay_s`: how long after its acceptance a
    message is missing from history and replies. `page_delay_s`: how much longer a page of them takes.
    `strip_metadata`: they never have metadata. `skew_s`: how far Slack's clock is ahead of this machine's; its
    limits go by it, so a test can let time pass. `token`: the only accepted token; None accepts every
    `xoxb-…`. `strict_channels`: an unknown channel is not found, as in Slack; False creates it on first use. `interactivity_url`: where
    clicks are posted while no Socket Mode connection is open, signed with `signing_secret`.
    `app_token`: the only accepted app-level token; None accepts every `xapp-…`. `redeliveries`: how
    often an envelope that is not acknowledged is delivered again. `acknowledge_within_s`: how long a click
    waits for its acknowledgement; Slack's three seconds are too few for a listener on a very busy machine.
    `trigger_valid_s`: how long a trigger_id opens a modal, Slack's three seconds. `users`: the accounts in the workspace;
    anybody else who clicks is a full member.
    """

    interval_s: float = 1.0
    posts_per_minute: int = 300
    tier3_per_minute: int = 50
    tier4_per_minute: int = 100
    latency_s: float = 0.0
    history_delay_s: float = 0.0
    page_delay_s: float = 0.0
    strip_metadata: bool = False
    skew_s: float = 0.0
    token: str | None = None
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    strict_channels: bool = True
    interactivity_url: str | None = None
    signing_secret: str = DEFAULT_SIGNING_SECRET
    app_token: str | None = None
    redeliveries: int = 2
    acknowledge_within_s: float = 3.0
    trigger_valid_s: float = 3.0
    channels: tuple[ChannelSetup, ...] = field(default=DEFAULT_CHANNELS)
    users: tuple[User, ...] = field(default=USERS)

    def per_minute(self, tier: int) -> int:
        """Requests in any minute for each method of this tier."""
        return self.tier3_per_minute if tier == 3 else self.tier4_per_minute


class BadSettings(ValueError):
    """A setting is unknown or its value is not valid; the text names it."""


_DURATIONS = (
    "interval_s",
    "latency_s",
    "history_delay_s",
    "page_delay_s",
    "acknowledge_within_s",
    "trigger_valid_s",
)
_FLAGS = ("strict_channels", "strip_metadata")


def changed(settings: SimSettings, change: dict[str, Any]) -> SimSettings:
    """The settings with the changes in `change`, the JSON body of `POST /sim/config`.

    `channels` and `users` replace those of the same id and add the others. Raises BadSettings.
    """
    values: dict[str, Any] = {}
    for name, value in change.items():
        if name in _DURATIONS:
            values[name] = _seconds(name, value)
        elif name in {"token", "app_token"}:
            values[name] = None if value is None else str(value)
        elif name in _CHECKED:
            values[name] = _CHECKED[name](name, value)
        elif name == "scopes":
            values[name] = _scopes(value)
        elif name in _FLAGS:
            values[name] = bool(value)
        elif name == "channels":
            values[name] = _channels(settings.channels, value)
        elif name == "users":
            values[name] = _users(settings.users, value)
        else:
            raise BadSettings(
                f"unknown setting {name!r}; known: {', '.join(SimSettings.__dataclass_fields__)}"
            )
    return replace(settings, **values)


def _seconds(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise BadSettings(f"{name} must be a number of seconds, at least 0, not {value!r}")
    return float(value)


def _skew(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadSettings(f"{name} must be a number of seconds, not {value!r}")
    return float(value)


def _url(name: str, value: Any) -> str | None:
    if value is not None and not (isinstance(value, str) and is_web_url(value)):
        raise BadSettings(f"{name} must be a http or https address or null, not {value!r}")
    return value


def _secret(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadSettings(f"{name} must be a text that is not empty")
    return value


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadSettings(f"{name} must be a whole number, at least 0, not {value!r}")
    return value


_CHECKED = {
    "interactivity_url": _url,
    "signing_secret": _secret,
    "redeliveries": _count,
    "posts_per_minute": _count,
    "tier3_per_minute": _count,
    "tier4_per_minute": _count,
    "skew_s": _skew,
}


def _scopes(value: Any) -> tuple[str, ...]:
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadSettings(f"scopes must be a list of names or one comma-separated text, not {value!r}")
    return tuple(name.strip() for name in names if name.strip())


def _channels(known: tuple[ChannelSetup, ...], value: Any) -> tuple[ChannelSetup, ...]:
    if not isinstance(value, list) or not all(isinstance(entry, dict) and entry.get("id") for entry in value):
        raise BadSettings('channels must be a list of objects such as {"id": "C0123456789", "member": false}')
    merged = {channel.id: channel for channel in known}
    for entry in value:
        base = merged.get(entry["id"], ChannelSetup(entry["id"]))
        try:
            people = entry.get("people", base.people)
            merged[base.id] = replace(base, **{**entry, "people": None if people is None else tuple(people)})
        except TypeError as error:
            raise BadSettings(
                f"channel {base.id}: {error}; known keys: id, name, archived, member, private, people"
            ) from error
    return tuple(merged.values())


def _users(known: tuple[User, ...], value: Any) -> tuple[User, ...]:
    if not isinstance(value, list) or not all(isinstance(entry, dict) and entry.get("id") for entry in value):
        raise BadSettings(
            'users must be a list of objects such as {"id": "U0GUEST", "name": "guest", "is_restricted": true}'
        )
    merged = {user.id: user for user in known}
    for entry in value:
        base = merged.get(entry["id"], User(entry["id"], entry["id"].lower()))
        try:
            merged[base.id] = replace(base, **entry)
        except TypeError as error:
            keys = ", ".join(User.__dataclass_fields__)
            raise BadSettings(f"user {base.id}: {error}; known keys: {keys}") from error
    return tuple(merged.values())
