"""Another list chosen in a preview: the script alone, in a page of this test's own."""

import json
from pathlib import Path

import pytest

import newswatch_airflow.ui

pytestmark = pytest.mark.browser
SCRIPT = Path(newswatch_airflow.ui.__file__).parent / "static" / "newswatch.js"
PAGE = """<!doctype html><form data-into="preview" data-path="/preview"><input name="url"><button>Preview</button></form>
<div id="preview"></div>"""


def fragment(number):
    options = "".join(
        f"<option value={n}{' selected' if n == number else ''}>list {n}</option>" for n in range(3)
    )
    return (
        f"<p>Shows list {number}</p><form><input type=hidden name=url value='https://bank.example/press'>"
        f"<input type=hidden name=type value=page><select name=list data-again=preview>{options}</select>"
        "<input name=id value=bank><input name=tags></form>"
    )


def test_another_list_is_drawn_at_once_and_what_was_typed_stays(browser):
    asked = []

    def answer(route):
        asked.append(json.loads(route.request.post_data))
        route.fulfill(content_type="text/html", body=fragment(int(asked[-1].get("list", 0))))

    page = browser.new_page()
    page.route("**/preview", answer)
    page.route("**/page", lambda route: route.fulfill(content_type="text/html", body=PAGE))
    page.goto("http://newswatch.invalid/page")
    page.add_script_tag(path=str(SCRIPT))
    page.locator("[name=url]").fill("https://bank.example")
    page.get_by_role("button").click()
    page.locator("[name=tags]").fill("central-bank, press")
    page.locator("[name=list]").select_option("2")
    page.get_by_text("Shows list 2").wait_for()
    assert asked == [
        {"url": "https://bank.example"},
        {"url": "https://bank.example/press", "type": "page", "list": "2"},
    ]
    page.wait_for_function("document.querySelector('[name=tags]').value == 'central-bank, press'")
    page.wait_for_function("document.activeElement.name == 'list'")
    page.close()
