"""How the pages look and read, in a real Chromium: accessible, whole in a narrow window, inert."""

from __future__ import annotations

import re

import pytest
import scenes
from browsing import FOREIGN, THEMES, grave_faults
from playwright.sync_api import expect

from chromium import IN_CHROMIUM
from newswatch.store import keys

pytestmark = [pytest.mark.slow, pytest.mark.airflow, pytest.mark.timeout(900), *IN_CHROMIUM]

BROKEN = "rules:\n  - {id: a, query: AND b, notify: [nobody]}\n"
HOSTILE = (
    '<script>alert(1)</script> central bank opposes "><img src=x onerror=alert(2)> it',
    "central bank opposes \u202egnp.exe\u202c \u2066and more " + "W" * 300,
    "interest rates ' onmouseover='alert(3) \u200f\u202b",
    "grid operator {{ 7 * 7 }} {% raw %} <svg onload=alert(4)>",
    "regulator fines " + "\u0645" * 200 + "<iframe src=javascript:alert(5)>",
    "harvest forecast <a href=javascript:alert(6)>x</a><style>*{display:none}</style>",
)


def alert_pages(room):
    """One alert's page for each state that an alert is in."""
    return [f"alerts/{name}" for name in room.redis.zrevrange(keys.ALERTS, 0, -1)]


def pages_of(room):
    """Every page there is in this scene, filtered ones among them."""
    names = ["", "alerts", "alerts?state=dead", "alerts?rule=none", "watchlist", "watchlist?silent=1"]
    names += ["alerts?state=acknowledged", "watchlist/rules/central-bank-opposes"]
    names += ["watchlist/rules/never-yet", "watchlist/rules/central-bank-against/edit", "watchlist/new"]
    names += [
        "watchlist/rules/central-bank-opposes/terms",
        "watchlist/rules/central-bank-opposes/history",
        "why",
        "why?item=Grid%20operator%20publishes%20its%20winter%20outlook&all=1",
        "why?item=nothing%20known",
        "items",
        "items?text=central%20bank",
        "items?text=zebra&feed=wire",
        "coverage",
        "watchlist/rules/central-bank-opposes/copy",
        "watchlist/removed",
        "guide/rules",
        "watchlist/edit",
        "watchlist/edit?name=watchlist.d/harvest.yaml",
        "watchlist/edit?feed=wire",
        "feeds",
        "feeds?state=ok",
    ]
    names += [f"feeds/{name}" for name in ("wire", "gone", "busy")]
    return [*names, *alert_pages(room)[:6], "delivery", "runbook", "feeds/no-such-feed"]


def test_axe_finds_no_grave_fault_on_any_page(look, room):
    scenes.trouble(room)
    open_page = look()
    pages = [(path, theme) for theme in THEMES for path in pages_of(room)]
    faults = {place: grave_faults(open_page(*place)) for place in pages}
    assert {place: found for place, found in faults.items() if found} == {}


def try_on(page, headlines):
    """Waits for live results, and for the verdicts on these headlines."""
    expect(page.locator("#live mark").first).to_be_visible(timeout=30_000)
    page.get_by_label("One a line.").fill(headlines)
    expect(page.locator("#try mark").first).to_be_visible()


def test_axe_finds_no_grave_fault_in_an_editor_at_work(look, room):
    scenes.full(room)
    open_page = look()
    for theme in THEMES:
        page = open_page("watchlist/edit?rule=central-bank-opposes", theme)
        try_on(page, "Central bank opposes the plan\nThe central bank firmly opposes it")
        expect(page.locator("#try [data-repair]").first).to_be_visible()
        assert grave_faults(page) == []
        page.get_by_label("Text of watchlist.yaml").fill(BROKEN)
        expect(page.locator("#verdict")).to_contain_text("error")
        expect(page.locator(".yaml .cm-lintRange-error").first).to_be_visible()
        assert grave_faults(page) == []


def test_axe_finds_no_grave_fault_where_nothing_is(look, room):
    open_page = look()
    for theme in THEMES:
        for path in ("", "alerts", "watchlist", "feeds", "feeds/wire", "delivery"):
            assert grave_faults(open_page(path, theme)) == [], (path, theme)


CUT_OFF = """() => {
    const wide = document.documentElement.clientWidth;
    const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    const found = [];
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
        const around = text.parentElement;
        if (!text.data.trim() || !around.checkVisibility() || around.closest(".scroll, pre, .cm-editor, select, .hidden")) continue;
        if (around.closest("thead") && around.closest("table.stack")) continue; // its cells have labels
        const range = document.createRange();
        range.selectNodeContents(text);
        for (const { left, right, width } of range.getClientRects()) {
            if (width > 1 && (left < 0 || right > wide + 1)) found.push(text.data.trim().slice(0, 60));
        }
    }
    return found;
}"""
"""The texts that reach out of the window, outside of what scrolls by itself."""
ZOOMED = {"width": 640, "height": 450}
"""What is left of a window of 1280 by 900 at 200%."""


def test_pages_are_whole_when_text_is_twice_as_large(look, room):
    scenes.trouble(room)
    open_page = look()
    lost = {}
    for path in pages_of(room):
        page = open_page(path)
        page.set_viewport_size(ZOOMED)
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        lost[path] = [*page.evaluate(CUT_OFF), *([f"{over} px too wide"] if over > 0 else [])]
    assert {path: found for path, found in lost.items() if found} == {}


def test_hostile_text_is_inert_and_the_layout_whole_on_every_page(look, room):
    scenes.trouble(room, HOSTILE, HOSTILE, source=HOSTILE[0])
    open_page = look()
    for path in pages_of(room):
        page = open_page(path)
        for width in (1280, 400):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
        assert page.locator(FOREIGN).count() == 0, path
        assert page.locator("main a[href^='javascript:']").count() == 0, path
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", page.locator("main").inner_text()), path
    page = open_page("watchlist/edit?rule=central-bank-opposes")
    try_on(page, HOSTILE[0])
    assert page.locator(FOREIGN).count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert page.dialogs == []  # nothing of it ran
    assert [said for said in page.noise if "404" not in said] == []  # of the feed that is not there
