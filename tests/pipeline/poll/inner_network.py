"""Run by test_pipeline_networks inside a network namespace: a public web, and hosts that must see nothing."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from devtools.redis_server import RunningRedis
from feed_server import rss, story

PUBLIC = "93.184.216.34"
PRIVATE = ("10.1.2.3", "169.254.169.254", "192.168.7.7", "172.20.0.9", "100.64.1.1")
PRIVATE_V6 = ("fd00::7", "64:ff9b::a01:203", "64:ff9b:1::a01:203", "2002:a01:203::1", "2600:1::5efe:a01:203")
NAMES = {
    "inner.example": "10.1.2.3",
    "loop.example": "127.0.0.1",
    "nat.example": "64:ff9b::a01:203",
    "six.example": "fd00::7",
    "meta.example": "169.254.169.254",
}
INNER_PORT = 8_999
HOSTS = (
    *PRIVATE,
    *(f"[{address}]" for address in PRIVATE_V6),
    *NAMES,
    *(
        "127.0.0.1",
        "localhost",
        "localhost.",
        "[::1]",
        "[::]",
        "0.0.0.0",
        "0",
        "127.1",
        "0x7f.1",
        "2130706433",
    ),
    *("[::ffff:10.1.2.3]", "[::ffff:a01:203]", "[::10.1.2.3]", "0177.0.0.1", "user:pw@127.0.0.1"),
)
URLS = [f"http://{host}:{INNER_PORT}/x" for host in HOSTS]
FORMS = (
    f"//127.0.0.1:{INNER_PORT}/x",
    f"\thttp://127.0.0.1:{INNER_PORT}/x",
    f"http://feeds.example@127.0.0.1:{INNER_PORT}/",
    f"gopher://127.0.0.1:{INNER_PORT}/",
    "file:///etc/passwd",
    "http://[::1",
)


def set_up_network() -> None:
    """All addresses are this namespace's own; names come from a hosts file of its own."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in (PUBLIC, *PRIVATE):
        subprocess.run(["ip", "addr", "add", f"{address}/32", "dev", "lo"], check=True)
    for address in PRIVATE_V6:
        # Where the kernel has no IPv6, nothing can be reached by it either.
        subprocess.run(["ip", "-6", "addr", "add", f"{address}/128", "dev", "lo"], check=False)
    lines = [f"{address} {name}" for name, address in NAMES.items()]
    lines += [
        "127.0.0.1 localhost",
        f"{PUBLIC} feeds.example",
        f"{PUBLIC} mixed.example",
        "10.1.2.3 mixed.example",
    ]
    hosts = Path(sys.argv[1], "hosts")
    hosts.write_text("\n".join(lines) + "\n")
    subprocess.run(["mount", "--bind", str(hosts), "/etc/hosts"], check=True)


class Public(BaseHTTPRequestHandler):
    """A good feed, and redirects to everywhere."""

    def do_GET(self) -> None:
        body = rss(story(1))
        if self.path.startswith("/to"):
            self.send_response(301)
            self.send_header("Location", [*URLS, *FORMS][int(self.path[3:])])
            body = b""
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Nothing."""


class Server(ThreadingHTTPServer):
    request_queue_size = 128


def listen(seen: list[str]) -> None:
    """On every address of the namespace; whoever connects is written down."""
    try:
        listener = socket.create_server(("::", INNER_PORT), family=socket.AF_INET6, dualstack_ipv6=True)
    except OSError:
        listener = socket.create_server(("0.0.0.0", INNER_PORT))

    def accept() -> None:
        while True:
            connection, _ = listener.accept()
            seen.append(str(connection.getsockname()))
            connection.close()

    threading.Thread(target=accept, daemon=True).start()


def main() -> None:
    folder = Path(sys.argv[1])
    set_up_network()
    seen: list[str] = []
    listen(seen)
    server = Server((PUBLIC, 80), Public)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    rows = [
        "  - {id: good, url: 'http://feeds.example/ok'}",
        "  - {id: mixed, url: 'http://mixed.example/ok'}",
    ]
    rows += [f"  - {{id: to-{n}, url: 'http://feeds.example/to{n}'}}" for n in range(len(URLS) + len(FORMS))]
    rows += [f"  - {{id: direct-{n}, url: '{url}'}}" for n, url in enumerate(URLS)]
    config = folder / "config"
    config.mkdir()
    (config / "feeds.yaml").write_text("feeds:\n" + "\n".join(rows) + "\n")
    (config / "watchlist.yaml").write_text("rules: []\n")
    (config / "receivers.yaml").write_text("receivers: []\n")
    redis = RunningRedis(folder / "redis")
    environment = {**os.environ, "REDIS_URL": redis.url, "NEWSWATCH_CONFIG": str(config)}

    def command(*words: str) -> str:
        line = [sys.executable, "-m", "newswatch.cli", *words, "--json"]
        return subprocess.run(line, env=environment, capture_output=True, text=True, check=True).stdout

    try:
        command("poll", "--all")
        print(
            json.dumps({"states": {r["id"]: r["state"] for r in json.loads(command("feeds"))}, "seen": seen})
        )
    finally:
        redis.stop()


if __name__ == "__main__":
    main()
