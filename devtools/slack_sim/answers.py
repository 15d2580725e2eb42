"""The simulator's answers: errors in Slack's words, and the HTTP responses."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web


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


def retry_after_text(seconds: float) -> str:
    """The Retry-After header: whole seconds, as in Slack, and a fraction only below one second."""
    if seconds >= 1:
        return str(math.ceil(seconds - 1e-6))
    return f"{seconds:.3f}".rstrip("0").rstrip(".") or "0"


def ok_response(body: Mapping[str, Any], headers: Mapping[str, str]) -> web.Response:
    """HTTP 200 with `ok: true`."""
    return _json({"ok": True, **body}, 200, headers)


def error_response(error: SlackError, headers: Mapping[str, str]) -> web.Response:
    """HTTP 200 with `ok: false`, or 429 with Retry-After (Slack docs: "Rate limits")."""
    body = {"ok": False, "error": error.code, **error.extra}
    if error.code in ("ratelimited", "rate_limited"):
        wait_s = 1.0 if error.retry_after_s is None else error.retry_after_s
        return _json(body, 429, {**headers, "Retry-After": retry_after_text(wait_s)})
    return _json(body, 200, headers)


def _json(body: Mapping[str, Any], status: int, headers: Mapping[str, str]) -> web.Response:
    return web.Response(
        text=json.dumps(body),
        status=status,
        headers=headers,
        content_type="application/json",
        charset="utf-8",
    )
