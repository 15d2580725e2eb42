"""TLS to feed servers: which authorities are trusted, connections that resume an earlier session, records counted.

A server that closes idle connections costs a handshake with each poll. With the session of an earlier connection the
handshake does without certificates, which takes a third to a half of our time off it. A session is used again only for
the same host name, under the context in which its certificate was checked; a context is for one port
(`newswatch.feeds.sessions`). Sessions live as long as their fetcher, so a certificate is checked again with each shift.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from newswatch.errors import PermanentError
from newswatch.feeds.metered import MAX_READS, AnswerTooLong

MOST_SESSIONS = 1_000
"""A session takes some 5 KB."""
_CA_SETTINGS = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR")


class Tls(ssl.SSLObject):
    """One TLS connection. What it reads is counted by records: many may arrive in one packet."""

    sessions: ClassVar[dict[str, ssl.SSLSession]]
    """Of the same context, by host name."""
    reads = 0
    _begun = False

    def do_handshake(self) -> None:
        """Like SSLObject.do_handshake, with the session of an earlier connection if there is one.

        Each is used once, as RFC 8446 (C.4) wants it; so a server that cannot go on with it fails one poll at most.
        """
        known = None if self._begun else self.sessions.pop(self.server_hostname or "", None)
        self._begun = True
        if known is not None:
            self.session = known
        super().do_handshake()

    def read(self, *given: Any) -> Any:
        """Like SSLObject.read. Raises AnswerTooLong."""
        self.reads += 1
        if self.reads > MAX_READS:
            raise AnswerTooLong
        return super().read(*given)

    def remember(self) -> None:
        """Keep the session for the next connection. Call this after an answer: a server sends its tickets with the first."""
        found, host = self.session, self.server_hostname
        if found is None or not host or not (found.has_ticket or found.id):
            return
        if len(self.sessions) < MOST_SESSIONS:
            self.sessions[host] = found


def tls_context(env: Mapping[str, str]) -> ssl.SSLContext:
    """A context with sessions of its own, and the authorities that `env` names, or else the system's.

    Raises PermanentError.
    """
    made = named_tls_context(env) or ssl.create_default_context()
    made.sslobject_class = type("Tls", (Tls,), {"sessions": {}})
    return made


def named_tls_context(env: Mapping[str, str]) -> ssl.SSLContext | None:
    """A context with the CAs that a setting names, None where no setting does. Raises PermanentError."""
    for name in _CA_SETTINGS:
        path = env.get(name)
        if not path:
            continue
        try:
            if Path(path).is_dir():
                return ssl.create_default_context(capath=path)
            return ssl.create_default_context(cafile=path)
        except OSError as error:
            raise PermanentError(
                f"{name}={path} is not a readable bundle of CA certificates ({error}): correct or unset it"
            ) from error
    return None
