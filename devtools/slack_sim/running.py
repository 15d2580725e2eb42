"""The simulator in a process of its own, for tests and benchmarks.

::

    with RunningSimulator(interval_s=0) as slack:
        client = AsyncWebClient(token=slack.token, base_url=slack.base_url, retry_handlers=[])
        ...
        assert [message["text"] for message in slack.messages()] == ["hello"]
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from devtools.process import RunningServer
from devtools.slack_sim.settings import DEFAULT_APP_TOKEN, DEFAULT_SIGNING_SECRET, DEFAULT_TOKEN

_SETTINGS = (
    "interval_s",
    "latency_s",
    "history_delay_s",
    "posts_per_minute",
    "tier3_per_minute",
    "tier4_per_minute",
    "page_delay_s",
    "strip_metadata",
    "skew_s",
    "token",
    "app_token",
    "interactivity_url",
    "signing_secret",
    "redeliveries",
    "acknowledge_within_s",
    "trigger_valid_s",
    "strict_channels",
)


def _option(name: str, value: Any) -> list[str]:
    option = f"--{name.replace('_', '-')}"
    if value is None:
        return []
    if isinstance(value, bool):
        return [option if value else f"--no-{name.replace('_', '-')}"]
    return [f"{option}={value}"]


class RunningSimulator(RunningServer):
    """The simulator on a free port.

    `data` keeps messages over `kill` and `restart`. `faults` is a JSON file with a list of faults. The
    keyword settings are those of `POST /sim/config` (`SimSettings`), but for channels and scopes; `reset` returns to
    them.
    An app needs `token`, `app_token` and `signing_secret`.
    """

    def __init__(
        self,
        *,
        data: Path | None = None,
        port: int | None = None,
        faults: Path | None = None,
        **settings: Any,
    ) -> None:
        unknown = set(settings) - set(_SETTINGS)
        if unknown:
            raise TypeError(f"unknown settings {sorted(unknown)}; known: {', '.join(_SETTINGS)}")
        options = [f"--data={data}"] if data else []
        options += [f"--faults={faults}"] if faults else []
        for name, value in settings.items():
            options += _option(name, value)
        self.token = settings.get("token") or DEFAULT_TOKEN
        self.app_token = settings.get("app_token") or DEFAULT_APP_TOKEN
        self.signing_secret = settings.get("signing_secret") or DEFAULT_SIGNING_SECRET
        super().__init__("devtools.slack_sim", options, port=port, ready="/sim/stats")

    @property
    def base_url(self) -> str:
        """The base_url for slack_sdk, with the slash at the end that it needs."""
        return f"{self.url}/api/"

    def messages(self, channel: str | None = None) -> list[dict[str, Any]]:
        """Every message as it is now: `{channel, ts, thread_ts?, text, blocks, metadata, …}`."""
        found: list[dict[str, Any]] = self.call("GET", "/sim/messages")
        return [message for message in found if channel in {None, message["channel"]}]

    def doubles(self) -> dict[str, int]:
        """Each `metadata.event_payload.message_id` that occurs more than once, with its count."""
        ids = Counter(
            message["metadata"]["event_payload"].get("message_id")
            for message in self.messages()
            if message["metadata"]
        )
        return {name: count for name, count in ids.items() if name is not None and count > 1}

    def whispers(self) -> list[dict[str, Any]]:
        """What only one user sees, of chat.postEphemeral and response addresses: `{channel, user, text, blocks?}`."""
        found: list[dict[str, Any]] = self.call("GET", "/sim/whispers")
        return found

    def channels(self) -> list[dict[str, Any]]:
        """`{id, name, archived, member, private, messages}` of each channel."""
        found: list[dict[str, Any]] = self.call("GET", "/sim/channels")
        return found

    def stats(self) -> dict[str, Any]:
        """`{methods: {method: {answer: n}}, channels, ratelimited, requests, faults_spent, …}`."""
        found: dict[str, Any] = self.call("GET", "/sim/stats")
        return found

    def fault(
        self,
        kind: str,
        *,
        method: str = "chat.postMessage",
        when: str = "before",
        times: int = 1,
        channel: str | None = None,
        **more: float,
    ) -> None:
        """Orders a fault; `more`: retry_after, delay_s, rate. See devtools.slack_sim.faults."""
        order = {"kind": kind, "method": method, "when": when, "times": times, "channel": channel, **more}
        self.call("POST", "/sim/faults", order)

    def clear_faults(self) -> None:
        """Removes every fault."""
        self.call("DELETE", "/sim/faults")

    def config(self, **settings: Any) -> None:
        """Changes settings until the next reset, e.g. interval_s, channels=[{"id": …, "member": False}]."""
        self.call("POST", "/sim/config", settings)

    def reset(self) -> None:
        """No messages, no faults, counts at zero, settings as at the start."""
        self.call("POST", "/sim/reset")

    def delete(self, channel: str, ts: str) -> None:
        """Deletes a message, as somebody in Slack would."""
        self.call("POST", "/sim/delete", {"channel": channel, "ts": ts})

    def archive(self, channel: str, *, archived: bool = True) -> None:
        """Archives a channel, or unarchives it."""
        self.config(channels=[{"id": channel, "archived": archived}])

    def rename(self, channel: str, name: str) -> None:
        """Gives a channel another name; its id stays."""
        self.config(channels=[{"id": channel, "name": name}])

    def convert(self, channel: str, *, private: bool = True) -> None:
        """Makes a public channel private, or the other way round; its id stays."""
        self.config(channels=[{"id": channel, "private": private}])

    def post(self, channel: str, text: str, **more: Any) -> dict[str, Any]:
        """Posts like the app, to prepare a test. Returns Slack's answer."""
        headers = {"Authorization": f"Bearer {self.token}"}
        body = {"channel": channel, "text": text, **more}
        answer: dict[str, Any] = self.call("POST", "/api/chat.postMessage", body, headers=headers)
        return answer

    def click(
        self, channel: str, ts: str, action_id: str, user: dict[str, str] | None = None, **more: Any
    ) -> dict[str, Any]:
        """Clicks a button and returns `{delivered, status, acknowledged, error?}`, within `acknowledge_within_s`.

        `user` is `{id, name}`. `more`: option (the value of an overflow menu's option), block_id, repeat, signature, timestamp; see
        devtools.slack_sim.clicks. Raises RuntimeError with the reason if there is no such button.
        """
        order = {"channel": channel, "ts": ts, "action_id": action_id, "user": user, **more}
        answer: dict[str, Any] = self.call("POST", "/sim/click", order)
        return answer

    def command(
        self, channel: str, text: str, user: dict[str, str] | None = None, **more: Any
    ) -> dict[str, Any]:
        """Types `/newswatch TEXT` and returns what `click` does. `more`: command, repeat, signature, timestamp."""
        order = {"channel": channel, "text": text, "user": user, **more}
        answer: dict[str, Any] = self.call("POST", "/sim/command", order)
        return answer

    def shortcut(
        self, channel: str, ts: str, callback_id: str, user: dict[str, str] | None = None, **more: Any
    ) -> dict[str, Any]:
        """Chooses a shortcut in the menu of a message."""
        order = {"channel": channel, "ts": ts, "callback_id": callback_id, "user": user, **more}
        answer: dict[str, Any] = self.call("POST", "/sim/shortcut", order)
        return answer

    def submit(
        self,
        view_id: str,
        values: dict[str, Any] | None = None,
        user: dict[str, str] | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """Sends a modal with these values by block_id; what is not named stays as it is. The answer may have `errors`."""
        order = {"view_id": view_id, "values": values or {}, "user": user, **more}
        answer: dict[str, Any] = self.call("POST", "/sim/submit", order)
        return answer

    def press(
        self,
        view_id: str,
        action_id: str,
        values: dict[str, Any] | None = None,
        user: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """Presses a button in a modal."""
        order = {"view_id": view_id, "action_id": action_id, "values": values or {}, "user": user}
        answer: dict[str, Any] = self.call("POST", "/sim/action", order)
        return answer

    def close_view(self, view_id: str) -> None:
        """Closes a modal without sending it."""
        self.call("POST", "/sim/close", {"view_id": view_id})

    def views(self, user: str | None = None) -> list[dict[str, Any]]:
        """The open modals, `{id, user, view, errors, values}`, oldest first."""
        found: list[dict[str, Any]] = self.call("GET", "/sim/views")
        return [one for one in found if user in {None, one["user"]}]

    def sockets(self) -> int:
        """The number of open Socket Mode connections."""
        count: int = self.call("GET", "/sim/socket")["connections"]
        return count

    def undelivered(self) -> int:
        """The number of clicks that wait for an acknowledgement or another attempt over Socket Mode."""
        count: int = self.call("GET", "/sim/socket")["undelivered"]
        return count

    def disconnect_sockets(self, **more: Any) -> int:
        """Asks listeners to reconnect. Returns how many. `more`: reason, close_after_s, or abruptly=True."""
        count: int = self.call("POST", "/sim/socket/disconnect", more)["disconnected"]
        return count
