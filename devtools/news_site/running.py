"""A news site in a process of its own, for tests and benchmarks. Standard library only.

::

    with RunningSite() as site:
        edition = site.publish(repeat_after_s=0)
        ...
        assert edition["link"] in slack_text
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from devtools.process import Service

if TYPE_CHECKING:
    from typing_extensions import Self


class RunningSite:
    """Starts at once on a free port of 127.0.0.1; by default it publishes only on request."""

    def __init__(
        self,
        *,
        data: Path | None = None,
        port: int | None = None,
        every_s: float = 0.0,
        repeat_after_s: float = 20.0,
    ) -> None:
        options = [f"--every-s={every_s}", f"--repeat-after-s={repeat_after_s}"]
        options += [f"--data={data}"] if data else []
        self._service = Service("devtools.news_site", options, port=port, ready="/site/log")

    @property
    def url(self) -> str:
        """The front page, without a slash at the end."""
        return self._service.url

    @property
    def feeds(self) -> dict[str, str]:
        """The URLs of the three feeds by name: wire, markets, daily."""
        return {
            "wire": f"{self.url}/wire/rss.xml",
            "markets": f"{self.url}/markets/atom.xml",
            "daily": f"{self.url}/daily/feed.json",
        }

    def publish(self, repeat_after_s: float | None = None) -> dict[str, Any]:
        """Publishes an edition: `{id, published, title, link, guid, stories: [{feed, role, …}]}`."""
        wish = {} if repeat_after_s is None else {"repeat_after_s": repeat_after_s}
        edition: dict[str, Any] = self._service.call("POST", "/site/publish", wish)
        return edition

    def log(self) -> list[dict[str, Any]]:
        """Every edition published, oldest first."""
        editions: list[dict[str, Any]] = self._service.call("GET", "/site/log")
        return editions

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
