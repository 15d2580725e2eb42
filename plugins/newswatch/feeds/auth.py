"""Credentials for paid and internal feeds. They never appear in a log or an error."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from newswatch import feed_secrets
from newswatch.errors import FetchRefused


@dataclass(frozen=True, slots=True)
class Auth:
    """A secret that a feed names: an Authorization header, or the value of another one. Hidden from `repr`."""

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


class Resolve(Protocol):
    """From the name of a secret to its value; None where nothing has the name. Raises FetchRefused.

    For `auth` that is an Authorization header. `plain`: the value as it is, for another header or a cookie.
    """

    def __call__(self, name: str, *, plain: bool = False) -> Auth | None:
        """The secret."""
        ...


def no_secret(name: str, *, plain: bool = False) -> Auth | None:  # noqa: ARG001 - as any Resolve
    """Finds nothing."""
    return None


def resolver(secrets: Mapping[str, str], connection: Resolve = no_secret) -> Resolve:
    """Looks names up among the variables `secrets`, then asks `connection` (under Airflow).

    The name is checked here although the files were: a configuration that is in force may be older
    than the check.
    """

    def resolve(name: str, *, plain: bool = False) -> Auth | None:
        variable = feed_secrets.variable_of(name)
        try:
            feed_secrets.check_name(name)
            if variable in secrets:
                value = secrets[variable]
                return Auth(value if plain else feed_secrets.authorization(variable, value))
        except ValueError as error:
            raise FetchRefused(f"auth: {error}", kind="auth") from None
        if not feed_secrets.is_connection(name):
            return None
        return connection(name, plain=True) if plain else connection(name)

    return resolve
