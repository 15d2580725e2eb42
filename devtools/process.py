"""Our own servers (`python -m MODULE --port N`) in processes that never outlive their parent.

Standard library only. `stdin_watch` is the server's side of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from devtools.redis_server import free_port

if TYPE_CHECKING:
    from typing_extensions import Self

ROOT = Path(__file__).resolve().parent.parent
_READY_WITHIN_S = 60.0
_STOP_WITHIN_S = 15.0
_CALL_TIMEOUT_S = 60.0
# Calls to this machine must not go through a proxy from the environment.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


PID_HEADER = "X-Server-Pid"
"""In the answers of our servers, so that another server on the port is never mistaken for ours."""


class RunningServer:
    """A server on 127.0.0.1. The constructor starts it and waits until the path `ready` answers 200.

    `port` None is any free one. `stop` it, or use it in a `with`.
    """

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
        self._start()

    @property
    def url(self) -> str:
        """Where it listens, e.g. `http://127.0.0.1:40123`."""
        return f"http://127.0.0.1:{self.port}"

    def _start(self) -> None:
        """Starts the process and waits until it answers. Raises RuntimeError if it does not."""
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
            return str(answer.headers.get(PID_HEADER)) == str(self.process.pid)

    def call(
        self, verb: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None
    ) -> Any:
        """One JSON request. Raises RuntimeError with the server's text if it refuses."""
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

    def restart(self) -> None:
        """Starts again after `kill`, on the same port and with the same options."""
        self._start()

    def kill(self) -> None:
        """SIGKILL, as in a crash; waits for the end of the process."""
        self.process.kill()
        self.process.wait(_STOP_WITHIN_S)
        self._close_stdin()

    def stop(self) -> None:
        """SIGTERM, and SIGKILL if that is not enough. Safe to call twice."""
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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
