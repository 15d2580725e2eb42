"""In a real Chromium, through Airflow's own UI with its login on."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect, sync_playwright
from running_airflow import RunningAirflow

from airflow_sandbox import redis_connection
from feed_server import story
from newsroom import POLICY, WATCHLIST, Newsroom

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.airflow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: install the package chromium"),
]

HOSTILE = "<img src=x onerror=alert(1)> central bank opposes \u202egnp.exe " + "W" * 300


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield made
        made.close()


class BesideTheBrowser(Newsroom):
    """Runs the stages in a thread: Playwright keeps an event loop in this one."""

    def _do(self, work, **changes):
        with ThreadPoolExecutor(1) as beside:
            return beside.submit(super()._do, work, **changes).result()


@pytest.fixture(scope="module")
def airflow(tmp_path_factory, redis_server, simulator):
    """One server for the file; its configuration folder is a link to that of the test at work."""
    folder = tmp_path_factory.mktemp("api-server")
    extra = {"base_url": simulator.base_url}
    server = RunningAirflow(
        folder,
        AIRFLOW_CONN_NEWSWATCH_REDIS=redis_connection(redis_server.url),
        AIRFLOW_CONN_NEWSWATCH_SLACK=json.dumps(
            {"conn_type": "slack", "password": simulator.token, "extra": extra}
        ),
        NEWSWATCH_CONFIG=str(folder / "config"),
    )
    try:
        server.wait()
        yield server
    finally:
        server.stop()


@pytest.fixture
def room(tmp_path, redis_url, simulator, airflow):
    simulator.reset()
    made = BesideTheBrowser(tmp_path, redis_url, simulator)
    link = airflow.home.parent / "config"
    link.unlink(missing_ok=True)
    link.symlink_to(made.config)
    made.adopt()
    yield made
    made.close()


@pytest.fixture
def enter(airflow, browser):
    """Logs a user in through Airflow's form and opens newswatch from the navigation; (page, frame)."""
    contexts = []

    def make(user="ada", **options):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.noise = []
        page.on("console", lambda said: page.noise.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: page.noise.append(str(error)))
        page.goto(airflow.url)
        page.locator("input[name=username]").fill(user)
        page.locator("input[name=password]").fill(airflow.password(user))
        page.locator("button[type=submit]").click()
        page.get_by_role("link", name="newswatch").click()
        frame = page.frame_locator("iframe")
        expect(frame.get_by_role("heading", level=1)).to_have_text("Status")
        page.noise.clear()  # what Airflow's own pages say on the way is not ours
        return page, frame

    yield make
    for context in contexts:
        context.close()


def follow(frame, name):
    frame.get_by_role("navigation").get_by_role("link", name=name).click()
    expect(frame.get_by_role("heading", level=1)).to_have_text(name)


def test_editor_writes_a_rule_and_its_alert_comes(enter, room):
    page, frame = enter()
    room.site.serve("/wire", story(1, "Interest rates stay where they are"))
    room.poll()
    for name in ("Alerts", "Watchlist", "Feeds", "Delivery", "Status"):
        follow(frame, name)
    follow(frame, "Watchlist")
    frame.get_by_role("link", name="Edit watchlist.yaml").click()
    text, verdict = frame.get_by_label("Text of watchlist.yaml"), frame.locator("#verdict")
    expect(verdict).to_have_text("Fine.")

    text.fill(WATCHLIST + "  - {id: rates, query: 'AND rates', notify: [policy]}\n")
    expect(verdict).to_contain_text("1 error")
    expect(frame.get_by_role("button", name="Save")).to_be_disabled()
    frame.locator("#problems .error button").click()
    assert text.evaluate("area => area.value.slice(0, area.selectionStart).split('\\n').length") == 6

    text.fill(WATCHLIST + "  - {id: rates, query: interest rates, notify: [policy]}\n")
    expect(verdict).to_have_text("Fine.")
    frame.get_by_label("Headline").fill("Higher interest rates ahead")
    frame.get_by_role("button", name="Try").click()
    expect(frame.locator("#try mark").first).to_contain_text("interest")
    frame.get_by_label("Rule (empty: all)").fill("rates")
    frame.get_by_role("button", name="Backtest").click()
    expect(frame.locator("#backtest")).to_contain_text("gains 1, loses 0")
    frame.get_by_role("button", name="Save").click()
    expect(verdict).to_contain_text("is saved")

    room.site.serve("/wire", story(2, "Interest rates rise after all"))
    room.run()
    follow(frame, "Alerts")
    expect(frame.locator(".headline mark").first).to_contain_text("Interest")
    frame.locator(".headline a").first.click()
    expect(frame.get_by_role("row", name="Sent")).to_contain_text("UTC")
    assert page.noise == []


