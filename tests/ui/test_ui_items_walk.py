"""A reader who missed something searches all stored items and asks why one of them did not alert, in a real Chromium."""

from __future__ import annotations

import re
from html import escape

import pytest
from browsing import FOREIGN, THEMES, follow, grave_faults, tab_to
from playwright.sync_api import expect

from chromium import IN_CHROMIUM
from feed_server import story

pytestmark = [pytest.mark.slow, pytest.mark.airflow, pytest.mark.timeout(900), *IN_CHROMIUM]

QUIET = "Grid operator publishes its winter outlook"
HOSTILE = (
    "<script>alert(1)</script> Zebra \"><img src=x onerror=alert(2)> crossings ' onmouseover='alert(5) "
    "\u202egnp.exe\u202c " + "W" * 200,
    "<svg onload=alert(3)> zebra {{ 7 * 7 }} <a href=javascript:alert(4)>x</a><style>*{display:none}</style>",
)


def publish(room, *more):
    room.site.serve(
        "/wire",
        story(1, "Central bank opposes plan to legalise crypto mining"),
        story(2, QUIET, "Reserves are ample."),
        *more,
    )
    room.run()


@pytest.mark.parametrize("user", ["ada", "vera"])
def test_reader_finds_an_item_that_did_not_alert_and_learns_why_by_keyboard_alone(enter, room, user):
    publish(room)
    page, frame = enter(user, viewport={"width": 400, "height": 800})
    follow(frame, "Alerts", by_key=True)
    tab_to(page, frame.get_by_role("link", name="Search all items"))
    page.keyboard.press("Enter")
    field = frame.get_by_label("Words of an item, or its link")
    expect(field).to_be_focused()
    page.keyboard.type("operators winter")
    page.keyboard.press("Enter")
    hit = frame.get_by_role("link", name=QUIET)
    expect(hit).to_be_visible()
    expect(frame.locator(".headline mark")).to_have_text(["operator", "winter"])
    tab_to(page, hit)
    page.keyboard.press("Enter")
    expect(frame.get_by_role("heading", level=1)).to_have_text("Why did it alert, or not?")
    expect(frame.get_by_role("heading", name=QUIET)).to_be_visible()
    copy = frame.get_by_role("article")
    expect(copy).to_contain_text("not matched")
    expect(copy.get_by_role("listitem").filter(has_text="central-bank-opposes")).to_contain_text("is nowhere")
    tab_to(page, frame.get_by_role("link", name="Explain every rule"))
    page.keyboard.press("Enter")
    expect(frame.get_by_role("link", name="Explain every rule")).to_have_count(0)
    wide = frame.locator("html").evaluate("root => [root.scrollWidth, root.clientWidth]")
    assert wide[0] <= wide[1]
    assert page.noise == []


def test_search_and_answer_are_accessible_in_light_and_dark_and_on_a_narrow_screen(look, room):
    publish(room)
    open_page = look()
    for theme in THEMES:
        for width in (1280, 400):
            page = open_page("items", theme)
            page.set_viewport_size({"width": width, "height": 900})
            page.get_by_label("Words of an item, or its link").fill("winter")
            page.get_by_role("button", name="Search").click()
            expect(page.get_by_role("link", name=QUIET)).to_be_visible()
            assert grave_faults(page) == [], (theme, width)
            page.get_by_role("link", name=QUIET).click()
            expect(page.get_by_role("article")).to_contain_text("not matched")
            assert grave_faults(page) == [], (theme, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_hostile_item_is_found_and_explained_as_plain_text(look, room):
    publish(room, story(3, *map(escape, HOSTILE)))  # as a feed writes what its readers are to see
    page = look()("items")
    page.set_viewport_size({"width": 400, "height": 800})
    page.get_by_label("Words of an item, or its link").fill("zebra crossings")
    page.get_by_role("button", name="Search").click()
    hit = page.locator(".headline a").filter(has_text="crossings")
    expect(hit).to_be_visible()
    for place in ("the search", "the answer"):
        assert page.locator(FOREIGN).count() == 0
        assert page.locator("main a[href^='javascript:'], main [onmouseover]").count() == 0
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", page.locator("main").inner_text())
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        if place == "the search":
            hit.click()
            expect(page.get_by_role("heading", level=2)).to_contain_text("' onmouseover='alert(5)")
    page.goto(page.url.split("?")[0].replace("/why", "/items") + "?text=%3Csvg%20onload%3Dalert(3)%3E")
    expect(page.get_by_label("Words of an item, or its link")).to_have_value("<svg onload=alert(3)>")
    assert page.locator(FOREIGN).count() == 0
    assert page.dialogs == []
    assert page.noise == []
