"""Removes secrets from text. The one place that decides which parts of a URL may be shown.

Feeds may have credentials in the user-info part or in the query string. Everything that goes into a log, an error, a
message or a page passes through here first.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

_SECRET_NAME = re.compile(
    r"(?i)(^|[_\-.])(key|apikey|api_key|token|secret|sig|signature|auth|password|passwd|pwd|access|ticket)([_\-.]|$)"
)
_PAIR = re.compile(r"([^&;=]+)=([^&;]*)")
_URL = re.compile(r"(?i)\b(?:https?|wss?)://[^\s<>\"']+")
_SLACK_TOKEN = re.compile(r"\bx(?:ox[a-z]|app)-[A-Za-z0-9-]{4,}")
_REDIS_URL = re.compile(r"(?i)\b(rediss?|valkeys?|unix)://[^@\s/]*@")


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
    user = "***@" if "@" in parts.netloc else ""

    def hide(match: re.Match[str]) -> str:
        return f"{match[1]}=***" if _SECRET_NAME.search(match[1]) else match[0]

    return urlunsplit((parts.scheme, f"{user}{host}{port}", parts.path, _PAIR.sub(hide, parts.query), ""))


def redact_text(text: str) -> str:
    """Free text with URLs redacted and Slack tokens and Redis passwords removed."""
    text = _SLACK_TOKEN.sub("***", text)
    text = _REDIS_URL.sub(r"\1://***@", text)
    return _URL.sub(lambda match: redact_url(match[0]), text)
