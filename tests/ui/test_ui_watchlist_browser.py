"""The Watchlist under somebody's hands, in a real Chromium: it is filtered while one types, and sorted in place."""

import re

import pytest
from browsing import grave_faults
from playwright.sync_api import expect

from chromium import IN_CHROMIUM

pytestmark = [pytest.mark.slow, pytest.mark.airflow, pytest.mark.timeout(300), *IN_CHROMIUM]

RULES = """\
rules:
  - {id: rates, query: interest rates, severity: low, notify: [policy]}
  - {id: bank, query: central bank, severity: high, notify: [policy]}
  - {id: bank-2, query: central bank opposes, severity: medium, notify: [policy]}
"""


def test_watchlist_is_filtered_while_one_types_and_sorted_in_place(enter, airflow, room):
    room.watchlist(RULES)
    room.adopt()
    page, _ = enter()
    page.goto(f"{airflow.url}/newswatch/watchlist")
    names = page.locator("#rules tbody th a")
    expect(names).to_have_text(["rates", "bank", "bank-2"])
    page.keyboard.press("/")
    field = page.get_by_role("searchbox")
    expect(field).to_be_focused()
    page.keyboard.type("baxnk")
    expect(page.get_by_text("None of the 3 rules in force matches the filter.")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Backspace")
    expect(names).to_have_text(["bank", "bank-2"])
    expect(field).to_be_focused()
    assert field.evaluate("one => [one.value, one.selectionStart]") == ["bank", 2]
    expect(page).to_have_url(re.compile(r"\?text=bank$"))

    severity = page.get_by_role("columnheader", name="Severity")
    severity.get_by_role("link").press("Enter")
    expect(severity).to_have_attribute("aria-sort", "descending")
    expect(severity.get_by_role("link")).to_be_focused()
    severity.get_by_role("link").press("Enter")
    expect(names).to_have_text(["bank-2", "bank"])
    page.get_by_role("link", name="Clear").click()
    expect(names).to_have_text(["rates", "bank-2", "bank"])

    page.get_by_label("More for bank-2").click()
    assert grave_faults(page) == []
    expect(page.get_by_role("link", name="Copy bank-2")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Copy bank-2")).to_be_hidden()
    assert page.noise == []


def test_error_in_a_file_links_to_how_rules_are_written_in_the_text_and_below_it(enter, airflow, room):
    room.watchlist(RULES + "  - {id: gold, query: gold AND, notify: [policy]}\n")
    page, _ = enter()
    page.goto(f"{airflow.url}/newswatch/watchlist/edit?name=watchlist.yaml")
    entry = page.locator("#problems li").filter(has_text="docs/rules.md")
    expect(entry.locator("code")).to_have_text("AND")
    page.locator(".cm-lintRange-error").hover()
    for around in (entry, page.locator(".cm-tooltip .cm-diagnostic")):
        link = around.get_by_role("link", name="docs/rules.md")
        expect(link).to_have_attribute("href", re.compile("/newswatch/guide/rules#queries$"))
        expect(link).to_have_attribute("target", "_blank")
    assert grave_faults(page) == []
    entry.get_by_role("button", name=re.compile(r"^watchlist\.yaml:5:\d+$")).click()
    expect(page.locator(".cm-activeLine")).to_contain_text("gold AND")
    assert page.noise == []


def test_viewer_who_follows_a_place_in_a_file_sees_its_line(enter, airflow, room):
    filler = "".join(f"  - {{id: r{n}, query: word{n} opposes, notify: [policy]}}\n" for n in range(200))
    room.watchlist(f"rules:\n{filler}")
    room.adopt()
    page, _ = enter(user="vera")
    page.goto(f"{airflow.url}/newswatch/watchlist/rules/r190")
    page.get_by_role("link", name="watchlist.yaml:192").click()
    expect(page.locator(".cm-line").filter(has_text="word190 opposes")).to_be_in_viewport()
    assert page.noise == []
