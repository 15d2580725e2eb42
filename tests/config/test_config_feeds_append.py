"""Entries are added to feeds.yaml as a careful person would: nothing else changes."""

from __future__ import annotations

from datetime import date

import pytest

from newswatch.config.feeds_append import CannotAppend, NewFeed, append_feeds, id_for, tag_for
from newswatch.config.feeds_file import read_feeds
from newswatch.config.report import FileReport
from newswatch.config.yaml_tree import parse_document

NEW = [NewFeed("ecb-press", "https://ecb.example/rss?x=1#top", ("central-bank", "официально"), "en")]
ROW = "- id: ecb-press\n{0}  url: https://ecb.example/rss?x=1#top\n"

FORMS = {
    "comments": "# ours\nfeeds:\n  # first\n  - id: a   # keep\n    url: https://a.example/ # why\n  # end\n",
    "brace-on-its-own-line": "feeds:\n  - {id: a,\n     url: 'https://a.example/'\n    }\n",
    "flow-entry": "defaults: {every: 1m}\nfeeds:\n  - {id: a, url: 'https://a.example/'}\n",
    "no-indent": "feeds:\n- id: a\n  url: https://a.example/\n  tags:\n    - x\ndefaults:\n  every: 2m\n",
    "no-newline": "feeds:\n  - id: a\n    url: https://a.example/",
    "windows": "feeds:\r\n  - id: a\r\n    url: https://a.example/\r\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_entry_is_added_and_every_old_line_stays(tmp_path, form):
    path = tmp_path / "feeds.yaml"
    path.write_bytes(FORMS[form].encode())
    append_feeds(path, NEW)
    text = path.read_bytes().decode()
    assert "- id: ecb-press" in text
    left = [line for line in text.splitlines() if "ecb" not in line and "официально" not in line]
    assert [line for line in left if line.strip() != "lang: en"] == FORMS[form].splitlines()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "url", ["https://a.example/x:", "https://a.example/'q'", "https://a.example/[x]{y}&*!%"]
)
def test_url_of_any_shape_is_written_so_that_it_reads_the_same(tmp_path, url):
    path = tmp_path / "feeds.yaml"
    path.write_text("feeds:\n  - id: a\n    url: https://a.example/\n")
    append_feeds(path, [NewFeed("b", url, ("no", "1.0", "null"))])
    report = FileReport(parse_document("feeds.yaml", path.read_bytes()))
    assert [(feed.url, feed.tags) for feed in read_feeds(report, date.min).feeds][1:] == [
        (url, ("no", "1.0", "null"))
    ]


def test_empty_list_gets_its_first_entry(tmp_path):
    path = tmp_path / "feeds.yaml"
    path.write_text("feeds:\n# none yet\n")
    append_feeds(path, NEW)
    assert "  - id: ecb-press\n    url:" in path.read_text()


@pytest.mark.parametrize(
    "text",
    [
        "feeds: []\n",
        "feeds: [{id: a, url: 'https://a.example/'}]\n",
        "feeds:\n  - id: a\n    url: nowhere\n",
        "feeds:\n  - id: ecb-press\n    url: https://a.example/\n",
    ],
    ids=["flow-empty", "flow", "broken", "id-taken"],
)
def test_file_that_cannot_be_added_to_safely_stays_as_it_is(tmp_path, text):
    path = tmp_path / "feeds.yaml"
    path.write_text(text)
    with pytest.raises(CannotAppend):
        append_feeds(path, NEW)
    assert path.read_text() == text


def test_ids_and_tags_are_made_of_titles_and_folders():
    assert id_for("Банк: Press – Releases!", {"press-releases"}) == "press-releases-2"
    assert id_for("Банк", set()) == "feed"
    assert tag_for("Central Banks / Europe") == "central-banks-europe"
    assert tag_for("Центробанки") == "центробанки"
