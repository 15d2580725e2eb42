"""A newsroom with several channels, and a webhook that keeps what it gets."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from feed_server import story
from newsroom import OPS, Newsroom
from newswatch.pipeline.deliver.run import run_deliver

WORDS = "The central bank opposes the plan."


def channel(number: int) -> str:
    return f"C01234567{number:02d}"


def set_up(room: Newsroom, channels: int, *, grace: str = "2s") -> None:
    """One rule for each channel, which matches one word."""
    rows = "".join(f"  - {{id: desk-{n}, channel: {channel(n)}}}\n" for n in range(channels))
    room.write(
        "receivers.yaml",
        f"defaults: {{per_channel_interval: 0.02s, grace: {grace}}}\n"
        f"receivers:\n{rows}  - {{id: ops, channel: {OPS}}}\n",
    )
    rules = "".join(
        f"  - {{id: r{n}, query: watchword{n:02d}, notify: [desk-{n}]}}\n" for n in range(channels)
    )
    room.watchlist(f"rules:\n{rules}")


def queue(room: Newsroom, channels: int, each: int, first: int = 0) -> None:
    """Queue `each` alerts in every channel after the `first` ones, each a story of its own."""
    items = [
        story(
            1000 * n + k, f"Headline {chr(97 + k // 26)}{chr(97 + k % 26)}{n} qq{k}x{n}", f"watchword{n:02d}"
        )
        for n in range(channels)
        for k in range(first + each)
    ]
    room.site.serve("/wire", *items)
    room.poll()
    room.match()


def deliver(room: Newsroom, webhook: str = "", **options):
    env = {"NEWSWATCH_OPS_WEBHOOK": webhook} if webhook else {}
    env |= {"NEWSWATCH_SLACK_RATE": "1000", "NEWSWATCH_RULE_CAP": "100000"}

    async def work(services):
        return await run_deliver(services, **{"linger_s": 3.0, **options})

    return room._do(work, env=env)


def states(room: Newsroom) -> dict[str, int]:
    """How many messages are in each delivery state."""
    found: dict[str, int] = {}
    for key in room.redis.scan_iter("newswatch:message:*"):
        state = room.redis.hget(key, "state")
        found[state] = found.get(state, 0) + 1
    return found


@contextmanager
def webhook_server():
    """Yields the address, and the list of texts that were posted there."""
    got: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append(json.loads(body)["text"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", got
    finally:
        server.shutdown()
        server.server_close()
