"""Making and editing a rule in a real Chromium, through Airflow's own UI with its login on."""

from __future__ import annotations

import re

import pytest
import scenes
from browsing import follow, grave_faults
from playwright.sync_api import expect

from chromium import IN_CHROMIUM
from newsroom import OPS, POLICY, WATCHLIST

pytestmark = [pytest.mark.slow, pytest.mark.airflow, pytest.mark.timeout(900), *IN_CHROMIUM]


def box(frame, name):
    """A field that CodeMirror edits."""
    return frame.get_by_role("textbox", name=name, exact=True)


def confirm(frame, reason=""):
    frame.get_by_role("button", name="Save…").click()
    frame.get_by_label("Why? (optional, for the history)").fill(reason)
    frame.get_by_role("button", name="Save", exact=True).click()


LISTED = """\
lists:
  against: [oppose, reject]   # verbs
rules:
  - {id: against, query: $against AND bank, notify: [policy]}
"""


def test_word_that_a_list_lacks_is_added_with_one_click_to_the_rule_or_to_the_list(enter, airflow, room):
    room.watchlist(LISTED)
    room.adopt()
    page, _ = enter()
    page.goto(f"{airflow.url}/newswatch/watchlist/rules/against/edit")
    page.get_by_label("One a line.").fill("Rejection of the bank")
    expect(page.locator("#try .outcome")).to_contain_text("0 of 1 headline")
    buttons = page.locator("#try .repairs button")
    expect(buttons).to_have_text(["Add rejection beside $against in this rule"])
    expect(page.locator("#try .repairs")).not_to_contain_text("the list against")
    buttons.click()
    expect(box(page, "Query")).to_have_text("($against OR rejection) AND bank")
    expect(page.locator("#try .outcome")).to_contain_text("1 of 1 headline")
    box(page, "Query").fill("$against AND bank")
    expect(page.locator("#verdict")).to_contain_text("Nothing is changed yet")

    page.goto(f"{airflow.url}/newswatch/watchlist/edit?rule=against")
    page.get_by_label("One a line.").fill("Rejection of the bank")
    page.get_by_role("button", name="Add rejection to the list against, for each rule with it").click()
    text = page.get_by_role("textbox", name="Text of watchlist.yaml")
    expect(text).to_contain_text("against: [oppose, reject, rejection]   # verbs")
    expect(text).to_contain_text("query: $against AND bank,")
    expect(page.locator("#try .outcome")).to_contain_text("1 of 1 headline")
    assert page.noise == []


def test_edit_is_put_into_the_version_that_another_saved_meanwhile(enter, room):
    page, frame = enter()
    follow(frame, "Watchlist")
    frame.get_by_role("link", name="Edit central-bank-opposes").click()
    expect(frame.locator("#verdict")).to_contain_text("No errors")
    expect(frame.get_by_role("button", name="Save…")).to_be_disabled()  # nothing is changed yet
    box(frame, "Query").fill("central bank rejects")
    expect(frame.locator("#verdict")).to_contain_text("No errors")
    frame.get_by_role("button", name="Save…").click()
    expect(frame.locator(".diff .added")).to_contain_text("query: central bank rejects")
    room.watchlist(WATCHLIST + "  # by another\n")
    frame.get_by_role("button", name="Save", exact=True).click()
    expect(frame.locator("#verdict")).to_contain_text("Your rule is now part of that version")
    confirm(frame)
    expect(frame.get_by_role("heading", level=1)).to_have_text("central-bank-opposes")
    expected = WATCHLIST.replace("central bank opposes", "central bank rejects") + "  # by another\n"
    assert (room.config / "watchlist.yaml").read_text() == expected
    assert [one for one in page.noise if "409" not in one] == []


