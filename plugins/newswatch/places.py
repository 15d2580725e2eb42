"""Where the DAG files and the documentation are: in the repository, or inside an installed package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_SHIPPED = _PACKAGE / "shipped"

INSTALLED = _SHIPPED.is_dir()
"""Whether this is an installed package, which has no repository around it."""


def _folder(name: str) -> Path:
    return _SHIPPED / name if INSTALLED else _PACKAGE.parents[1] / name


DAGS = _folder("dags")
DOCS = _folder("docs")


def home() -> Path:
    """The folder that relative folders in settings are below.

    Airflow's processes may start anywhere, so with a repository it is the repository. An installed package has none: there it
    is the folder where the process starts.
    """
    return Path.cwd() if INSTALLED else _PACKAGE.parents[1]
