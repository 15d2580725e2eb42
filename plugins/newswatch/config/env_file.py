"""The .env file: NAME=value lines, as Docker Compose and shells write them.

An own reader of thirty lines rather than a package: `.env` is read by the command line alone,
and one that also expanded variables or ran anything would be more than a file of secrets needs.
"""

from __future__ import annotations

import re

_LINE = re.compile(r"(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*(?P<value>.*)", re.DOTALL)
_QUOTED = re.compile(r"""(?P<quote>["'])(?P<text>.*?)(?P=quote)\s*(?:#.*)?""", re.DOTALL)


def read_env_text(text: str) -> dict[str, str]:
    """The variables of an .env text. Blank lines, comments and lines of no form are passed over.

    A value may stand in quotes, which are taken off; without them ` #` begins a comment.
    Nothing is expanded.
    """
    found: dict[str, str] = {}
    for line in text.removeprefix("\ufeff").splitlines():
        match = _LINE.fullmatch(line.strip())
        if match is not None:
            found[match["name"]] = _value(match["value"])
    return found


def _value(raw: str) -> str:
    quoted = _QUOTED.fullmatch(raw)
    if quoted is not None:
        return quoted["text"]
    return re.split(r"(?:^|\s)#", raw, maxsplit=1)[0].strip()
