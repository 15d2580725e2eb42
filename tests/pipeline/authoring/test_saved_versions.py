"""Saving a file: what is checked under the lock, and which versions before are kept."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

import pytest

from newswatch.errors import ConfigError
from newswatch.pipeline.authoring import editing, saved_versions
from newswatch.pipeline.authoring.rule_history import rule_history
from newswatch.pipeline.authoring.saved_versions import NotEditable

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
NAME, SLACK = "watchlist.yaml", "watchlist.d/slack.yaml"


def rules(*ids, query="oil"):
    return "rules:\n" + "".join(f"  - {{id: {one}, query: {query}, notify: [policy]}}\n" for one in ids)


@pytest.fixture
def desk(newsroom):
    newsroom.watchlist(rules("first"))
    settings = newsroom.settings()
    moments = iter(NOW + timedelta(minutes=n) for n in range(1_000))

    def save(text, name=NAME):
        before = editing.read_file(newsroom.config, name)
        return editing.save(settings, name, text, expected=before.digest, by="ada", now=next(moments))

    def rewrite(text):
        editing.rewrite(settings, SLACK, lambda _before: text, by="bob", now=next(moments))

    newsroom.save, newsroom.rewrite = save, rewrite
    return newsroom


def kept(room):
    return sorted((room.config / ".history").glob("*.yaml"))


def test_draft_is_checked_with_what_another_saved_while_it_waited(desk, monkeypatch):
    desk.rewrite(rules("second"))
    real = saved_versions.locked

    @contextmanager
    def after_another(directory):
        with real(directory):
            desk.write(SLACK, rules("second", "third"))
            yield

    monkeypatch.setattr(editing, "locked", after_another)
    with pytest.raises(ConfigError, match="third"):
        desk.save(rules("first", "third"))
    assert (desk.config / NAME).read_text() == rules("first")


def test_newest_versions_of_each_file_are_kept_and_older_ones_removed(desk, monkeypatch):
    monkeypatch.setattr(saved_versions, "KEPT_VERSIONS", 3)
    desk.rewrite(rules("second"))
    for number in range(6):
        desk.save(rules("first", query=f"word{number}"))
    versions = [one for one in saved_versions.read_saved_versions(desk.config) if one.file == NAME]
    texts = [editing.read_version(desk.config, NAME, one.kept) for one in versions]
    assert texts == [rules("first", query=f"word{number}") for number in (4, 3, 2)]
    (of_slack,) = (one for one in saved_versions.read_saved_versions(desk.config) if one.file == SLACK)
    assert editing.read_version(desk.config, SLACK, of_slack.kept) == ""
    assert len(kept(desk)) == 4
    assert len(rule_history(desk.config, "first")) == 3


def test_line_that_cannot_be_read_stays_in_the_log_and_hides_no_other(desk, monkeypatch):
    monkeypatch.setattr(saved_versions, "KEPT_VERSIONS", 2)
    desk.save(rules("first", query="gas"))
    log = desk.config / ".history" / "saved.jsonl"
    log.write_text(log.read_text() + '{"at": "2026', "utf-8")
    for query in ("coal", "wind", "sun"):
        desk.save(rules("first", query=query))
    assert len(saved_versions.read_saved_versions(desk.config)) == 2
    assert '{"at": "2026\n' in log.read_text()


def test_text_that_is_written_again_as_it_is_makes_no_version(desk):
    desk.rewrite(rules("second"))
    before = (kept(desk), saved_versions.read_saved_versions(desk.config))
    desk.rewrite(rules("second"))
    desk.save(rules("first"))
    assert (kept(desk), saved_versions.read_saved_versions(desk.config)) == before


def test_version_that_was_not_saved_is_not_kept(desk, monkeypatch):
    def full(*_words, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(editing, "replace_file", full)
    with pytest.raises(NotEditable, match="No space left"):
        desk.save(rules("first", query="gas"))
    with pytest.raises(NotEditable, match="No space left"):
        desk.rewrite(rules("second"))
    assert kept(desk) == []


def test_version_is_read_only_under_the_name_of_its_file(desk):
    desk.rewrite(rules("second"))
    desk.save(rules("first", query="gas"))
    (version,) = (one.kept for one in saved_versions.read_saved_versions(desk.config) if one.file == NAME)
    assert editing.read_version(desk.config, NAME, version) == rules("first")
    with pytest.raises(NotEditable, match=r"no version .* of watchlist.d/slack.yaml"):
        editing.read_version(desk.config, SLACK, version)
