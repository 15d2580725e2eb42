from __future__ import annotations

import asyncio

import aiohttp
import pytest

from devtools.slack_sim.reference import ERRORS, UNLISTED
from newswatch.slack.answers import MAX_RETRY_AFTER_S, classify, classify_fault, retry_after_s


def refused(code: str, status: int = 200, **more):
    return classify(status, {"ok": False, "error": code, **more}, {})


def test_ok_is_sent_with_its_ts():
    outcome = classify(200, {"ok": True, "ts": "1.2"}, {})
    assert (outcome.kind, outcome.ts, outcome.ok) == ("sent", "1.2", True)


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("ambiguous", "internal_error fatal_error service_unavailable request_timeout"),
        ("ratelimited", "ratelimited rate_limited"),
        ("message_limit", "message_limit_exceeded"),
        ("minimal", "invalid_blocks msg_too_long msg_blocks_too_long metadata_too_large invalid_arguments"),
        ("alone", "cannot_reply_to_message thread_not_found restricted_action_thread_locked"),
        ("later", "update_failed external_channel_migrating"),
        (
            "paused_channel",
            "channel_not_found not_in_channel is_archived restricted_action no_permission ekm_access_denied",
        ),
        ("paused_method", "missing_scope method_deprecated"),
        (
            "paused_workspace",
            "invalid_auth token_revoked account_inactive token_expired team_added_to_org team_not_found",
        ),
        (
            "paused_workspace",
            "not_authed two_factor_setup_required enterprise_is_restricted",
        ),
        ("failed", "message_not_found block_mismatch is_inactive"),
        ("unknown", "never_heard_of"),
    ],
)
def test_error_code_has_its_row_and_says_something(kind, codes):
    for code in codes.split():
        outcome = refused(code)
        assert (outcome.kind, outcome.code) == (kind, code)
        assert outcome.message


@pytest.mark.parametrize("method", sorted(ERRORS))
def test_every_code_of_slacks_reference_is_in_the_table(method):
    limits = {"ratelimited", "rate_limited", "message_limit_exceeded"}
    codes = ERRORS[method] | UNLISTED
    unknown = sorted(code for code in codes if refused(code).kind == "unknown")
    assert unknown == []
    assert all(refused(code).kind in ("ratelimited", "message_limit") for code in codes & limits)


def test_missing_scope_names_the_scope_that_is_needed():
    assert "channels:history" in refused("missing_scope", needed="channels:history").message


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, "<html>"),
        (200, None),
        (200, []),
        (200, {}),
        (200, {"ok": False}),
        (502, None),
        (500, {"ok": False, "error": "x"}),
    ],
)
def test_answer_that_tells_nothing_is_ambiguous(status, body):
    assert classify(status, body, {}).kind == "ambiguous"


@pytest.mark.parametrize("body", [None, "slow down", {"ok": False, "error": "ratelimited"}])
def test_429_is_ratelimited_whatever_its_body(body):
    assert classify(429, body, {"Retry-After": "2.5"}).retry_after_s == 2.5


@pytest.mark.parametrize(
    ("given", "wait_s"),
    [
        ("30", 30),
        ("0.25", 0.25),
        ("0", 0),
        ("", 1),
        ("soon", 1),
        ("-4", 1),
        ("nan", 1),
        ("inf", MAX_RETRY_AFTER_S),
    ],
)
def test_retry_after_is_a_sensible_number(given, wait_s):
    assert retry_after_s({"retry-after": given}) == wait_s
    assert retry_after_s({}) == 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (aiohttp.ConnectionTimeoutError(), "not_reached"),
        (aiohttp.InvalidURL("x"), "not_reached"),
        (aiohttp.SocketTimeoutError(), "ambiguous"),
        (asyncio.TimeoutError(), "ambiguous"),
        (aiohttp.ServerDisconnectedError(), "ambiguous"),
        (aiohttp.ClientPayloadError(), "ambiguous"),
        (ConnectionResetError(), "ambiguous"),
    ],
)
def test_fault_before_the_request_is_told_apart_from_one_after(error, kind):
    outcome = classify_fault(error, "https://x.example/api/")
    assert outcome.kind == kind
    assert outcome.message
