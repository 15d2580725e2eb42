"""Every kind of message on the simulator's page, wide and narrow, in light and dark: whole, accessible, inert.

With NEWSWATCH_SCREENSHOTS=FOLDER the pictures are kept there with each message's text, to be looked at side by side.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "slack"))
from slack_scenes import CHANNEL, NOW, SOURCES, alert, message, quote

from chromium import IN_CHROMIUM
from newswatch.models import Excerpt, Mark, Marks
from newswatch.pipeline.deliver.reminders import reminder_text
from newswatch.sending import Outgoing
from newswatch.slack.layout import SlackLayout

pytestmark = IN_CHROMIUM

HOSTILE = "<img src=x onerror=document.title='owned'> *bold* <!channel> \u202egnp.exe " + "W" * 300
BY = Mark(on=True, by="anna", user_id="U0ANNA", at=NOW)
MUTED = replace(BY, until=NOW + timedelta(hours=24))
EVENT = {
    "rule_id": "sues-crypto",
    "title": "SEC sues crypto exchange over unregistered tokens",
    "excerpts": (Excerpt("title", "SEC sues crypto exchange over unregistered tokens", ((0, 8),)), quote()),
    "event": (("who", "SEC"), ("does", "sues"), ("what", "crypto exchange")),
    "modality": "stated",
}
CAUGHT_UP = (
    "Catching up: 12 alerts of 12 stories could not be sent in time (22 Nov 12:05 to 22 Nov 13:30 UTC). "
    "By rule: central-bank-opposes 12. The 5 most severe are listed here, the others in the thread"
)
CHANGED = (
    "Headline changed: Central bank opposes stablecoin bill → Central bank backs stablecoin bill\n"
    "Withdrawn: “Central bank opposes stablecoin bill” is no longer on news.example (HTTP 404 since 14:00 UTC)"
)
PAGES = "https://airflow.example/newswatch"


def outgoing(*alerts, kind="story", text="", root="", **more):
    note = message(*alerts, kind=kind, text=text, channel=CHANNEL, root_id=root or None)
    shown = {"sources": SOURCES, "now": NOW, "receiver": "policy", "pages": PAGES, "buttons": True}
    return Outgoing(note, alerts, **(shown | more))


def kinds():
    """One of each, by what it is."""
    first, event = alert(), alert(**EVENT)
    second = alert(**EVENT | {"rule_id": "crypto-ban", "severity": "medium", "event": ()})
    other = alert(
        item_id="reuters:1", feed_id="reuters", publisher="Reuters", link="https://reuters.example/1"
    )
    listed = [
        alert(
            item_id=f"ecb-press:{n}", title=f"Central bank opposes plan {n}", severity=("high", "low")[n % 2]
        )
        for n in range(8)
    ]
    return {
        "story": outgoing(first),
        "event with two rules": outgoing(event, second),
        "headline only": outgoing(replace(event, excerpts=event.excerpts[:1])),
        "event in other words than the headline's": outgoing(replace(event, title="Coin exchange taken to court by the SEC", excerpts=())),
        "possible": outgoing(replace(event, modality="possible")),
        "updated, low": outgoing(replace(first, updated=True, severity="low")),
        "several publishers, more in the thread": outgoing(first, other, further=3),
        "acknowledged, muted, not relevant": outgoing(first, marks=Marks(BY, MUTED, BY)),
        "mention": outgoing(first, mention="S0POLICY"),
        "corrected": outgoing(first, corrected="headline changed"),
        "reply": outgoing(other, kind="reply", root="root"),
        "reply that may belong to the story": outgoing(other, kind="reply", root="root", text="uncertain", belongs_to=first.title),
        "surge": outgoing(*listed, kind="surge", text="Surge: 8 stories from 3 publishers"),
        "catch-up": outgoing(*listed[:5], kind="catch-up", text=CAUGHT_UP),
        "digest": outgoing(*listed, kind="digest", text="Digest"),
        "reminder": outgoing(first, kind="reminder", root="root", text=reminder_text(1_800)),
        "correction": outgoing(first, kind="correction", text=CHANGED),
        "ops": outgoing(kind="ops", text="Feed wire has failed since 08:00 UTC\nWhat to do: see `newswatch feeds preview wire`."),
        "plain": outgoing(first, plain=True),
        "hostile": outgoing(alert(title=HOSTILE, excerpts=(Excerpt("summary", HOSTILE, ((0, 4),)),), rule_id="r" * 90)),
    }  # fmt: skip


@pytest.fixture
def posted(slack):
    for number, (name, one) in enumerate(kinds().items()):
        payload = dict(SlackLayout().render(replace(one, message=replace(one.message, id=f"m{number}"))))
        del payload["channel"]
        slack.post(CHANNEL, name + ":")
        slack.post(CHANNEL, **payload)
    return slack


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_every_kind_of_message_is_whole_accessible_and_inert(browser, posted, theme, width):
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - only where there is a browser

    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
    page.goto(posted.url)
    page.locator(".message").nth(2 * len(kinds()) - 1).wait_for()
    if folder := os.environ.get("NEWSWATCH_SCREENSHOTS"):
        for number, name in enumerate(kinds()):
            one = page.locator(".message").nth(2 * number + 1)
            one.screenshot(path=Path(folder) / f"{number:02} {name}, {theme}, {width}.png")
            said = posted.messages(CHANNEL)[2 * number + 1]["text"]
            (Path(folder) / f"{number:02} {name}.txt").write_text(said + "\n", "utf-8")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for one in page.locator(".message").all():
        assert one.evaluate("one => one.scrollWidth <= one.clientWidth"), one.inner_text()[:200]
    assert page.title() != "owned"
    assert page.locator(".message img, .message script").count() == 0
    faults = [
        one for one in Axe().run(page).response["violations"] if one["impact"] in {"serious", "critical"}
    ]
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in faults] == []
    page.close()
