"""A steady flow of stories into the news site, and when Slack accepted the alert of each."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self

# Calls to this machine must not go through a proxy from the environment.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
MOST_WAITING = 12
"""The feed shows twenty stories. With so many on their way none is published, or one could leave the feed unread."""


def call(port: int, verb: str, path: str) -> Any:
    """One JSON request to a tool on this machine."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=b"{}" if verb == "POST" else None)
    request.add_header("Content-Type", "application/json")
    with _OPENER.open(request, timeout=30) as answer:
        return json.load(answer)


@dataclass(frozen=True, slots=True)
class Story:
    """One story: its link, and when it was published, in epoch seconds."""

    link: str
    published: float


class Flow:
    """Publishes a story every `pace_s` within the block, and on request. `accepted` has the first `ts` of each link."""

    def __init__(self, site_port: int, slack_port: int, pace_s: float) -> None:
        self._site, self._slack, self._pace_s = site_port, slack_port, pace_s
        self.stories: list[Story] = []
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._publish, daemon=True)

    def publish(self) -> Story:
        """Publish a story now."""
        with self._lock:
            edition = call(self._site, "POST", "/site/publish")
            story = Story(edition["link"], float(edition["published"]))
            self.stories.append(story)
        return story

    def messages(self) -> list[tuple[float, str]]:
        """When Slack accepted each message, and its blocks as text."""
        found = call(self._slack, "GET", "/sim/messages")
        return [(float(one["ts"]), json.dumps(one["blocks"])) for one in found]

    def times(self) -> dict[str, list[float]]:
        """When each story was posted, by link: an empty list if it was not."""
        found = self.messages()
        return {story.link: [ts for ts, text in found if story.link in text] for story in self.stories}

    def wait_for(self, story: Story, timeout_s: float) -> float:
        """When the story was accepted. Raises SystemExit if it was not."""
        self.until(lambda: bool(self.times()[story.link]), timeout_s, f"{story.link} was not posted")
        return self.times()[story.link][0]

    def wait_for_all(self, timeout_s: float) -> None:
        """Wait until every story was posted, but no longer than this."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline and not all(self.times().values()):
            time.sleep(1.0)

    def end(self) -> None:
        """Publish no more."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    @staticmethod
    def until(condition: Callable[[], bool], timeout_s: float, otherwise: str) -> None:
        """Wait for a condition. Raises SystemExit."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                raise SystemExit(f"{otherwise} within {timeout_s:.0f} s")
            time.sleep(0.2)

    def _publish(self) -> None:
        while not self._ended.wait(self._pace_s):
            if sum(not times for times in self.times().values()) < MOST_WAITING:
                self.publish()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
