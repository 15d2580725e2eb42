"""The overlay: config/ with the sample feeds added, and nothing else changed."""

from dataclasses import replace
from datetime import date

import pytest
import yaml

from devtools.stack.overlay import ROOT, Overlay, SampleFeed, with_sample_feeds
from newswatch.config.shown_names import shown_folder
from newswatch.pipeline.base.configuration import check_files
from newswatch.settings import Settings

SAMPLES = [
    SampleFeed("sample-a", "http://127.0.0.1:1/a.xml"),
    SampleFeed("sample-b", "http://127.0.0.1:1/b.xml"),
]

OWN = """\
# why these
defaults: {every: 5m}
feeds:
  - id: one
    url: https://example.com/1
    # a note

  - id: two
    url: https://example.com/2
"""


def ids(text):
    return [feed["id"] for feed in yaml.safe_load(text)["feeds"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (OWN, ["one", "two", "sample-a", "sample-b"]),
        (OWN.rstrip("\n"), ["one", "two", "sample-a", "sample-b"]),
        (OWN + "\n# the end\n", ["one", "two", "sample-a", "sample-b"]),
        ("feeds:\n- id: one\n  url: u\ndefaults:\n  every: 1m\n", ["one", "sample-a", "sample-b"]),
        ("feeds:\n  - {id: one, url: u}\n", ["one", "sample-a", "sample-b"]),
        ("feeds: []\ndefaults: {lang: en}\n", ["sample-a", "sample-b"]),
        ("feeds:\ndefaults: {lang: en}\n", ["sample-a", "sample-b"]),
        ("defaults: {lang: en}\n", ["sample-a", "sample-b"]),
        ("", ["sample-a", "sample-b"]),
        ("# nothing yet\n", ["sample-a", "sample-b"]),
        ("feeds:\n  - id: sample-a\n    url: mine\n", ["sample-a", "sample-b"]),
    ],
)
def test_sample_feeds_join_a_files_own(text, expected):
    assert ids(with_sample_feeds(text, SAMPLES)) == expected


def test_sample_feeds_leave_the_rest_of_the_file_as_it_was():
    laid_over = with_sample_feeds(
        "defaults: {lang: en}\nfeeds:\n  - id: one\n    url: u\n\n# last\n", SAMPLES
    )
    assert yaml.safe_load(laid_over)["defaults"] == {"lang": "en"}
    assert "\n# last\n" in laid_over


def test_own_lines_keep_their_numbers():
    assert with_sample_feeds(OWN, SAMPLES).splitlines()[: len(OWN.splitlines())] == OWN.splitlines()


@pytest.mark.parametrize(
    "broken", ["feeds: [\n", "feeds:\n\t- id: x\n", "- a list\n", "feeds: {a: b}\n", "\x00"]
)
def test_a_file_that_cannot_be_read_is_passed_on_as_it_is(broken):
    assert with_sample_feeds(broken, SAMPLES) == broken


@pytest.fixture
def folders(tmp_path):
    source = tmp_path / "config"
    (source / "watchlist.d").mkdir(parents=True)
    (source / "feeds.yaml").write_text(OWN)
    (source / "watchlist.yaml").write_text("rules: []\n")
    return source, tmp_path / "overlay"


def test_overlay_follows_edits_new_files_and_removals(folders):
    source, target = folders
    overlay = Overlay(source, target, SAMPLES)
    overlay.sync()
    assert ids((target / "feeds.yaml").read_text()) == ["one", "two", "sample-a", "sample-b"]
    (source / "watchlist.yaml").write_text("rules: [{}]\n")
    (source / "watchlist.d" / "more.yaml").write_text("rules: []\n")
    (source / "receivers.yaml").write_text("receivers: []\n")
    (source / "feeds.yaml").write_text("feeds: []\n")
    overlay.sync()
    assert (target / "watchlist.yaml").read_text() == "rules: [{}]\n"
    assert (target / "watchlist.d" / "more.yaml").exists()
    assert (target / "receivers.yaml").exists()
    assert ids((target / "feeds.yaml").read_text()) == ["sample-a", "sample-b"]
    (source / "watchlist.yaml").unlink()
    (source / "feeds.yaml").unlink()
    overlay.sync()
    assert sorted(entry.name for entry in target.iterdir()) == [".source", "receivers.yaml", "watchlist.d"]


def test_overlay_passes_a_broken_file_on_and_recovers(folders):
    source, target = folders
    overlay = Overlay(source, target, SAMPLES)
    (source / "feeds.yaml").write_bytes(b"\xff\xfe broken")
    overlay.sync()
    assert (target / "feeds.yaml").read_bytes() == b"\xff\xfe broken"
    (source / "feeds.yaml").write_text(OWN)
    overlay.sync()
    assert ids((target / "feeds.yaml").read_text())[-1] == "sample-b"


def test_problems_name_the_files_of_the_folder_behind_the_overlay(folders):
    source, target = folders
    Overlay(source, target, SAMPLES).sync()
    (source / "watchlist.yaml").write_text("rules: [{id: a}]\n")
    (source / "watchlist.d" / "more.yaml").write_text("rules: {\n")
    found = check_files(replace(Settings(), config_dir=target), date(2026, 1, 1))
    assert {one.file for one in found.errors} <= {
        f"{source}/{name}"
        for name in ("watchlist.yaml", "watchlist.d/more.yaml", "feeds.yaml", "receivers.yaml")
    }
    assert any(one.file == f"{source}/watchlist.d/more.yaml" for one in found.errors)


def test_overlay_of_a_folder_of_the_project_is_known_by_its_path_there(tmp_path):
    Overlay(ROOT / "config", tmp_path, SAMPLES).sync()
    assert shown_folder(tmp_path) == "config"


def test_overlay_without_a_configuration_folder_is_empty(tmp_path):
    Overlay(tmp_path / "absent", tmp_path / "overlay", SAMPLES).sync()
    assert list((tmp_path / "overlay").iterdir()) == []


def test_a_file_saved_through_the_overlay_lands_in_config(folders):
    source, target = folders
    overlay = Overlay(source, target, SAMPLES)
    overlay.sync()
    draft = target / ".draft"
    draft.write_text("rules: [edited]\n")
    draft.replace(target / "watchlist.yaml")
    overlay.sync()
    assert (source / "watchlist.yaml").read_text() == "rules: [edited]\n"
    assert (target / "watchlist.yaml").is_symlink()
