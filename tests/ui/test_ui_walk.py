"""Through Airflow's own UI in a real Chromium, over everything `make run` starts, with the login on.

One stack for the file: scheduler, dag-processor, api-server and Redis, the Slack simulator,
a server of feeds. What a person does in the pages is done there; what it brings is looked for in Slack.
"""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
import redis
from browsing import NAVIGATION, SOON_MS, come, follow, written
from playwright.sync_api import expect
from running_airflow import WholeAirflow

from chromium import IN_CHROMIUM
from devtools.slack_sim.running import RunningSimulator
from feed_server import FeedServer, story
from newswatch.store import keys

pytestmark = [pytest.mark.slow, pytest.mark.airflow, pytest.mark.timeout(900), *IN_CHROMIUM]

POLICY, OPS = "C0123456789", "C0999999999"

WATCHLIST = """\
rules:
  - id: central-bank-opposes
    query: central bank opposes
    severity: high
    notify: [policy]
"""
WRONG = WATCHLIST + "  - {id: rates, query: 'AND rates', notify: [policy]}\n"
RIGHT = WATCHLIST + "  - {id: rates, query: interest rates, notify: [policy], owner: markets}\n"
RECEIVERS = f"""\
defaults: {{per_channel_interval: 0.05s, grace: 30s}}
receivers:
  - {{id: policy, channel: {POLICY}}}
  - {{id: ops, channel: {OPS}}}
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The whole system, running. `wire` is polled all the time, `weekly` only when somebody asks."""
    folder = tmp_path_factory.mktemp("walk")
    config = folder / "config"
    config.mkdir()
    site = FeedServer()
    site.serve("/wire", story(1, "Interest rates stay where they are"))
    site.serve("/weekly", story(1, "Nothing of note"), title="The Weekly")
    feeds = (
        "defaults: {allow_private: true}\nfeeds:\n"
        f"  - {{id: wire, url: '{site.url}/wire', every: 1s, at_most: 1s}}\n"
        f"  - {{id: weekly, url: '{site.url}/weekly', every: 15m}}\n"
    )
    for name, text in (("feeds", feeds), ("watchlist", WATCHLIST), ("receivers", RECEIVERS)):
        (config / f"{name}.yaml").write_text(text, encoding="utf-8")
    with (
        RunningSimulator(interval_s=0, strict_channels=False) as slack,
        WholeAirflow(folder, SLACK_BOT_TOKEN=slack.token, SLACK_BASE_URL=slack.base_url) as stack,
    ):
        stack.wait_healthy(600)
        with redis.Redis.from_url(stack.redis_url, decode_responses=True) as client:
            yield SimpleNamespace(site=site, slack=slack, redis=client, config=config, airflow=stack)
    site.stop()


@pytest.fixture(scope="module")
def airflow(world):
    """What `enter` logs in to: the whole stack."""
    return world.airflow


def until(what, timeout_s=SOON_MS / 1000):
    deadline = time.monotonic() + timeout_s
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.2)
    return found


def told(world, words):
    """The messages in the channel that say this."""
    return [one for one in world.slack.messages(POLICY) if words in one["text"]]


def publish(world, number, title):
    """One story at the head of the wire."""
    world.site.serve("/wire", story(number, title), story(1, "Interest rates stay where they are"))


def test_rule_is_written_corrected_tried_saved_and_alerts(world, enter):
    page, frame = enter()
    until(lambda: world.redis.xlen(keys.ITEMS))
    for name in (*NAVIGATION[1:], NAVIGATION[0]):
        follow(frame, name)

    follow(frame, "Watchlist")
    frame.get_by_role("link", name="Edit watchlist.yaml").click()
    text, verdict = frame.get_by_label("Text of watchlist.yaml"), frame.locator("#verdict")
    expect(verdict).to_have_text("No errors.")
    written(page, text, WRONG)
    expect(verdict).to_contain_text("1 error")
    expect(frame.locator("#problems")).to_contain_text("watchlist.yaml:6:24")
    expect(frame.get_by_role("button", name="Save…")).to_be_disabled()
    written(page, text, RIGHT)
    expect(verdict).to_have_text("No errors.")

    page.keyboard.press("Control+End")  # into the new rule
    frame.get_by_label("One a line.").fill("Higher interest rates ahead\nHigher rates ahead")
    expect(frame.locator("#try mark").first).to_contain_text("interest")
    expect(frame.locator("#try .outcome")).to_contain_text("1 of 2 headlines")
    expect(frame.locator("#live-rule")).to_have_text(" rates")
    expect(frame.locator("#live .outcome")).to_contain_text("1 item in 1 story", timeout=60_000)
    expect(frame.locator("#live svg.chart")).to_be_visible()
    frame.get_by_role("button", name="Save…").click()
    frame.get_by_role("button", name="Save", exact=True).click()
    expect(verdict).to_contain_text("is saved")

    come(page, frame, "Watchlist", frame.get_by_role("row", name="rates").get_by_text("markets"))
    follow(frame, "Alerts")
    publish(world, 2, "Interest rates rise after all")
    headline = frame.get_by_role("link", name="Interest rates rise after all")
    expect(headline).to_be_visible(timeout=SOON_MS)  # by itself: the page is live
    frame.locator(".story").filter(has_text="Interest rates rise after all").locator("summary").click()
    expect(frame.locator(".reports mark").first).to_contain_text("Interest")
    until(lambda: told(world, "Interest rates rise after all"))
    headline.first.click()
    for step, dag_id in (("Seen", "poll_feeds"), ("Matched", "match_items")):
        expect(frame.get_by_role("row", name=step)).to_contain_text(f"{dag_id} ")
    expect(frame.get_by_text("interest rates", exact=True)).to_be_visible()
    assert page.noise == []


