"""Airflow's secrets, made once and kept beside its database, in a file that only its owner can read."""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path

_NAMES = ("AIRFLOW__API_AUTH__JWT_SECRET", "AIRFLOW__API__SECRET_KEY", "AIRFLOW__CORE__FERNET_KEY")


def airflow_secrets(file: Path) -> dict[str, str]:
    """The secrets by variable name. Missing ones are made and saved.

    A Fernet key is 32 random bytes in URL-safe base64. The two others may be any text.
    """
    saved = _load(file)
    made = {name: saved.get(name) or _new_secret() for name in _NAMES}
    if made != saved:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as output:
            json.dump(made, output, indent=1)
    return made


def _new_secret() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii")


def _load(file: Path) -> dict[str, str]:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}
