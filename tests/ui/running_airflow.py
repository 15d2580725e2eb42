"""Airflow with our plugin and its login on, for a browser: its api-server alone, or everything that `make run` starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from airflow_sandbox import ROOT, settings
from devtools.redis_server import free_port
from devtools.running_stack import RunningStack

_SERVE = """
import sys
from airflow.api_fastapi.app import create_app
from airflow.utils.db import initdb
import uvicorn
initdb()
uvicorn.run(create_app(apps="core"), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
"""
LOGIN = {
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "ada:admin,vera:viewer",
}
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class RunningAirflow:
    """Serves on a free loopback port until `stop`; `ada` is an admin, `vera` a viewer."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.home = folder / "airflow"
        self.home.mkdir()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        own = {name: text for name, text in os.environ.items() if not name.startswith("AIRFLOW")}
        environment = {
            **own,
            **settings(self.home),
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API_AUTH__JWT_SECRET": "a secret for tests " * 5,
            **LOGIN,
            "NO_PROXY": "127.0.0.1,localhost",
            "PYTHONPATH": f"{ROOT / 'plugins'}",
            **environ,
        }
        self._log = folder / "airflow.log"
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _SERVE, str(self.port)],
                env=environment,
                cwd=folder,
                stdout=output,
                stderr=output,
            )

    def wait(self, timeout_s: float = 300.0) -> None:
        """Until it answers."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with _OPENER.open(f"{self.url}/api/v2/version", timeout=30):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.3)
        raise RuntimeError(self._log.read_text("utf-8", "replace")[-3000:])

    def password(self, user: str) -> str:
        """As Airflow made it up."""
        return _password(self.home, user)

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)


class WholeAirflow(RunningStack):
    """Everything that `make run` starts, with the same users; its configuration is in `folder`/config."""

    def __init__(self, folder: Path, **environ: str) -> None:
        super().__init__(folder, folder / "config", **LOGIN, **environ)
        self.url = f"http://localhost:{self.port}"

    def password(self, user: str) -> str:
        """As Airflow made it up."""
        return _password(self.data / "airflow", user)


def _password(home: Path, user: str) -> str:
    file = home / "simple_auth_manager_passwords.json.generated"
    return str(json.loads(file.read_text("utf-8"))[user])
