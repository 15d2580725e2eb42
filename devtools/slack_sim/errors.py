"""The errors with which the simulator refuses a call, in Slack's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class SlackError(Exception):
    """A call is refused. `code` is Slack's error string, `extra` are more fields of the answer."""

    def __init__(self, code: str, *, retry_after_s: float | None = None, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after_s = retry_after_s
        self.extra = extra


def invalid(code: str, problems: Sequence[str]) -> SlackError:
    """An error with a list of reasons, like that of Slack's Block Kit validator.

    Slack docs: "Block Kit: errors", `response_metadata.messages` with JSON pointers.
    """
    return SlackError(
        code,
        errors=list(problems),
        response_metadata={"messages": [f"[ERROR] {problem}" for problem in problems]},
    )
