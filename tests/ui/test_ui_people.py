"""Three people walk through newswatch as `make run` starts it: a reader, an operator, a newcomer.

One stack for the file, with Airflow's login on, the Slack simulator and the sample site. Each goes the way that people
go: with the mouse, in Slack's page and in Airflow's UI.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest
from browsing import SOON_MS, come, follow, written
from playwright.sync_api import expect
from running_airflow import WholeAirflow

from chromium import IN_CHROMIUM
from feed_server import Document, FeedServer, story

pytestmark = [pytest.mark.slow, pytest.mark.airflow, pytest.mark.timeout(900), *IN_CHROMIUM]

POLICY = "C0000000001"
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))

WATCHLIST = """\
rules:
  - id: central-bank-opposes
    query: central bank opposes
    severity: high
    notify: [policy]
"""
RECEIVERS = f"""\
editors: [U0READER]
defaults: {{per_channel_interval: 0.05s, grace: 30s}}
receivers:
  - {{id: policy, channel: {POLICY}}}
  - {{id: ops, channel: C0000000002}}
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The whole system, running. `wire` is polled all the time, `gazette` seldom."""
    folder = tmp_path_factory.mktemp("people")
    config = folder / "config"
    config.mkdir()
    (folder / ".data").symlink_to("stack")  # where the command line looks for what runs
    site = FeedServer()
    site.serve("/wire", story(1, "Nothing of note"))
    site.serve("/gazette", story(1, "Nothing of note either"), title="The Gazette")
    feeds = (
        "defaults: {allow_private: true}\nfeeds:\n"
        f"  - {{id: wire, url: '{site.url}/wire', every: 1s, at_most: 1s}}\n"
        f"  - {{id: gazette, url: '{site.url}/gazette', every: 15m}}\n"
    )
    for name, text in (("feeds", feeds), ("watchlist", WATCHLIST), ("receivers", RECEIVERS)):
        (config / f"{name}.yaml").write_text(text, encoding="utf-8")
    with WholeAirflow(folder, NEWSWATCH_SHIFT="30s") as stack:
        stack.wait_healthy(600)
        slack = f"http://localhost:{stack.slack_port}"
        yield SimpleNamespace(site=site, config=config, folder=folder, slack=slack, airflow=stack)
    site.stop()


@pytest.fixture(scope="module")
def airflow(world):
    """What `enter` logs in to: the whole stack."""
    return world.airflow


def publish(world, number, title):
    world.site.serve("/wire", story(number, title), story(1, "Nothing of note"))


def told(world, words):
    """The messages in the channel that say this."""
    with _OPENER.open(f"{world.slack}/sim/messages", timeout=30) as answer:
        return [one for one in json.load(answer) if one["channel"] == POLICY and words in one["text"]]


def order(world, method, fault=None):
    """Has Slack refuse something (POST), or takes that back (DELETE)."""
    body = json.dumps(fault).encode() if fault else None
    headers = {"Content-Type": "application/json"}
    asked = urllib.request.Request(f"{world.slack}/sim/faults", body, headers, method=method)
    _OPENER.open(asked, timeout=30).close()


def in_slack(page, world):
    """Slack's page in a tab of its own."""
    slack = page.context.new_page()
    slack.goto(f"{world.slack}/#{POLICY}")
    return slack


def message(slack, words):
    return slack.locator(".message").filter(has_text=words).last


