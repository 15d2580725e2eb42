"""Secrets of feeds: which names `auth:`, `headers:`, `cookies:` and `user_agent:` may use, and which form the values have.

Editors of feeds.yaml may not use newswatch's own secrets: a feed that named the Slack token or the database's password
would have it sent to the feed's address. So the names have a prefix of their own. It is checked when the files are
read, and again when a secret is looked up.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newswatch.models import Feed

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


def is_name(text: str) -> bool:
    """Whether a value of `headers`, `cookies` or `user_agent` is the name of a secret."""
    return _NAME.fullmatch(text) is not None


def sendable(value: str) -> bool:
    """Whether a header can have this value."""
    return bool(value) and value.isprintable()


def faults(secrets: Mapping[str, str], feeds: Iterable[Feed] = ()) -> tuple[str, ...]:
    """What is wrong with the values of these variables. Each concerns only the feeds that name it.

    A variable that `feeds` name only for headers, cookies or the user agent may have any value that can be sent.
    """
    feeds = tuple(feeds)
    logins = {variable_of(feed.auth) for feed in feeds if feed.auth}
    plain = {variable_of(text) for feed in feeds for text in _values(feed) if is_name(text)} - logins
    found = (_fault(variable, value, plain=variable in plain) for variable, value in sorted(secrets.items()))
    return tuple(text for text in found if text)


def _values(feed: Feed) -> Iterator[str]:
    yield feed.user_agent
    for _, value in (*feed.headers, *feed.cookies):
        yield value


def _fault(variable: str, value: str, *, plain: bool) -> str:
    try:
        if plain:
            return "" if sendable(value) else f"{variable} has characters that a header cannot have"
        authorization(variable, value)
    except ValueError as error:
        return str(error)
    return ""
