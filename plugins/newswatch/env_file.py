"""The .env file: NAME=value lines, as Docker Compose and shells write them; and the same file of a running stack.

We parse it ourselves, in forty lines, instead of using a package: a package that also expands variables or runs
commands does more than is safe for a file of secrets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from newswatch.errors import PermanentError

NAME = ".env"
RUNNING_STACK = ".data/stack.env"
"""Where `make run` writes the addresses of what it has started. It removes the file when it ends."""
_LINE = re.compile(r"(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*(?P<value>.*)", re.DOTALL)
_QUOTED = re.compile(r"""(?P<quote>["'])(?P<text>.*?)(?P=quote)\s*(?:#.*)?""", re.DOTALL)


def with_env_file(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The environment, completed by the folder's `.env` if there is one. The environment wins.

    Raises PermanentError, naming the line, for a file that cannot be parsed. The error shows no value.
    """
    return {**_read(folder, NAME), **environ}


def with_running_stack(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The environment, completed by what `make run` has started in the folder, unless it names a Redis itself.

    Raises PermanentError, as `with_env_file`.
    """
    if environ.get("REDIS_URL"):
        return dict(environ)
    given = {name: value for name, value in environ.items() if value}
    return {**_read(folder, RUNNING_STACK), **given}


def _read(folder: Path, name: str) -> dict[str, str]:
    try:
        text = (folder / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise PermanentError(f"{name} cannot be read ({type(error).__name__}): fix or remove it") from error
    return read_env_text(text)


def read_env_text(text: str) -> dict[str, str]:
    """The variables of an .env text. Blank lines and comments are skipped; nothing is expanded.

    A value may be in quotes, which are removed; without them ` #` begins a comment. Raises PermanentError, with the line's
    number, for a line of another form.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise PermanentError(f"{NAME}:{number}: expected NAME=value")
        found[match["name"]] = _value(match["value"])
    return found


def _value(raw: str) -> str:
    quoted = _QUOTED.fullmatch(raw)
    if quoted is not None:
        return quoted["text"]
    return re.split(r"(?:^|\s)#", raw, maxsplit=1)[0].strip()
