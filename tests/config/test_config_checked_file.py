"""A cache must change how long loading takes and nothing else: each test holds it to loading without."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from config_fakes import EasyChecker

from newswatch.config import unchanged_files
from newswatch.config.load import load_config

HERE = Path(__file__).parent
BROKEN = sorted((HERE / "broken").glob("*/*.yaml"))
TODAY = date(2026, 11, 22)

RULE = "- id: {id}\n  query: {query}\n  notify: [{notify}]\n"


class DictCache:
    """Keeps everything in memory."""

    def __init__(self):
        self.entries = {}

    def get(self, kind, key):
        return self.entries.get((kind, key))

    def put(self, kind, key, data):
        self.entries[kind, key] = data


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(HERE / "healthy", tmp_path / "config")
    return tmp_path / "config"


@pytest.fixture
def cache():
    return DictCache()


def load(folder, cache=None, today=TODAY):
    checker = EasyChecker()
    return load_config(folder, checker, today=today, cache=cache), [query for query, _ in checker.checked]


def assert_same(folder, cache, today=TODAY):
    """Loading with the cache says what loading without it says; the queries that were checked for it."""
    plain, _ = load(folder, today=today)
    kept, checked = load(folder, cache, today=today)
    assert kept == plain
    if plain.draft is not None:
        assert kept.draft.digest == plain.draft.digest
    return checked


def test_unchanged_files_are_not_checked_again(folder, cache):
    assert assert_same(folder, cache)
    assert assert_same(folder, cache) == []


def test_only_the_edited_file_is_checked_again(folder, cache):
    load(folder, cache)
    (folder / "watchlist.d" / "more.yaml").write_text(
        "rules:\n" + RULE.format(id="one-more", query="rates", notify="policy")
    )
    assert assert_same(folder, cache) == ["rates"]


@pytest.mark.parametrize("fixture", BROKEN, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_broken_file_is_reported_as_ever_beside_kept_ones(fixture, folder, cache):
    load(folder, cache)
    shutil.copy(fixture, folder / f"{fixture.parent.name}.yaml")
    assert_same(folder, cache)
    assert_same(folder, cache)


def test_receiver_taken_out_is_missed_at_its_place(folder, cache):
    load(folder, cache)
    path = folder / "receivers.yaml"
    path.write_text(path.read_text().replace("id: policy", "id: politics"))
    assert_same(folder, cache)
    loaded, _ = load(folder, cache)
    assert loaded.draft is None
    assert any("no receiver 'policy'" in str(problem) for problem in loaded.problems)


def test_tag_that_no_feed_carries_any_more_is_warned_of(folder, cache):
    load(folder, cache)
    path = folder / "feeds.yaml"
    path.write_text(path.read_text().replace("crypto", "coins"))
    assert_same(folder, cache)


def test_id_given_again_in_another_file_is_refused(folder, cache):
    load(folder, cache)
    extra = folder / "watchlist.d" / "zz.yaml"
    extra.write_text("rules:\n" + RULE.format(id="central-bank-opposes", query="rates", notify="policy"))
    assert_same(folder, cache)
    loaded, _ = load(folder, cache)
    assert any("'central-bank-opposes' is already in" in str(problem) for problem in loaded.problems)


def test_two_kept_files_with_one_id_are_both_read_again(folder, cache):
    first, second = folder / "watchlist.d" / "x.yaml", folder / "watchlist.d" / "y.yaml"
    text = "rules:\n" + RULE.format(id="twin", query="rates", notify="policy")
    first.write_text(text)
    load(folder, cache)
    second.write_text(text)
    assert_same(folder, cache)


def test_query_is_checked_again_when_a_list_of_another_file_changes(folder, cache):
    lists, rules = folder / "watchlist.d" / "lists.yaml", folder / "watchlist.d" / "rules.yaml"
    lists.write_text("lists:\n  outer: [$inner]\n  inner: [word]\n  apart: [thing]\n")
    rules.write_text("rules:\n" + RULE.format(id="uses", query="$outer", notify="policy"))
    load(folder, cache)
    lists.write_text("lists:\n  outer: [$inner]\n  inner: [word]\n  apart: [other]\n")
    assert "$outer" not in assert_same(folder, cache)
    lists.write_text("lists:\n  outer: [$inner]\n  inner: [other]\n  apart: [other]\n")
    assert "$outer" in assert_same(folder, cache)
    lists.unlink()
    assert_same(folder, cache)
    assert load(folder, cache)[0].draft is None


def test_rule_that_expires_overnight_is_warned_of(folder, cache):
    (folder / "watchlist.d" / "old.yaml").write_text(
        "rules:\n" + RULE.format(id="old", query="rates", notify="policy") + "  expires: 2026-11-22\n"
    )
    assert not load(folder, cache)[0].problems
    assert assert_same(folder, cache, today=date(2026, 11, 23)) == []
    assert "expired on 2026-11-22" in str(load(folder, cache, date(2026, 11, 23))[0].problems[0])


def test_warnings_are_kept_with_their_places(folder, cache):
    (folder / "watchlist.d" / "loud.yaml").write_text(
        "rules:\n" + RULE.format(id="loud", query="SHOUT it", notify="policy")
    )
    load(folder, cache)
    assert assert_same(folder, cache) == []
    assert "loud.yaml:3:10: warning: rule 'loud': query: shouting" in str(load(folder, cache)[0].problems[0])


@pytest.mark.parametrize(
    "spoilt", [b"", b"[]", b"{}", b'{"format":1}', b'{"format":1,"rules":7}', b"\xff\x00"]
)
def test_spoilt_entry_is_made_anew(folder, cache, spoilt):
    load(folder, cache)
    before = dict(cache.entries)
    cache.entries = dict.fromkeys(before, spoilt)
    assert assert_same(folder, cache)
    assert cache.entries == before


def test_file_with_errors_is_not_kept(folder, cache):
    (folder / "watchlist.d" / "bad.yaml").write_text(
        "rules:\n" + RULE.format(id="bad", query="(rates", notify="policy")
    )
    load(folder, cache)
    assert "(rates" in assert_same(folder, cache)


def test_event_is_kept_with_its_parts(folder, cache):
    event = "{who: $central_banks, does: [$opposes], unless: cricket}"
    rule = f"- id: e\n  event: {event}\n  modality: [denied]\n  notify: [policy]\n"
    (folder / "watchlist.d" / "more.yaml").write_text("rules:\n" + rule)
    assert_same(folder, cache)
    assert_same(folder, cache)


def test_event_is_checked_again_when_another_file_changes_its_pack(folder, cache):
    rule = "- id: e\n  event: {who: $central_banks, does: $opposes}\n  notify: [policy]\n"
    (folder / "watchlist.d" / "more.yaml").write_text("rules:\n" + rule)
    assert_same(folder, cache)
    (folder / "watchlist.d" / "other.yaml").write_text(
        "lists:\n  companies: {extend: [Foo Air]}\nrules: []\n"
    )
    kept, _ = load(folder, cache)
    assert kept.draft.lists["companies"] == ("$companies", "Foo Air")
    assert_same(folder, cache)


def test_feeds_that_have_not_changed_are_not_read_again(folder, cache, monkeypatch):
    add_feed(folder, "  - {id: twice, url: https://coin.example/feed}\n")
    first, _ = load(folder, cache)
    monkeypatch.setattr(unchanged_files, "read_feeds", None)
    again, _ = load(folder, cache)
    moved, _ = load(folder.rename(folder.with_name("elsewhere")), cache)
    assert [problem.line for problem in first.problems] == [16]  # the address is there twice
    assert again == first
    assert moved.draft == first.draft
    assert "elsewhere" in moved.problems[0].file


WINDOWED = """\
  - id: a
    url: https://a.example/feed
    tags: [official]
    headers: {Accept-Language: en}
    windows: [{at: "2026-12-10 14:15", timezone: Europe/Berlin, for: 10m, expect: RULE}]
