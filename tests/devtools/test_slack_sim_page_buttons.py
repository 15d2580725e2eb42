"""Buttons on the page, in a real browser: a click goes to a real listener and its answer comes back."""

import threading
import time

import pytest
from click_endpoint import ClickEndpoint
from playwright.sync_api import expect
from slack_sdk.web.client import WebClient

from chromium import IN_CHROMIUM

pytestmark = IN_CHROMIUM
CHANNEL = "C0000000001"
DIALOG = {
    "title": {"type": "plain_text", "text": "Mute for 24 hours?"},
    "text": {"type": "plain_text", "text": "<b>Nothing</b> comes until tomorrow."},
    "confirm": {"type": "plain_text", "text": "Mute it"},
    "deny": {"type": "plain_text", "text": "Cancel"},
    "style": "danger",
}


@pytest.fixture
def page(browser, slack):
    opened = browser.new_page(locale="en-GB", timezone_id="Europe/Zurich")
    opened.troubles = []
    opened.on("console", lambda message: message.type == "error" and opened.troubles.append(message.text))
    opened.on("pageerror", lambda error: opened.troubles.append(str(error)))
    opened.goto(slack.url)
    yield opened
    assert opened.troubles == []
    opened.close()


def post(slack, **more):
    def button(action_id, text, **also):
        return {
            "type": "button",
            "action_id": action_id,
            "text": {"type": "plain_text", "text": text},
            **also,
        }

    buttons = [
        button("ack", "Acknowledge", style="primary", value="m1"),
        button("mute", "Mute 24 h", confirm=DIALOG),
        button("irrelevant", "Not relevant", style="danger"),
    ]
    blocks = [{"type": "actions", "block_id": "buttons", "elements": buttons}]
    return slack.post(CHANNEL, "an alert", blocks=blocks, **more)["ts"]


def acknowledged_by(user_id):
    elements = [
        {"type": "emoji", "name": "white_check_mark"},
        {"type": "text", "text": " Acknowledged by "},
        {"type": "user", "user_id": user_id},
        {"type": "text", "text": " on "},
        {"type": "date", "timestamp": 1_700_000_000, "format": "{date_num} {time}", "fallback": "then"},
    ]
    section = {"type": "rich_text_section", "elements": elements}
    context = {"type": "context", "elements": [{"type": "mrkdwn", "text": "Rule *central-bank*"}]}
    return [{"type": "rich_text", "elements": [section]}, context]


def updating(slack):
    """A listener that does as newswatch does: changes the message before it answers."""
    client = WebClient(token=slack.token, base_url=slack.base_url, retry_handlers=[])

    def answer(payload):
        user = payload["user"]["id"]
        where = {"channel": payload["channel"]["id"], "ts": payload["container"]["message_ts"]}
        client.chat_update(**where, text=f"done by <@{user}>", blocks=acknowledged_by(user))

    return ClickEndpoint(slack.signing_secret, answer)


def test_click_reaches_the_listener_and_its_update_shows(slack, page):
    with updating(slack) as endpoint:
        slack.config(interactivity_url=endpoint.url)
        post(slack)
        page.get_by_role("button", name="Acknowledge").click()
        page.get_by_text("Acknowledged by @reader on 2023-11-14 23:13").wait_for()
        assert "✅" in page.locator("#messages").inner_text()
        assert page.locator(".context b").inner_text() == "central-bank"
        assert page.get_by_role("button", name="Acknowledge").count() == 0
        (payload,) = endpoint.payloads
        assert (payload["user"]["id"], payload["user"]["name"]) == ("U0READER", "reader")
        assert payload["actions"][0]["value"] == "m1"


def test_button_in_a_thread_is_clicked_by_keyboard(slack, page):
    with updating(slack) as endpoint:
        slack.config(interactivity_url=endpoint.url)
        parent = slack.post(CHANNEL, "story")["ts"]
        reply = post(slack, thread_ts=parent)
        page.get_by_text("1 reply").click()
        page.locator("#thread").get_by_role("button", name="Acknowledge").focus()
        page.keyboard.press("Enter")
        page.locator("#thread").get_by_text("Acknowledged by @reader").wait_for()
        assert [payload["container"]["message_ts"] for payload in endpoint.payloads] == [reply]


def test_button_is_disabled_while_its_click_is_on_its_way(slack, page):
    answered = threading.Event()
    with ClickEndpoint(slack.signing_secret, lambda _: answered.wait(20) and None) as endpoint:
        slack.config(interactivity_url=endpoint.url)
        post(slack)
        button = page.get_by_role("button", name="Acknowledge")
        button.focus()
        page.keyboard.press("Enter")
        page.locator("[aria-busy=true]").wait_for()
        assert button.get_attribute("aria-disabled") == "true"
        page.keyboard.press("Enter")
        page.keyboard.press("Space")
        answered.set()
        page.locator("[aria-busy=true]").wait_for(state="detached")
        assert len(endpoint.payloads) == 1
        assert page.evaluate("document.activeElement.textContent") == "Acknowledge"
        assert page.get_by_text("not responding").count() == 0


def test_dialog_asks_first_and_takes_no_for_an_answer(slack, page):
    with ClickEndpoint(slack.signing_secret) as endpoint:
        slack.config(interactivity_url=endpoint.url)
        post(slack)
        mute = page.get_by_role("button", name="Mute 24 h")
        dialog = page.get_by_role("dialog", name="Mute for 24 hours?")
        for refuse in (lambda: dialog.get_by_text("Cancel").click(), lambda: page.keyboard.press("Escape")):
            mute.click()
            dialog.get_by_text("<b>Nothing</b> comes until tomorrow.").wait_for()
            refuse()
            dialog.wait_for(state="detached")
        assert endpoint.payloads == []
        mute.click()
        with page.expect_response("**/sim/click"):
            dialog.get_by_role("button", name="Mute it").click()
        assert [payload["actions"][0]["action_id"] for payload in endpoint.payloads] == ["mute"]


