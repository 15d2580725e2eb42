"""In a real Chromium, through Airflow's own UI with its login on: what only a browser can show."""

from __future__ import annotations

import pytest
import scenes
from browsing import NAVIGATION, follow
from playwright.sync_api import expect

from chromium import IN_CHROMIUM
from newsroom import WATCHLIST

pytestmark = [pytest.mark.slow, pytest.mark.airflow, pytest.mark.timeout(900), *IN_CHROMIUM]


def test_second_editor_is_told_and_can_take_over(enter, room):
    _page, frame = enter()
    follow(frame, "Watchlist")
    frame.get_by_role("link", name="Edit watchlist.yaml").click()
    text, verdict = frame.get_by_label("Text of watchlist.yaml"), frame.locator("#verdict")
    expect(verdict).to_have_text("No errors.")  # the page with the version before is there
    room.watchlist(WATCHLIST + "# by another\n")
    text.fill(WATCHLIST + "# mine\n")
    expect(verdict).to_have_text("No errors.")
    frame.get_by_role("button", name="Save…").click()
    frame.get_by_role("button", name="Save", exact=True).click()
    expect(verdict).to_contain_text("Nothing was overwritten")
    expect(frame.locator("#theirs pre")).to_contain_text("# by another")
    assert "# mine" not in (room.config / "watchlist.yaml").read_text()
    frame.get_by_role("button", name="Overwrite it with my text").click()
    expect(frame.locator(".diff .removed")).to_contain_text("# by another")
    frame.get_by_role("button", name="Save", exact=True).click()
    expect(verdict).to_contain_text("is saved")
    assert "# mine" in (room.config / "watchlist.yaml").read_text()


FOCUS = """() => {
  const at = document.activeElement, shown = at.closest(".cm-editor") || at;
  const style = getComputedStyle(shown), box = shown.getBoundingClientRect();
  const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0'], .cm-content")];
  return {
    place: all.indexOf(at),
    inside: document.hasFocus() && at !== document.body,
    seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.width > 0 && box.height > 0,
    indents: at.matches(".yaml .cm-content"),
    what: `${at.tagName} ${at.getAttribute("aria-label") || at.textContent.trim().slice(0, 40)}`,
  };
}"""


REACHABLE = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, .cm-content")]
  .filter(one => !one.disabled && one.type !== "hidden" && (one.type !== "radio" || one.checked) && one.checkVisibility())
  .length"""


def tab_through(page, inner):
    """Presses Tab from the first link to where the focus leaves the page; what was focused, in order."""
    inner.evaluate("document.querySelector('a.skip').focus()")
    met = []
    for _ in range(150):
        if met and met[-1]["indents"]:
            page.keyboard.press("Escape")
        page.keyboard.press("Tab")
        now = inner.evaluate(FOCUS)
        if met and now["inside"] and now["place"] == met[-1]["place"]:
            continue  # a date has a stop for each of its parts
        if not now["inside"] or now["place"] <= (met[-1]["place"] if met else 0):
            return met
        met.append(now)
    raise AssertionError(f"the focus does not leave the page: {met[-3:]}")


def test_keyboard_reaches_everything_in_order_and_is_never_caught(enter, room):
    scenes.full(room)
    page, frame = enter()
    inner = next(one for one in page.frames if one.parent_frame)
    for entry in (*NAVIGATION, "Edit watchlist.yaml", "Edit central-bank-against", "central-bank-opposes"):
        if entry in NAVIGATION:
            follow(frame, entry, by_key=True)
        else:
            follow(frame, "Watchlist")
            frame.get_by_role("link", name=entry, exact=True).click()
            at_work = "#verdict" if entry.startswith("Edit") else "#state"
            expect(frame.locator(at_work)).to_contain_text(
                "No errors" if at_work == "#verdict" else "in force"
            )
        if entry == "Edit central-bank-against":  # what comes later would shift the places
            expect(frame.locator("#live .outcome")).to_be_visible(timeout=30_000)
            expect(frame.locator("#live [data-again]")).to_have_count(0, timeout=30_000)
        met = tab_through(page, inner)
        assert [one["what"].split(" ", 1)[1] for one in met[:5]] == list(NAVIGATION)
        assert [one["what"] for one in met if not one["seen"]] == [], entry
        assert len(met) >= inner.evaluate(REACHABLE) - 1, entry  # all but the link that was first
    assert page.noise == []


def test_keyboard_polls_a_feed_and_mutes_a_rule(enter, room):
    page, frame = enter()
    follow(frame, "Feeds")
    frame.get_by_role("button", name="Poll now").focus()
    page.keyboard.press("Enter")
    expect(frame.locator("#toast")).to_contain_text("will be polled within seconds")
    follow(frame, "Watchlist")
    menu = frame.get_by_label("More for central-bank-opposes")
    menu.press("Enter")
    frame.get_by_role("button", name="Mute").focus()
    page.keyboard.press("Space")
    expect(frame.get_by_text("everywhere, ends")).to_be_visible()
    expect(menu).to_be_focused()
    expect(frame.get_by_role("button", name="Unmute")).to_be_hidden()
    assert page.noise == []
