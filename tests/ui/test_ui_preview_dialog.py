"""The preview of a feed in its dialog: accessible in both themes, whole on a narrow screen, inert, left by key."""

from __future__ import annotations

from html import escape

import pytest
from browsing import FOREIGN, THEMES, grave_faults, tab_to
from playwright.sync_api import expect

from chromium import IN_CHROMIUM
from feed_server import Document, story

pytestmark = [pytest.mark.slow, pytest.mark.airflow, pytest.mark.timeout(900), *IN_CHROMIUM]

HOSTILE = '<img src=x onerror=alert(1)> central bank opposes "><script>alert(2)</script> ' + "W" * 200


def dialog_of(page):
    return page.get_by_role("dialog", name="Preview of a feed")


def preview(page):
    """Opens the preview of the feed wire by keyboard, and waits for its items."""
    button = page.get_by_role("row", name="wire").get_by_role("button", name="Preview")
    tab_to(page, button)
    page.keyboard.press("Enter")
    expect(dialog_of(page).locator("ul li").first).to_be_visible()
    return button


def test_preview_is_accessible_whole_and_inert_in_both_themes_and_widths(look, room):
    items = [story(n, f"Harbour fees of {n}", "The central bank opposes them.") for n in range(12)]
    room.site.serve("/wire", story(99, escape(HOSTILE), escape(HOSTILE)), *items, title=HOSTILE)
    room.run()
    open_page = look()
    for theme in THEMES:
        for width in (1280, 400):
            page = open_page("feeds", theme)
            page.set_viewport_size({"width": width, "height": 800})
            button = preview(page)
            assert grave_faults(page) == [], (theme, width)
            assert dialog_of(page).evaluate("one => one.scrollWidth <= one.clientWidth"), (theme, width)
            box = dialog_of(page).bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            assert page.locator(FOREIGN).count() == 0
            page.keyboard.press("Escape")
            expect(dialog_of(page)).to_be_hidden()
            expect(button).to_be_focused()
    assert page.dialogs == []
    assert page.noise == []


def test_preview_of_a_feed_that_does_not_answer_says_so_in_the_dialog(look, room):
    room.site.documents["/wire"] = Document(b"<html>oops</html>", status=503)
    room.adopt()
    open_page = look()
    for theme in THEMES:
        page = open_page("feeds", theme)
        tab_to(page, page.get_by_role("row", name="wire").get_by_role("button", name="Preview"))
        page.keyboard.press("Enter")
        expect(dialog_of(page)).to_contain_text("503")
        assert grave_faults(page) == [], theme
