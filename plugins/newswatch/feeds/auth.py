"""Credentials for paid and internal feeds. They never appear in a log or an error."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Auth:
    """The credentials that a feed's `auth` names: an Authorization header, hidden from `repr`."""

    header: str = field(repr=False)

    @classmethod
    def basic(cls, user: str, password: str) -> Auth:
        """HTTP Basic, user and password as UTF-8 (RFC 7617)."""
        token = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
        return cls(f"Basic {token}")

    @classmethod
    def bearer(cls, token: str) -> Auth:
        """A bearer token (RFC 6750)."""
        return cls(f"Bearer {token.strip()}")

    @classmethod
    def from_text(cls, text: str) -> Auth:
        """From one setting: `Bearer TOKEN`, `Basic BASE64`, `user:password`, or a bare token."""
        text = text.strip()
        scheme, _, rest = text.partition(" ")
        if rest and scheme.lower() in ("bearer", "basic"):
            return cls(f"{scheme.capitalize()} {rest.strip()}")
        user, colon, password = text.partition(":")
        return cls.basic(user, password) if colon else cls.bearer(text)
