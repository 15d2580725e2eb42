"""What a draft would have caught: the same as the matcher says of every stored item, and honest about what is missing."""

from __future__ import annotations

import asyncio
import json
import os
import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import redis

from newswatch.models import Bundle, Event, Feed, FeedFilter, Item, Rule
from newswatch.pipeline.authoring import index_upkeep, item_index, live_worker
from newswatch.pipeline.authoring import live_results as live
from newswatch.pipeline.authoring.backtest import BacktestQuestion, run_backtest, watch_of
from newswatch.pipeline.authoring.index_upkeep import FOLDER, drop_idle, stored_index
from newswatch.pipeline.authoring.live_report import as_dict
from newswatch.pipeline.authoring.live_results import live_results
from newswatch.settings import Settings
from newswatch.store import keys
from newswatch.store.client import connect
from newswatch.store.codec import item_to_json, to_ms
from newswatch.store.labelled import Labelled, labelled_to_json

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
FEEDS = (Feed("wire", "https://a.example/f"), Feed("ecb", "https://b.example/f", tags=("official",)))
OLD = Rule("opposes", "central bank opposes")
IN_FORCE = Bundle(version=1, digest="d", feeds=FEEDS, rules=(OLD,), receivers=(), rule_since={"opposes": 1})
TITLES = [
    "The central bank opposes the plan",
    "Ministers wait",
    "A bank opposed crypto",
    "The central bank waits, and the minister opposes it",
    "ECB opposes stablecoins, the central bank said",
]


def item(number: int, **more) -> Item:
    at = NOW - timedelta(hours=3 * (40 - number))
    values = {
        "id": f"wire:{number:016x}",
        "feed_id": "ecb" if number % 4 == 0 else "wire",
        "revision": 0,
        "guid": str(number),
        "link": f"https://news.example/{number // 2}",
        "canonical_link": f"https://news.example/{number // 2}",
        "title": TITLES[number % len(TITLES)],
        "summary": "",
        "body": "",
        "author": "",
        "tags": (),
        "lang": "en",
        "published": at,
        "first_seen": at,
        "config_version": 1,
        **more,
    }
    return Item(**values)


@pytest.fixture
def stored(newsroom):
    """A function that adds items to the stream; the newsroom's clock is NOW."""
    newsroom.clock = lambda: NOW

    def add(*items: Item) -> None:
        with redis.Redis.from_url(newsroom.redis_url) as client:
            for one in items:
                at_ms = to_ms(one.first_seen)
                client.xadd(keys.ITEMS, {"v": "1", "item": item_to_json(one)}, id=f"{at_ms}-*")

    add(*map(item, range(40)))
    return add


@pytest.fixture
def ask(newsroom, tmp_path):
    """Asks, after the index was built."""

    def question(rule: Rule, in_force: Bundle | None = IN_FORCE, *, build: bool = True, **options):
        async def work(services):
            if build:
                index = await stored_index(services, "en")
                assert await index.catch_up(services)
            return await live_results(
                services, in_force or IN_FORCE, rule, in_force, **{"budget_s": None, **options}
            )

        return newsroom._do(work, env={"NEWSWATCH_CACHE": str(tmp_path / "cache")})

    return question


