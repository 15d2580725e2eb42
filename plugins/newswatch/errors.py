"""Every error newswatch raises on purpose, in one tree.

::

    NewswatchError
    ├── RetryableError            the same call may succeed later; Airflow retries the task
    │   ├── RedisUnavailable      Redis cannot be reached, is loading or failing over
    │   │   └── RedisFull         Redis is out of memory and refuses writes
    │   ├── LeaseLost             another process runs the stage now
    │   ├── FetchFailed           one feed could not be fetched (timeout, DNS, 5xx, 429)
    │   └── SlackUnavailable      Slack cannot be reached or answered with a passing fault
    └── PermanentError            the same call fails again until someone acts
        ├── RedisRefused          Redis refuses the user or a command, or newswatch cannot use this kind
        ├── SettingsRefused       variables of the environment or .env refused; has everything that is wrong
        ├── ConfigError           configuration refused; has every Problem found
        ├── QueryError            one rule query refused; has the offset
        ├── FetchRefused          one feed must not or cannot be fetched (address, 4xx, too large)
        ├── ParseFailed           the document is not a feed
        ├── NoSuchRule            no rule has the id that was given
        └── SlackRefused          Slack refuses the token, the channel or the payload

Errors name the thing (feed id, rule id, file:line:col, setting) and say what to do. Their text
never contains a secret: URLs go through `newswatch.redact.redact_url` first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple


class NewswatchError(Exception):
    """Base of all errors raised on purpose. `str(error)` can be shown to a person."""


class RetryableError(NewswatchError):
    """The same call may succeed later without anyone acting."""


class PermanentError(NewswatchError):
    """The same call will fail again until someone changes something."""


class RedisUnavailable(RetryableError):
    """Redis cannot be reached, is loading its data, or refuses writes for now."""


class RedisFull(RedisUnavailable):
    """Redis is out of memory: it refuses writes until memory is freed or added."""


class LeaseLost(RetryableError):
    """Another process has the stage's lease now. This one handed nothing over."""


class StoppedEarly(RetryableError):
    """A resident was asked to end before its shift did. Its next try works the rest, on another worker."""


class FetchFailed(RetryableError):
    """A feed could not be fetched this time.

    `kind` is a short machine word (timeout, dns, connect, proxy, tls, http, ratelimited, truncated). `retry_after_s` is what
    the server asked for, in seconds, or None. `url` is the last URL that was requested, "" for unknown; after redirects
    it may be of another server than the feed's.
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

    `kind` is a short machine word (address, scheme, redirects, size, gone, http, auth, proxy). `target` is the URL of a
    redirect that is refused because of its address. `retry_after_s` is what the server asked for, in seconds, or None.
    `url` is the URL that was answered with `status`, "" for unknown; it is another one than the feed's after redirects.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: str,
        status: int | None = None,
        target: str = "",
        retry_after_s: float | None = None,
        url: str = "",
    ) -> None:
        super().__init__(message)
        self.url = url
        self.retry_after_s = retry_after_s
        self.kind = kind
        self.status = status
        self.target = target


class ParseFailed(PermanentError):
    """The document is not a feed, or not an article, that newswatch can read.

    `kind`: not_a_feed, no_text (articles), no_list and layout (pages that are read as sources), selector, limit, crashed.
    """

    def __init__(self, message: str, *, kind: str = "not_a_feed") -> None:
        super().__init__(message)
        self.kind = kind


class NoSuchRule(PermanentError):
    """There is no rule with the id that was given, or the rule is not muted."""


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
    """One problem of the configuration, at its place in a file."""

    file: str
    line: int
    col: int
    message: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        prefix = "" if self.severity == "error" else "warning: "
        return f"{self.file}:{self.line}:{self.col}: {prefix}{self.message}"


class StageRed(PermanentError):
    """A shift ends red. The text has a line for each cause, and what else was done."""


class SettingsRefused(PermanentError):
    """Settings are refused, so nothing was started. `problems` has a sentence for each bad variable."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class ConfigError(PermanentError):
    """The configuration is refused. `problems` has every error, in file order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class SlackRefused(PermanentError):
    """Slack refuses the token, the channel or the payload; `code` is Slack's error string."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code
