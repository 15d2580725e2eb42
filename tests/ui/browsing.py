"""What the page tests do in a browser: log in through Airflow's form, follow, come back, listen, ask axe-core."""

from __future__ import annotations

import time

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, expect

NAVIGATION = ("Status", "Alerts", "Watchlist", "Feeds", "Delivery")
GRAVE = {"serious", "critical"}
THEMES = ("light", "dark")
GROUNDS = {"light": "rgb(255, 255, 255)", "dark": "oklch(0.23185 0.0323 266.44)"}
"""What a page of ours has behind its text under each theme."""
FOREIGN = "main img:not(.cm-widgetBuffer), main iframe, main style, main script"
"""What a hostile text would bring. CodeMirror puts empty images beside its placeholders."""
SOON_MS = 240_000
"""For what the stages do: it takes seconds, but the machine may be busy."""


def sign_in(context: BrowserContext, url: str, user: str, password: str) -> tuple[Page, FrameLocator]:
    """Logs in through Airflow's form and opens newswatch from the navigation; (page, frame).

    `page.noise` collects what the console says from then on: errors, uncaught ones too.
    """
    page = context.new_page()
    page.noise = []
    page.on("console", lambda said: page.noise.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: page.noise.append(str(error)))
    page.goto(url)
    page.locator("input[name=username]").fill(user)
    page.locator("input[name=password]").fill(password)
    page.locator("button[type=submit]").click()
    page.get_by_role("link", name="newswatch", exact=True).click(timeout=120_000)
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", level=1)).to_have_text("Status", timeout=120_000)
    page.noise.clear()  # what Airflow's own pages say on the way is not ours
    return page, frame


def follow(frame: FrameLocator, name: str, *, by_key: bool = False) -> None:
    """Goes to a page of ours by its entry in our navigation; returns when the new page is there."""
    frame.locator("body").evaluate("body => { body.dataset.left = '1'; }")
    link = frame.get_by_role("navigation").get_by_role("link", name=name)
    if by_key:
        link.press("Enter")
    else:
        link.click()
    expect(frame.locator("body:not([data-left])").get_by_role("heading", level=1)).to_have_text(name)


def come(page: Page, frame: FrameLocator, entry: str, what: Locator) -> None:
    """Looks at one of our pages again until it shows `what`, as somebody would who waits for it."""
    deadline = time.monotonic() + SOON_MS / 1000
    while True:
        follow(frame, entry)
        if what.count() or time.monotonic() > deadline:
            expect(what.first).to_be_visible(timeout=1_000)
            return
        page.wait_for_timeout(1_000)


def written(page: Page, editor: Locator, text: str) -> None:
    """Replaces what is in an editor of a file."""
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)


def grave_faults(page: Page) -> list[str]:
    """What axe-core finds of serious and critical accessibility faults on the page as it stands."""
    return [
        f"{found['id']}: {node['target']} {node['failureSummary']}"
        for found in Axe().run(page).response["violations"]
        if found["impact"] in GRAVE
        for node in found["nodes"]
    ]


def tab_to(page: Page, what: Locator) -> None:
    """Moves the focus by the Tab key until it is on this, as somebody without a mouse does."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if what.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"80 times Tab did not reach {what}")
