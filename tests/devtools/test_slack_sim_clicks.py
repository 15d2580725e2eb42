"""Clicks: which button is found, what the payload says, how the signed request proves itself."""

import threading
import time

import pytest
from aiohttp import web
from click_endpoint import ClickEndpoint

from devtools.slack_sim.signing import signature

CHANNEL = "C0000000001"


def button(action_id, text="Ack", **more):
    return {"type": "button", "action_id": action_id, "text": {"type": "plain_text", "text": text}, **more}


def actions(*buttons, block_id="buttons"):
    return {"type": "actions", "block_id": block_id, "elements": list(buttons)}


def post(slack, *buttons, **more):
    return slack.post(CHANNEL, "an alert", blocks=[actions(*buttons)], **more)["ts"]


@pytest.fixture
def endpoint(slack):
    with ClickEndpoint(slack.signing_secret) as running:
        slack.config(interactivity_url=running.url)
        yield running


def test_signature_is_that_of_slacks_own_example():
    # Verifying requests from Slack: the secret, timestamp, body and signature of its walkthrough
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554"
        b"%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    made = signature("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body)
    assert made == "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


def test_click_of_somebody_of_another_workspace_has_their_own_team(slack, endpoint):
    slack.config(users=[{"id": "U0STRANGER", "name": "jo", "is_stranger": True, "team_id": "T0OTHER"}])
    slack.click(CHANNEL, post(slack, button("ack")), "ack", {"id": "U0STRANGER"})
    (payload,) = endpoint.payloads
    assert (payload["user"]["team_id"], payload["user"]["username"]) == ("T0OTHER", "jo")
    assert payload["team"]["id"] != "T0OTHER"


def test_click_reaches_the_endpoint_signed_and_complete(slack, endpoint):
    parent = slack.post(CHANNEL, "story")["ts"]
    ts = post(slack, button("ack", value="m1", style="primary"), button("mute"), thread_ts=parent)
    answer = slack.click(CHANNEL, ts, "ack", {"id": "U0MARIA", "name": "maria"})
    assert answer == {"delivered": "http", "status": 200, "acknowledged": True}
    (payload,) = endpoint.payloads
    assert payload["type"] == "block_actions"
    assert payload["user"] == {
        "id": "U0MARIA",
        "username": "maria",
        "name": "maria",
        "team_id": payload["team"]["id"],
    }
    assert payload["container"] == {
        "type": "message",
        "message_ts": ts,
        "channel_id": CHANNEL,
        "is_ephemeral": False,
        "thread_ts": parent,
    }
    assert payload["channel"] == {"id": CHANNEL, "name": "policy-alerts"}
    assert payload["message"]["ts"] == ts
    assert payload["message"]["blocks"][0]["elements"][0]["value"] == "m1"
    (action,) = payload["actions"]
    assert abs(float(action.pop("action_ts")) - time.time()) < 60
    assert action == {
        "type": "button",
        "action_id": "ack",
        "block_id": "buttons",
        "text": {"type": "plain_text", "text": "Ack", "emoji": True},
        "value": "m1",
        "style": "primary",
    }
    assert payload["response_url"].startswith(slack.url)
    assert {"trigger_id", "api_app_id", "token", "team"} <= set(payload)
    assert endpoint.headers[0]["Content-Type"] == "application/x-www-form-urlencoded"


def test_each_click_has_a_trigger_of_its_own_and_a_repeated_one_has_not(slack, endpoint):
    ts = post(slack, button("ack"))
    slack.click(CHANNEL, ts, "ack")
    answer = slack.click(CHANNEL, ts, "ack", repeat=3)
    assert (answer["acknowledged"], answer["statuses"]) == (True, [200, 200, 200])
    triggers = [payload["trigger_id"] for payload in endpoint.payloads]
    assert (len(triggers), len(set(triggers))) == (4, 2)


@pytest.mark.parametrize(
    "tamper",
    [
        {"signature": "forged"},
        {"signature": "missing"},
        {"timestamp": "stale"},
        {"timestamp": "future"},
        {"timestamp": "text"},
    ],
    ids=lambda tamper: "-".join(next(iter(tamper.items()))),
)
def test_tampered_request_is_refused_by_slack_sdk(slack, endpoint, tamper):
    answer = slack.click(CHANNEL, post(slack, button("ack")), "ack", **tamper)
    assert (answer["delivered"], answer["status"], answer["acknowledged"]) == ("http", 401, False)
    assert answer["error"] == "HTTP 401: not signed by Slack"
    assert (endpoint.payloads, len(endpoint.refused)) == ([], 1)


@pytest.mark.parametrize("timestamp", ["stale", "future"])
def test_timestamp_that_is_off_is_signed_properly_all_the_same(slack, endpoint, timestamp):
    slack.click(CHANNEL, post(slack, button("ack")), "ack", timestamp=timestamp)
    headers, body = endpoint.headers[0], endpoint.refused[0]
    given = headers["X-Slack-Request-Timestamp"]
    assert headers["X-Slack-Signature"] == signature(slack.signing_secret, given, body)
    assert abs(int(given) - time.time()) > 300


def test_another_signing_secret_is_noticed(slack, endpoint):
    slack.config(signing_secret="another")
    assert slack.click(CHANNEL, post(slack, button("ack")), "ack")["status"] == 401


def test_click_without_a_listener_says_so(slack):
    answer = slack.click(CHANNEL, post(slack, button("ack")), "ack")
    assert (answer["delivered"], answer["acknowledged"]) == (None, False)
    assert answer["error"].startswith("nobody listens")


