"""The news site in a process of its own, for tests and benchmarks. Standard library only.

::

    with RunningSite() as site:
        edition = site.publish(repeat_after_s=0)
        ...
        assert edition["link"] in slack_text
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from devtools.process import RunningServer


class RunningSite(RunningServer):
    """The site on a free port. By default it publishes only on request. `data` keeps the editions."""

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
        super().__init__("devtools.news_site", options, port=port, ready="/site/log")

    @property
    def feeds(self) -> dict[str, str]:
        """The URLs of the three feeds, by name: wire, markets, daily."""
        return {
            "wire": f"{self.url}/wire/rss.xml",
            "markets": f"{self.url}/markets/atom.xml",
            "daily": f"{self.url}/daily/feed.json",
        }

    def publish(self, repeat_after_s: float | None = None) -> dict[str, Any]:
        """Publishes an edition: `{id, published, title, link, guid, stories: [{feed, role, …}]}`."""
        wish = {} if repeat_after_s is None else {"repeat_after_s": repeat_after_s}
        edition: dict[str, Any] = self.call("POST", "/site/publish", wish)
        return edition

    def log(self) -> list[dict[str, Any]]:
        """Every edition published, oldest first."""
        editions: list[dict[str, Any]] = self.call("GET", "/site/log")
        return editions
