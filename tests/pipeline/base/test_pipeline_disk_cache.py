import logging
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from newswatch.errors import QueryError
from newswatch.models import FeedFilter, Rule
from newswatch.pipeline.base import compiled_rules as compiled_module
from newswatch.pipeline.base.compiled_rules import compiled
from newswatch.pipeline.base.configuration import check_files
from newswatch.pipeline.base.disk_cache import MOST_ENTRIES, DiskCache
from newswatch.rules import ItemText
from newswatch.settings import Settings

ROOT = Path(__file__).parents[3]


@pytest.fixture
def cache(tmp_path):
    return DiskCache(tmp_path / "cache")


@pytest.fixture(autouse=True)
def fresh_memory(monkeypatch):
    """Each test begins as a new process does."""
    monkeypatch.setattr(compiled_module, "_memory", type(compiled_module._memory)())


def entries(shelf_folder):
    return sorted(path for path in shelf_folder.iterdir() if not path.name.startswith("."))


def test_entry_comes_back_as_it_was_put(cache):
    assert cache.get("kind", "key") is None
    cache.put("kind", "key", b"line\nline")
    assert cache.get("kind", "key") == b"line\nline"
    assert cache.get("kind", "other") is None
    assert cache.get("other", "key") is None


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: data + b" ", lambda _: b"", lambda _: b"\n"]
)
def test_damaged_entry_is_none(cache, tmp_path, damage):
    cache.put("kind", "key", b"content")
    (path,) = entries(tmp_path / "cache")
    path.write_bytes(damage(path.read_bytes()))
    assert cache.get("kind", "key") is None
    cache.put("kind", "key", b"content")
    assert cache.get("kind", "key") == b"content"


def test_entry_of_another_key_is_none(cache, tmp_path):
    cache.put("kind", "one", b"one")
    (one,) = entries(tmp_path / "cache")
    cache.put("kind", "two", b"two")
    (two,) = set(entries(tmp_path / "cache")) - {one}
    two.write_bytes(one.read_bytes())
    assert cache.get("kind", "two") is None