def test_endpoint_that_is_not_there_is_named(slack):
    slack.config(interactivity_url="http://127.0.0.1:9/slack")
    answer = slack.click(CHANNEL, post(slack, button("ack")), "ack")
    assert (answer["delivered"], answer["status"], answer["acknowledged"]) == ("http", None, False)
    assert "http://127.0.0.1:9/slack" in answer["error"]


def test_answer_after_three_seconds_is_none(slack):
    released = threading.Event()
    with ClickEndpoint(slack.signing_secret, lambda _: released.wait(20) and None) as slow:
        slack.config(interactivity_url=slow.url)
        answer = slack.click(CHANNEL, post(slack, button("ack")), "ack")
        released.set()
    assert (answer["error"], answer["acknowledged"]) == ("no acknowledgement within 3 s", False)


def test_only_http_200_is_an_acknowledgement_and_redirects_are_not_followed(slack):
    fine = {"Location": f"{slack.url}/favicon.svg"}
    with ClickEndpoint(slack.signing_secret, lambda _: web.Response(status=302, headers=fine)) as elsewhere:
        slack.config(interactivity_url=elsewhere.url)
        answer = slack.click(CHANNEL, post(slack, button("ack")), "ack")
        assert (answer["status"], answer["acknowledged"]) == (302, False)


def test_button_that_is_not_there_is_refused_with_those_that_are(slack):
    ts = post(slack, button("ack"), button("mute"))
    with pytest.raises(
        RuntimeError, match=r"404: .*no button nothing; its buttons: ack in block buttons, mute"
    ):
        slack.click(CHANNEL, ts, "nothing")
    with pytest.raises(RuntimeError, match=r"404: .*no button ack in block other"):
        slack.click(CHANNEL, ts, "ack", block_id="other")
    with pytest.raises(RuntimeError, match=r"404: channel C0000000001 has no message 1\.000001"):
        slack.click(CHANNEL, "1.000001", "ack")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"repeat": 0}, "repeat must be a whole number from 1 to 100"),
        ({"signature": "odd"}, "signature must be one of forged, missing"),
        ({"user": {"name": "maria"}}, "user must be an object"),
        ({"colour": "red"}, "unknown keys"),
        ({"signature": "forged"}, "set interactivity_url"),
    ],
)
def test_order_that_cannot_be_carried_out_is_refused(slack, more, words):
    with pytest.raises(RuntimeError, match=f"400: .*{words}"):
        slack.click(CHANNEL, post(slack, button("ack")), "ack", **more)


def test_button_without_action_id_gets_one_and_an_accessory_can_be_clicked(slack, endpoint):
    nameless = {"type": "button", "text": {"type": "plain_text", "text": "More"}}
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "x"}, "accessory": nameless}
    ts = slack.post(CHANNEL, "x", blocks=[section])["ts"]
    (message,) = slack.messages()
    assert slack.click(CHANNEL, ts, message["blocks"][0]["accessory"]["action_id"])["acknowledged"]


def test_settings_that_make_no_sense_are_refused(slack):
    for setting in ({"interactivity_url": "nowhere"}, {"signing_secret": " "}, {"redeliveries": -1}):
        with pytest.raises(RuntimeError, match=f"400: {next(iter(setting))} must be"):
            slack.config(**setting)


def overflow(*values, **more):
    options = [{"text": {"type": "plain_text", "text": value.upper()}, "value": value} for value in values]
    return {"type": "overflow", "action_id": "more", "options": options, **more}


def test_chosen_option_of_a_menu_is_in_the_payload_and_the_menus_text_is_not(slack, endpoint):
    ts = post(slack, button("ack"), overflow("mute m1", "irrelevant m1"))
    assert slack.click(CHANNEL, ts, "more", option="irrelevant m1")["acknowledged"]
    (action,) = endpoint.payloads[0]["actions"]
    assert {name: action[name] for name in action if name != "action_ts"} == {
        "type": "overflow",
        "action_id": "more",
        "block_id": "buttons",
        "selected_option": {
            "text": {"emoji": True, "type": "plain_text", "text": "IRRELEVANT M1"},
            "value": "irrelevant m1",
        },
    }


@pytest.mark.parametrize("order", [{"action_id": "more", "option": "c"}, {"action_id": "more"}])
def test_option_that_is_not_there_is_refused_with_those_that_are(slack, endpoint, order):
    ts = post(slack, overflow("a", "b"))
    with pytest.raises(RuntimeError, match="its options: a, b"):
        slack.click(CHANNEL, ts, **order)
    assert endpoint.payloads == []


def test_button_has_no_options(slack):
    ts = post(slack, button("ack"))
    with pytest.raises(RuntimeError, match="it is a button"):
        slack.click(CHANNEL, ts, "ack", option="a")


def test_menu_beside_a_section_gets_an_action_id_and_can_be_used(slack, endpoint):
    bare = {name: value for name, value in overflow("a").items() if name != "action_id"}
    section = {"type": "section", "text": {"type": "plain_text", "text": "x"}, "accessory": bare}
    ts = slack.post(CHANNEL, "x", blocks=[section])["ts"]
    (block,) = slack.messages(CHANNEL)[0]["blocks"]
    slack.click(CHANNEL, ts, block["accessory"]["action_id"], option="a")
    assert endpoint.payloads[0]["actions"][0]["selected_option"]["value"] == "a"
