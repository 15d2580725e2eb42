"""`python -m devtools.drill.config FOLDER FEEDS RULES EVERY`: the drill's configuration. Stays until it is stopped.

One feed brings the stories and is polled every five seconds. The others are polled every EVERY (1m) and have nothing new. One
rule finds the stories, the others find nothing.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

CHANNEL = "C0123456789"
HOSTS = 10
"""As many names has the quiet site in docker-compose.drill.yml."""


def files(feeds: int, rules: int, every: str) -> dict[str, str]:
    """The configuration files by name."""
    wire = "  - {id: wire, url: 'http://news-site:8082/wire/rss.xml', every: 5s, allow_private: true}"
    quiet = [
        f"  - {{id: quiet-{number}, url: 'http://quiet-{number % HOSTS}:8082/wire/rss.xml?n={number}', every: {every},"
        " allow_private: true}"
        for number in range(feeds - 1)
    ]
    found = "  - {id: central-bank-opposes, query: central bank opposes, severity: high, notify: [policy]}"
    others = [
        f"  - {{id: rule-{number}, query: minister{number} AND treaty{number}, notify: [policy]}}"
        for number in range(rules - 1)
    ]
    return {
        "feeds.yaml": "\n".join(["feeds:", wire, *quiet, ""]),
        "watchlist.yaml": "\n".join(["rules:", found, *others, ""]),
        "receivers.yaml": f"receivers:\n  - {{id: policy, channel: {CHANNEL}}}\n  - {{id: ops, channel: C0999999999}}\n",
    }


def main(folder: Path, feeds: int, rules: int, every: str) -> None:
    """Write the files and wait for a signal."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files(feeds, rules, every).items():
        (folder / name).write_text(text, encoding="utf-8")
    print(f"{feeds} feeds and {rules} rules are in {folder}", flush=True)
    signal.sigwait([signal.SIGTERM, signal.SIGINT])


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
