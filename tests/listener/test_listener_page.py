"""A reader's walks on the simulator's page: from a command to an alert, and from a message to its reasons."""

from __future__ import annotations

import html
import time

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from listener_room import SLACK_FILE, with_editors

from chromium import IN_CHROMIUM
from devtools.news_site.running import RunningSite
from feed_server import story
from newsroom import POLICY, BesideTheBrowser

pytestmark = [*IN_CHROMIUM, pytest.mark.heavy]

WORDS = "The central bank opposes the plan."
HOSTILE = "<img src=x onerror=document.title='owned'>"
MENTION = "<!channel>"
READER = "U0READER"
WITHIN_S = 90.0


@pytest.fixture
def newsroom(tmp_path, redis_url, simulator):
    simulator.reset()
    simulator.config(channels=[{"id": POLICY, "name": "policy"}])
    room = BesideTheBrowser(tmp_path, redis_url, simulator)
    with_editors(room, READER)
    yield room
    room.close()


@pytest.fixture(params=[("light", 1280), ("dark", 400)], ids=["light", "dark-400"])
def page(request, browser, newsroom, over_socket):
    theme, width = request.param
    opened = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
    troubles = []
    opened.on("console", lambda message: message.type == "error" and troubles.append(message.text))
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.goto(f"{newsroom.slack.url}/#{POLICY}")
    opened.get_by_role("heading", name="policy", exact=False).first.wait_for()
    yield opened
    assert troubles == []
    assert opened.title() != "owned"
    opened.close()


def fits(page):
    """No serious fault for axe-core, and nothing wider than the window."""
    found = Axe().run(page).response["violations"]
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in serious] == []
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for dialog in page.get_by_role("dialog").all():
        assert dialog.bounding_box()["width"] <= width


def type_command(page, text):
    page.get_by_label("Command").focus()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def send_form(page):
    """Go on with Tab to the button that sends, and press it."""
    submit = page.get_by_role("dialog").locator("button[type=submit]")
    for _ in range(30):
        if submit.evaluate("one => one === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")


def test_command_becomes_a_rule_and_its_alert_is_in_the_channel_in_time(page, newsroom):
    with RunningSite() as site:
        feed = f"{{id: wire, url: {site.feeds['wire']}, every: 1m}}"
        newsroom.write("feeds.yaml", f"defaults: {{allow_private: true}}\nfeeds:\n  - {feed}\n")
        site.call("POST", "/site/publish", {"title": "Parliament debates an oil levy", "summary": ""})
        newsroom.run()
        began = time.monotonic()
        type_command(page, f'/newswatch watch "oil levy" OR "{HOSTILE}"')
        dialog = page.get_by_role("dialog", name="Watch for news")
        dialog.get_by_text("It would have alerted once in the last week").wait_for()
        assert dialog.get_by_label("Words").input_value() == f'"oil levy" OR "{HOSTILE}"'
        fits(page)
        dialog.get_by_label("Words").focus()
        page.keyboard.press("Control+A")
        page.keyboard.type('"oil levy"')
        send_form(page)
        dialog.get_by_text("is saved. It is in force").wait_for()
        fits(page)
        page.keyboard.press("Escape")
        (rule,) = yaml.safe_load((newsroom.config / SLACK_FILE).read_text("utf-8"))["rules"]
        assert (rule["query"], rule["owner"]) == ('"oil levy"', f"reader ({READER})")
        title = "Ministers want the oil levy back "
        site.call("POST", "/site/publish", {"title": title + html.escape(MENTION), "summary": ""})
        newsroom.run()
        page.locator("#messages .message").get_by_text(title + MENTION).first.wait_for()
        assert time.monotonic() - began <= WITHIN_S
        fits(page)
        assert page.locator(".message img").count() == 0


def choose_shortcut(page, name):
    """The entry in the newest message's menu, by keyboard."""
    message = page.locator("#messages .message").last
    menu = message.get_by_label("Message shortcuts")
    menu.focus()
    page.keyboard.press("Enter")
    entry = message.get_by_role("button", name=name)
    entry.wait_for()
    fits(page)
    entry.focus()
    page.keyboard.press("Enter")


@pytest.fixture
def alerted(newsroom):
    newsroom.site.serve("/wire", story(1, f"Ministries want mining legalised {html.escape(MENTION)}", WORDS))
    newsroom.run()


def test_why_here_says_which_rule_posted_a_message(page, newsroom, alerted):
    page.locator("#messages .message").get_by_text("Ministries want mining").first.wait_for()
    choose_shortcut(page, "Why here?")
    answer = page.locator(".whisper").last
    answer.get_by_text("central-bank-opposes (high) matched").wait_for()
    assert MENTION in answer.inner_text()
    assert page.locator(".whisper img").count() == 0
    fits(page)


def test_missed_by_newswatch_is_recorded_for_the_rule_that_is_chosen(page, newsroom):
    newsroom.slack.post(POLICY, "Central bank fights the plan &lt;img src=x&gt;")
    page.locator("#messages .message").get_by_text("Central bank fights").first.wait_for()
    choose_shortcut(page, "Missed by newswatch")
    dialog = page.get_by_role("dialog", name="Missed by newswatch")
    text = dialog.get_by_label("Headline, or the address of a web page")
    text.wait_for()
    assert text.input_value() == "Central bank fights the plan <img src=x>"
    fits(page)
    dialog.get_by_label("The rule that should have caught it").focus()
    page.keyboard.press("ArrowDown")
    assert dialog.get_by_label("The rule that should have caught it").input_value() == "central-bank-opposes"
    send_form(page)
    dialog.get_by_text("Recorded for central-bank-opposes.").wait_for()
    fits(page)
    page.keyboard.press("Escape")
    assert newsroom.redis.hlen("newswatch:missed:central-bank-opposes") == 1


def test_refusal_is_a_clear_word_in_place_of_the_form(page, newsroom):
    newsroom.receivers()  # nobody is an editor
    newsroom.adopt()
    type_command(page, "/newswatch watch oil levy")
    dialog = page.get_by_role("dialog", name="Watch for news")
    dialog.get_by_text(f"have your member ID {READER} added to `editors`").wait_for()
    assert dialog.locator("button[type=submit]").count() == 0
    fits(page)
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert not (newsroom.config / SLACK_FILE).exists()
