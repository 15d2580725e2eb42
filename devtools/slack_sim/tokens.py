"""Checks the token of a call: Slack docs, "Authentication" and "Tokens" (bot and app-level tokens)."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from devtools.slack_sim.errors import SlackError
from devtools.slack_sim.settings import SimSettings

BOT_PREFIX, APP_PREFIX = "xoxb-", "xapp-"


def check_bot_token(settings: SimSettings, request: web.Request, args: dict[str, Any]) -> None:
    """A bot token, as a Bearer header or a `token` argument. Raises Slack's answer to a wrong one."""
    token = _bearer(request) or str(args.get("token") or "")
    _check(token, settings.token, BOT_PREFIX, APP_PREFIX)


def check_app_token(settings: SimSettings, request: web.Request, args: dict[str, Any]) -> None:
    """An app-level token, in the header only. Raises Slack's answer to a wrong one.

    Method reference: apps.connections.open ("passing it as a POST parameter will result in an error",
    and insecure_request unless it is a POST).
    """
    if request.method != "POST":
        raise SlackError("insecure_request")
    token = _bearer(request)
    if not token and args.get("token"):
        raise SlackError("invalid_auth")
    _check(token, settings.app_token, APP_PREFIX, BOT_PREFIX)


def _bearer(request: web.Request) -> str:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" else ""


def _check(token: str, only: str | None, prefix: str, other_prefix: str) -> None:
    if not token:
        raise SlackError("not_authed")
    if token.startswith(other_prefix):
        raise SlackError("not_allowed_token_type")
    if token != only if only else not token.startswith(prefix):
        raise SlackError("invalid_auth")
