"""Stories come in while somebody reads: nothing moves, what is open stays open. In a real Chromium."""

from __future__ import annotations

import pytest
from browsing import follow
from playwright.sync_api import expect

from chromium import IN_CHROMIUM
from feed_server import story

pytestmark = [pytest.mark.slow, pytest.mark.airflow, pytest.mark.timeout(900), *IN_CHROMIUM]

SUBJECTS = (
    "grain exports", "harbour fees", "winter tyres", "school meals", "night trains", "fish quotas", "paper bags",
    "rent caps", "solar roofs", "toll roads", "milk prices", "data centres",
)  # fmt: skip


def publish(room, count):
    items = [
        story(n, subject.capitalize(), f"The central bank opposes the {subject} reform.")
        for n, subject in enumerate(SUBJECTS[:count])
    ]
    room.site.serve("/wire", *items)
    room.run()


def top_of(card):
    return card.evaluate("one => one.getBoundingClientRect().top")


def refresh(frame):
    frame.locator("body").evaluate("() => refresh(false)")


def test_stories_come_in_without_moving_what_is_read(enter, room):
    publish(room, 10)
    _page, frame = enter()
    follow(frame, "Alerts")
    card = frame.locator(".story").nth(6)
    card.scroll_into_view_if_needed()
    card.locator("summary").click()
    expect(card.locator(".reports")).to_be_visible()
    name, before = card.get_attribute("id"), top_of(card)
    publish(room, 12)
    refresh(frame)
    same = frame.locator(f"#{name}")
    expect(same.locator(".reports")).to_be_visible()
    assert abs(top_of(same) - before) < 2
    newer = frame.locator("#newer")
    expect(newer).to_have_text("2 new ↑")
    newer.click()
    expect(frame.locator(".story").first).to_contain_text("Data centres")
    expect(newer).to_be_hidden()
    expect(same.locator(".reports")).to_have_count(1)


def test_focus_stays_on_its_card_and_what_was_closed_stays_closed(enter, room):
    publish(room, 3)
    _page, frame = enter()
    follow(frame, "Alerts")
    summary = frame.locator(".story summary").nth(1)
    name = frame.locator(".story").nth(1).get_attribute("id")
    summary.press("Enter")
    summary.press("Enter")
    publish(room, 5)
    refresh(frame)
    expect(frame.locator(".story")).to_have_count(5)
    assert frame.locator("body").evaluate("() => document.activeElement.closest('li').id") == name
    expect(frame.locator(f"#{name} .reports")).to_be_hidden()


def test_preview_of_a_feed_opens_in_a_dialog_and_closes_by_key(enter, room):
    publish(room, 2)
    page, frame = enter()
    follow(frame, "Feeds")
    frame.get_by_role("row", name="wire").get_by_role("button", name="Preview").press("Enter")
    dialog = frame.get_by_role("dialog", name="Preview of a feed")
    expect(dialog.get_by_text("Harbour fees", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_navigation_entry_has_its_icon_in_light_and_dark(enter, room):
    room.adopt()
    page, _frame = enter()
    icon = page.locator("img[src*='newswatch/static/icon']").first
    expect(icon).to_be_visible()
    assert icon.evaluate("one => one.naturalWidth") > 0
