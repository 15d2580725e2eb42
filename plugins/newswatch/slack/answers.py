"""What Slack's answers mean: the one table that delivery follows. Pure.

Three questions decide: did the request reach Slack, can the same request succeed later, and
what does it affect (this message, its channel, one method, the whole workspace). If it cannot be known
whether Slack posted the message, the outcome is `ambiguous`, and the history must be read before
anything is sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from newswatch.sending import Outcome, OutcomeKind

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


_NEW_TOKEN = "Put a valid bot token (xoxb-…) into SLACK_BOT_TOKEN or the newswatch_slack connection"  # noqa: S105
_ASK_ADMIN = "Ask a workspace admin to allow the app"
_SUPPORT = "It needs a newer release of newswatch"

_CODES: Mapping[OutcomeKind, Mapping[str, str]] = {
    # One message: what it says or how. Every row is `code: what to do`, "" where there is nothing to do.
    "ambiguous": dict.fromkeys(
        ("internal_error", "fatal_error", "service_unavailable", "request_timeout"), ""
    ),
    "minimal": dict.fromkeys(
        (
            *("invalid_blocks", "invalid_blocks_format", "invalid_attachments", "invalid_arguments"),
            *("msg_too_long", "msg_blocks_too_long", "attachment_payload_limit_exceeded", "no_text"),
            *("invalid_metadata_format", "invalid_metadata_schema", "metadata_too_large"),
            *("metadata_must_be_sent_from_app", "markdown_text_conflict", "too_many_attachments"),
            *("too_many_contact_cards", "invalid_array_arg", "invalid_arg_name"),
            *("slack_connect_canvas_sharing_blocked", "slack_connect_file_link_sharing_blocked"),
            *("slack_connect_lists_sharing_blocked", "slack_connect_clip_sharing_blocked"),
        ),
        "",
    ),
    "alone": dict.fromkeys(
        (
            *("cannot_reply_to_message", "thread_not_found", "thread_locked"),
            *("restricted_action_thread_locked", "restricted_action_non_threadable_channel"),
        ),
        "",
    ),
    "later": dict.fromkeys(("update_failed", "external_channel_migrating", "streaming_state_conflict"), ""),
    "failed": dict.fromkeys(
        (
            *(
                "message_not_found",
                "cant_update_message",
                "edit_window_closed",
                "block_mismatch",
                "is_inactive",
            ),
            *("cant_broadcast_message", "no_dual_broadcast_content_update", "posting_to_channel_denied"),
            *("draft_already_deleted", "draft_already_sent", "draft_has_conflict", "draft_not_found"),
            *("duplicate_channel_not_found", "duplicate_message_not_found", "send_on_behalf_not_allowed"),
            *(
                "missing_file_data",
                "file_deleted",
                "file_is_deleted",
                "file_not_found",
                "unable_to_share_files",
            ),
            *("file_share_limit_reached", "max_file_sharing_exceeded", "blocked_file_type"),
            *("slack_connect_blocked_file_type", "slack_connect_file_upload_sharing_blocked"),
            *("invalid_cursor", "invalid_limit", "invalid_types", "invalid_ts_latest", "invalid_ts_oldest"),
            *(
                "invalid_metadata_filter_keys",
                "list_record_comment_fetch_failed",
                "user_not_in_channel",
                "missing_argument",
            ),
            *("expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id", "push_limit_reached"),
            *("not_found", "hash_conflict", "view_too_large", "duplicate_external_id", "not_enabled"),
            *("user_not_found", "user_not_visible", "fetch_members_failed"),
        ),
        "",
    ),
    # One channel.
    "paused_channel": {
        "channel_not_found": "Check the channel id in receivers.yaml; a private channel must have the app as a member",
        "not_in_channel": "Invite the app to the channel: /invite @<app name>",
        "is_archived": "Unarchive the channel, or give the receiver another one in receivers.yaml",
        "restricted_action": "The workspace's settings forbid posting here; ask an admin to allow the app",
        "restricted_action_read_only_channel": "The channel is read-only; ask an admin to let the app post",
        "restricted_action_thread_only_channel": "Only replies are allowed here; choose another channel",
        "no_permission": "Invite the app to the channel, and give it the scope chat:write",
        "ekm_access_denied": "The admins have disabled messages to this channel; ask them",
        "channel_is_limited_access": "The app may not see this channel; choose another one",
        "method_not_supported_for_channel_type": "This type of channel cannot be used; choose another one",
        "messages_tab_disabled": "The app takes no direct messages; use a channel",
    },
    # One method. For posting that is the whole workspace.
    "paused_method": {
        "missing_scope": "Add the scope to the Slack app (OAuth & Permissions) and reinstall it",
        "deprecated_endpoint": _SUPPORT,
        "method_deprecated": _SUPPORT,
        "unknown_method": f"Check SLACK_BASE_URL. If it is right: {_SUPPORT}",
        "invalid_charset": _SUPPORT,
        "invalid_form_data": _SUPPORT,
        "invalid_post_type": _SUPPORT,
        "missing_post_type": _SUPPORT,
        "as_user_not_supported": _SUPPORT,
    },
    # The workspace.
    "paused_workspace": {
        "invalid_auth": _NEW_TOKEN,
        "not_authed": _NEW_TOKEN,
        "token_revoked": f"The app was removed or its token revoked. {_NEW_TOKEN}",
        "token_expired": _NEW_TOKEN,
        "account_inactive": f"The app's bot user was deactivated. {_NEW_TOKEN}",
        "not_allowed_token_type": f"This is not a bot token. {_NEW_TOKEN}",
        "is_bot": f"This is the token of a legacy bot. {_NEW_TOKEN}",
        "org_login_required": "The workspace is being migrated; wait, or ask an admin",
        "team_added_to_org": "The workspace is being moved into an Enterprise organization; wait, or ask an admin",
        "team_not_found": "The token belongs to an organization. Install the app in the workspace and use that token",
        "accesslimited": "The workspace accepts calls only from certain networks; ask an admin to add this one",
        "team_access_not_granted": "Install the app in this workspace",
        "enterprise_is_restricted": "Install the app in the workspace, not in the organization",
        "two_factor_setup_required": "The user who installed the app must set up two-factor authentication",
        "access_denied": _ASK_ADMIN,
        "forbidden_team": _ASK_ADMIN,
        "app_access_restricted": _ASK_ADMIN,
    },
}
_ROWS: Mapping[str, tuple[OutcomeKind, str]] = {
    code: (kind, advice) for kind, codes in _CODES.items() for code, advice in codes.items()
}
"""The table: Slack's error code → what it affects, and what to do. A test holds it against Slack's method reference."""


def classify(status: int, body: Any, headers: Mapping[str, str]) -> Outcome:
    """The outcome of an HTTP answer: `body` is the decoded JSON, or anything else Slack sent."""
    if status == 429:
        code = body.get("error") if isinstance(body, Mapping) else None
        return _ratelimited(code if isinstance(code, str) and code else "ratelimited", headers)
    if not isinstance(body, Mapping) or "ok" not in body:
        return ambiguous(
            "no_answer", f"Slack answered {status} with something other than an answer of its API"
        )
    if body["ok"] is True:
        ts = body.get("ts")
        return Outcome("sent", ts=ts) if isinstance(ts, str) and ts else Outcome("sent")
    code = str(body.get("error") or "")
    if status >= 500 or not code or code in _CODES["ambiguous"]:
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
    kind, advice = _ROWS.get(code, ("unknown", ""))
    needed = f" (needed: {body['needed']})" if body.get("needed") else ""
    says = _SAYS.get(kind, f"Slack: {code}{needed}. {advice}")
    return Outcome(kind, code=code, message=says.format(code=code))


_SAYS: Mapping[OutcomeKind, str] = {
    "minimal": "Slack refused the layout ({code}); plain text is sent instead",
    "alone": "Slack takes no reply there ({code}); the message is posted on its own",
    "later": "Slack cannot do this now ({code}); it is tried again",
    "failed": "Slack refuses this message: {code}. It is kept as a dead letter",
    "unknown": "Slack answers with a code that newswatch does not know, or not here: {code}. The message is tried again later",
}


def for_no_reply(outcome: Outcome) -> Outcome:
    """The outcome for a message that is no reply. Slack's refusal of a reply makes no sense then: nobody knows what it means."""
    if outcome.kind != "alone":
        return outcome
    return Outcome("unknown", code=outcome.code, message=_SAYS["unknown"].format(code=outcome.code))


def refusal_in_words(outcome: Outcome) -> str:
    """Why a question was not answered. A missing scope is named with what to do; of other codes the code is enough."""
    return outcome.message if outcome.code == "missing_scope" else outcome.code or "it says so"


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
