"""Prints Airflow's connections as JSON: `python -m newswatch_airflow.connection_reader NAME…`, for `commands.py`.

For each name: the connection, where it was found, what was asked, and what failed. The order is the one in which a task
looks: the workers' secrets backend, the variable AIRFLOW_CONN_…, the other secrets backend, Airflow's database.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from newswatch_airflow.printed import print_answer

_ENVIRONMENT = "airflow.secrets.environment_variables.EnvironmentVariablesBackend"
_FIELDS = ("conn_id", "conn_type", "host", "schema", "login", "password", "port", "extra")


def read(name: str) -> dict[str, Any]:
    """What Airflow knows about one connection. Raises nothing for a backend that fails: the next one may have it."""
    asked: list[str] = []
    faults: list[str] = []
    for backend in _backends():
        origin = _origin(backend, name)
        asked.append(origin)
        try:
            found = backend.get_connection(conn_id=name)
            if found is not None:
                values = {field: getattr(found, field) for field in _FIELDS}
                return {"connection": values, "origin": origin, "asked": asked, "faults": faults}
        except Exception as error:  # noqa: BLE001 - backends raise what they like
            faults.append(f"{origin}: {_fault(error, shown=not origin.startswith('the variable'))}")
            if type(error).__name__ == "AirflowSecretsBackendAccessDenied":
                break  # as Airflow does: whoever may not read it there may not read it elsewhere
    return {"connection": None, "origin": "", "asked": asked, "faults": faults}


def _backends() -> Iterator[Any]:
    from airflow.configuration import ensure_secrets_loaded  # noqa: PLC0415 - takes seconds

    seen = set()
    for backend in [*ensure_secrets_loaded(default_backends=[_ENVIRONMENT]), *ensure_secrets_loaded()]:
        if type(backend) not in seen:
            seen.add(type(backend))
            yield backend


def _origin(backend: Any, name: str) -> str:
    kind = type(backend).__name__
    named = {
        "EnvironmentVariablesBackend": f"the variable AIRFLOW_CONN_{name.upper()}",
        "MetastoreBackend": "Airflow's database",
    }
    return named.get(kind, f"the secrets backend {kind}")


def _fault(error: Exception, *, shown: bool) -> str:
    """In one line. Of a variable's content nothing is shown."""
    from newswatch.redact import redact_text  # noqa: PLC0415

    kind = type(error).__name__
    if kind == "InvalidToken":
        return "its password cannot be decrypted with this AIRFLOW__CORE__FERNET_KEY"
    first = str(error).strip().partition("\n")[0]
    return f"{kind}, {redact_text(first)[:200]}" if shown and first else kind


if __name__ == "__main__":
    print_answer(lambda: {name: read(name) for name in sys.argv[1:]})