def test_reader_goes_from_the_alert_to_its_rule_asks_why_and_mutes_it(world, enter):
    page, frame = enter()
    slack = in_slack(page, world)
    publish(world, 2, "Central bank opposes the plan for harbours")
    alert = message(slack, "the plan for harbours")
    expect(alert).to_contain_text("High · 1 publisher", timeout=SOON_MS)

    with page.context.expect_page() as opened:
        alert.get_by_role("link", name="central-bank-opposes").click()
    rule = opened.value
    expect(rule.get_by_role("heading", level=1)).to_have_text("central-bank-opposes")
    row = rule.locator(".card").filter(has_text="the plan for harbours")
    row.get_by_role("link", name="Why").click()
    expect(rule.get_by_text(f"sent to policy ({POLICY})")).to_be_visible()

    alert.get_by_label("More actions").click()
    alert.get_by_role("button", name="Mute 24 h").click()
    expect(message(slack, "the plan for harbours")).to_contain_text("Muted here by", timeout=SOON_MS)
    publish(world, 3, "Night trains get a new timetable, which the central bank opposes")
    card = frame.locator(".story").filter(has_text="Night trains")
    come(page, frame, "Alerts", card)
    expect(card.locator(".signs .state")).to_have_text("muted")
    expect(card).not_to_contain_text("queued")
    assert not told(world, "Night trains")

    menu = message(slack, "the plan for harbours")
    menu.get_by_label("More actions").click()
    menu.get_by_role("button", name="Unmute").click()
    expect(message(slack, "the plan for harbours")).not_to_contain_text("Muted here by", timeout=SOON_MS)
    assert page.noise == []


def test_operator_sees_what_is_refused_corrects_it_and_it_is_well_again(world, enter):
    page, frame = enter()
    world.site.documents["/gazette"] = Document(b"gone", status=404)
    follow(frame, "Feeds")
    frame.get_by_role("row", name="gazette").get_by_role("button", name="Poll now").click()
    trouble = frame.locator("#trouble li").filter(has_text="gazette")
    come(page, frame, "Feeds", trouble)
    expect(trouble).to_contain_text("refused")
    expect(trouble).to_contain_text("HTTP 404")
    expect(trouble).to_contain_text("correct the feed in feeds.yaml or remove it")

    world.site.serve("/gazette-new", story(2, "The gazette has moved house"), title="The Gazette")
    trouble.get_by_role("link", name="Edit gazette").click()
    expect(frame.locator("#verdict")).to_contain_text("No errors")
    text = frame.get_by_label("Text of feeds.yaml")
    corrected = (world.config / "feeds.yaml").read_text("utf-8").replace("/gazette'", "/gazette-new'")
    written(page, text, corrected)
    expect(frame.locator("#verdict")).to_have_text("No errors.")
    frame.get_by_role("button", name="Save…").click()
    frame.get_by_role("button", name="Save", exact=True).click()
    expect(frame.locator("#verdict")).to_contain_text("is saved")

    well = frame.get_by_role("row", name="gazette").filter(has_text="ok")
    come(page, frame, "Feeds", well)
    well.get_by_role("link", name="gazette").first.click()
    expect(frame.get_by_text("The gazette has moved house")).to_be_visible(timeout=SOON_MS)
    assert page.noise == []


def test_operator_sees_what_is_wrong_with_an_archived_channel_and_that_it_is_well_again(world, enter):
    page, frame = enter()
    order(world, "POST", {"kind": "is_archived", "method": "chat.postMessage", "channel": POLICY, "times": 0})
    publish(world, 7, "The central bank opposes a tax on bridges")
    verdict, finding = frame.locator(".verdict"), frame.locator(".finding-error").filter(has_text=POLICY)
    come(page, frame, "Status", finding)
    expect(verdict).to_have_class(re.compile("verdict-bad"))
    expect(verdict).to_contain_text("action")
    expect(finding).to_contain_text("is_archived")
    expect(finding).to_contain_text("Its queue is kept")
    expect(finding.locator(".what")).to_contain_text("give the receiver another one in receivers.yaml")
    expect(finding.locator(".do")).not_to_contain_text("receivers.yaml")  # once is enough
    finding.get_by_role("link", name="See its queue").click()
    expect(frame.get_by_role("row", name=POLICY)).to_contain_text("is_archived")
    assert not told(world, "tax on bridges")

    order(world, "DELETE")  # somebody unarchives it
    come(page, frame, "Status", frame.locator(".verdict-good"))
    expect(verdict).to_contain_text("Everything is all right")
    assert told(world, "tax on bridges")
    assert page.noise == []