def test_operator_polls_retries_mutes_and_unmutes(enter, room):
    page, frame = enter()
    room.site.serve("/wire", story(1, "Central bank opposes the plan"))
    room.poll()
    room.match()
    (message_id,) = room.redis.zrange(f"newswatch:outbox:{POLICY}", 0, -1)
    room.redis.hset(f"newswatch:message:{message_id}", mapping={"state": "dead", "error": "invalid_blocks"})
    room.redis.zrem(f"newswatch:outbox:{POLICY}", message_id)
    room.redis.zadd("newswatch:dead", {message_id: 1_700_000_000_000})

    follow(frame, "Feeds")
    frame.get_by_role("button", name="Poll now").first.click()
    expect(frame.locator("#told")).to_contain_text("is polled with the next run")
    assert room.redis.zscore("newswatch:feeds:due", "wire") == 0

    follow(frame, "Delivery")
    expect(frame.get_by_text("invalid_blocks")).to_be_visible()
    frame.get_by_role("button", name="Retry", exact=True).click()
    expect(frame.get_by_text("No dead letters")).to_be_visible()
    room.deliver()
    assert len(room.posts()) == 1

    follow(frame, "Watchlist")
    frame.get_by_role("button", name="Mute").click()
    expect(frame.get_by_role("button", name="Un-mute")).to_be_visible()
    room.site.serve("/wire", story(2, "Central bank opposes another plan"))
    room.run()
    assert len(room.posts()) == 1
    frame.get_by_role("button", name="Un-mute").click()
    expect(frame.get_by_role("button", name="Mute", exact=True)).to_be_visible()
    assert page.noise == []


def test_keyboard_alone_reaches_and_works_every_page(enter, room):
    room.site.serve("/wire", story(1, "Central bank opposes the plan"))
    room.run()
    page, frame = enter()
    frame.get_by_role("link", name="Skip to the content").focus()
    reached = []
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.append(frame.locator(":focus").inner_text())
    assert reached[:5] == ["Status", "Alerts", "Watchlist", "Feeds", "Delivery"]
    frame.get_by_role("link", name="Feeds").focus()
    page.keyboard.press("Enter")
    expect(frame.get_by_role("heading", level=1)).to_have_text("Feeds")
    frame.get_by_role("button", name="Poll now").focus()
    page.keyboard.press("Enter")
    expect(frame.locator("#told")).to_contain_text("is polled with the next run")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_hostile_text_stays_inert_and_the_layout_whole(enter, room, theme):
    room.site.serve("/wire", story(1, HOSTILE, HOSTILE), title=HOSTILE)
    room.run()
    page, _ = enter(viewport={"width": 420, "height": 900})
    page.evaluate("theme => localStorage.setItem('theme', theme)", theme)
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for path in ("", "alerts", "watchlist", "watchlist/edit", "feeds", "feeds/wire", "delivery", "runbook"):
        page.goto(f"{page.url.split('/plugin')[0].split('/newswatch')[0]}/newswatch/{path}")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= 420, path
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == ("rgb(0, 0, 0)" if theme == "dark" else "rgb(255, 255, 255)")
        assert page.locator("h1").count() == 1
    assert dialogs == []
    assert page.noise == []


def test_viewer_finds_nothing_to_change(enter, room):
    _page, frame = enter("vera")
    for name in ("Feeds", "Delivery", "Watchlist"):
        follow(frame, name)
        expect(frame.locator("main form[data-post]")).to_have_count(0)
    frame.get_by_role("link", name="Show watchlist.yaml").click()
    expect(frame.get_by_label("Text of watchlist.yaml")).not_to_be_editable()
    expect(frame.get_by_role("button", name="Save")).to_have_count(0)


def test_second_editor_is_told_and_can_take_over(enter, room):
    _page, frame = enter()
    follow(frame, "Watchlist")
    frame.get_by_role("link", name="Edit watchlist.yaml").click()
    text, verdict = frame.get_by_label("Text of watchlist.yaml"), frame.locator("#verdict")
    expect(verdict).to_have_text("Fine.")  # the page with the version before is there
    room.watchlist(WATCHLIST + "# by another\n")
    text.fill(WATCHLIST + "# mine\n")
    expect(verdict).to_have_text("Fine.")
    frame.get_by_role("button", name="Save").click()
    expect(verdict).to_contain_text("Nothing was overwritten")
    expect(frame.locator("#theirs pre")).to_contain_text("# by another")
    assert "# mine" not in (room.config / "watchlist.yaml").read_text()
    frame.get_by_role("button", name="I have taken it over").click()
    expect(verdict).to_contain_text("is saved")
    assert "# mine" in (room.config / "watchlist.yaml").read_text()
