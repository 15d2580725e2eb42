"""An Airflow home of the test run's own, prepared before anything imports airflow."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent


def prepare() -> Path:
    """Point Airflow at a temporary home, once per process; returns it."""
    if "NEWSWATCH_TEST_AIRFLOW_HOME" in os.environ:
        owner, _, home = os.environ["NEWSWATCH_TEST_AIRFLOW_HOME"].partition(":")
        if owner == str(os.getpid()):
            return Path(home)
    home = tempfile.mkdtemp(prefix="newswatch-airflow-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ["NEWSWATCH_TEST_AIRFLOW_HOME"] = f"{os.getpid()}:{home}"
    os.environ.update(settings(Path(home)))
    return Path(home)


def settings(home: Path) -> dict[str, str]:
    """The environment of an Airflow that knows our DAGs and plugins and nothing else."""
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
    }


def redis_connection(url: str) -> str:
    """The JSON form of the connection `newswatch_redis` for a plain redis:// URL."""
    parts = urlsplit(url)
    extra = {"db": int(parts.path.strip("/") or 0)}
    return json.dumps({"conn_type": "redis", "host": parts.hostname, "port": parts.port, "extra": extra})