def test_newcomer_makes_a_rule_publishes_a_story_and_judges_its_alert(world, enter):
    page, frame = enter()
    follow(frame, "Watchlist")
    frame.get_by_role("link", name="New rule").click()
    expect(frame.locator(".cm-editor").first).to_be_visible()
    frame.get_by_role("textbox", name="Query", exact=True).fill("lighthouse keepers")
    frame.get_by_label("policy").check()
    frame.get_by_label("Id", exact=True).fill("lighthouses")
    expect(frame.locator("#verdict")).to_contain_text("No errors")
    frame.get_by_role("button", name="Save…").click()
    frame.get_by_role("button", name="Save", exact=True).click()
    expect(frame.get_by_role("heading", level=1)).to_have_text("lighthouses")
    come(page, frame, "Watchlist", frame.get_by_role("row", name="lighthouses").get_by_text("in force"))

    program = Path(sys.executable).parent / "newswatch"
    own = {
        n: v for n, v in os.environ.items() if not n.startswith(("AIRFLOW", "NEWSWATCH", "REDIS", "SLACK"))
    }
    done = subprocess.run(
        [program, "demo", "Lighthouse keepers ask for quieter seagulls"],
        cwd=world.folder,
        env=own,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "It satisfies lighthouses" in done.stdout, done.stdout + done.stderr

    slack = in_slack(page, world)
    expect(message(slack, "quieter seagulls")).to_contain_text("Medium · 1 publisher", timeout=SOON_MS)
    call_not_relevant(slack, "quieter seagulls")
    marked = (
        frame.get_by_role("row", name="lighthouses")
        .locator("[data-label='Marks']")
        .get_by_text("1 not relevant")
    )
    come(page, frame, "Watchlist", marked)
    assert page.noise == []


NAME = "regulators-sues-crypto"
HEADLINES = "SEC sues crypto exchange over <b>listing</b>\nWill the SEC sue a crypto exchange?\nHarvest forecast raised"
A_MINUTE = 60.0


def test_newcomer_makes_a_rule_within_a_minute_follows_the_coach_and_restores_it_alone(world, enter):
    page, frame = enter()
    follow(frame, "Watchlist")
    before = watchlist(world)
    opened = time.monotonic()
    frame.get_by_role("link", name="New rule").click()
    make_by_the_form(frame)
    try_headlines(frame)
    save(page, frame)
    assert time.monotonic() - opened <= A_MINUTE
    made = watchlist(world)
    assert made.startswith(f"{before}  - id: {NAME}\n")
    assert "modality" not in made.removeprefix(before)
    come(page, frame, "Watchlist", frame.get_by_role("row", name=NAME).get_by_text("in force"))

    world.site.serve(
        "/wire",
        story(30, "SEC sues crypto exchange over listing"),
        story(31, "Puppet show: the SEC sues the crypto duck of a television comedian"),
        story(1, "Nothing of note"),
    )
    slack = in_slack(page, world)
    expect(message(slack, "crypto exchange over listing")).to_contain_text("High", timeout=SOON_MS)
    come(page, frame, "Alerts", frame.get_by_role("link", name="SEC sues crypto exchange over listing"))
    call_not_relevant(slack, "Puppet show")
    come(page, frame, "Watchlist", frame.get_by_role("row", name=NAME).get_by_text("1 not relevant"))

    follow_the_coach(frame)
    coached = watchlist(world)
    assert coached != made
    (world.config / "watchlist.yaml").write_text(coached.replace(*ANOTHER), encoding="utf-8")
    restore(frame)
    assert watchlist(world) == made.replace(*ANOTHER)
    assert page.noise == []


ANOTHER = ("query: central bank opposes\n", "query: central bank opposes\n    owner: bank-desk\n")
"""What somebody else changes in another rule meanwhile."""


def watchlist(world):
    return (world.config / "watchlist.yaml").read_text("utf-8")


def box(frame, name):
    """A field that CodeMirror edits."""
    return frame.get_by_role("textbox", name=name, exact=True)


def make_by_the_form(frame):
    expect(frame.locator(".cm-editor").first).to_be_visible()
    frame.get_by_label("An event: who does what").check()
    box(frame, "Who").press_sequentially("$regul")
    frame.get_by_role("option", name="$regulators").click()
    box(frame, "Does").fill("$sues")
    box(frame, "To what").fill("$crypto")
    expect(frame.locator("#live .outcome")).to_contain_text("0 items in 0 stories")  # before it is complete
    frame.get_by_label("policy").check()
    frame.get_by_label("high").check()
    expect(frame.get_by_label("Id", exact=True)).to_have_value(NAME)
    expect(frame.locator("#toast")).to_be_empty()  # a click in the form does nothing else
    frame.get_by_label("Must match", exact=True).fill("SEC sues crypto exchange")
    expect(frame.locator("#verdict")).to_contain_text("No errors")
    expect(frame.get_by_role("textbox", name="The rule as YAML")).to_contain_text("does: $sues")


def try_headlines(frame):
    frame.get_by_label("One a line.").fill(HEADLINES)
    outcome = frame.locator("#try .outcome")
    expect(outcome).to_contain_text("1 of 3 headlines")
    expect(frame.locator("#try mark").first).to_have_text("SEC")
    frame.get_by_role("button", name="Count what is asked").click()
    expect(outcome).to_contain_text("2 of 3 headlines")
    expect(frame.get_by_label("question")).to_be_checked()
    frame.get_by_label("question").uncheck()
    expect(outcome).to_contain_text("1 of 3 headlines")
    expect(frame.locator("#verdict")).to_contain_text("No errors")


def save(page, frame):
    frame.get_by_role("button", name="Save…").click()
    expect(frame.locator(".diff .added").first).to_contain_text(f"- id: {NAME}")
    expect(frame.locator(".diff .removed")).to_have_count(0)
    frame.get_by_label("Why? (optional, for the history)").fill("asked for by the desk")
    page.keyboard.press("Enter")
    expect(frame.get_by_role("heading", level=1)).to_have_text(NAME)
    expect(frame.locator("#state")).to_contain_text("comes into force within 30 seconds")


def call_not_relevant(slack, words):
    """With the mouse, in the menu of the message."""
    alert = message(slack, words)
    expect(alert).to_be_visible(timeout=SOON_MS)
    alert.get_by_label("More actions").click()
    alert.get_by_role("button", name="Not relevant").click()
    expect(message(slack, words)).to_contain_text("Marked not relevant by", timeout=SOON_MS)


def follow_the_coach(frame):
    frame.get_by_role("link", name=NAME, exact=True).click()
    expect(frame.locator("#irrelevant")).to_contain_text("still caught")
    frame.get_by_role("button", name="Ask the coach").click()
    proposal = frame.locator(".card").filter(has=frame.get_by_role("button", name="Save this edit")).first
    expect(proposal.locator(".diff .added")).not_to_have_count(0)
    expect(proposal).not_to_contain_text("@@")  # it is drawn as every other change is
    expect(proposal).not_to_contain_text("`")
    frame.get_by_role("button", name="Save this edit").first.click()
    expect(frame.locator("#toast")).to_contain_text("watchlist.yaml is saved")


def restore(frame):
    """The rule alone, as it was before the coach's edit."""
    history = frame.locator("#history")
    follow(frame, "Watchlist")
    frame.get_by_role("link", name=NAME, exact=True).click()
    expect(history).to_contain_text("asked for by the desk")
    expect(history.locator(".diff .added").first).to_be_visible()
    history.get_by_label("Why restore it (optional)").first.fill("too narrow")
    history.get_by_role("button", name="Restore this rule as it was before").first.click()
    expect(history).to_contain_text("too narrow")