"""


def add_feed(folder, text):
    feeds = folder / "feeds.yaml"
    feeds.write_text(feeds.read_text("utf-8") + text, "utf-8")


def test_feeds_are_not_read_again_by_the_next_process(folder, cache, monkeypatch):
    add_feed(folder, WINDOWED.replace("RULE", "no-such-rule"))
    first, _ = load(folder, cache)
    assert "no-such-rule" in str(first.problems)
    unchanged_files._known_feeds.clear()  # as in another process
    assert_same(folder, cache)
    monkeypatch.setattr(unchanged_files, "read_feeds", None)
    unchanged_files._known_feeds.clear()
    assert load(folder, cache)[0] == first
    with pytest.raises(TypeError):  # windows that are over are left out from tomorrow on
        load(folder, cache, today=date(2026, 11, 23))


CALENDAR = """\
BEGIN:VCALENDAR
BEGIN:VEVENT
UID:1
DTSTART:20261210T141500Z
SUMMARY:Rates
END:VEVENT
END:VCALENDAR
"""


def test_feeds_with_a_calendar_are_read_each_time(folder, cache):
    (folder / "a.ics").write_text(CALENDAR, "utf-8")
    add_feed(folder, "  - {id: a, url: https://a.example/feed, calendar: a.ics}\n")
    assert_same(folder, cache)
    (folder / "a.ics").write_text(CALENDAR.replace("T141500Z", "T151500Z"), "utf-8")
    assert_same(folder, cache)
    assert load(folder, cache)[0].draft.feeds[-1].windows[0].at_s % 86_400 == 15 * 3_600 + 15 * 60


def test_feeds_are_read_again_when_they_change(folder, cache):
    load(folder, cache)
    feeds = folder / "feeds.yaml"
    feeds.write_text(feeds.read_text("utf-8").replace("every: ", "evry: "), "utf-8")
    assert_same(folder, cache)
