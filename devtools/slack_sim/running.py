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
from devtools.slack_sim.settings import DEFAULT_TOKEN

if TYPE_CHECKING:
    from typing_extensions import Self


class RunningSimulator:
    """Starts at once on a free port of 127.0.0.1; `stop` it, or use it in a `with`.

    `data` keeps messages over `kill` and `restart`. The keyword settings are those of
    `POST /sim/config` and are what `reset` returns to; `faults` is a JSON file with a list of faults. The process ends with its parent, however
    the parent ends.
    """

    token = DEFAULT_TOKEN

    def __init__(
        self,
        *,
        data: Path | None = None,
        port: int | None = None,
        interval_s: float = 1.0,
        latency_s: float = 0.0,
        history_delay_s: float = 0.0,
        token: str | None = None,
        strict_channels: bool = False,
        faults: Path | None = None,
    ) -> None:
        options = [
            f"--interval-s={interval_s}",
            f"--latency-s={latency_s}",
            f"--history-delay-s={history_delay_s}",
        ]
        options += [f"--data={data}"] if data else []
        options += [f"--token={token}"] if token else []
        options += [f"--faults={faults}"] if faults else []
        options += ["--strict-channels"] if strict_channels else []
        self.token = token or DEFAULT_TOKEN
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
