"""Every error newswatch raises on purpose, in one tree.

::

    NewswatchError
    ├── RetryableError            the same call may succeed later; Airflow retries the task
    │   ├── RedisUnavailable      Redis cannot be reached, is loading or failing over
    │   │   └── RedisFull         Redis is out of memory and refuses writes
    │   ├── LeaseLost             another process took the stage over; its work goes on there
    │   ├── FetchFailed           one feed could not be fetched (timeout, DNS, 5xx, 429)
    │   └── SlackUnavailable      Slack cannot be reached or answered with a passing fault
    └── PermanentError            the same call fails again until someone acts
        ├── RedisRefused          Redis refuses the user or a command, or newswatch cannot use this kind
        ├── SettingsRefused       variables of the environment or .env refused; carries all that is wrong
        ├── ConfigError           configuration refused; carries every Problem found
        ├── QueryError            one rule query refused; carries the offset
        ├── FetchRefused          one feed must not or cannot be fetched (address, 4xx, too large)
        ├── ParseFailed           the document is not a feed
        ├── NoSuchRule            no rule has the id that was given
        └── SlackRefused          Slack refuses the token, the channel or the payload

Errors name the thing (feed id, rule id, file:line:col, setting) and the way out. Their text
never holds a secret: URLs go through `newswatch.redact.redact_url` first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple


class NewswatchError(Exception):
    """Base of all errors raised on purpose. `str(error)` is fit to show to a person."""


class RetryableError(NewswatchError):
    """The same call may succeed later without anyone acting."""


class PermanentError(NewswatchError):
    """The same call will fail again until someone changes something."""


class RedisUnavailable(RetryableError):
    """Redis cannot be reached, is loading its data, or refuses writes for now."""


class RedisFull(RedisUnavailable):
    """Redis is out of memory: it refuses writes until memory is freed or added."""


class LeaseLost(RetryableError):
    """The stage's lease passed to another process; nothing was handed over by this one."""


class FetchFailed(RetryableError):
    """A feed could not be fetched this time.

    `kind` is a short machine word (timeout, dns, connect, proxy, tls, http, ratelimited, truncated).
    `retry_after_s` is what the server asked for, in seconds, or None. `url` is what was asked last,
    "" for unknown: after redirects that is another server's than the feed's own.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: str,
        status: int | None = None,
        retry_after_s: float | None = None,
        url: str = "",
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.retry_after_s = retry_after_s
        self.url = url


class RedisRefused(PermanentError):
    """Redis refuses the user, the password or a command, or it is a cluster, a Sentinel or too old."""


class SlackUnavailable(RetryableError):
    """Slack cannot be reached, or answered with a fault that passes."""


class FetchRefused(PermanentError):
    """A feed is refused: a forbidden address or scheme, a 4xx, a body over the cap.

    `kind` is a short machine word (address, scheme, redirects, size, gone, http, auth, proxy). `target`
    is the URL that a redirect led to where that one is refused for its address.
    """

    def __init__(self, message: str, *, kind: str, status: int | None = None, target: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.target = target


class ParseFailed(PermanentError):
    """The document is no feed, or no story, newswatch can read. `kind`: not_a_feed, no_text (articles), limit, crashed."""

    def __init__(self, message: str, *, kind: str = "not_a_feed") -> None:
        super().__init__(message)
        self.kind = kind


class NoSuchRule(PermanentError):
    """No rule has the id that was given, or none that this can be done to."""


class QueryError(PermanentError):
    """A rule's query is refused.

    `offset` and `end` are code-point offsets into the query text; `message` says what was
    expected and what to write instead.
    """

    def __init__(self, message: str, *, offset: int, end: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.end = offset + 1 if end is None else end


class Problem(NamedTuple):
    """One finding about the configuration, at a place a person can open."""

    file: str
    line: int
    col: int
    message: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        prefix = "" if self.severity == "error" else "warning: "
        return f"{self.file}:{self.line}:{self.col}: {prefix}{self.message}"


class SettingsRefused(PermanentError):
    """Settings are refused, so nothing was begun. `problems` holds a sentence for each bad variable."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class ConfigError(PermanentError):
    """The configuration is refused. `problems` holds every error found, in file order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class SlackRefused(PermanentError):
    """Slack refuses the token, the channel or the payload; `code` is Slack's error string."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code
