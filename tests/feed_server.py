"""A small HTTP server for feeds under a test's control: documents, validators, faults, and a log."""

from __future__ import annotations

import ssl
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.sax.saxutils import escape


@dataclass
class Document:
    """What is served at one path. `before_answer` runs while the poller waits for the answer."""

    body: bytes = b""
    status: int = 200
    etag: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    before_answer: Callable[[], None] | None = None


@dataclass(frozen=True)
class Request:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    status: int


class FeedServer:
    """Serves on a free port of a loopback address until `stop`."""

    def __init__(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.documents: dict[str, Document] = {}
        self.requests: list[Request] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Otherwise the body of an answer waits 40 ms, until the acknowledgement of its head.
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                document = owner.documents.get(self.path) or Document(b"gone", status=404)
                if document.before_answer is not None:
                    document.before_answer()
                same = document.etag is not None and self.headers.get("If-None-Match") == document.etag
                status = 304 if same and document.status == 200 else document.status
                owner.requests.append(Request(self.path, dict(self.headers.items()), status))
                if "Date" in document.headers:
                    self.send_response_only(status)
                else:
                    self.send_response(status)
                if document.etag is not None:
                    self.send_header("ETag", document.etag)
                headers = {"Content-Type": "application/rss+xml; charset=utf-8", **document.headers}
                for name, value in headers.items():
                    self.send_header(name, value)
                body = b"" if status == 304 else document.body
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: object) -> None:
                """Keep the test's output clean."""

        class Server(ThreadingHTTPServer):
            request_queue_size = 128
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """A poller that was killed in mid-answer is what some tests are about."""
                if not isinstance(sys.exc_info()[1], ConnectionError):
                    super().handle_error(request, client_address)  # type: ignore[arg-type]

        self._server = Server((host, 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://{host}:{self.port}"
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def serve(
        self, path: str, *items: dict[str, Any], etag: str | None = None, title: str = "Wire", build: str = ""
    ) -> None:
        """Serve an RSS document of these items at `path`."""
        self.documents[path] = Document(rss(*items, title=title, build=build), etag=etag)

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


def story(
    number: int,
    title: str = "",
    summary: str = "",
    *,
    age: timedelta = timedelta(minutes=5),
    now: datetime | None = None,
    **more: str,
) -> dict[str, Any]:
    """An item for `FeedServer.serve`; `more` sets guid, link or content."""
    published = (now or datetime.now(timezone.utc)) - age
    return {
        "guid": f"guid-{number}",
        "link": f"https://news.example/story/{number}",
        "title": title or f"Story number {number}",
        "summary": summary,
        "published": published,
        **more,
    }


def rss(*items: dict[str, Any], title: str = "Wire", build: str = "") -> bytes:
    """An RSS 2.0 document."""
    rows = "".join(
        "<item>"
        f"<guid isPermaLink='false'>{escape(item['guid'])}</guid>"
        f"<link>{escape(item['link'])}</link>"
        f"<title>{escape(item['title'])}</title>"
        f"<description>{escape(item['summary'])}</description>"
        f"<pubDate>{format_datetime(item['published'])}</pubDate>"
        "</item>"
        for item in items
    )
    built = f"<lastBuildDate>{escape(build)}</lastBuildDate>" if build else ""
    return (
        "<?xml version='1.0' encoding='UTF-8'?><rss version='2.0'><channel>"
        f"<title>{escape(title)}</title><link>https://news.example/</link><description>d</description>{built}"
        f"{rows}</channel></rss>"
    ).encode()
