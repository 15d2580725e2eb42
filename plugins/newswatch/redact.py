"""Removes secrets from text. The one place that decides which parts of a URL may be shown.

Feeds may have credentials in the user-info part or in the query string. Everything that goes into a log, an error, a
message or a page passes through here first.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit, urlunsplit

_SECRET_NAME = re.compile(
    r"(?i)(^|[_\-.])(sig|access|ticket)([_\-.]|$)"
    r"|(^|[_\-.])(key|token|secret|auth|password|passwd|pwd|signature)[_\-.]"
    r"|(key|token|secret|auth|password|passwd|pwd|signature)$"
)
_PAIR = re.compile(r"([^&;=]+)=[^&;]*(?:;[^&;=]*(?=[&;]|$))*")
"""A parameter. A value may have semicolons, which separate parameters too."""
_LOOSE_PAIR = re.compile(r"""([\w.%-]{1,80})=(?!\*{3})(?:'[^'\n]*'|"[^"\n]*"|['"]?[^\s&'"<>|]+)""")
"""A pair in a text, or in the rest of a URL after a quotation mark."""
_URL = re.compile(r"""(?i)\b(?:https?|wss?)://[^\s<>"'|]*[^\s<>"'|.,:;!?)\]}]""")
_SLACK_TOKEN = re.compile(r"\bx(?:ox[a-z]|app)-[A-Za-z0-9-]{4,}")
_CREDENTIALS = re.compile(
    r"(?i)\b(?:(https?|wss?)://[^\s/?#<>]*@|(?!https?:|wss?:)([a-z][a-z0-9+.-]{0,30})://\S{0,1000}@)"
)
"""Those of Redis and its like can have any sign, so everything up to the last @ is taken for them."""
_ALL_SECRET = re.compile(r"(?i)hooks\.slack(-gov)?\.com$")
"""The hosts whose paths let anybody post who knows them."""


def redact_url(url: str) -> str:
    """The URL without user-info and with the values of secret-looking parameters replaced by ***."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if ":" in host:
            host = f"[{host}]"
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "(unreadable URL)"
    if "@" in parts.netloc and "@" in parts.path:  # a password with a slash
        return redact_url(f"{parts.scheme}://u@{url.rpartition('@')[2]}")
    user = "***@" if "@" in parts.netloc else ""
    path = "/***" if _ALL_SECRET.search(host) else parts.path
    query = _PAIR.sub(lambda pair: f"{pair[1]}=***" if _is_secret(pair[1]) else pair[0], parts.query)
    return urlunsplit((parts.scheme, f"{user}{host}{port}", path, query, ""))


def redact_text(text: str) -> str:
    """Free text with URLs redacted, and Slack tokens, passwords and the values of secret-looking names removed."""
    text = _SLACK_TOKEN.sub("***", text)
    text = _CREDENTIALS.sub(r"\1\2://***@", text)
    text = _URL.sub(lambda match: redact_url(match[0]), text)
    return _LOOSE_PAIR.sub(lambda pair: f"{pair[1]}=***" if _is_secret(pair[1]) else pair[0], text)


def _is_secret(name: str) -> bool:
    return _SECRET_NAME.search(unquote(name)) is not None
