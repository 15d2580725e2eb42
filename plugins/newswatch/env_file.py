"""The .env file: NAME=value lines, as Docker Compose and shells write them.

We parse it ourselves, in forty lines, instead of using a package: a package that also expands variables or runs
commands does more than is safe for a file of secrets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from newswatch.errors import PermanentError

NAME = ".env"
_LINE = re.compile(r"(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*(?P<value>.*)", re.DOTALL)
_QUOTED = re.compile(r"""(?P<quote>["'])(?P<text>.*?)(?P=quote)\s*(?:#.*)?""", re.DOTALL)


def with_env_file(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The environment, completed by the folder's `.env` if there is one. The environment wins.

    Raises PermanentError, naming the line, for a file that cannot be parsed. The error shows no value.
    """
    try:
        text = (folder / NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        return dict(environ)
    except (OSError, UnicodeDecodeError) as error:
        raise PermanentError(f"{NAME} cannot be read ({type(error).__name__}): fix or remove it") from error
    return {**read_env_text(text), **environ}


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
