"""Credentials of feeds: which names `auth:` may use, and which form the values have.

Editors of feeds.yaml may not use newswatch's own secrets: a feed that named the Slack token or the database's password
would have it sent to the feed's address. So the names have a prefix of their own. It is checked when the files are
read, and again when a secret is looked up.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

VARIABLE_PREFIX = "NEWSWATCH_FEED_"
CONNECTION_PREFIX = "newswatch_feed_"
NAME_PATTERN = (
    f"^({VARIABLE_PREFIX}[A-Za-z0-9_]{{1,80}}|{CONNECTION_PREFIX}[A-Za-z0-9_.-]{{0,79}}[A-Za-z0-9_])$"
)
_NAME = re.compile(NAME_PATTERN)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")
_SCHEME_AND_REST = re.compile(r"(?i:(?:bearer|basic|token)) [!-~]+")

ALLOWED = (
    f"name a variable that begins with {VARIABLE_PREFIX}, or an Airflow connection that begins with "
    f"{CONNECTION_PREFIX}, such as {VARIABLE_PREFIX}ECB, and put the credentials there"
)


def check_name(name: str) -> str:
    """The name, if a feed may use it. Raises ValueError that says what to write instead.

    The error repeats the name only if it looks like a name: another text may be the secret itself.
    """
    if _NAME.fullmatch(name):
        return name
    if _PLAIN.fullmatch(name):
        raise ValueError(f"{name!r} cannot be used by feeds: {ALLOWED}")
    raise ValueError(f"expected a name, not the credentials or a placeholder: {ALLOWED}")


def variable_of(name: str) -> str:
    """The variable for a name: `newswatch_feed_ecb` → `NEWSWATCH_FEED_ECB`."""
    return name if name.startswith(VARIABLE_PREFIX) else re.sub(r"[.-]", "_", name).upper()


def is_connection(name: str) -> bool:
    """Whether a name may also be that of an Airflow connection."""
    return name.startswith(CONNECTION_PREFIX)


def authorization(variable: str, value: str) -> str:
    """The Authorization header for `user:password`, or for a scheme such as `Bearer xyz` unchanged.

    Raises ValueError, naming the variable and not showing the value, for any other form.
    """
    if _SCHEME_AND_REST.fullmatch(value):
        return value
    user, colon, _password = value.partition(":")
    if not user or not colon or any(char in value for char in "\r\n"):
        raise ValueError(f"{variable} must be user:password, or a scheme and its credentials (Bearer abc)")
    return f"Basic {base64.b64encode(value.encode()).decode()}"


def faults(secrets: Mapping[str, str]) -> tuple[str, ...]:
    """What is wrong with the values of these variables. Each concerns only the feeds that name it."""
    found = (_fault(variable, value) for variable, value in sorted(secrets.items()))
    return tuple(text for text in found if text)


def _fault(variable: str, value: str) -> str:
    try:
        authorization(variable, value)
    except ValueError as error:
        return str(error)
    return ""