def test_folder_that_cannot_be_used_is_an_empty_one(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    cache = DiskCache(blocked / "cache")
    cache.put("kind", "key", b"content")
    assert cache.get("kind", "key") is None
    assert "nothing can be cached in" in caplog.text
    nowhere = DiskCache(None)
    nowhere.put("kind", "key", b"content")
    assert nowhere.get("kind", "key") is None


def test_folder_that_others_may_write_is_not_believed(cache, tmp_path):
    cache.put("kind", "key", b"content")
    (tmp_path / "cache").chmod(0o777)
    assert cache.get("kind", "key") is None
    (tmp_path / "cache").chmod(0o700)
    assert cache.get("kind", "key") == b"content"


def test_longest_unused_entries_go_first(cache, tmp_path):
    cache.put("kind", "old", b"old")
    (old,) = entries(tmp_path / "cache")
    for number in range(MOST_ENTRIES - 1):
        cache.put("kind", str(number), b"")
    past = time.time() - 1_000
    for path in entries(tmp_path / "cache"):
        os.utime(path, (past, past))
    assert cache.get("kind", "old") == b"old"
    cache.put("kind", "new", b"new")
    assert len(entries(tmp_path / "cache")) == MOST_ENTRIES
    assert old.exists()


def rules(count, query="word{} opposes"):
    return [Rule(f"rule-{number}", query.format(number)) for number in range(count)]


def answers(watchlist, text):
    return watchlist.match(ItemText(title=text))


def test_compiled_watchlist_of_the_shelf_matches_like_a_fresh_one(cache, tmp_path, fresh_memory, monkeypatch):
    asked = [*rules(150), Rule("l", "$x NEAR/3 bank", feeds=FeedFilter(tags=("t",))), Rule("p", "/c[ao]t/")]
    lists = {"x": ("cat", "'Dog'")}
    first = compiled(asked, lists, "en", cache)
    assert compiled(asked, lists, "en", cache) is first
    monkeypatch.setattr(compiled_module, "_memory", type(compiled_module._memory)())
    monkeypatch.setattr(compiled_module, "compile_watchlist", None)
    second = compiled(asked, lists, "en", cache)
    assert second is not first
    for text in ("The word7 opposed word8; word9 opposes", "A Dog at the bank", "a cat, the bank"):
        assert answers(second, text) == answers(first, text)
        assert second.match(ItemText(title=text, feed_tags=("t",))) == first.match(
            ItemText(title=text, feed_tags=("t",))
        )
    assert answers(second, "word7 opposes")


@pytest.mark.parametrize("content", [b"{}", b"[]", b'{"format":99}', b"\xff"])
def test_compiled_watchlist_is_made_anew_from_a_spoilt_entry(cache, content, monkeypatch):
    asked = rules(120)
    compiled(asked, {}, "en", cache)
    key = compiled_module._key(asked, {}, "en")
    cache.put(compiled_module.KIND, key, content)
    monkeypatch.setattr(compiled_module, "_memory", type(compiled_module._memory)())
    assert answers(compiled(asked, {}, "en", cache), "word7 opposes")
    assert cache.get(compiled_module.KIND, key) != content


def test_every_change_that_matters_is_another_watchlist():
    asked, lists = rules(2), {"x": ("a", "b")}
    changed = [
        (rules(3), lists, "en"),
        (asked[::-1], lists, "en"),
        (rules(2, "word{} opposed"), lists, "en"),
        (asked, {"x": ("a", "c")}, "en"),
        (asked, {"x": ("a, b",)}, "en"),
        (asked, lists, "de"),
        ([asked[0], Rule("rule-1", "word1 opposes", negation="exclude")], lists, "en"),
        ([asked[0], Rule("rule-1", "word1 opposes", languages=("en",))], lists, "en"),
        ([asked[0], Rule("rule-1", "word1 opposes", feeds=FeedFilter(ids=("f",)))], lists, "en"),
        ([asked[0], Rule("rule-1", "word1 opposes", feeds=FeedFilter(tags=("f",)))], lists, "en"),
    ]
    keys = [compiled_module._key(*one) for one in [(asked, lists, "en"), *changed]]
    assert len(set(keys)) == len(keys)
    told = [asked[0], Rule("rule-1", "word1 opposes", severity="high", notify=("ops",))]
    assert compiled_module._key(told, lists, "en") == keys[0]


def test_query_that_cannot_be_read_names_its_rule(cache):
    with pytest.raises(QueryError, match="rule bad"):
        compiled([*rules(120), Rule("bad", "bank AND")], {}, "en", cache)


@pytest.mark.heavy
def test_check_of_the_shipped_files_is_the_same_from_the_shelf(tmp_path):
    settings = Settings(config_dir=ROOT / "config", cache=tmp_path / "cache")
    today = date(2026, 11, 23)
    first = check_files(settings, today)
    assert entries(tmp_path / "cache")
    assert check_files(settings, today) == first
    assert check_files(replace(settings, cache=Path("/dev/null/nowhere")), today) == first


def test_processes_side_by_side_share_a_shelf(tmp_path):
    code = (
        "import sys; from pathlib import Path; from newswatch.pipeline.base.disk_cache import DiskCache\n"
        "cache = DiskCache(Path(sys.argv[1]))\n"
        "for n in range(200):\n"
        "    cache.put('kind', 'key', b'x' * 50_000 + sys.argv[2].encode())\n"
        "    found = cache.get('kind', 'key')\n"
        "    assert found is not None and found[:-1] == b'x' * 50_000\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT / "plugins")}
    command = [sys.executable, "-c", code, str(tmp_path / "cache")]
    running = [subprocess.Popen([*command, name], env=env) for name in "ab"]
    assert [process.wait(timeout=240) for process in running] == [0, 0]
