"""One of our own servers (`python -m MODULE --port N`) in a process that never outlives its parent."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

ROOT = Path(__file__).resolve().parent.parent
_READY_WITHIN_S = 20.0
_STOP_WITHIN_S = 5.0
_CALL_TIMEOUT_S = 10.0
# loopback calls must not go to a proxy that the environment names
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port() -> int:
    """A port that was free a moment ago on 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


_PID_HEADER = "X-Server-Pid"


def end_with_stdin(app: web.Application) -> None:
    """Makes a server end when its standard input does: the kernel closes it when the parent dies.

    Its answers name its process, so that the parent never takes another server on the port for it.
    """

    async def name_process(_: web.Request, response: web.StreamResponse) -> None:
        response.headers[_PID_HEADER] = str(os.getpid())

    app.on_response_prepare.append(name_process)

    async def watch(_: web.Application) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()

        def check() -> None:
            if not os.read(0, 1024):
                loop.remove_reader(0)
                os.kill(os.getpid(), signal.SIGTERM)

        loop.add_reader(0, check)
        yield
        loop.remove_reader(0)

    app.cleanup_ctx.append(watch)


class Service:
    """A server started at once on 127.0.0.1 and waited for until `ready` answers 200."""

    def __init__(self, module: str, options: Sequence[str], *, port: int | None, ready: str) -> None:
        self.port = port or free_port()
        self._command = [
            sys.executable,
            "-m",
            module,
            "--host=127.0.0.1",
            f"--port={self.port}",
            "--until-stdin-closes",
            *options,
        ]
        self._ready = ready
        self.start()

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts the process and waits until it answers. Raises RuntimeError when it does not."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stdin=subprocess.PIPE,
        )
        until = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < until and self.process.poll() is None:
            with contextlib.suppress(OSError):
                if self._is_ours():
                    return
            time.sleep(0.03)
        self.stop()
        raise RuntimeError(
            f"{' '.join(self._command)}: not ready, exit code {self.process.returncode}; is port {self.port} taken?"
        )

    def _is_ours(self) -> bool:
        with _OPENER.open(self.url + self._ready, timeout=_CALL_TIMEOUT_S) as answer:
            return str(answer.headers.get(_PID_HEADER)) == str(self.process.pid)

    def call(
        self, verb: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None
    ) -> Any:
        """One JSON request. Raises RuntimeError with the server's words when it refuses."""
        data = None if body is None else json.dumps(body).encode()
        given = {"Content-Type": "application/json", **(headers or {})}
        request = urllib.request.Request(self.url + path, data=data, method=verb, headers=given)  # noqa: S310 - own URL
        try:
            with _OPENER.open(request, timeout=_CALL_TIMEOUT_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise RuntimeError(
                    f"{verb} {path}: HTTP {error.code}: {error.read().decode()[:500]}"
                ) from error

    def kill(self) -> None:
        """SIGKILL, and waits for the end."""
        self.process.kill()
        self.process.wait(_STOP_WITHIN_S)
        self._close_stdin()

    def stop(self) -> None:
        """SIGTERM, then SIGKILL; safe to call twice."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(_STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                self.kill()
        self._close_stdin()

    def _close_stdin(self) -> None:
        if self.process.stdin:
            self.process.stdin.close()
