"""What Slack's answers mean: the one table that delivery follows. Pure.

Three questions decide: did the request reach Slack, can the same request succeed later, and
what does it affect (this message, its channel, the whole workspace). If it cannot be known
whether Slack posted the message, the outcome is `ambiguous`, and the history must be read before
anything is sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from newswatch.sending import Outcome

MESSAGE_LIMIT_PAUSE_S = 300.0
DEFAULT_RETRY_AFTER_S = 1.0
MAX_RETRY_AFTER_S = 3_600.0
"""A larger Retry-After is reduced to this, so that one header cannot stop alerts for a day."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A request's outcome with the decoded body and the headers; both may be empty."""

    outcome: Outcome
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


_AMBIGUOUS = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
_MINIMAL = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long", "metadata_too_large",
     "invalid_metadata_format", "invalid_metadata_schema", "metadata_must_be_sent_from_app", "no_text"}
)  # fmt: skip
_CHANNEL: Mapping[str, str] = {
    "channel_not_found": "Check the channel id in receivers.yaml; a private channel must have the app as a member",
    "not_in_channel": "Invite the app to the channel: /invite @<app name>",
    "is_archived": "Unarchive the channel, or give the receiver another one in receivers.yaml",
    "restricted_action": "The workspace's settings forbid posting here; ask an admin to allow the app",
    "restricted_action_read_only_channel": "The channel is read-only; ask an admin to let the app post",
    "restricted_action_thread_only_channel": "Only replies are allowed here; choose another channel",
    "cannot_reply_to_message": "This channel does not allow replies; choose another channel",
}
_NEW_TOKEN = "Put a valid bot token (xoxb-…) into SLACK_BOT_TOKEN or the newswatch_slack connection"  # noqa: S105
_WORKSPACE: Mapping[str, str] = {
    "invalid_auth": _NEW_TOKEN,
    "not_authed": _NEW_TOKEN,
    "token_revoked": f"The app was removed or its token revoked. {_NEW_TOKEN}",
    "token_expired": _NEW_TOKEN,
    "account_inactive": f"The app's bot user was deactivated. {_NEW_TOKEN}",
    "missing_scope": "Add the scope to the Slack app (OAuth & Permissions) and reinstall it",
    "not_allowed_token_type": f"This is not a bot token. {_NEW_TOKEN}",
    "no_permission": "Add the scope chat:write to the Slack app and reinstall it",
    "ekm_access_denied": "A workspace admin has suspended messages; ask them",
    "org_login_required": "The workspace is being migrated; wait, or ask an admin",
    "accesslimited": "The workspace accepts calls only from certain networks; ask an admin to add this one",
    "team_access_not_granted": "Install the app in this workspace",
    "access_denied": "Ask a workspace admin to allow the app",
}


def classify(status: int, body: Any, headers: Mapping[str, str]) -> Outcome:
    """The outcome of an HTTP answer: `body` is the decoded JSON, or anything else Slack sent."""
    if status == 429:
        return _ratelimited("ratelimited", headers)
    if not isinstance(body, Mapping) or "ok" not in body:
        return ambiguous(
            "no_answer", f"Slack answered {status} with something other than an answer of its API"
        )
    if body["ok"] is True:
        ts = body.get("ts")
        return Outcome("sent", ts=ts) if isinstance(ts, str) and ts else Outcome("sent")
    code = str(body.get("error") or "")
    if status >= 500 or code in _AMBIGUOUS or not code:
        return ambiguous(
            code or f"http_{status}", f"Slack had an internal error ({status}, {code or 'no code'})"
        )
    return _refused(code, body, headers)


def _refused(code: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Outcome:
    if code in {"ratelimited", "rate_limited"}:
        return _ratelimited(code, headers)
    if code == "message_limit_exceeded":
        return Outcome(
            "message_limit",
            code=code,
            retry_after_s=MESSAGE_LIMIT_PAUSE_S,
            message="The workspace has posted too many messages; sending is paused for a few minutes",
        )
    if code in _MINIMAL:
        return Outcome(
            "minimal", code=code, message=f"Slack refused the layout ({code}); plain text is sent instead"
        )
    if code in _CHANNEL:
        return Outcome("paused_channel", code=code, message=f"Slack: {code}. {_CHANNEL[code]}")
    if code in _WORKSPACE:
        needed = f" (needed: {body['needed']})" if body.get("needed") else ""
        return Outcome("paused_workspace", code=code, message=f"Slack: {code}{needed}. {_WORKSPACE[code]}")
    return Outcome(
        "failed", code=code, message=f"Slack refuses this message: {code}. It is kept as a dead letter"
    )


def _ratelimited(code: str, headers: Mapping[str, str]) -> Outcome:
    wait_s = retry_after_s(headers)
    return Outcome(
        "ratelimited", code=code, retry_after_s=wait_s, message=f"Slack asks us to wait {wait_s:g} s"
    )


def retry_after_s(headers: Mapping[str, str]) -> float:
    """Seconds to wait. Slack sends whole or fractional seconds; anything that is not a number becomes 1."""
    given = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    try:
        wait_s = float(given)
    except ValueError:
        return DEFAULT_RETRY_AFTER_S
    if not wait_s >= 0:  # NaN too
        return DEFAULT_RETRY_AFTER_S
    return min(wait_s, MAX_RETRY_AFTER_S)


def ambiguous(code: str, message: str) -> Outcome:
    """An unknown outcome: the message may have been posted or not."""
    return Outcome(
        "ambiguous", code=code, message=f"{message}; the channel's history will show whether it was posted"
    )


def classify_fault(error: BaseException, base_url: str) -> Outcome:
    """The outcome of a request that got no answer: `error` is aiohttp's or the system's.

    aiohttp distinguishes a connection that was never made (refused, DNS, TLS, proxy, connect
    timeout) from one that broke when the request may already have been sent.
    """
    if isinstance(error, aiohttp.RedirectClientError):
        return ambiguous(
            "redirect",
            f"{base_url} redirects to another address, which Slack's API never does; check SLACK_BASE_URL",
        )
    if isinstance(error, (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError)):
        return Outcome(
            "not_reached", code="url", message=f"{base_url} is not a usable URL; check SLACK_BASE_URL"
        )
    if isinstance(
        error, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)
    ):
        return Outcome(
            "not_reached",
            code=_fault_word(error),
            message=f"{base_url} could not be reached ({_fault_word(error)}); check the network, the proxy and DNS",
        )
    if isinstance(error, asyncio.TimeoutError):
        return ambiguous("timeout", "Slack did not answer in time")
    return ambiguous("connection_lost", "The connection to Slack broke before its answer came")


def _fault_word(error: BaseException) -> str:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "dns"
    if isinstance(error, aiohttp.ClientSSLError):
        return "tls"
    if isinstance(error, (aiohttp.ClientHttpProxyError, aiohttp.ClientProxyConnectionError)):
        return "proxy"
    return "connect_timeout" if isinstance(error, asyncio.TimeoutError) else "connection_refused"
