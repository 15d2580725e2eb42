"""Requests that are not Slack's are refused, and change nothing."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import time
from urllib.parse import urlencode, urlsplit

import pytest
from listener_room import answer, button_names, shown

from feed_server import story
from newsroom import POLICY
from newswatch.slack.signature import refusal_of

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
NOW_S = 1_700_000_000


def signed(body: bytes, stamp: str, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def form(payload: dict) -> bytes:
    """As Slack sends it."""
    return urlencode({"payload": json.dumps(payload)}).encode()


def a_click(channel: str = POLICY, **action) -> dict:
    """A payload that is a click on Mute, but for what is given."""
    known = {"action_id": "newswatch_mute", "value": "0123456789abcdef", "action_ts": str(time.time())}
    return {
        "type": "block_actions",
        "user": {"id": "U0ANNA", "username": "anna"},
        "channel": {"id": channel},
        "actions": [known | action],
    }


@pytest.mark.parametrize(
    ("headers", "refusal"),
    [
        (signed(b"x", str(NOW_S)), None),
        (signed(b"x", str(NOW_S - 300)), None),
        (signed(b"x", str(NOW_S - 301)), "stale"),
        (signed(b"x", str(NOW_S + 301)), "stale"),
        (signed(b"x", "today"), "unsigned"),
        (signed(b"x", "1e9"), "unsigned"),
        (signed(b"x", ""), "unsigned"),
        (signed(b"x", "٣" * 10), "unsigned"),
        (signed(b"y", str(NOW_S)), "forged"),
        (signed(b"x", str(NOW_S), "other"), "forged"),
        ({"X-Slack-Request-Timestamp": str(NOW_S), "X-Slack-Signature": "v0=ü"}, "unsigned"),
        ({"X-Slack-Request-Timestamp": str(NOW_S)}, "unsigned"),
        ({}, "unsigned"),
    ],
)
def test_request_is_believed_only_with_a_fresh_signature_over_its_body(headers, refusal):
    assert refusal_of(SECRET, b"x", headers, now_s=NOW_S) == refusal


def test_signed_bytes_that_are_no_text_are_refused():
    body = b"\xff\xfe"
    assert refusal_of(SECRET, body, signed(body, str(NOW_S)), now_s=NOW_S) == "forged"


@pytest.mark.parametrize(
    "tamper",
    [{"signature": "forged"}, {"signature": "missing"}, {"timestamp": "stale"}, {"timestamp": "text"}],
)
def test_tampered_click_is_refused_and_changes_nothing(newsroom, over_http, tamper):
    newsroom.site.serve("/wire", story(1, summary="The central bank opposes the plan."))
    newsroom.run()
    (message,) = newsroom.posts()
    refused = newsroom.slack.click(POLICY, message["ts"], "newswatch_ack", **tamper)
    assert (refused["acknowledged"], refused["status"]) == (False, 401)
    assert button_names(newsroom.posts()[0])[0] == "Acknowledge"
    assert newsroom.json("alerts")[0]["state"] == "sent"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"payload=%7B",
        b"payload=[]",
        b"payload=1&payload=2",
        urlencode(
            {"payload": json.dumps({"type": "block_actions", "actions": [{"action_id": "newswatch_ack"}]})}
        ).encode(),
        urlencode({"payload": "[" * 20_000}).encode(),
        form(a_click(action_ts="nan")),
        form(a_click(value="newswatch:message:1\nHSET")),
        form(a_click(value="x" * 65)),
        form(a_click(action_id="newswatch_more")),
        form(a_click(action_id="newswatch_more", selected_option="newswatch_mute 0123456789abcdef")),
        form(a_click(action_id="newswatch_more", selected_option={"value": "newswatch_mute x x"})),
        form(a_click(action_id="newswatch_more", selected_option={"value": "newswatch_mute"})),
    ],
)
def test_signed_nonsense_is_a_bad_request(newsroom, over_http, body):
    headers = signed(body, str(int(time.time())), newsroom.slack.signing_secret)
    status, text = answer(over_http.url, body, headers)
    assert (status, "Traceback" in text) == (400, False)


def test_signed_interaction_that_is_not_ours_is_passed_over(newsroom, over_http):
    payload = {"type": "block_actions", "actions": [{"action_id": "somebody_elses"}]}
    body = urlencode({"payload": json.dumps(payload)}).encode()
    assert (
        answer(over_http.url, body, signed(body, str(int(time.time())), newsroom.slack.signing_secret))[0]
        == 200
    )


def test_huge_body_is_refused_unread(over_http):
    assert answer(over_http.url, b"x" * 2_000_000, {})[0] == 413


def test_sender_that_never_ends_its_body_is_not_waited_for(newsroom, over_http):
    where = urlsplit(over_http.url)
    with socket.create_connection((where.hostname, where.port), timeout=30) as slow:
        slow.sendall(b"POST /slack/interactivity HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\npayl")
        assert b" 408 " in slow.recv(4096)


def test_click_that_names_another_channels_message_changes_nothing(newsroom, over_http):
    newsroom.site.serve("/wire", story(1, summary="The central bank opposes the plan."))
    newsroom.run()
    (message,) = newsroom.posts()
    name = message["metadata"]["event_payload"]["message_id"]
    body = form(a_click("C0OTHER", action_id="newswatch_ack", value=name))
    assert (
        answer(over_http.url, body, signed(body, str(int(time.time())), newsroom.slack.signing_secret))[0]
        == 200
    )
    assert "Acknowledged" not in shown(newsroom.posts()[0])
    assert newsroom.json("alerts")[0]["state"] == "sent"
