"""Buttons and mentions: what the simulator takes and what it refuses, with the place and the reason."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.client import WebClient

CHANNEL = "C0000000001"
URL = "https://news.example/"


@pytest.fixture
def client(slack):
    return WebClient(token=slack.token, base_url=slack.base_url, retry_handlers=[])


def plain(text):
    return {"type": "plain_text", "text": text}


def button(**more):
    return {"type": "button", "action_id": "ack", "text": plain("Ack"), **more}


def confirm(**more):
    return {
        "title": plain("Sure?"),
        "text": plain("It stays quiet."),
        "confirm": plain("Mute"),
        "deny": plain("No"),
        **more,
    }


def actions(*buttons, **more):
    return {"type": "actions", "elements": list(buttons), **more}


def accessory(element):
    return {"type": "section", "text": plain("x"), "accessory": element}


GOOD = {
    "25 buttons": [actions(*(button(action_id=str(number)) for number in range(25)))],
    "text of 75": [actions(button(text=plain("x" * 75)))],
    "value of 2,000": [actions(button(value="x" * 2000))],
    "ids of 255": [actions(button(action_id="x" * 255), block_id="y" * 255)],
    "url of 3,000": [actions(button(url=URL + "x" * (3000 - len(URL))))],
    "both styles": [actions(button(style="primary"), button(style="danger", action_id="mute"))],
    "longest confirm": [
        actions(
            button(
                confirm=confirm(
                    title=plain("x" * 100),
                    text=plain("x" * 300),
                    confirm=plain("x" * 30),
                    deny=plain("x" * 30),
                    style="danger",
                )
            )
        )
    ],
    "confirm in mrkdwn": [actions(button(confirm=confirm(text={"type": "mrkdwn", "text": "*x*"})))],
}

BAD = {
    "no buttons": ([actions()], "no less than 1 items allowed", "/elements"),
    "26 buttons": (
        [actions(*(button(action_id=str(number)) for number in range(26)))],
        "no more than 25 items allowed",
        "/elements",
    ),
    "text of 76": (
        [actions(button(text=plain("x" * 76)))],
        "less than 76 characters",
        "/elements/0/text/text",
    ),
    "text in mrkdwn": (
        [actions(button(text={"type": "mrkdwn", "text": "x"}))],
        "must be one of plain_text",
        "/elements/0/text/type",
    ),
    "value of 2,001": ([actions(button(value="x" * 2001))], "less than 2001", "/elements/0/value"),
    "value that is a number": ([actions(button(value=1))], "must provide a string", "/elements/0/value"),
    "action_id of 256": ([actions(button(action_id="x" * 256))], "less than 256", "/elements/0/action_id"),
    "block_id of 256": ([actions(button(), block_id="x" * 256)], "less than 256", "/blocks/0/block_id"),
    "url of 3,001": (
        [actions(button(url=URL + "x" * (3001 - len(URL))))],
        "less than 3001",
        "/elements/0/url",
    ),
    "style of its own": ([actions(button(style="default"))], "must be one of primary, danger", "/style"),
    "same action_id in a block": ([actions(button(), button())], "'ack' already exists", "/blocks"),
    "same action_id in two blocks": (
        [actions(button()), actions(button())],
        "'ack' already exists",
        "/blocks",
    ),
    "same action_id in an accessory": (
        [actions(button()), accessory(button())],
        "'ack' already exists",
        "/blocks",
    ),
    "no button": ([actions({"type": "text", "text": "x"})], "unsupported type: text", "/elements/0/type"),
    "confirm that is a text": ([actions(button(confirm="Sure?"))], "must provide an object", "/confirm"),
    "confirm without deny": (
        [actions(button(confirm={name: plain("x") for name in ("title", "text", "confirm")}))],
        "missing required field: deny",
        "/confirm",
    ),
    "confirm title of 101": (
        [actions(button(confirm=confirm(title=plain("x" * 101))))],
        "less than 101",
        "/confirm/title/text",
    ),
    "confirm text of 301": (
        [actions(button(confirm=confirm(text=plain("x" * 301))))],
        "less than 301",
        "/confirm/text/text",
    ),
    "confirm button of 31": (
        [actions(button(confirm=confirm(confirm=plain("x" * 31))))],
        "less than 31",
        "/confirm/confirm/text",
    ),
    "deny button of 31": (
        [actions(button(confirm=confirm(deny=plain("x" * 31))))],
        "less than 31",
        "/confirm/deny/text",
    ),
    "confirm of another style": (
        [actions(button(confirm=confirm(style="loud")))],
        "must be one of primary, danger",
        "/confirm/style",
    ),
}


@pytest.mark.parametrize("blocks", GOOD.values(), ids=GOOD.keys())
def test_buttons_within_the_limits_are_taken(client, blocks):
    assert client.chat_postMessage(channel=CHANNEL, text="x", blocks=blocks)["ok"]


@pytest.mark.parametrize(("blocks", "reason", "place"), BAD.values(), ids=BAD.keys())
def test_buttons_beyond_the_limits_are_refused_with_reason_and_place(client, slack, blocks, reason, place):
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel=CHANNEL, text="x", blocks=blocks)
    answer = caught.value.response
    assert answer["error"] == "invalid_blocks"
    (message,) = answer["response_metadata"]["messages"]
    assert reason in message
    assert message.endswith(f"{place}]")
    assert slack.messages() == []


def test_unescaped_text_of_a_confirm_dialog_is_refused(client):
    asked = confirm(text={"type": "mrkdwn", "text": "<!channel>"})
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel=CHANNEL, text="x", blocks=[actions(button(confirm=asked))])
    assert caught.value.response["error"] == "sim_unescaped_control"


def naming(*user_ids):
    users = [{"type": "user", "user_id": user_id} for user_id in user_ids]
    section = {
        "type": "rich_text_section",
        "elements": [{"type": "text", "text": "Acknowledged by "}, *users],
    }
    return [{"type": "rich_text", "elements": [section]}]


def test_text_may_mention_whom_the_blocks_name(client, slack):
    ts = client.chat_postMessage(channel=CHANNEL, text="an alert")["ts"]
    text = "an alert, acknowledged by <@U0READER>"
    assert client.chat_update(channel=CHANNEL, ts=ts, text=text, blocks=naming("U0READER"))["ok"]
    assert slack.messages()[0]["text"] == text
    assert client.chat_update(channel=CHANNEL, ts=ts, text=f"{text} at 9:14")["ok"]  # the blocks stayed


def test_who_has_clicked_is_known(client, slack):
    blocks = [actions(button())]
    ts = client.chat_postMessage(channel=CHANNEL, text="an alert", blocks=blocks)["ts"]
    update = {"channel": CHANNEL, "ts": ts, "text": "by <@U0MARIA>", "blocks": naming("U0MARIA")}
    with pytest.raises(SlackApiError):
        client.chat_update(**update)
    slack.click(CHANNEL, ts, "ack", {"id": "U0MARIA", "name": "maria"})
    assert client.chat_update(**update)["ok"]


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("by <@U0READER>", None),
        ("by <@U0READER>", naming("U0EDITOR")),
        ("by <@U0NOBODY>", naming("U0NOBODY")),
        ("by <@U0READER|reader>", naming("U0READER")),
        ("by <@U0READER> <!channel>", naming("U0READER")),
        ("x", [*naming("U0READER"), {"type": "section", "text": {"type": "mrkdwn", "text": "<@U0READER>"}}]),
    ],
)
def test_other_mentions_are_refused(client, text, blocks):
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel=CHANNEL, text=text, blocks=blocks)
    assert caught.value.response["error"] == "sim_unescaped_control"