def test_click_that_nobody_takes_says_so_until_one_is_taken(slack, page):
    post(slack)
    page.get_by_role("button", name="Not relevant").click()
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "This app is not responding." in alert.inner_text()
    assert "Not relevant: nobody listens" in alert.inner_text()
    with ClickEndpoint(slack.signing_secret) as endpoint:
        slack.config(interactivity_url=endpoint.url)
        page.get_by_role("button", name="Not relevant").click()
        alert.wait_for(state="detached")


def test_link_button_opens_its_address_and_tells_the_app(slack, page):
    with ClickEndpoint(slack.signing_secret) as endpoint:
        slack.config(interactivity_url=endpoint.url)
        text = {"type": "plain_text", "text": "Read"}
        link = {"type": "button", "action_id": "read", "text": text, "url": f"{slack.url}/favicon.svg"}
        slack.post(CHANNEL, "x", blocks=[{"type": "actions", "elements": [link]}])
        with page.context.expect_page() as opened, page.expect_response("**/sim/click"):
            page.get_by_role("button", name="Read").click()
        assert opened.value.url == f"{slack.url}/favicon.svg"
        opened.value.close()
        assert [payload["actions"][0]["url"] for payload in endpoint.payloads] == [link["url"]]


def test_message_changed_by_the_app_is_redrawn_without_a_click(slack, page):
    ts = post(slack)
    page.get_by_role("button", name="Acknowledge").wait_for()
    client = WebClient(token=slack.token, base_url=slack.base_url, retry_handlers=[])
    client.chat_update(channel=CHANNEL, ts=ts, text="x", blocks=acknowledged_by("U0EDITOR"))
    page.get_by_text("Acknowledged by @editor").wait_for()
    until = time.monotonic() + 10
    while page.get_by_role("button", name="Acknowledge").count():
        assert time.monotonic() < until, "the old button is still there"


MORE = {
    "type": "overflow",
    "action_id": "more",
    "options": [
        {"text": {"type": "plain_text", "text": "Mute <b>24 h</b>"}, "value": "mute m1"},
        {"text": {"type": "plain_text", "text": "Not relevant"}, "value": "irrelevant m1"},
    ],
}


def test_menu_is_opened_and_chosen_from_by_keyboard_and_closed_by_escape(slack, page):
    with ClickEndpoint(slack.signing_secret) as endpoint:
        slack.config(interactivity_url=endpoint.url)
        slack.post(CHANNEL, "x", blocks=[{"type": "actions", "elements": [MORE]}])
        opener = page.get_by_label("More actions")
        first = page.get_by_role("button", name="Mute <b>24 h</b>")
        opener.focus()
        page.keyboard.press("Enter")
        first.wait_for()
        page.keyboard.press("Escape")
        first.wait_for(state="hidden")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        with page.expect_response("**/sim/click"):
            page.keyboard.press("Enter")
        first.wait_for(state="hidden")
        chosen = [payload["actions"][0]["selected_option"]["value"] for payload in endpoint.payloads]
        assert chosen == ["mute m1"]
        assert page.locator("#messages b").count() == 0


def test_open_menu_is_whole_on_a_narrow_screen(slack, page):
    page.set_viewport_size({"width": 400, "height": 600})
    label = {"type": "plain_text", "text": "Acknowledge"}
    acknowledge = {"type": "button", "action_id": "ack", "text": label}
    slack.post(CHANNEL, "line\n" * 40, blocks=[{"type": "actions", "elements": [acknowledge, MORE]}])
    page.get_by_label("More actions").click()
    for option in ("Mute <b>24 h</b>", "Not relevant"):
        expect(page.get_by_role("button", name=option)).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("edited", [False, True])
def test_menu_stays_open_and_keeps_the_focus_while_messages_come(slack, page, edited):
    blocks = [{"type": "actions", "block_id": "buttons", "elements": [MORE]}]
    ts = slack.post(CHANNEL, "x", blocks=blocks)["ts"]
    page.get_by_label("More actions").click()
    page.keyboard.press("Tab")
    if edited:
        client = WebClient(token=slack.token, base_url=slack.base_url, retry_handlers=[])
        client.chat_update(channel=CHANNEL, ts=ts, text="x, edited", blocks=blocks)
    slack.post(CHANNEL, "another message")
    page.get_by_text("another message").wait_for()
    expect(page.get_by_role("button", name="Mute <b>24 h</b>")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Mute <b>24 h</b>")).to_be_hidden()
    slack.post(CHANNEL, "one more")
    page.get_by_text("one more").wait_for()
    expect(page.get_by_role("button", name="Mute <b>24 h</b>")).to_be_hidden()


def test_menu_with_a_dialog_asks_whatever_is_chosen(slack, page):
    with ClickEndpoint(slack.signing_secret) as endpoint:
        slack.config(interactivity_url=endpoint.url)
        slack.post(CHANNEL, "x", blocks=[{"type": "actions", "elements": [{**MORE, "confirm": DIALOG}]}])
        dialog = page.get_by_role("dialog", name="Mute for 24 hours?")
        page.get_by_label("More actions").click()
        page.get_by_role("button", name="Not relevant").click()
        dialog.get_by_text("Cancel").click()
        dialog.wait_for(state="detached")
        assert endpoint.payloads == []
        expect(page.get_by_label("More actions")).to_be_focused()
        page.get_by_label("More actions").click()
        page.get_by_role("button", name="Not relevant").click()
        with page.expect_response("**/sim/click"):
            dialog.get_by_role("button", name="Mute it").click()
        assert len(endpoint.payloads) == 1
