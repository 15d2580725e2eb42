"""Commands, shortcuts and modals on the page, in a real browser, with the keyboard alone."""

import pytest
from aiohttp import web
from axe_playwright_python.sync_playwright import Axe
from click_endpoint import ClickEndpoint
from slack_sdk.web.client import WebClient
from slack_sdk.webhook.client import WebhookClient

from chromium import IN_CHROMIUM

pytestmark = IN_CHROMIUM
CHANNEL = "C0000000001"
HOSTILE = "<img src=x onerror=document.title='owned'> &amp; <!channel>"


@pytest.fixture
def page(browser, slack):
    opened = browser.new_page(viewport={"width": 400, "height": 800}, color_scheme="dark")
    opened.troubles = []
    opened.on("console", lambda message: message.type == "error" and opened.troubles.append(message.text))
    opened.on("pageerror", lambda error: opened.troubles.append(str(error)))
    opened.goto(slack.url)
    yield opened
    assert opened.troubles == []
    opened.close()


def plain(text):
    return {"type": "plain_text", "text": text}


def view():
    said = {"type": "rich_text_section", "elements": [{"type": "text", "text": HOSTILE}]}
    options = [{"text": plain(name), "value": name} for name in ("low", "high")]
    inputs = {
        "kind": {"type": "radio_buttons", "options": options, "initial_option": options[0]},
        "words": {"type": "plain_text_input", "initial_value": HOSTILE},
        "severity": {"type": "static_select", "options": options, "initial_option": options[0]},
        "expires": {"type": "datepicker", "initial_date": "2027-01-31"},
    }
    blocks = [
        {
            "type": "input",
            "block_id": name,
            "label": plain(name.title()),
            "element": {"action_id": "a", **element},
        }
        for name, element in inputs.items()
    ]
    button = {"type": "button", "action_id": "try", "text": plain("Count again")}
    return {
        "type": "modal",
        "title": plain("Watch for news"),
        "submit": plain("Watch"),
        "blocks": [
            {"type": "rich_text", "elements": [said]},
            *blocks,
            {"type": "actions", "elements": [button]},
        ],
    }


def listening(slack, answers):
    """An app that opens the modal for each trigger; `answers` are taken for what is sent."""
    client = WebClient(token=slack.token, base_url=slack.base_url, retry_handlers=[])

    def answer(payload):
        if payload.get("type") == "view_submission":
            return answers(payload)
        if payload.get("text") == "help":
            WebhookClient(payload["response_url"]).send(text="Write &lt;words&gt;")
        elif "view" not in payload:
            client.views_open(trigger_id=payload["trigger_id"], view=view())
        return None

    return ClickEndpoint(slack.signing_secret, answer)


def serious(page):
    """What axe-core finds of serious and critical faults."""
    found = Axe().run(page).response["violations"]
    return [one["id"] for one in found if one["impact"] in ("serious", "critical")]


def test_modal_is_filled_in_and_sent_with_the_keyboard(slack, page):
    sent = []
    with listening(slack, lambda payload: sent.append(payload["view"]["state"]["values"])) as endpoint:
        slack.config(interactivity_url=endpoint.url)
        page.get_by_label("Command").fill(f"/newswatch watch {HOSTILE}")
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name="Watch for news")
        dialog.wait_for()
        assert endpoint.payloads[0]["text"] == f"watch {HOSTILE}"
        assert dialog.locator(".line").first.inner_text() == HOSTILE
        assert serious(page) == []
        assert dialog.bounding_box()["width"] <= 400
        dialog.get_by_label("Words").fill("oil levy")
        dialog.get_by_label("Severity").select_option("high")
        dialog.get_by_label("Words").press("Enter")
        dialog.wait_for(state="detached")
    values = sent[0]
    assert values["words"]["a"]["value"] == "oil levy"
    assert values["severity"]["a"]["selected_option"]["value"] == "high"
    assert values["expires"]["a"]["selected_date"] == "2027-01-31"
    assert page.title() == "policy-alerts – Slack simulator"
    assert page.evaluate("document.activeElement.id") == "command"


def test_error_of_the_app_is_shown_at_its_input_and_what_was_typed_stays(slack, page):
    refused = {"response_action": "errors", "errors": {"words": f"not {HOSTILE}"}}
    with listening(slack, lambda _: web.json_response(refused)) as endpoint:
        slack.config(interactivity_url=endpoint.url)
        page.get_by_label("Command").fill("/newswatch watch")
        page.keyboard.press("Enter")
        words = page.get_by_label("Words")
        words.fill("oil")
        words.press("Enter")
        page.get_by_text(f"not {HOSTILE}").wait_for()
        assert words.input_value() == "oil"
        assert words.get_attribute("aria-invalid") == "true"
        assert serious(page) == []
        page.keyboard.press("Escape")
        page.get_by_role("dialog").wait_for(state="detached")
        assert slack.views() == []


def test_answer_is_shown_to_the_reader_alone(slack, page):
    with listening(slack, lambda _: None) as endpoint:
        slack.config(interactivity_url=endpoint.url)
        slack.command(CHANNEL, "help", {"id": "U0ELSE", "name": "else"})
        page.get_by_label("Command").fill("/newswatch help")
        page.keyboard.press("Enter")
        page.locator(".whisper").wait_for()
        assert page.locator(".whisper").count() == 1
        assert "Write <words>" in page.locator(".whisper").inner_text()
        assert serious(page) == []


def test_shortcut_is_in_the_menu_of_each_message(slack, page):
    ts = slack.post(CHANNEL, "a headline")["ts"]
    with listening(slack, lambda _: None) as endpoint:
        slack.config(interactivity_url=endpoint.url)
        page.get_by_label("Message shortcuts").click()
        page.get_by_role("button", name="Missed by newswatch").click()
        page.get_by_role("dialog", name="Watch for news").wait_for()
        assert (endpoint.payloads[0]["callback_id"], endpoint.payloads[0]["message_ts"]) == (
            "newswatch_missed",
            ts,
        )


def test_what_is_no_command_is_not_sent_and_nobody_listening_is_said(slack, page):
    page.get_by_label("Command").fill("hello")
    page.keyboard.press("Enter")
    page.get_by_text("Only commands can be typed here").wait_for()
    page.get_by_label("Command").fill("/newswatch help")
    page.keyboard.press("Enter")
    page.get_by_text("This app is not responding.").wait_for()
