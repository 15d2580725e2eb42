"""What the form of a rule says while it is not complete, not right, or not saved, in a real Chromium."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import pytest
from browsing import follow, grave_faults
from playwright.sync_api import expect

from chromium import IN_CHROMIUM
from feed_server import story
from newsroom import WATCHLIST
from newswatch.models import Item
from newswatch.store import keys
from newswatch.store.codec import item_to_json, to_ms

pytestmark = [pytest.mark.slow, pytest.mark.airflow, pytest.mark.timeout(600), *IN_CHROMIUM]


@pytest.fixture
def form(enter, airflow):
    """Logs in and opens the form of a rule, outside of the frame; the page."""

    def make(path, **options):
        page, _ = enter(**options)
        page.goto(f"{airflow.url}/newswatch/watchlist/{path}")
        expect(page.locator(".cm-editor").first).to_be_visible()
        return page

    return make


def box(page, name):
    """A field that CodeMirror edits."""
    return page.get_by_role("textbox", name=name, exact=True)


def problems(page):
    return page.get_by_role("list", name="What the check found")


def save(page):
    page.get_by_role("button", name="Save…").click()
    page.get_by_role("dialog").get_by_role("button", name="Save", exact=True).click()


def edited(form, **options):
    page = form("rules/central-bank-opposes/edit", **options)
    expect(page.locator("#verdict")).to_have_text("No errors. Nothing is changed yet.")
    box(page, "Query").fill("central bank rejects")
    expect(page.locator("#verdict")).to_have_text("No errors.")
    return page


def test_form_that_is_begun_says_what_is_missing_and_not_that_it_is_wrong(form, room):
    page = form("new")
    page.get_by_label("An event: who does what").check()
    expect(page.locator("#verdict")).to_have_text("Still to fill in: Does, Receivers, Id.")
    expect(page.locator(".needed:visible")).to_have_text(["Does", "Receivers", "Id"])  # by the same names
    box(page, "Who").fill("$courts")
    expect(page.locator("#verdict")).to_have_text("Still to fill in: Does, Receivers.")
    expect(page.locator(".fault, [aria-invalid], .cm-lintRange-error")).to_have_count(0)
    assert grave_faults(page) == []
    page.keyboard.press("Control+Enter")  # now it is asked for
    expect(page.locator("#verdict")).to_have_text("2 errors.")
    expect(page.locator(".fault")).to_have_text(
        ["Say what is done: a list such as $sues, or verbs.", "Choose at least one receiver."]
    )
    expect(problems(page)).to_be_focused()
    problems(page).get_by_role("button", name="Does").click()
    expect(box(page, "Does")).to_be_focused()
    page.keyboard.type("sue")
    page.get_by_label("policy").check()
    expect(page.locator("#verdict")).to_have_text("No errors.")
    expect(page.locator(".fault, [aria-invalid]")).to_have_count(0)
    assert page.noise == []


def test_words_of_another_rule_get_an_id_of_their_own(form, room):
    page = form("new")
    box(page, "Query").fill("central bank opposes")
    page.get_by_label("policy").check()
    expect(page.get_by_label("Id", exact=True)).to_have_value("central-bank-opposes-2")
    expect(page.locator("#verdict")).to_have_text("No errors.")
    expect(box(page, "The rule as YAML")).to_contain_text("- id: central-bank-opposes-2")
    page.get_by_label("Id", exact=True).fill("central-bank-opposes")  # of the user's own
    expect(page.locator(".field:has(#f-id) .fault")).to_contain_text("already in watchlist.yaml:2:")
    expect(problems(page).get_by_role("listitem")).to_have_text(["Id"])
    box(page, "Query").fill("central bank AND")
    fault = page.locator(".field:has(#f-query) .fault")
    expect(fault.locator("code")).to_have_text("AND")
    expect(page.locator("#live-why")).to_have_text("Correct the rule first: the form shows what is wrong.")
    expect(fault.get_by_role("link", name="docs/rules.md")).to_have_attribute(
        "href", re.compile("/newswatch/guide/rules#queries$")
    )


def test_phrase_that_catches_nothing_becomes_words_near_each_other_with_a_click(form, room):
    room.site.serve("/wire", story(1, "Central bank of Sundmark opposes the plan"))
    room.run()
    page = form("new")
    box(page, "Query").fill("central bank opposes a plan")
    page.get_by_role("button", name="Write central NEAR/6 bank NEAR/6 opposes NEAR/6 plan").click()
    expect(box(page, "Query")).to_have_text("central NEAR/6 bank NEAR/6 opposes NEAR/6 plan")
    expect(page.locator("#live")).to_contain_text("1 item in 1 story")
    expect(page.locator("#live")).to_be_focused()


def test_results_stay_greyed_while_the_query_is_wrong_and_nothing_moves(form, room):
    room.site.serve("/wire", story(1, "Central bank opposes the plan"))
    room.run()
    page = form("rules/central-bank-opposes/edit")
    live, why = page.locator("#live"), page.locator("#live-why")
    expect(live).to_contain_text("1 item in 1 story")
    expect(live.locator("[data-again]")).to_have_count(0, timeout=30_000)
    page.locator("#headlines").fill("Central bank opposes it")
    expect(page.locator("#try")).to_contain_text("1 of 1 headline")
    before = page.locator("#as-yaml").bounding_box()
    box(page, "Query").fill("central bank AND")
    expect(why).to_have_text("Correct the rule first: the form shows what is wrong.")
    for one in (live, page.locator("#try")):
        expect(one).to_have_attribute("inert", "")
    expect(live).to_contain_text("1 item in 1 story")
    expect(page.locator("#try")).to_contain_text("1 of 1 headline")
    assert page.locator("#as-yaml").bounding_box() == before
    assert grave_faults(page) == []
    box(page, "Query").fill("central bank rejects")
    expect(live).to_contain_text("0 items in 0 stories")
    expect(why).to_have_text("It is looked up in the stored items while you type.")
    expect(page.locator("[inert]")).to_have_count(0)
    assert page.noise == []


def test_results_of_a_broad_rule_become_complete_by_themselves(form, room):
    room.adopt()
    now = datetime.now(timezone.utc)
    many = 6_000
    pipe = room.redis.pipeline(transaction=False)
    for number in range(many):
        at = now - timedelta(minutes=1.5 * (many - number))
        item = Item(
            id=f"wire:{number:016x}",
            feed_id="wire",
            revision=0,
            guid=str(number),
            link=f"https://news.example/{number}",
            canonical_link=f"https://news.example/{number}",
            title=f"The bank reports on day {number}",
            summary="A standfirst of some forty words. " * 8,
            body="",
            author="",
            tags=(),
            lang="en",
            published=at,
            first_seen=at,
            config_version=1,
        )
        pipe.xadd(keys.ITEMS, {"v": "1", "item": item_to_json(item)}, id=f"{to_ms(at)}-{number}")
    pipe.execute()
    page = form("new")
    seen = []
    page.on("response", lambda one: seen.append(one) if one.url.endswith("/rules/live") else None)
    box(page, "Query").fill("bank")
    expect(page.locator("#live .outcome")).to_contain_text("6,000 items in 6,000 stories in the last 7 days")
    expect(page.locator("#live [data-more]")).to_have_count(0)
    expect(page.locator("#live-said")).to_contain_text("6,000 items")  # heard once, when it is complete
    partial = [one.text() for one in seen if "data-more" in one.text()]
    assert partial
    assert all("so far" in one and "not counted yet" in one for one in partial)
    assert page.noise == []


def test_nothing_can_be_saved_once_the_edit_is_undone(form, room):
    page = edited(form)
    button, verdict = page.get_by_role("button", name="Save…"), page.locator("#verdict")
    expect(button).to_be_enabled()
    box(page, "Query").press("Control+z")
    expect(box(page, "Query")).to_have_text("central bank opposes")
    expect(verdict).to_have_text("No errors. Nothing is changed yet.")
    expect(button).to_be_disabled()
    page.get_by_label("low").check()
    expect(button).to_be_enabled()
    page.get_by_label("high").check()
    expect(verdict).to_have_text("No errors. Nothing is changed yet.")
    expect(button).to_be_disabled()
    page.get_by_role("link", name="watchlist.yaml").click()  # nothing is lost, so nobody is asked
    text = page.get_by_role("textbox", name="Text of watchlist.yaml")
    expect(verdict).to_have_text("No errors.")
    expect(button).to_be_disabled()
    text.press("Control+End")
    page.keyboard.type("# more")
    expect(button).to_be_enabled()
    page.keyboard.press("Control+z")
    expect(text).not_to_contain_text("# more")
    expect(verdict).to_have_text("No errors.")
    expect(button).to_be_disabled()
    assert page.noise == []


def test_completions_leave_the_hint_and_the_error_of_their_field_in_view(form, room):
    page = form("new")
    field = page.locator(".field:has(#f-query)")
    box(page, "Query").press_sequentially("central bank AND")
    page.get_by_label("low").check()  # an error is shown once something else is filled in
    expect(field.locator(".fault")).to_be_visible()
    box(page, "Query").press("Control+End")
    box(page, "Query").press("Control+Space")
    completions = page.get_by_role("listbox")
    expect(completions).to_be_visible()
    page.wait_for_function(
        """() => document.querySelector('.cm-tooltip-autocomplete').getBoundingClientRect().top
            >= document.querySelector('.field:has(#f-query) .fault').getBoundingClientRect().bottom"""
    )
    assert page.noise == []


def places(page):
    """Where each field of the form is, in px from its first one."""
    return page.locator("#rule .field, #rule .choice, #rule fieldset").evaluate_all(
        """all => all.filter(one => one.checkVisibility()).map(one => {
            const { x, y, width, height } = one.getBoundingClientRect();
            const first = document.getElementById("rule").getBoundingClientRect();
            const sizes = [x - first.x, y - first.y, width, height].map(Math.round);
            return [one.querySelector("label, h2")?.textContent, ...sizes];
        })"""
    )


@pytest.mark.parametrize("width", [1280, 400])
def test_error_at_a_field_moves_nothing_and_is_read_whole_in_its_field(form, room, width):
    page = form("rules/central-bank-opposes/edit", viewport={"width": width, "height": 900})
    expect(page.locator("#verdict")).to_have_text("No errors. Nothing is changed yet.")
    before = places(page)
    box(page, "Query").fill("central bank AND")
    box(page, "Only these feeds").fill("nowhere")
    page.get_by_label("policy").uncheck()
    faults = page.locator(".fault")
    expect(faults).to_have_count(3)
    assert places(page) == before
    box(page, "Query").focus()
    fault = page.locator(".field:has(#f-query) .fault")
    assert fault.evaluate("one => one.scrollHeight - one.clientHeight") <= 0
    expect(fault).to_be_in_viewport(ratio=1)
    assert grave_faults(page) == []
    assert page.noise == []


def test_live_results_are_within_reach_while_one_writes_on_a_phone(form, room):
    room.site.serve("/wire", story(1, "Central bank opposes the plan"))
    room.run()
    page = form("new", viewport={"width": 400, "height": 800})
    box(page, "Query").fill("central bank")
    brief = page.get_by_role("button", name="Caught: 1 item in 1 story")
    expect(brief).to_be_in_viewport(ratio=1)
    expect(brief).to_have_accessible_name("Caught: 1 item in 1 story")
    expect(page.locator("#live .outcome")).not_to_be_in_viewport()
    before = places(page)
    brief.click()
    expect(page.locator("#live .outcome")).to_be_in_viewport(ratio=1)
    expect(page.locator("#live mark").first).to_be_visible()
    for one in (brief, page.get_by_role("button", name="Save…"), box(page, "Query")):
        expect(one).to_be_in_viewport(ratio=1)
    assert places(page) == before
    assert grave_faults(page) == []
    box(page, "Query").fill("central bank rejects")
    expect(page.get_by_role("button", name="Caught: 0 items in 0 stories")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#live .outcome")).not_to_be_in_viewport()
    expect(box(page, "Query")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert page.noise == []


ROOM = """() => {
    const line = document.querySelector(".field:has(#f-query) .cm-line").getBoundingClientRect();
    const bar = document.querySelector(".bar");
    const fixed = getComputedStyle(bar).position === "fixed" ? bar.offsetHeight : 0;
    return line.bottom + document.querySelector(".cm-tooltip-autocomplete").offsetHeight + fixed;
}"""
"""How high the window has to be for the list right below the line, in px."""
APART = """() => {
    const list = document.querySelector(".cm-tooltip-autocomplete")?.getBoundingClientRect();
    const hint = document.querySelector("#h-query").getBoundingClientRect();
    const bar = document.querySelector(".bar");
    const foot = getComputedStyle(bar).position === "fixed" ? bar.getBoundingClientRect().top : innerHeight;
    return list && (list.bottom <= hint.top || list.top >= hint.bottom) && list.top >= 0 && list.bottom <= foot;
}"""


@pytest.mark.parametrize("width", [1280, 400])
def test_completions_open_upwards_where_they_would_cover_the_hint(form, room, width):
    page = form("new", viewport={"width": width, "height": 900})
    box(page, "Query").press("Control+Space")
    expect(page.get_by_role("listbox")).to_be_visible()
    page.wait_for_function(APART)
    high = page.evaluate(ROOM)
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_have_count(0)
    page.set_viewport_size({"width": width, "height": round(high) + 14})
    box(page, "Query").press("Control+Space")
    page.wait_for_function(APART, timeout=10_000)
    expect(page.locator("#h-query")).to_be_in_viewport(ratio=1)
    assert page.noise == []


def test_what_is_required_is_marked_and_heard(form, room):
    page = form("new")
    marks = page.locator(".needed:visible")
    expect(marks).to_have_text(["Query", "Receivers", "Id"])
    assert marks.first.evaluate("one => getComputedStyle(one, '::after').content").startswith('"required"')
    expect(box(page, "Query")).to_have_attribute(
        "aria-required", "true"
    )  # its name is not longer by the mark
    assert page.locator("#f-expires").bounding_box()["width"] < 200


def test_refused_save_says_so_and_leads_to_the_file_that_is_broken(form, room):
    page = edited(form)
    page.get_by_role("button", name="Save…").click()
    (room.config / "watchlist.d").mkdir()
    room.write("watchlist.d/more.yaml", "rules:\n  - {id: more, query: harvest AND, notify: [policy]}\n")
    page.get_by_role("dialog").get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#verdict")).to_have_text("Nothing was saved: 1 error in watchlist.d/more.yaml.")
    expect(problems(page)).to_be_focused()
    assert grave_faults(page) == []
    link = problems(page).get_by_role("link", name="watchlist.d/more.yaml:2:")
    expect(link).to_have_attribute(
        "href", re.compile(r"watchlist/edit\?name=watchlist\.d%2Fmore\.yaml&line=2$")
    )
    room.write("watchlist.d/more.yaml", "rules: []\n")
    save(page)  # what was written is still there
    expect(page.get_by_role("heading", level=1)).to_have_text("central-bank-opposes")
    assert "query: central bank rejects" in (room.config / "watchlist.yaml").read_text()


def test_save_that_does_not_arrive_can_be_tried_again(form, room):
    page = edited(form)
    button = page.get_by_role("button", name="Save…")
    button.click()
    expect(page.get_by_label("Why? (optional, for the history)")).to_be_focused()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    page.route("**/api/files/save", lambda route: route.abort())
    save(page)
    expect(page.locator("#verdict")).to_have_class("bad")
    expect(button).to_be_focused()
    page.unroute("**/api/files/save")
    save(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("central-bank-opposes")


def test_refused_save_of_a_file_takes_the_focus_to_its_reasons(form, room):
    page = form("edit")
    expect(page.locator("#verdict")).to_contain_text("No errors")
    page.get_by_role("textbox", name="Text of watchlist.yaml").fill(WATCHLIST.replace("opposes", "rejects"))
    button = page.get_by_role("button", name="Save…")
    expect(button).to_be_enabled()
    button.click()
    (room.config / "watchlist.d").mkdir()
    room.write("watchlist.d/more.yaml", "rules:\n  - {id: more, query: harvest AND, notify: [policy]}\n")
    page.get_by_role("dialog").get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#verdict")).to_have_text("Nothing was saved: 1 error in watchlist.d/more.yaml.")
    expect(problems(page)).to_be_focused()


def test_verdict_and_save_are_in_view_while_one_writes_in_a_narrow_window(form, room):
    for width, height in ((400, 700), (640, 450)):  # a phone; a window at 200%
        page = edited(form, viewport={"width": width, "height": height})
        page.evaluate("scrollTo(0, 0)")
        for one in (page.locator("#verdict"), page.get_by_role("button", name="Save…")):
            expect(one).to_be_in_viewport(ratio=1)
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        last, bar = page.locator("#yaml + .cm-editor").bounding_box(), page.locator(".bar").bounding_box()
        assert last["y"] + last["height"] <= bar["y"]  # nothing is left behind the bar
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert grave_faults(page) == []


def test_rule_page_shows_the_edit_once_it_is_in_force(enter, room):
    page, frame = enter()
    follow(frame, "Watchlist")
    frame.get_by_role("link", name="central-bank-opposes", exact=True).click()
    expect(frame.locator("#means")).to_contain_text("central bank opposes")
    room.watchlist(WATCHLIST.replace("query: central bank opposes", "query: central bank rejects"))
    room.adopt()
    expect(frame.locator("#means")).to_contain_text("central bank rejects")  # without a click
    follow(frame, "Feeds")
    frame.get_by_role("link", name="Add a feed").click()
    expect(frame.get_by_label("URL of a feed, or of a web page that announces one")).to_be_focused()
    assert page.noise == []
