"""The simulator's answers as HTTP responses."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from devtools.slack_sim.errors import SlackError


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
