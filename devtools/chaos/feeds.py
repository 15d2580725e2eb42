"""The feeds of a chaos run, and the alerts that they must cause."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ha", "ke", "li", "mo", "nu", "pa", "re", "si", "to", "vu", "za")
_REPEATED = 0.2
"""The share of entries that the next feed repeats under the same link. Repeats belong in the thread."""


@dataclass(frozen=True, slots=True)
class ChaosEntry:
    """One entry of one feed. `rules` are numbers: rule n looks for the word `watchword<n>`."""

    feed: int
    token: str
    title: str
    link: str
    rules: tuple[int, ...]
    published: datetime

    def element(self) -> str:
        """The entry in RSS."""
        words = " and ".join(f"watchword{number:02d}" for number in self.rules)
        return (
            f"<item><guid isPermaLink='false'>{self.feed}-{self.token}</guid><link>{self.link}</link>"
            f"<title>{self.title}</title><description>It is about {words} today.</description>"
            f"<pubDate>{format_datetime(self.published)}</pubDate></item>"
        )


def make_entries(chance: random.Random, alerts: int, feeds: int) -> list[ChaosEntry]:
    """Entries that cause exactly `alerts` alerts, if each rule has a channel of its own."""
    entries: list[ChaosEntry] = []
    later: list[tuple[float, ChaosEntry]] = []
    left = alerts
    now = datetime.now(timezone.utc)
    while left:
        token = f"T{len(entries):05d}"
        rules = tuple(chance.sample(range(feeds), k=min(left, 2 if chance.random() < 0.15 else 1)))
        title = f"{token} {' '.join(_word(chance) for _ in range(7))}"
        link = f"https://news.example/{token}"
        entry = ChaosEntry(chance.randrange(feeds), token, title, link, rules, now)
        entries.append(entry)
        left -= len(rules)
        if left >= len(rules) and chance.random() < _REPEATED:
            other = (entry.feed + 1) % feeds
            again = ChaosEntry(other, f"{token}b", f"{token}b {title}", link, rules, now)
            later.append((len(entries) + chance.uniform(10, 60), again))
            left -= len(rules)
    ordered = [*((float(number), entry) for number, entry in enumerate(entries)), *later]
    return [entry for _, entry in sorted(ordered, key=lambda pair: pair[0])]


def _word(chance: random.Random) -> str:
    """An invented word. Few titles share two words, so that no two entries count as one story."""
    return "".join(chance.choices(_SYLLABLES, k=4))


class ChaosFeeds:
    """Serves the first `published` entries at `/feed/<n>`, on a free port of 127.0.0.1, until `stop`."""

    def __init__(self, entries: list[ChaosEntry]) -> None:
        self.entries = entries
        self.published = 0
        feeds = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Otherwise the body of an answer waits 40 ms, until the acknowledgement of its head.
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                body = feeds.document(int(self.path.rpartition("/")[2]))
                etag = f'"{len(body)}"'
                fresh = self.headers.get("If-None-Match") != etag
                self.send_response(200 if fresh else 304)
                self.send_header("ETag", etag)
                self.send_header("Content-Type", "application/rss+xml")
                self.send_header("Content-Length", str(len(body) if fresh else 0))
                self.end_headers()
                if fresh:
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Log nothing: it would be thousands of lines."""

        class Server(ThreadingHTTPServer):
            request_queue_size = 128
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """Ignore connections that break: the pollers at their other end are being killed."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/feed"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def document(self, feed: int) -> bytes:
        """One feed as it is now, newest first."""
        shown = [entry for entry in self.entries[: self.published] if entry.feed == feed]
        items = "".join(entry.element() for entry in reversed(shown))
        head = f"<title>Feed {feed}</title><link>https://news.example/</link><description>d</description>"
        return f"<rss version='2.0'><channel>{head}{items}</channel></rss>".encode()

    def expected(self) -> set[tuple[str, str]]:
        """(rule id, token) of every alert that the published entries must cause."""
        return {
            (rule_id(number), entry.token)
            for entry in self.entries[: self.published]
            for number in entry.rules
        }

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


def rule_id(number: int) -> str:
    """The id of rule `number`."""
    return f"rule-{number:02d}"
