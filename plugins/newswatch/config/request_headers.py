"""What feeds.yaml may say about a feed's requests: headers, cookies and the user agent.

A value is sent as it is written, or it names a secret as `auth:` does (`newswatch.feed_secrets`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from newswatch import feed_secrets
from newswatch.config.kinds import scalar_text
from newswatch.config.report import FileReport
from newswatch.config.yaml_tree import MapNode, Node, Scalar

MOST, MOST_CHARS = 50, 4_000
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_INSTEAD = {
    "authorization": "name the credentials with auth",
    "cookie": "use cookies",
    "user-agent": "use user_agent",
}
_OURS = frozenset(
    {
        *("host", "content-length", "connection", "transfer-encoding", "keep-alive", "te", "trailer"),
        *("upgrade", "expect", "content-encoding", "accept-encoding", "proxy-authorization"),
        *("proxy-connection", "range", "if-range", "if-match", "if-none-match", "if-modified-since"),
        "if-unmodified-since",
    }
)
"""Headers that say how a request is sent, or what it is compared with."""


def check_header(name: str) -> str:
    """A header that feeds.yaml may set. Raises ValueError."""
    if _TOKEN.fullmatch(name) is None:
        raise ValueError(f"{name[:100]!r} is not the name of a header: write a name such as Accept-Language")
    if name.lower() in _INSTEAD:
        raise ValueError(f"{name} cannot be set here: {_INSTEAD[name.lower()]}")
    if name.lower() in _OURS:
        raise ValueError(f"{name} cannot be set: newswatch sets it for each request; remove it")
    return name


def check_cookie(name: str) -> str:
    """The name of a cookie. Raises ValueError."""
    if _TOKEN.fullmatch(name) is None:
        raise ValueError(f"{name[:100]!r} is not the name of a cookie: write letters, digits, - and _")
    return name


def check_value(text: str) -> str:
    """A value to send, or the name of a secret. Raises ValueError, which does not repeat the value."""
    if text.lower().startswith(feed_secrets.CONNECTION_PREFIX):
        return feed_secrets.check_name(text)
    if text.startswith("$"):
        raise ValueError(f"placeholders are not replaced: {feed_secrets.ALLOWED}")
    if not feed_secrets.sendable(text):
        raise ValueError("contains characters that a header cannot have: write printable text")
    if len(text) > MOST_CHARS:
        raise ValueError(f"too long: at most {MOST_CHARS:,} characters are allowed")
    return text


def check_cookie_value(text: str) -> str:
    """The same for a cookie, whose value cannot have all characters. Raises ValueError."""
    if re.search(r'[\s;,"\\]', text):
        raise ValueError("a cookie's value cannot contain spaces or ; , \" \\: quote them in percent form")
    return check_value(text)


@dataclass(frozen=True)
class Pairs:
    """A mapping from names to values, as a tuple of pairs in the file's order."""

    what: str
    name: Callable[[str], str]
    value: Callable[[str], str]

    def read(self, node: Node, label: str, report: FileReport) -> tuple[tuple[str, str], ...] | None:
        """The pairs, or None after errors were reported at their places."""
        if not isinstance(node, MapNode):
            report.error(node, f"{label}: expected a mapping from names to values, such as {self.what}")
            return None
        errors = report.errors
        if len(node.entries) > MOST:
            report.error(node, f"{label}: at most {MOST} are allowed")
        found: dict[str, tuple[str, str]] = {}
        for name, value in node.entries:
            pair = self._pair(name, value, label, report)
            if pair is not None and found.setdefault(pair[0].lower(), pair) is not pair:
                report.error(name, f"{label}: {pair[0]!r} is there twice: remove one")
        return tuple(found.values()) if report.errors == errors else None

    def _pair(self, name: Scalar, value: Node, label: str, report: FileReport) -> tuple[str, str] | None:
        try:
            checked = self.name(name.text)
        except ValueError as error:
            report.error(name, f"{label}: {error}")
            return None
        text = scalar_text(value, f"{label}: {checked}", report)
        try:
            return None if text is None else (checked, self.value(text))
        except ValueError as error:
            report.error(value, f"{label}: {checked}: {error}")
            return None

    def schema(self) -> dict[str, Any]:
        """An object of texts."""
        values: Mapping[str, Any] = {"type": ["string", "number", "boolean"]}
        return {"type": "object", "additionalProperties": values, "maxProperties": MOST}


HEADERS = Pairs("{Accept-Language: en}", check_header, check_value)
COOKIES = Pairs("{consent: yes}", check_cookie, check_cookie_value)