def test_feed_is_polled_at_once_when_somebody_asks(world, enter):
    page, frame = enter()
    until(lambda: world.redis.hget(keys.feed("weekly"), "status"))
    world.site.serve("/weekly", story(2, "News of this minute"), title="The Weekly")
    follow(frame, "Feeds")
    frame.get_by_role("row", name="weekly").get_by_role("button", name="Poll now").click()
    expect(frame.locator("#toast")).to_contain_text("weekly will be polled within seconds")
    frame.get_by_role("row", name="weekly").get_by_role("link", name="weekly", exact=True).click()
    expect(frame.get_by_text("News of this minute")).to_be_visible(timeout=SOON_MS)
    assert page.noise == []


def test_dead_letter_is_shown_and_arrives_after_a_retry(world, enter):
    page, frame = enter()
    world.slack.fault("invalid_blocks", times=2, channel=POLICY)  # as it is, and in its plainest form
    publish(world, 3, "Central bank opposes a dead letter")
    letter = frame.get_by_role("listitem").filter(has_text="Central bank opposes a dead letter")
    come(page, frame, "Delivery", letter)
    expect(letter).to_contain_text("invalid_blocks")
    letter.get_by_text("Payload", exact=True).click()
    expect(letter.locator("pre")).to_contain_text('"rich_text"')
    assert not told(world, "a dead letter")
    letter.get_by_role("button", name="Retry").click()
    expect(frame.get_by_text("No dead letters")).to_be_visible()
    until(lambda: told(world, "a dead letter"))
    assert page.noise == []


def test_muted_rule_is_kept_out_of_slack_until_unmuted(world, enter):
    page, frame = enter()
    follow(frame, "Watchlist")
    row = frame.get_by_role("row", name="central-bank-opposes")
    row.get_by_label("More for central-bank-opposes").click()
    row.get_by_role("button", name="Mute").click()
    expect(row).to_contain_text("by ada")
    publish(world, 4, "Central bank opposes it in silence")
    muted = frame.get_by_role("listitem").filter(has_text="opposes it in silence").filter(has_text="muted")
    come(page, frame, "Alerts", muted)
    follow(frame, "Delivery")
    frame.get_by_role("row", name="central-bank-opposes").get_by_role("button", name="Unmute").click()
    expect(frame.get_by_text("Nothing is muted")).to_be_visible()
    publish(world, 5, "Central bank opposes it aloud")
    until(lambda: told(world, "opposes it aloud"))
    assert not told(world, "in silence")
    assert page.noise == []


def test_viewer_reads_all_and_changes_nothing(world, enter):
    page, frame = enter("vera")
    for name in NAVIGATION:
        follow(frame, name)
        expect(frame.locator("main form[data-post], main form[data-into]")).to_have_count(0)
    follow(frame, "Watchlist")
    frame.get_by_role("link", name="Show watchlist.yaml").click()
    expect(frame.get_by_label("Text of watchlist.yaml")).not_to_be_editable()
    expect(frame.get_by_role("button", name="Save…")).to_have_count(0)
    refused = page.evaluate(
        """async () => (await fetch("/newswatch/api/feeds/wire/poll", {
            method: "POST", headers: {"X-Newswatch": "1", "Content-Type": "application/json"}, body: "{}",
        })).status"""
    )
    assert refused == 403


def test_pages_fit_a_narrow_window_within_airflow(enter):
    page, frame = enter(viewport={"width": 400, "height": 800})
    for name in NAVIGATION:
        follow(frame, name)
        wide = frame.locator("html").evaluate("root => [root.scrollWidth, root.clientWidth]")
        assert wide[0] <= wide[1], (name, wide)
    assert page.noise == []
