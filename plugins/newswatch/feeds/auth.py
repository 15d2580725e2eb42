"""Credentials for paid and internal feeds. They never appear in a log or an error."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from newswatch import feed_secrets
from newswatch.errors import FetchRefused


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


Resolve = Callable[[str], Auth | None]
"""From a feed's `auth` to its credentials; None where nothing has the name. Raises FetchRefused."""


def resolver(secrets: Mapping[str, str], connection: Resolve = lambda _name: None) -> Resolve:
    """Looks names up among the variables `secrets`, then asks `connection` (under Airflow).

    The name is checked here although the files were: a configuration that is in force may be older
    than the check.
    """

    def resolve(name: str) -> Auth | None:
        variable = feed_secrets.variable_of(name)
        try:
            feed_secrets.check_name(name)
            if variable in secrets:
                return Auth(feed_secrets.authorization(variable, secrets[variable]))
        except ValueError as error:
            raise FetchRefused(f"auth: {error}", kind="auth") from None
        return connection(name) if feed_secrets.is_connection(name) else None

    return resolve
