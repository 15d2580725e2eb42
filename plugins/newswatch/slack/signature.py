"""Whether a request comes from Slack: its signature, over the body as it was sent.

Slack's documentation: "Verifying requests from Slack". The comparison is slack_sdk's; it
raises for a timestamp that is not a number, so that is refused here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from slack_sdk.signature import Clock, SignatureVerifier

Refusal = Literal["unsigned", "stale", "forged"]

MAX_AGE_S = 300
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


def refusal_of(secret: str, body: bytes, headers: Mapping[str, str], *, now_s: float) -> Refusal | None:
    """Why this request is refused; None if Slack sent it. Names in `headers` may be of any case.

    `stale`: signed more than five minutes ago, or that far in the future. It may be a replay.
    """
    named = {name.lower(): value for name, value in headers.items()}
    stamp, given = named.get("x-slack-request-timestamp", ""), named.get("x-slack-signature", "")
    if not _SECONDS.fullmatch(stamp) or not given.isascii() or not given:
        return "unsigned"
    if abs(now_s - int(stamp)) > MAX_AGE_S:
        return "stale"
    verifier = SignatureVerifier(secret, _At(now_s))
    try:
        genuine = verifier.is_valid(body=body, timestamp=stamp, signature=given)
    except UnicodeDecodeError:  # slack_sdk signs text; Slack's forms are ASCII
        genuine = False
    return None if genuine else "forged"


class _At(Clock):
    """The time that was passed in."""

    def __init__(self, now_s: float) -> None:
        self._now_s = now_s

    def now(self) -> float:
        return self._now_s
