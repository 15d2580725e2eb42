"""Files of the configuration folder, named as the user knows them.

The folder may be an overlay that a launcher laid over the real one. Then `.source` in it names the real one, and so
do we: nobody has to look for an error in a folder of links.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from newswatch.errors import Problem

SOURCE = ".source"


def shown_folder(folder: Path) -> str:
    """The folder's name for people."""
    try:
        return (folder / SOURCE).read_text("utf-8").strip() or str(folder)
    except (OSError, UnicodeDecodeError):
        return str(folder)


def is_laid_over(overlay: Path, folder: Path, base: Path) -> bool:
    """Whether `overlay` was laid over `folder`. A path in `.source` is relative to `base`, the project."""
    try:
        named = (overlay / SOURCE).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return False
    return bool(named) and (base / named).resolve() == (base / folder).resolve()


def with_shown_names(folder: Path, problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems, with their files named so."""
    shown, prefix = shown_folder(folder), f"{folder}{os.sep}"
    return tuple(
        one._replace(file=f"{shown}/{one.file.removeprefix(prefix)}") if one.file.startswith(prefix) else one
        for one in problems
    )
