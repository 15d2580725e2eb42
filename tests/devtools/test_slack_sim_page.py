"""The page in a real browser: people see what was posted, and hostile text stays text."""

import pytest

from chromium import IN_CHROMIUM

pytestmark = IN_CHROMIUM
CHANNEL = "C0000000001"
HOSTILE = (
    "<img src=x onerror=document.title='owned'> <script>document.title='owned'</script> &amp; <!channel>"
)


@pytest.fixture
def page(browser):
    opened = browser.new_page()
    opened.troubles = []
    opened.on("console", lambda message: message.type == "error" and opened.troubles.append(message.text))
    opened.on("pageerror", lambda error: opened.troubles.append(str(error)))
    yield opened
    opened.close()


def rich(*parts):
    return [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(parts)}]}]


def test_hostile_text_is_shown_as_it_is(slack, page):
    link = {"type": "link", "url": "https://news.example/a?b=1&c=2", "text": HOSTILE}
    slack.post(CHANNEL, "x", blocks=rich({"type": "text", "text": HOSTILE}, link))
    page.goto(slack.url)
    line = page.locator(".message .line").first
    line.wait_for()
    assert line.inner_text() == HOSTILE * 2
    assert page.title() == "policy-alerts – Slack simulator"
    assert page.locator(".message img, .message script").count() == 0
    assert page.locator(".message a").get_attribute("href") == "https://news.example/a?b=1&c=2"
    assert page.troubles == []


def test_new_message_appears_without_reload_and_thread_opens(slack, page):
    page.goto(slack.url)
    page.get_by_text("No messages yet").wait_for()
    parent = slack.post(CHANNEL, "The *parent* &lt;story&gt;")
    slack.post(CHANNEL, "a quiet reply", thread_ts=parent["ts"])
    slack.post(CHANNEL, "a loud reply", thread_ts=parent["ts"], reply_broadcast=True)
    page.get_by_text("2 replies").wait_for()
    assert page.locator("#messages .message").first.locator("b").inner_text() == "parent"
    assert "<story>" in page.locator("#messages").inner_text()
    assert "a quiet reply" not in page.locator("#messages").inner_text()
    assert "replied to a thread" in page.locator("#messages").inner_text()
    page.get_by_text("2 replies").click()
    page.locator("#thread").get_by_text("a quiet reply").wait_for()
    page.keyboard.press("Escape")
    page.locator("#thread").wait_for(state="hidden")
    assert page.troubles == []


def test_page_lets_nothing_from_elsewhere_in(slack, page):
    answer = page.goto(slack.url)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