def test_editor_completes_marks_searches_indents_and_lets_go(enter, room):
    scenes.full(room)
    page, frame = enter()
    follow(frame, "Watchlist")
    frame.get_by_role("link", name="Edit watchlist.yaml").click()
    text = frame.get_by_role("textbox", name="Text of watchlist.yaml")
    expect(frame.locator("#verdict")).to_contain_text("No errors")
    text.focus()
    page.keyboard.press("Control+End")
    page.keyboard.type("  - id: more\n", delay=5)
    page.keyboard.type("sev", delay=30)
    frame.get_by_role("option", name="severity").click()
    page.keyboard.type("lo", delay=30)
    frame.get_by_role("option", name="low").click()
    page.keyboard.type("\nquery: AND $opp", delay=30)
    frame.get_by_role("option", name="$opposes").first.click()
    page.keyboard.type("\nnotify: [pol", delay=30)
    frame.get_by_role("option", name="policy").click()
    expect(text).to_contain_text("notify: [policy]")
    expect(frame.locator(".cm-lintRange-error").first).to_be_visible()  # more while one is out of date
    expect(frame.locator("#problems")).to_contain_text("watchlist.yaml:22:")
    expect(frame.get_by_role("button", name="Save…")).to_be_disabled()
    page.keyboard.press("Control+z")
    expect(text.locator(".cm-line").last).not_to_contain_text("policy")
    page.keyboard.press("Control+f")
    page.keyboard.type("harvest")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Home")
    page.keyboard.press("Tab")
    expect(text.locator(".cm-line").first).to_have_text("  lists:")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(text).not_to_be_focused()
    assert page.noise == []


def test_without_scripts_the_text_area_and_the_yaml_are_there(enter, room, airflow):
    page, _ = enter()
    plain = page.context.browser.new_context(
        java_script_enabled=False, storage_state=page.context.storage_state()
    )
    bare = plain.new_page()
    bare.goto(f"{airflow.url}/newswatch/watchlist/edit")
    expect(bare.get_by_label("Text of watchlist.yaml")).to_contain_text("central-bank-opposes")
    bare.goto(f"{airflow.url}/newswatch/watchlist/new")
    bare.get_by_label("Query", exact=True).fill("interest rates")
    bare.get_by_label("policy").check()
    bare.get_by_label("Id", exact=True).fill("rates")
    bare.get_by_role("button", name="Show it as YAML").click()
    expect(bare.get_by_label("The rule as YAML")).to_contain_text("query: interest rates")
    plain.close()


# ── focus, keys, errors ───────────────────────────────────────────────────────────────────────


def open_form(frame, link):
    follow(frame, "Watchlist")
    frame.get_by_role("link", name=link).click()
    expect(frame.locator(".cm-editor").first).to_be_visible()


def tab_to(page, wanted):
    """Presses Tab until this has the focus."""
    for _ in range(60):
        if wanted.evaluate("one => one === one.ownerDocument.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {wanted}")


def test_new_rule_is_made_and_saved_by_keys_alone(enter, room):
    page, frame = enter()
    follow(frame, "Watchlist", by_key=True)
    tab_to(page, frame.get_by_role("link", name="New rule"))
    page.keyboard.press("Enter")
    expect(frame.get_by_role("heading", level=1)).to_have_text("New rule")
    expect(box(frame, "Query")).to_be_focused()
    page.keyboard.type("interest rates")
    page.keyboard.press("Control+s")
    expect(frame.locator("#toast")).to_contain_text("being checked")  # not the browser's own dialog
    tab_to(page, frame.get_by_label("policy"))
    page.keyboard.press("Space")
    tab_to(page, frame.get_by_label("medium"))
    page.keyboard.press("ArrowUp")
    expect(frame.get_by_label("high")).to_be_checked()
    tab_to(page, frame.get_by_label("Must match", exact=True))
    page.keyboard.type("Higher interest rates")
    expect(frame.locator("#verdict")).to_contain_text("No errors")
    page.keyboard.press("Control+s")
    expect(frame.get_by_label("Why? (optional, for the history)")).to_be_focused()
    page.keyboard.press("Escape")
    expect(frame.get_by_role("dialog")).to_be_hidden()
    expect(frame.get_by_role("button", name="Save…")).to_be_enabled()
    tab_to(page, frame.get_by_role("button", name="Save…"))
    page.keyboard.press("Enter")
    expect(frame.get_by_label("Why? (optional, for the history)")).to_be_focused()
    page.keyboard.type("asked for by the desk")
    page.keyboard.press("Control+Enter")
    expect(frame.get_by_role("heading", level=1)).to_have_text("interest-rates")
    expect(frame.locator("#history")).to_contain_text("asked for by the desk")
    saved = (room.config / "watchlist.yaml").read_text()
    assert "query: interest rates\n    severity: high\n" in saved
    assert page.noise == []


