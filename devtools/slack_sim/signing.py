"""The signature of Slack's requests: docs, "Verifying requests from Slack" (version v0).

The base string is `v0:{timestamp}:{raw body}`. Its HMAC-SHA256 with the signing secret goes into
`X-Slack-Signature` as `v0=…`. Receivers refuse a timestamp that is more than five minutes off.
"""

from __future__ import annotations

import hashlib
import hmac

SIGNATURES = (None, "forged", "missing")
TIMESTAMPS = (None, "stale", "future", "text")
_OFF_BY_S = 3600
_TEXT = "yesterday"


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """`v0=` and 64 hexadecimal digits."""
    base = b":".join((b"v0", timestamp.encode(), body))
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def signed_headers(
    secret: str, body: bytes, now: float, *, signature_is: str | None = None, timestamp_is: str | None = None
) -> dict[str, str]:
    """The two headers, right, or wrong on purpose.

    `signature_is`: `forged` is made with another secret, `missing` is left out. `timestamp_is`: `stale`
    and `future` are an hour off, `text` is not a number; all three have a valid signature.
    """
    off_by_s = {"stale": -_OFF_BY_S, "future": _OFF_BY_S}.get(timestamp_is or "", 0)
    timestamp = _TEXT if timestamp_is == "text" else str(int(now) + off_by_s)
    headers = {"X-Slack-Request-Timestamp": timestamp}
    if signature_is != "missing":
        used = f"not {secret}" if signature_is == "forged" else secret
        headers["X-Slack-Signature"] = signature(used, timestamp, body)
    return headers
