"""The error codes of Slack's method reference, by method.

Each page docs.slack.dev/reference/methods/<method> has a table "Errors"; these are its codes as of August 2026.
Slack says that other codes may come too, so UNLISTED has those that earlier editions of the tables listed, or that
developers report.
"""

from __future__ import annotations

from collections.abc import Mapping

_EVERY_METHOD = frozenset(
    [
        "access_denied",
        "accesslimited",
        "account_inactive",
        "deprecated_endpoint",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "fatal_error",
        "invalid_arg_name",
        "invalid_array_arg",
        "invalid_charset",
        "invalid_form_data",
        "invalid_post_type",
        "is_bot",
        "method_deprecated",
        "missing_post_type",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "ratelimited",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
        "token_expired",
        "token_revoked",
        "two_factor_setup_required",
        "unknown_method",
    ]
)
_OWN: Mapping[str, str] = {
    "auth.test": """
    internal_error invalid_auth
    """,
    "chat.postMessage": """
    app_access_restricted as_user_not_supported attachment_payload_limit_exceeded
    cannot_reply_to_message channel_not_found draft_already_deleted draft_already_sent
    draft_has_conflict draft_not_found duplicate_channel_not_found duplicate_message_not_found
    invalid_blocks invalid_blocks_format invalid_metadata_format invalid_metadata_schema is_archived
    markdown_text_conflict message_limit_exceeded messages_tab_disabled
    metadata_must_be_sent_from_app metadata_too_large missing_file_data msg_blocks_too_long no_text
    not_in_channel rate_limited restricted_action restricted_action_non_threadable_channel
    restricted_action_read_only_channel restricted_action_thread_locked
    restricted_action_thread_only_channel send_on_behalf_not_allowed
    slack_connect_canvas_sharing_blocked slack_connect_file_link_sharing_blocked
    slack_connect_lists_sharing_blocked team_not_found too_many_attachments too_many_contact_cards
    """,
    "chat.postEphemeral": """
    cannot_reply_to_message channel_not_found invalid_attachments invalid_blocks
    invalid_blocks_format is_archived markdown_text_conflict message_limit_exceeded
    messages_tab_disabled msg_too_long no_text not_in_channel restricted_action too_many_attachments
    user_not_in_channel
    """,
    "chat.update": """
    as_user_not_supported block_mismatch blocked_file_type cant_broadcast_message
    cant_update_message channel_not_found edit_window_closed external_channel_migrating file_deleted
    file_is_deleted file_not_found file_share_limit_reached invalid_attachments invalid_blocks
    invalid_blocks_format invalid_metadata_format invalid_metadata_schema is_inactive
    markdown_text_conflict max_file_sharing_exceeded message_limit_exceeded message_not_found
    metadata_must_be_sent_from_app metadata_too_large msg_too_long no_dual_broadcast_content_update
    no_text posting_to_channel_denied slack_connect_blocked_file_type
    slack_connect_canvas_sharing_blocked slack_connect_clip_sharing_blocked
    slack_connect_file_link_sharing_blocked slack_connect_file_upload_sharing_blocked
    streaming_state_conflict team_not_found too_many_attachments unable_to_share_files update_failed
    """,
    "conversations.history": """
    channel_is_limited_access channel_not_found invalid_cursor invalid_metadata_filter_keys
    invalid_ts_latest invalid_ts_oldest not_in_channel
    """,
    "conversations.replies": """
    channel_not_found invalid_cursor invalid_metadata_filter_keys invalid_ts_latest
    invalid_ts_oldest list_record_comment_fetch_failed method_not_supported_for_channel_type
    thread_not_found
    """,
    "conversations.info": """
    channel_is_limited_access channel_not_found
    """,
    "conversations.list": """
    invalid_cursor invalid_limit invalid_types method_not_supported_for_channel_type
    missing_argument
    """,
    "conversations.members": """
    channel_not_found fetch_members_failed invalid_cursor invalid_limit
    """,
    "users.info": "user_not_found user_not_visible",
    "views.open": """
    duplicate_external_id exchanged_trigger_id expired_trigger_id invalid_trigger_id not_enabled
    push_limit_reached view_too_large
    """,
    "views.update": "duplicate_external_id hash_conflict not_found view_too_large",
    "apps.connections.open": "forbidden_team internal_error",
}
ERRORS: Mapping[str, frozenset[str]] = {
    method: _EVERY_METHOD | frozenset(own.split()) for method, own in _OWN.items()
}
"""Method → the codes on its page."""

UNLISTED = frozenset(
    [
        "internal_error",
        "invalid_arguments",
        "invalid_auth",
        "is_inactive",
        "msg_too_long",
        "team_access_not_granted",
        "thread_locked",
        "thread_not_found",
    ]
)


def listed(method: str, code: str) -> bool:
    """Whether `method` may answer with this code. `*` is any method."""
    if code in UNLISTED:
        return True
    if method == "*":
        return any(code in codes for codes in ERRORS.values())
    return code in ERRORS.get(method, ())
