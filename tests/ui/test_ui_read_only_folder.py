"""The configuration folder cannot be written: pages say so before somebody fills in a form, and offer no Save."""

import re

import pytest

from feed_server import story
from newswatch.document import Entry, ParsedFeed
from newswatch.pipeline.authoring import editing
from newswatch.pipeline.authoring.feed_preview import FeedPreview
from newswatch_airflow.ui.rooms import feeds

WRITE = {"X-Newswatch": "1", "Sec-Fetch-Site": "same-origin"}
WHY = "cannot be written by the api-server (Read-only file system): edit the file at its source"


@pytest.fixture
def ada(visit, newsroom, monkeypatch):
    """An editor. Tests may run as root, whom no permission stops."""

    def refuse(*_words, **_options):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(editing.tempfile, "TemporaryFile", refuse)
    newsroom.site.serve("/wire", story(1, "Nothing of note"))
    newsroom.run()
    return visit("ada")


@pytest.mark.parametrize(
    "path",
    [
        "watchlist/new",
        "watchlist/rules/central-bank-opposes/edit",
        "watchlist/rules/central-bank-opposes/copy",
    ],
)
def test_form_of_a_rule_says_so_above_its_fields_which_cannot_be_filled_in(ada, path):
    text = ada.get(f"/newswatch/{path}").text
    assert f"{WHY}." in text[: text.index("<form")]
    steps = re.findall(r'<fieldset class="step"[^>]*>', text)
    assert steps
    assert all("disabled" in step for step in steps)


@pytest.mark.parametrize("query", ["", "?feed=wire"])
def test_editor_of_a_file_says_so_above_its_text_which_is_read_only(ada, query):
    text = ada.get(f"/newswatch/watchlist/edit{query}").text
    assert f"{WHY}." in text[: text.index("<textarea")]
    assert "readonly" in re.search(r'<textarea id="text"[^>]*>', text)[0]


def test_preview_of_a_new_feed_says_so_in_place_of_its_button(ada, newsroom, monkeypatch):
    async def found(*_words, **_options):
        return FeedPreview("https://bank.example/rss", ParsedFeed((Entry(title="Rates up"),)), kind="feed")

    monkeypatch.setattr(feeds, "preview_url", found)
    answer = ada.post("/newswatch/api/feeds/preview", json={"url": "https://bank.example/rss"}, headers=WRITE)
    assert "It cannot be added here: " in answer.text
    assert WHY in answer.text
    assert "Add to feeds.yaml" not in answer.text