def test_error_is_at_its_field_and_the_list_leads_there(enter, room, airflow):
    page, _ = enter()
    page.goto(f"{airflow.url}/newswatch/watchlist/rules/central-bank-opposes/edit")
    query = box(page, "Query")
    expect(query).to_have_text("central bank opposes")
    query.fill("central bank AND")
    page.get_by_label("policy").uncheck()
    expect(page.locator("#verdict")).to_contain_text("2 errors")
    fault = page.locator(".field:has(#f-query) .fault")
    expect(fault).to_contain_text("AND")
    expect(query).to_have_attribute("aria-invalid", "true")
    expect(query).to_have_accessible_description(re.compile("Adjacent words are a phrase.*AND"))
    expect(page.get_by_role("group", name="Receivers")).to_have_accessible_description(
        re.compile("notify|receiver")
    )
    problems = page.get_by_role("list", name="What the check found")
    assert grave_faults(page) == []
    expect(problems.get_by_role("listitem")).to_have_text(["Query", "Receivers"])  # the fields say the rest
    query.focus()
    page.keyboard.press("Control+s")
    expect(problems).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(query).to_be_focused()
    problems.get_by_role("button", name="Receivers").click()
    expect(page.get_by_label("policy")).to_be_focused()
    page.keyboard.press("Space")
    query.fill("central bank rejects")
    expect(page.locator("#verdict")).to_contain_text("No errors")
    expect(page.locator(".fault, [aria-invalid]")).to_have_count(0)
    expect(query).to_have_accessible_description(re.compile("^Adjacent words are a phrase[^✕]*$"))
    assert page.noise == []


def test_typing_over_a_selection_breaks_no_rule_of_the_content_policy(enter, room):
    """Chrome would keep the colour of what is replaced in a style attribute, which the policy refuses."""
    page, frame = enter()
    open_form(frame, "Edit central-bank-opposes")
    query = box(frame, "Query")
    query.fill("$opposes central bank")
    expect(query.locator(".cm-list")).to_have_text("$opposes")
    query.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("rejects")
    expect(query).to_have_text("rejects")
    page.once("dialog", lambda asked: asked.accept())  # the form has changes
    follow(frame, "Watchlist")
    frame.get_by_role("link", name="Edit watchlist.yaml").click()
    expect(frame.locator("#verdict")).to_contain_text("No errors")
    text = frame.get_by_role("textbox", name="Text of watchlist.yaml")
    text.focus()
    page.keyboard.press("Control+Home")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+End")
    page.keyboard.type("name")
    expect(text.locator(".cm-line").first).to_have_text("name")
    page.keyboard.press("Control+a")
    page.keyboard.type("rules")
    expect(text).to_have_text("rules")
    assert page.noise == []


DESKS = tuple(
    f"desk-{name}"
    for name in (
        "bonds",
        "courts",
        "crypto",
        "energy",
        "farms",
        "fx",
        "health",
        "law",
        "metals",
        "rail",
        "trade",
        "votes",
    )
)


def test_many_receivers_are_in_columns_and_narrowed_by_a_filter(enter, room, airflow):
    channels = {name: f"C05555555{n:02}" for n, name in enumerate(DESKS)}
    rows = "".join(f"  - {{id: {name}, channel: {channel}}}\n" for name, channel in channels.items())
    room.write(
        "receivers.yaml",
        f"receivers:\n  - {{id: policy, channel: {POLICY}}}\n  - {{id: ops, channel: {OPS}}}\n{rows}",
    )
    room.adopt()
    page, frame = enter()
    open_form(frame, "Edit central-bank-opposes")
    labels = frame.get_by_role("group", name="Receivers").locator("label")
    expect(labels).to_have_count(14)
    edges = {round(one.bounding_box()["x"]) for one in labels.all()}
    assert 2 <= len(edges) <= 4, edges
    expect(frame.locator("#verdict")).to_contain_text("No errors")
    frame.get_by_role("searchbox", name="Filter the receivers").fill("Desk-c")
    expect(labels.filter(visible=True)).to_have_text(
        [re.compile(one) for one in ("policy", "desk-courts", "desk-crypto")]
    )
    expect(frame.locator("#narrowed")).to_have_text("2 of 14")
    expect(frame.get_by_role("button", name="Save…")).to_be_disabled()  # the filter is not a change
    frame.get_by_label("desk-crypto").check()
    expect(frame.get_by_role("textbox", name="The rule as YAML")).to_contain_text("desk-crypto")
    page.goto(f"{airflow.url}/newswatch/watchlist/new")
    page.set_viewport_size({"width": 400, "height": 800})
    wide = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide[0] <= wide[1]
    assert grave_faults(page) == []
    assert page.noise == []