def test_live_results_are_what_the_matcher_says_of_every_item(stored, ask, newsroom):
    rules = [
        Rule("new", "opposes"),
        Rule("new", "bank NEAR/3 waits OR crypto*"),
        Rule("new", "/central .{0,10}opp/"),
        Rule("new", "title:opposes AND NOT crypto"),
        Rule("new", event=Event(who=("central bank",), does=("$opposes",))),
        replace(Rule("new", "opposes"), feeds=FeedFilter(tags=("official",))),
    ]
    for rule in rules:
        found = ask(rule)
        matching = [n for n in range(40) if _matches(rule, item(n))]
        assert found.hits == len(matching), rule
        assert bool(matching) <= found.stories <= len({n // 2 for n in matching})  # two share a link
        assert found.complete
        assert sum(count for _, count in found.days) == found.hits
        assert len(found.days) == 8


def _matches(rule: Rule, one: Item) -> bool:
    return bool(watch_of([rule], IN_FORCE, Settings()).matches(one, "2026-11-22"))


def test_gains_and_losses_are_against_the_rule_in_force(stored, ask):
    found = ask(Rule("opposes", "bank opposes"))
    before = [n for n in range(40) if _matches(OLD, item(n))]
    after = [n for n in range(40) if _matches(Rule("opposes", "bank opposes"), item(n))]
    assert found.compared
    assert (found.gained, found.lost) == (len(set(after) - set(before)), len(set(before) - set(after)))
    assert found.gained
    assert not ask(OLD).compared


def test_newest_hits_come_first_with_their_spans_and_the_whole_is_json(stored, ask):
    found = ask(Rule("opposes", "central bank"))
    plain = json.loads(json.dumps(as_dict(found)))
    first = plain["first_hits"][0]
    assert first["spans"][0]["text"] == "central bank"
    assert [one["day"] for one in plain["first_hits"]] == sorted(
        (one["day"] for one in plain["first_hits"]), reverse=True
    )


def test_marks_of_readers_are_shown_and_counted(stored, ask, newsroom):
    bad = item(35)
    newsroom.redis.hset(keys.irrelevant("opposes"), bad.id, labelled_to_json(Labelled(bad, "ada", NOW)))
    live._known_labels.clear()
    found = ask(Rule("opposes", "central bank"), limit=50)
    assert (found.marks.irrelevant, found.marks.irrelevant_still_caught) == (1, 1)
    assert {one.example.item.id: one.mark for one in found.first_hits}[bad.id] == "irrelevant"


def test_budget_ends_the_matching_and_the_answer_says_how_far_it_came(stored, ask, monkeypatch):
    monkeypatch.setattr(live, "PAGE", 3)
    monkeypatch.setattr(live, "FEWEST", 5)
    found = ask(Rule("opposes", "/./"), budget_s=0.0)
    assert (found.candidates, found.checked, found.complete) == (40, 5, False)
    assert found.hits == 5


def test_rest_is_counted_when_the_same_question_is_asked_again(stored, newsroom, tmp_path, monkeypatch):
    monkeypatch.setattr(live, "FEWEST", 5)
    monkeypatch.setattr(live, "PAGE", 3)
    monkeypatch.setattr(live, "MORE_PAGE", 12)
    monkeypatch.setattr(live, "MORE_S", 0.0)
    draft = Rule("opposes", "/./")
    newsroom.redis.hset(
        keys.irrelevant("opposes"), item(35).id, labelled_to_json(Labelled(item(35), "ada", NOW))
    )

    async def work(services):
        index = await stored_index(services, "en")
        await index.catch_up(services)
        found = [await live_results(services, IN_FORCE, draft, IN_FORCE, budget_s=0.0)]
        while not found[-1].counted:
            found.append(await live_results(services, IN_FORCE, draft, IN_FORCE, more=True))
        return found, await live_results(services, IN_FORCE, draft, IN_FORCE, budget_s=None)

    steps, whole = newsroom._do(work, env={"NEWSWATCH_CACHE": str(tmp_path / "cache")})
    assert [one.checked for one in steps] == [5, 17, 29, 40]  # each goes on where the last one ended
    assert replace(steps[-1], took_ms=0) == replace(whole, took_ms=0)
    assert whole.marks.irrelevant == 1
    for one in steps:  # no day counts as judged before it is complete
        judged = len(one.days) - one.judged
        assert one.days[judged:] == whole.days[judged:]
    assert [one.judged for one in steps] == sorted(one.judged for one in steps)
    assert (steps[0].judged, whole.judged) == (1, 8)


def test_question_that_is_not_kept_is_counted_from_the_beginning(stored, newsroom, tmp_path):
    async def work(services):
        index = await stored_index(services, "en")
        await index.catch_up(services)
        return await live_results(services, IN_FORCE, Rule("opposes", "bank"), IN_FORCE, more=True)

    found = newsroom._do(work, env={"NEWSWATCH_CACHE": str(tmp_path / "cache")})
    assert found.complete
    assert found.hits == sum(_matches(Rule("opposes", "bank"), item(n)) for n in range(40))


def test_count_of_an_index_that_was_built_again_begins_again(stored, newsroom, tmp_path, monkeypatch):
    monkeypatch.setattr(live, "FEWEST", 5)
    draft = Rule("opposes", "/./")

    async def work(services):
        index = await stored_index(services, "en")
        await index.catch_up(services)
        await live_results(services, IN_FORCE, draft, IN_FORCE, budget_s=0.0)
        await services.redis.xtrim(keys.ITEMS, maxlen=10, approximate=False)
        index_upkeep._remove(index._file)
        await index.catch_up(services)
        return await live_results(services, IN_FORCE, draft, IN_FORCE, more=True)

    found = newsroom._do(work, env={"NEWSWATCH_CACHE": str(tmp_path / "cache")})
    assert (found.candidates, found.checked, found.hits) == (10, 10, 10)


def test_items_that_are_not_indexed_yet_are_counted_and_few_new_ones_are_added(stored, ask):
    first = ask(Rule("new", "opposes"), build=False)
    assert (first.not_indexed, first.hits, first.complete) == (40, 0, False)
    whole = ask(Rule("new", "ministers"))
    stored(item(41, title="Ministers wait again", first_seen=NOW))
    again = ask(Rule("new", "ministers"), build=False)
    assert (again.not_indexed, again.hits) == (0, whole.hits + 1)


def test_first_question_builds_the_index_in_the_background(stored, newsroom, tmp_path):
    async def work(services):
        first = await live_results(services, IN_FORCE, Rule("new", "opposes"), IN_FORCE)
        (task,) = index_upkeep._building.values()
        await task
        return first, await live_results(services, IN_FORCE, Rule("new", "opposes"), IN_FORCE)

    first, second = newsroom._do(work, env={"NEWSWATCH_CACHE": str(tmp_path / "cache")})
    assert first.not_indexed == 40
    assert second.complete
    assert second.hits


def test_items_that_left_the_stream_are_neither_found_nor_counted(stored, ask, newsroom):
    ask(Rule("new", "opposes"))
    newsroom.redis.xtrim(keys.ITEMS, maxlen=10, approximate=False)
    found = ask(Rule("new", "opposes"), build=False)
    assert found.entries == 10
    assert found.hits == sum(_matches(Rule("new", "opposes"), item(n)) for n in range(30, 40))


def test_index_is_built_again_for_a_redis_with_other_content(stored, ask, newsroom):
    ask(Rule("new", "opposes"))
    newsroom.redis.delete(keys.ITEMS)
    stored(item(3, title="A parrot opposes it"))
    found = ask(Rule("new", "parrot"))
    assert (found.hits, found.entries) == (1, 1)


def test_index_of_a_restarted_redis_is_another_one(own_redis, tmp_path, newsroom):
    async def name(services):
        return (await stored_index(services, "en"))._file

    env = {"NEWSWATCH_CACHE": str(tmp_path / "cache")}
    before = newsroom._do(name, env=env, redis=connect(own_redis.url))
    assert newsroom._do(name, env=env, redis=connect(own_redis.url)) == before
    own_redis.stop()
    own_redis.start()
    assert newsroom._do(name, env=env, redis=connect(own_redis.url)) != before


def test_damaged_index_is_built_again(stored, ask, tmp_path):
    ask(Rule("new", "opposes"))
    (file,) = (tmp_path / "cache" / FOLDER).glob("*.sqlite")
    file.write_bytes(b"nonsense" * 1000)
    assert ask(Rule("new", "opposes")).complete


def test_only_one_process_builds(stored, newsroom, tmp_path):
    async def work(services):
        index = await stored_index(services, "en")
        with index_upkeep._lease(index._file) as ours:
            assert ours
            return await index.catch_up(services), await live_results(services, IN_FORCE, OLD, IN_FORCE)

    done, found = newsroom._do(work, env={"NEWSWATCH_CACHE": str(tmp_path / "cache")})
    assert done is False
    assert found.not_indexed == 40


def test_idle_index_is_dropped_and_a_used_one_stays(stored, ask, tmp_path):
    ask(Rule("new", "opposes"))
    folder = tmp_path / "cache" / FOLDER
    assert drop_idle(folder) == 1
    assert list(folder.glob("*.sqlite"))
    (used,) = folder.glob("*.used")
    os.utime(used, (time.time() - 601, time.time() - 601))
    assert drop_idle(folder) == 0
    assert [path.suffix for path in folder.iterdir()] == [".lock"]
    assert ask(Rule("new", "opposes")).complete


def test_idle_index_is_dropped_while_the_process_lives(stored, newsroom, tmp_path):
    folder = tmp_path / "cache" / FOLDER

    async def work(services):
        index = await stored_index(services, "en")
        await index.catch_up(services)
        used = index._file.with_suffix(".used")
        os.utime(used, (1, 1))
        index_upkeep.drop_later(folder, -0.99)
        swept = asyncio.Event()
        asyncio.get_running_loop().call_at(index_upkeep._sweeps[folder].when() + 0.01, swept.set)
        await swept.wait()
        assert not list(folder.glob("*.sqlite"))

    newsroom._do(work, env={"NEWSWATCH_CACHE": str(tmp_path / "cache")})


def test_without_a_cache_folder_nothing_is_looked_through_and_that_is_said(stored, newsroom):
    found = newsroom._do(lambda services: live_results(services, IN_FORCE, OLD, IN_FORCE))
    assert (found.entries, found.not_indexed, found.complete) == (0, 40, False)


@pytest.mark.parametrize(
    "query", ["opposes", "/opp.s/", "minister* OR crypto", "source:ecb AND bank", "parrot"]
)
def test_backtest_finds_the_same_with_and_without_the_index(stored, newsroom, tmp_path, query):
    stored(item(41, id="wire:0000000000000003", revision=1, title="Nothing", first_seen=NOW))
    asked = BacktestQuestion(7 * 86_400.0, query=query)
    plain = newsroom._do(lambda services: run_backtest(services, asked))
    env = {"NEWSWATCH_CACHE": str(tmp_path / "cache")}
    for _ in range(2):
        assert newsroom._do(lambda services: run_backtest(services, asked), env=env) == plain
    stored(item(42, title="The parrot opposes crypto", first_seen=NOW))
    whole = newsroom._do(lambda services: run_backtest(services, asked))
    assert newsroom._do(lambda services: run_backtest(services, asked), env=env) == whole
    assert list(Path(tmp_path / "cache" / FOLDER).glob("*.sqlite"))


def test_first_question_about_a_pack_stems_none_of_its_words_once_an_editor_was_opened(
    stored, newsroom, tmp_path
):
    stored(item(40, lang="de"), item(41, lang="ru"))
    draft = Rule("sued", event=Event(who=("$regulators",), does=("$sues",), what=("$crypto",)))
    stems = item_index._stems_of

    async def work(services):
        index = await stored_index(services, "en")
        await index.catch_up(services)
        stems.cache_clear()
        await live.prepare(services, "en")
        await asyncio.wrap_future(live_worker._thread.submit(stems.cache_info))
        before = stems.cache_info().misses
        found = await live_results(services, IN_FORCE, draft, IN_FORCE)
        return before, stems.cache_info().misses, found.complete

    learned, asked, complete = newsroom._do(work, env={"NEWSWATCH_CACHE": str(tmp_path / "cache")})
    assert learned > 1_000
    assert (asked - learned, complete) == (0, True)


def test_page_that_would_not_fit_into_the_budget_is_shorter():
    assert live._fitting(50, 0.150, 0.001) == 50
    assert live._fitting(50, 0.030, 0.010) == 3
    assert live._fitting(50, 0.001, 0.010) == live.FEWEST
    assert live._fitting(50, 0.001, 0.0) == 50
