"""What the page tests do in a browser: log in through Airflow's form, follow, listen, ask axe-core."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect

NAVIGATION = ("Status", "Alerts", "Watchlist", "Feeds", "Delivery")
GRAVE = {"serious", "critical"}


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


def grave_faults(page: Page) -> list[str]:
    """What axe-core finds of serious and critical accessibility faults on the page as it stands."""
    return [
        f"{found['id']}: {node['target']} {node['failureSummary']}"
        for found in Axe().run(page).response["violations"]
        if found["impact"] in GRAVE
        for node in found["nodes"]
    ]
