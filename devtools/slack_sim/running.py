"""A simulator in a process of its own, for tests and benchmarks. Standard library only.

::

    with RunningSimulator(interval_s=0) as slack:
        client = AsyncWebClient(token=slack.token, base_url=slack.base_url, retry_handlers=[])
        ...
        assert [message["text"] for message in slack.messages()] == ["hello"]
"""

from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from devtools.process import Service
from devtools.slack_sim.settings import DEFAULT_APP_TOKEN, DEFAULT_SIGNING_SECRET, DEFAULT_TOKEN

if TYPE_CHECKING:
    from typing_extensions import Self


_SETTINGS = (
    "interval_s",
    "latency_s",
    "history_delay_s",
    "token",
    "app_token",
    "interactivity_url",
    "signing_secret",
    "redeliveries",
    "strict_channels",
)


def _option(name: str, value: Any) -> list[str]:
    option = f"--{name.replace('_', '-')}"
    if value is None or value is False:
        return []
    return [option] if value is True else [f"{option}={value}"]


class RunningSimulator:
    """Starts at once on a free port of 127.0.0.1; `stop` it, or use it in a `with`.

    `data` keeps messages over `kill` and `restart`. The keyword settings are those of `POST /sim/config`
    (interval_s, latency_s, history_delay_s, token, app_token, interactivity_url, signing_secret,
    redeliveries, strict_channels) and are what `reset` returns to; `faults` is a JSON file with a list of faults.
    `token`, `app_token` and `signing_secret` are what an app is to be given. The process ends with its
    parent, however the parent ends.
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
        self._service = Service("devtools.slack_sim", options, port=port, ready="/sim/stats")

    @property
    def url(self) -> str:
        """The page, e.g. `http://127.0.0.1:40123`."""
        return self._service.url

    @property
    def base_url(self) -> str:
        """What slack_sdk takes as base_url, with the slash at the end that it needs."""
        return f"{self.url}/api/"

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The simulator's process."""
        return self._service.process

    def messages(self, channel: str | None = None) -> list[dict[str, Any]]:
        """Every message as it stands now: `{channel, ts, thread_ts?, text, blocks, metadata, …}`."""
        found: list[dict[str, Any]] = self._service.call("GET", "/sim/messages")
        return [message for message in found if channel in {None, message["channel"]}]

    def doubles(self) -> dict[str, int]:
        """`metadata.event_payload.message_id`s that stand more than once, with their number."""
        ids = Counter(
            message["metadata"]["event_payload"].get("message_id")
            for message in self.messages()
            if message["metadata"]
        )
        return {name: count for name, count in ids.items() if name is not None and count > 1}

    def whispers(self) -> list[dict[str, Any]]:
        """What one user each was shown by chat.postEphemeral: `{channel, user, text}`."""
        found: list[dict[str, Any]] = self._service.call("GET", "/sim/whispers")
        return found

    def channels(self) -> list[dict[str, Any]]:
        """`{id, name, archived, member, private, messages}` of each channel."""
        found: list[dict[str, Any]] = self._service.call("GET", "/sim/channels")
        return found

    def stats(self) -> dict[str, Any]:
        """`{methods: {method: {answer: n}}, channels, ratelimited, requests, faults_spent, …}`."""
        found: dict[str, Any] = self._service.call("GET", "/sim/stats")
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
        self._service.call("POST", "/sim/faults", order)

    def clear_faults(self) -> None:
        """Takes every order back."""
        self._service.call("DELETE", "/sim/faults")

    def config(self, **settings: Any) -> None:
        """Changes settings until the next reset: interval_s, channels=[{"id": …, "member": False}], and so on."""
        self._service.call("POST", "/sim/config", settings)

    def reset(self) -> None:
        """No messages, no faults, counts at zero, settings as at the start."""
        self._service.call("POST", "/sim/reset")

    def post(self, channel: str, text: str, **more: Any) -> dict[str, Any]:
        """Posts as the app would and returns Slack's answer; for setting a scene."""
        headers = {"Authorization": f"Bearer {self.token}"}
        body = {"channel": channel, "text": text, **more}
        answer: dict[str, Any] = self._service.call("POST", "/api/chat.postMessage", body, headers=headers)
        return answer

    def click(
        self, channel: str, ts: str, action_id: str, user: dict[str, str] | None = None, **more: Any
    ) -> dict[str, Any]:
        """Clicks a button and returns `{delivered, status, acknowledged, error?}`, within some 3 s.

        `user` is `{id, name}`. `more`: block_id, repeat, signature, timestamp; see
        devtools.slack_sim.clicks. Raises RuntimeError with the reason when there is no such button.
        """
        order = {"channel": channel, "ts": ts, "action_id": action_id, "user": user, **more}
        answer: dict[str, Any] = self._service.call("POST", "/sim/click", order)
        return answer

    def sockets(self) -> int:
        """How many Socket Mode connections are open."""
        count: int = self._service.call("GET", "/sim/socket")["connections"]
        return count

    def undelivered(self) -> int:
        """How many clicks still wait for an acknowledgement or a further attempt over Socket Mode."""
        count: int = self._service.call("GET", "/sim/socket")["undelivered"]
        return count

    def disconnect_sockets(self, **more: Any) -> int:
        """Tells listeners to reconnect; how many. `more`: reason, close_after_s, or abruptly=True."""
        count: int = self._service.call("POST", "/sim/socket/disconnect", more)["disconnected"]
        return count

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        self._service.kill()

    def restart(self) -> None:
        """Starts again on the same port, with the same data."""
        self._service.start()

    def stop(self) -> None:
        """Ends the process; safe to call twice."""
        self._service.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
