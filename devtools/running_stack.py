"""The whole stack with Airflow, in processes of its own, for slow tests and benchmarks.

::

    with RunningStack(folder, config, NEWSWATCH_SHIFT="60s") as stack:
        stack.wait_healthy()
        stack.kill("scheduler")
        ...
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import psutil

from devtools.process import ROOT
from devtools.redis_server import free_port
from devtools.stack.processes import StackRecord

if TYPE_CHECKING:
    from typing_extensions import Self

# Calls to this machine must not go through a proxy from the environment.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_STOP_WITHIN_S = 60.0
_LOCKED_S = 30.0
"""How long a locked database is asked again."""


class RunningStack:
    """`python -m devtools.stack run` on free ports, with its data below `folder` and `config`.

    `settings` are environment variables, added to those of this process without any of Airflow's. With
    SLACK_BOT_TOKEN and SLACK_BASE_URL among them the launcher does not start the simulator.
    """

    def __init__(self, folder: Path, config: Path, **settings: str) -> None:
        self.data = folder / "stack"
        self.log = folder / "launcher.log"
        self.port, self.slack_port = free_port(), free_port()
        own = {name: text for name, text in os.environ.items() if not name.startswith("AIRFLOW")}
        self._environ = {
            **own,
            "AIRFLOW_PORT": str(self.port),
            "SLACK_SIM_PORT": str(self.slack_port),
            "NEWSWATCH_CONFIG": str(config),
            **settings,
        }
        command = [sys.executable, "-m", "devtools.stack", "run", "--data", str(self.data)]
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=self._environ, stdout=output, stderr=output, start_new_session=True
            )

    @property
    def pid(self) -> int:
        """The launcher's process, the parent of all others."""
        return self._process.pid

    @property
    def redis_url(self) -> str:
        """The stack's own Redis."""
        port = json.loads((self.data / "ports.json").read_text(encoding="utf-8"))["redis"]
        return f"redis://127.0.0.1:{port}/0"

    def wait_healthy(self, timeout_s: float = 180.0) -> None:
        """Wait until all of Airflow's parts are healthy. Raises RuntimeError if the stack does not start."""
        deadline = time.monotonic() + timeout_s
        while "newswatch is up" not in self.output():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the stack did not start:\n{self.output()[-3000:]}")
            time.sleep(0.3)

    def api(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One call of Airflow's REST API below /api/v2, where everybody is an admin."""
        headers = {"Authorization": f"Bearer {self._token()}", "Content-Type": "application/json"}
        return self._call(
            method, f"/api/v2{path}", None if body is None else json.dumps(body).encode(), headers
        )

    def runs(self, dag_id: str, limit: int = 50) -> list[dict[str, Any]]:
        """The newest runs of a DAG, newest first."""
        found = self.api("GET", f"/dags/{dag_id}/dagRuns?order_by=-run_after&limit={limit}")
        runs: list[dict[str, Any]] = found["dag_runs"]
        return runs

    def pids(self, *words: str) -> list[int]:
        """Processes of this stack whose command line contains all the words."""
        found = []
        for process in psutil.Process(self._process.pid).children(recursive=True):
            try:
                line = " ".join(process.cmdline())
            except psutil.Error:
                continue
            if all(word in line for word in words):
                found.append(process.pid)
        return found

    def component(self, name: str) -> psutil.Process:
        """The process of a component, started by the launcher itself, e.g. `scheduler`."""
        record = StackRecord.load(self.data / "stack.json")
        for child in record.children if record else ():
            process = child.process()
            if process is None:
                continue
            title = " ".join(process.cmdline())
            if f"airflow {name}" in title or f"-m airflow {name}" in title:
                return process
        raise RuntimeError(f"the stack has no running {name}")

    def output(self) -> str:
        """What the launcher has printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        """End the launcher with SIGTERM, and with it everything it started."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
        command = [sys.executable, "-m", "devtools.stack", "stop", "--data", str(self.data)]
        subprocess.run(
            command, cwd=ROOT, env=self._environ, check=False, capture_output=True, timeout=_STOP_WITHIN_S
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _token(self) -> str:
        return str(self._call("GET", "/auth/token", None, {})["access_token"])

    def _call(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=body, headers=headers, method=method
        )
        give_up = time.monotonic() + _LOCKED_S
        while True:
            try:
                with _OPENER.open(request, timeout=15) as answer:
                    return json.loads(answer.read() or b"null")
            except urllib.error.HTTPError as error:
                text = error.read()[:500].decode("utf-8", "replace")
                # Airflow answers so while another of its processes writes to SQLite.
                locked = error.code == 500 and "Database error" in text
                if not locked or time.monotonic() > give_up:
                    raise RuntimeError(f"{method} {path} answered {error.code}: {text}") from error
            time.sleep(0.5)
