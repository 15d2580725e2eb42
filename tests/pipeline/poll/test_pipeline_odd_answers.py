"""Odd answers of servers between good ones: each story alerts once, and the feed is read again within half an hour."""

from __future__ import annotations

import gzip
import socketserver
import threading
import zlib
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import brotli
import pytest
from backports import zstd

from feed_server import rss, story
from newswatch.cli.feeds import _states

WORDS = "Central bank opposes the {} bill"


def raw_deflate(data: bytes) -> bytes:
    squeeze = zlib.compressobj(wbits=-15)
    return squeeze.compress(data) + squeeze.flush()


def document(*topics: str) -> bytes:
    return rss(*(story(n, WORDS.format(topic)) for n, topic in enumerate(topics)))


def answer(body: bytes, *headers: str, status: str = "200 OK", length: bool = True) -> bytes:
    lines = [f"HTTP/1.1 {status}", "Content-Type: text/xml", *headers]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


class RawSite:
    """Answers each request with the bytes of `answers` for its path, or what a function of the request's head says."""

    def __init__(self) -> None:
        self.answers = {}
        self.heads: list[str] = []
        owner = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while line := self.rfile.readline():
                    head = line.decode()
                    while (line := self.rfile.readline()) not in (b"\r\n", b""):
                        head += line.decode()
                    owner.heads.append(head)
                    found = owner.answers[head.split()[1]]
                    data = found(head) if callable(found) else found
                    self.wfile.write(data)
                    if b"Connection: close" in data[:500]:
                        return

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def site():
    made = RawSite()
    yield made
    made.stop()


NEW = document("mining", "fisheries")
CHALLENGE = b"<!doctype html><html><head><title>Just a moment...</title></head><body>Checking</body></html>"
CUT = f"Transfer-Encoding: chunked\r\n\r\n{len(NEW):x}\r\n".encode() + NEW[:300]
FUTURE = format_datetime(datetime.now(timezone.utc) + timedelta(days=400), usegmt=True)
SOON = format_datetime(datetime.now(timezone.utc) + timedelta(minutes=20), usegmt=True)
LENGTH = f"Content-Length: {len(NEW)}"


def by_cookie(head: str) -> bytes:
    if "pass=1" in head and "lang=en" in head:
        return answer(NEW)
    return answer(b"", "Location: /set/", status="302 Found")


COOKIES = {
    "/set/": answer(b"", "Set-Cookie: pass=1; Path=/; HttpOnly", "Set-Cookie: no=1; Path=/set", "Location: /lang", status="302 Found"),
    "/lang": answer(b"", "Set-Cookie: lang=en; Path=/wire", "Location: /wire", status="301 Moved"),
}  # fmt: skip
READ = {
    "cookies on the way": by_cookie,
    "brotli": answer(brotli.compress(NEW), "Content-Encoding: br"),
    "zstd": answer(zstd.compress(NEW), "Content-Encoding: zstd"),
    "gzip and trailing bytes": answer(gzip.compress(NEW) + b"\0\0trailing", "Content-Encoding: gzip"),
    "raw deflate": answer(raw_deflate(NEW), "Content-Encoding: deflate"),
    "deflate": answer(zlib.compress(NEW), "Content-Encoding: deflate"),
    "length twice": answer(NEW, LENGTH),
    "last modified in the future": answer(NEW, f"Last-Modified: {FUTURE}"),
    "space after a name": answer(NEW, "X-Served-By : cache"),
    "no length": answer(NEW, "Connection: close", length=False),
    "HTML by its type": answer(NEW, "Content-Type: text/html"),
    "203": answer(NEW, status="203 Non-Authoritative Information"),
}
REFUSED = {
    "403": answer(b"no", status="403 Forbidden"),
    "429 with a date": answer(b"", f"Retry-After: {SOON}", status="429 Too Many Requests"),
    "503 with a date": answer(b"", f"Retry-After: {SOON}", status="503 Unavailable"),
    "200 without a body": answer(b""),
    "204": answer(b"", status="204 No Content"),
    "chunks cut short": b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + CUT,
    "length cut short": answer(NEW, "Connection: close")[:-200],
    "redirects in a circle": answer(b"", "Location: /wire", status="302 Found"),
    "challenge": answer(CHALLENGE, "Content-Type: text/html"),
    "challenge with 503": answer(CHALLENGE, status="503 Unavailable"),
    "nothing": b"Connection: close\r\n\r\n",
    "not modified, with a body": answer(b"Not modified", status="304 Not Modified"),
    "gzip cut short": answer(gzip.compress(NEW)[:-20], "Content-Encoding: gzip"),
}


def configure(newsroom, site) -> None:
    newsroom.write(
        "feeds.yaml",
        f"defaults: {{every: 1m, allow_private: true}}\nfeeds:\n  - {{id: wire, url: {site.url}/wire}}\n",
    )
    site.answers = {"/wire": answer(document("mining"), 'ETag: "1"'), **COOKIES}
    alerts(newsroom, 1)


def alerts(newsroom, count: int, *, all_feeds: bool = True) -> None:
    newsroom.poll(all_feeds=all_feeds)
    newsroom.match()
    newsroom.deliver_collected()
    found = newsroom.alert_ids()
    assert len(found) == len(set(found)) == count


@pytest.mark.parametrize("name", READ)
def test_odd_answer_is_read_and_its_story_alerts_once(newsroom, site, name):
    configure(newsroom, site)
    for _ in range(3):
        site.answers["/wire"] = READ[name]
        alerts(newsroom, 2)
    assert newsroom.json("feeds")[0]["state"] == "ok"
    assert FUTURE not in "".join(site.heads)


@pytest.mark.parametrize("name", REFUSED)
def test_after_an_answer_without_a_document_the_feed_is_read_within_half_an_hour(newsroom, site, name):
    configure(newsroom, site)
    for hour in range(4):
        site.answers["/wire"] = REFUSED[name]
        newsroom.pass_time(timedelta(minutes=31))
        alerts(newsroom, 1 + hour, all_feeds=False)
        topics = ("mining", "fisheries", "railways", "insurance", "energy")[: 2 + hour]
        site.answers["/wire"] = answer(document(*topics), f'ETag: "{hour}"')
        newsroom.pass_time(timedelta(minutes=31))
        alerts(newsroom, 2 + hour, all_feeds=False)
    (row,) = newsroom._do(_states)
    assert row["state"] == "ok"


def test_not_modified_with_a_body_does_not_spoil_the_connection(newsroom, site):
    rows = "".join(f"  - {{id: f{n}, url: {site.url}/{n}}}\n" for n in range(12))
    newsroom.write("feeds.yaml", f"defaults: {{every: 1m, allow_private: true}}\nfeeds:\n{rows}")
    odd = answer(b"<html>Not modified</html>", status="304 Not Modified")
    site.answers = {f"/{n}": answer(rss(story(n)), 'ETag: "1"') for n in range(12)}
    assert newsroom.poll().new == 12
    site.answers = {f"/{n}": odd if n % 2 else answer(rss(story(n), story(n + 50))) for n in range(12)}
    counts = newsroom.poll()
    assert [row["error"] for row in newsroom.json("feeds") if row["error"]] == []
    assert (counts.failed, counts.new, counts.not_modified) == (0, 6, 6)
