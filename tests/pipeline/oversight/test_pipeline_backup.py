"""Backups: everything comes back, an old one repeats nothing, and data of a newer release is left alone."""

from __future__ import annotations

import gzip
import json
import secrets
from dataclasses import asdict
from pathlib import Path

import pytest
import redis as plain_redis
from redis.exceptions import RedisError

import redis_servers
from devtools.redis_server import RunningRedis
from feed_server import story
from newsroom import Newsroom
from newswatch import __version__
from newswatch.pipeline.base.draining import resting
from newswatch.pipeline.oversight.backup import BackupRefused
from newswatch.store import dump, dump_restore, keys
from newswatch.store.client import connect
from newswatch.store.leases import Lease
from newswatch.store.schema import SCHEMA

WORDS = "The central bank opposes the plan."


def published(room, *numbers):
    room.site.serve("/wire", *(story(n, f"News {n}", WORDS) for n in numbers))


def made(room, folder):
    return Path(room.json("backup", str(folder))["file"])


async def at_once(redis):
    return await dump.read_at_once(redis)


async def in_parts(redis):
    """As parts of one or two elements each, which are put together again."""
    return [record async for records in dump.read_in_parts(redis) for record in records]


async def put_back(redis, records):
    lease = Lease(redis, "restore", 60.0)
    assert await lease.take(0.0)
    await dump_restore.write_beside(redis, records)
    return await dump_restore.take_place(redis, lease)


@pytest.mark.parametrize("read", [at_once, in_parts])
async def test_every_type_and_every_byte_comes_back(redis_url, monkeypatch, read):
    monkeypatch.setattr(dump, "PART", 2)
    rows = {"plain": "Zürich \u2028 \x85 NO", "bytes": b"\x00\xff", "looks": "base64:x"}
    async with connect(redis_url) as redis:
        await redis.set(keys.feed("a"), b"\x80\x00", px=60_000)
        await redis.hset(keys.CONFIG, mapping=rows)
        await redis.rpush(keys.polls("a"), "one", b"\xfe", "one")
        await redis.sadd(keys.CHANNELS, "C1", "C2")
        await redis.zadd(keys.ALERTS, {"a": 1.5, b"\xff": 2, "c": 3})
        await redis.sadd(keys.FEEDS_WANTED, *map(str, range(2000)))
        await redis.hset(keys.MUTES, mapping={f"m{n}": n for n in range(2000)})
        await redis.hset(keys.EPOCH, "C1", "a run of Redis")
        await redis.set(keys.lease("match"), "token")
        await redis.set("other", "not ours")
        for number in range(3):
            await redis.xadd(keys.ITEMS, {"v": "1", "item": f"{number}"}, id=f"{number + 1}-0")
        await redis.xgroup_create(keys.ITEMS, keys.ITEMS_GROUP, id="0")
        await redis.xreadgroup(keys.ITEMS_GROUP, "match", {keys.ITEMS: ">"}, count=2)
        await redis.xack(keys.ITEMS, keys.ITEMS_GROUP, "1-0")
        before = await read(redis)
        whole = await at_once(redis)
        stored = [dump.Record(**json.loads(json.dumps(asdict(one)))) for one in before]
        await redis.flushdb()
        await redis.set("other", "not ours")
        await redis.set(keys.DEAD, "what was there")
        assert await put_back(redis, stored)
        after = await at_once(redis)
        assert await redis.get("other") == b"not ours"
        assert await redis.hgetall(keys.EPOCH) == {b"C1": dump_restore.RESTORED.encode()}
        assert 0 < await redis.pttl(keys.feed("a")) <= 60_000
        assert await redis.get(keys.lease("match")) is None
        reply = await redis.xreadgroup(keys.ITEMS_GROUP, "match", {keys.ITEMS: ">"})
        assert "b'1-0'" not in str(reply)
        assert "b'2-0'" in str(reply), "it was read and not acknowledged"
        assert "b'3-0'" in str(reply)
    assert (len(before) > len(whole)) == (read is in_parts)
    kept = {one.name: (one.kind, one.value) for one in whole if one.name != "epoch"}
    assert {one.name: (one.kind, one.value) for one in after if one.name != "epoch"} == kept


def test_old_backup_repeats_nothing_and_loses_nothing(newsroom: Newsroom, tmp_path):
    published(newsroom, 1, 2)
    newsroom.run()
    newsroom.json("mute", "central-bank-opposes", "--for", "1h", "--channel", "C0000000000")
    file = made(newsroom, tmp_path / "backups")
    published(newsroom, 1, 2, 3, 4)
    newsroom.run()
    sent = newsroom.alert_ids()
    assert len(sent) == 4
    refused = newsroom.command("restore", str(file))
    assert refused[0] == 1
    assert "--replace" in refused[2]
    back = newsroom.json("restore", str(tmp_path / "backups"), "--replace")
    assert back["file"] == str(file)
    assert back["release"] == __version__
    published(newsroom, 1, 2, 3, 4, 5)
    newsroom.run()
    newsroom.until(lambda: newsroom.run() and len(newsroom.alert_ids()) >= 5)
    assert newsroom.alert_ids()[:4] == sent
    assert len(set(newsroom.alert_ids())) == len(newsroom.alert_ids()) == 5
    assert newsroom.slack.doubles() == {}
    assert newsroom.redis.hlen("newswatch:mutes") == 1


def test_stages_rest_while_a_large_backup_is_read_and_lose_nothing(
    newsroom: Newsroom, tmp_path, resident, monkeypatch
):
    monkeypatch.setattr("newswatch.pipeline.oversight.backup.AT_ONCE", 0)
    monkeypatch.setattr(dump, "PART", 2)
    states = []
    sizes = dump._sizes

    async def seen(redis, names):
        states.append(
            [newsroom.redis.hget(f"newswatch:pulse:{stage}", "state") for stage in ("match", "deliver")]
        )
        return await sizes(redis, names)

    monkeypatch.setattr(dump, "_sizes", seen)
    for stage in ("match", "deliver"):
        resident(stage).at_work()
    published(newsroom, 1)
    newsroom.poll()
    newsroom.until(newsroom.posts)
    file = made(newsroom, tmp_path)
    assert states
    assert all(one == ["drained", "drained"] for one in states)
    published(newsroom, 1, 2)
    newsroom.poll()
    newsroom.until(lambda: len(newsroom.alert_ids()) == 2)
    with RunningRedis(tmp_path / "other") as other:
        newsroom.redis_url = other.url
        assert newsroom.json("restore", str(file))["keys"] > 10
        with plain_redis.Redis.from_url(other.url, decode_responses=True) as there:
            assert there.hgetall("newswatch:config") == newsroom.redis.hgetall("newswatch:config")
            assert there.zcard("newswatch:alerts") == 1


async def test_items_that_nobody_has_matched_yet_come_back(redis_url, monkeypatch):
    monkeypatch.setattr(dump, "PART", 2)
    async with connect(redis_url) as redis:
        for number in range(5):
            await redis.xadd(keys.ITEMS, {"v": "1", "item": f"{number}"})
        before = await in_parts(redis)
        await redis.flushdb()
        assert await put_back(redis, before)
        assert await redis.xlen(keys.ITEMS) == 5


def test_stages_work_again_when_a_backup_cannot_be_read(newsroom: Newsroom, tmp_path, resident, monkeypatch):
    monkeypatch.setattr("newswatch.pipeline.oversight.backup.AT_ONCE", 0)

    async def fails(_redis, _names):
        raise RedisError("out of memory")

    monkeypatch.setattr(dump, "_sizes", fails)
    resident("match").at_work()
    code, _, error = newsroom.command("backup", str(tmp_path))
    assert (code, "out of memory" in error) == (1, True)
    assert list(tmp_path.glob("*.gz")) == []
    newsroom.until(lambda: newsroom.redis.hget("newswatch:pulse:match", "state") == "working")


def test_backup_that_is_killed_lets_the_stages_work_again_within_a_minute(newsroom: Newsroom, monkeypatch):
    async def rest(services):
        async with resting(services, "ada"):
            return await services.redis.ttl(keys.DRAIN)

    assert 0 < newsroom._do(rest) <= 60
    assert not newsroom.redis.exists("newswatch:drain")
    assert newsroom.command("drain")[0] == 0
    assert newsroom._do(rest) == -1  # somebody has drained them, and will say when they may work
    assert newsroom.redis.exists("newswatch:drain")


@pytest.mark.heavy
def test_backup_moves_everything_to_another_redis(newsroom: Newsroom, tmp_path):
    published(newsroom, 1)
    newsroom.run()
    published(newsroom, 1, 2)
    newsroom.poll()
    newsroom.match()
    file = made(newsroom, tmp_path)
    with RunningRedis(tmp_path / "other") as other:
        newsroom.redis_url = other.url
        newsroom.redis = plain_redis.Redis.from_url(other.url, decode_responses=True)
        newsroom.json("restore", str(file))
        published(newsroom, 1, 2)
        newsroom.until(lambda: newsroom.run() and len(newsroom.alert_ids()) >= 2)
        newsroom.run()
        assert len(newsroom.alert_ids()) == 2
        assert newsroom.slack.doubles() == {}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": SCHEMA + 1, "release": "9.9.0"}, "newswatch 9.9.0"),
        ({"format": 2}, "format 2"),
        ({"taken": "yesterday"}, "not a whole backup"),
    ],
)
def test_backup_that_this_release_cannot_read_changes_nothing(newsroom: Newsroom, tmp_path, change, words):
    newsroom.run()
    file = made(newsroom, tmp_path)
    head, rest = gzip.decompress(file.read_bytes()).decode().split("\n", 1)
    file.write_bytes(gzip.compress(f"{json.dumps({**json.loads(head), **change})}\n{rest}".encode()))
    before = newsroom.redis.dbsize()
    code, _, error = newsroom.command("restore", str(file), "--replace")
    assert code == 1
    assert words in error
    assert newsroom.redis.dbsize() == before


def test_half_a_file_changes_nothing(newsroom: Newsroom, tmp_path):
    newsroom.run()
    file = made(newsroom, tmp_path)
    file.write_bytes(file.read_bytes()[:-40])
    assert newsroom.command("restore", str(file), "--replace")[0] == 1
    assert newsroom.redis.exists("newswatch:config")


def with_records(file, *rows):
    lines = [*gzip.decompress(file.read_bytes()).splitlines(), *(json.dumps(row).encode() for row in rows)]
    file.write_bytes(gzip.compress(b"\n".join(lines) + b"\n"))


def row(kind, value, name="x", left_ms=None):
    return {"name": name, "kind": kind, "left_ms": left_ms, "value": value}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([row("hash", [1])], "'x' is not a hash"),
        ([row("hash", {})], "'x' is not a hash"),
        ([row("hash", {"a": 1})], "'x' is not a hash"),
        ([row("string", None)], "'x' is not a string"),
        ([row("string", "base64:a")], "'x' is not a string"),
        ([row("string", "\ud800")], "'x' is not a string"),
        ([row("list", "text")], "'x' is not a list"),
        ([row("set", ["a", 1])], "'x' is not a set"),
        ([row("zset", [["a"]])], "'x' is not a zset"),
        ([row("zset", [["a", float("nan")]])], "'x' is not a zset"),
        ([row("zset", [["a", True]])], "'x' is not a zset"),
        ([row("stream", {"entries": []})], "'x' is not a stream"),
        ([row("stream", {"entries": [["1-1", {}]], "next": None})], "'x' is not a stream"),
        ([row("stream", {"entries": [["yesterday", {"a": "b"}]], "next": None})], "'x' is not a stream"),
        (
            [row("stream", {"entries": [["2-1", {"a": "b"}], ["1-9", {"a": "b"}]], "next": None})],
            "'x' is not a stream",
        ),
        ([row("stream", {"entries": [["1-1", {"a": "b"}]], "next": None})] * 2, "'x' is not a stream"),
        ([row("stream", {"entries": [], "next": "0-0"})] * 2, "'x' is not a stream"),
        ([row("stream", {"entries": [], "next": "soon"})], "'x' is not a stream"),
        ([row("module", "a")], "'x' has the kind 'module', which newswatch does not know"),
        ([row([], "a")], "'x' has the kind [], which newswatch does not know"),
        ([row("string", "a"), row("list", ["a"])], "'x' is both string and list"),
        ([row("string", "a", name=7)], "has no name"),
        ([row("string", "a", name="")], "has no name"),
        ([row("string", "a", name="lease:restore")], "'lease:restore' belongs to a running process"),
        ([row("string", "99", name="schema")], "'schema' belongs to a running process"),
        ([row("string", "a", name="\ud800")], "has no name"),
        ([row("string", "a", left_ms=-1)], "'x' has no usable lifetime: -1"),
        ([row("string", "a", left_ms=10**18)], "'x' has no usable lifetime"),
        ([row("string", "a", left_ms="1")], "'x' has no usable lifetime: '1'"),
        ([{"name": "x", "kind": "string"}], "has not name, kind, left_ms and value"),
        (["text"], "has not name, kind, left_ms and value"),
    ],
)
def test_backup_with_a_broken_record_changes_nothing(newsroom: Newsroom, tmp_path, rows, words):
    newsroom.redis.set("newswatch:precious", "1")
    file = made(newsroom, tmp_path)
    with_records(file, *rows)
    code, _, error = newsroom.command("restore", str(file), "--replace")
    assert code == 1
    assert f"{file} is not a whole backup of newswatch: line " in error
    assert words in error
    assert newsroom.redis.get("newswatch:precious") == "1"


def test_backup_with_any_broken_byte_is_refused_with_a_sentence(newsroom: Newsroom, tmp_path):
    newsroom.redis.hset("newswatch:numbers", mapping={str(n): str(n * 7919) for n in range(3000)})
    file = made(newsroom, tmp_path)
    whole = file.read_bytes()
    for at in range(100, len(whole), len(whole) // 40):  # the name of the file is before that
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        code, _, error = newsroom.command("restore", str(file), "--replace")
        assert (code, "is not a whole backup of newswatch" in error) == (1, True), error
    assert newsroom.redis.hlen("newswatch:numbers") == 3000


@pytest.mark.parametrize(
    "head", ["[]", "7", '{"format": Infinity}', "[" * 100_000, '{"format": 1, "schema": null}']
)
def test_backup_with_an_unusable_first_line_is_refused(newsroom: Newsroom, tmp_path, head):
    file = tmp_path / "newswatch-20261127T000000Z.jsonl.gz"
    file.write_bytes(gzip.compress(f"{head}\n".encode()))
    code, _, error = newsroom.command("restore", str(file), "--replace")
    assert code == 1
    assert "is not a whole backup of newswatch" in error


def test_file_that_cannot_be_read_is_named_with_the_reason(newsroom: Newsroom, tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "newswatch-20261127T000000Z.jsonl.gz").mkdir()
    for name, words in (
        ("empty", "empty is not a whole backup of newswatch: it is empty"),
        ("", "newswatch-20261127T000000Z.jsonl.gz cannot be read: Is a directory."),
    ):
        code, _, error = newsroom.command("restore", str(tmp_path / name))
        assert (code, words in error) == (1, True), error


def test_restore_is_refused_while_a_stage_is_at_work(newsroom: Newsroom, tmp_path, resident):
    file = made(newsroom, tmp_path)
    resident("match").at_work()
    code, _, error = newsroom.command("restore", str(file), "--replace")
    assert code == 1
    assert "match" in error


@pytest.fixture
def room(tmp_path, own_redis, simulator):
    """A newsroom with a Redis of its own, some data, and a backup of more than that."""
    simulator.reset()
    newsroom = Newsroom(tmp_path / "room", own_redis.url, simulator)
    published(newsroom, 1)
    newsroom.run()
    newsroom.redis.hset("newswatch:numbers", mapping={str(n): secrets.token_hex(200) for n in range(5000)})
    newsroom.file = made(newsroom, tmp_path)
    newsroom.redis.delete("newswatch:numbers")
    newsroom.redis.set("newswatch:precious", "1")
    yield newsroom
    newsroom.close()


def everything(own_redis):
    """All data, apart from what belongs to running processes."""
    return {
        name: value
        for name, (_, value) in redis_servers.backup(own_redis).items()
        if not name.decode().startswith(keys.PASSING)
    }


def leftovers(room):
    return [name for name in room.redis.scan_iter("newswatch:*") if "restor" in name]


def test_restore_that_redis_has_no_room_for_changes_nothing(room, own_redis):
    before = everything(own_redis)
    room.redis.config_set("maxmemory", room.redis.info("memory")["used_memory"] + 1_000_000)
    code, _, error = room.command("restore", str(room.file), "--replace")
    assert code == 1
    assert "no room for the backup beside what is there: raise maxmemory until it is restored" in error
    assert "Nothing was changed" in error
    assert everything(own_redis) == before
    assert leftovers(room) == []
    room.redis.config_set("maxmemory", 0)
    room.json("restore", str(room.file), "--replace")
    assert room.redis.hlen("newswatch:numbers") == 5000
    assert not room.redis.exists("newswatch:precious")
    assert leftovers(room) == []


def test_release_that_goes_back_restores_over_data_that_it_cannot_read(room):
    """docs/upgrading.md, Going back: the old code is there already, and the data is still the newer release's."""
    room.redis.hset("newswatch:schema", mapping={"schema": SCHEMA + 1, "release": "9.9.0"})
    code, _, error = room.command("restore", str(room.file))
    assert (code, "--replace" in error) == (1, True)
    assert room.redis.hget("newswatch:schema", "schema") == str(SCHEMA + 1)
    assert room.json("restore", str(room.file), "--replace")["release"] == __version__
    assert room.redis.hget("newswatch:schema", "schema") == str(SCHEMA)
    assert not room.redis.exists("newswatch:precious")
    room.run()


def test_restore_that_ends_half_way_changes_nothing(room, own_redis, monkeypatch):
    before = everything(own_redis)
    monkeypatch.setattr(dump, "PART", 100)
    wrote = dump_restore._write

    def stopped(pipe, name, record):
        if record.name == "polls:wire":  # after "numbers"
            raise KeyboardInterrupt
        return wrote(pipe, name, record)

    monkeypatch.setattr(dump_restore, "_write", stopped)
    assert room.command("restore", str(room.file), "--replace")[0] == 1
    assert everything(own_redis) == before
    assert leftovers(room) == []


def test_stage_that_begins_meanwhile_ends_a_restore(room, own_redis, monkeypatch):
    before = everything(own_redis)
    at_work = iter([False, True])

    async def refuse(_services):
        if next(at_work):
            raise BackupRefused("Still running: match.")

    monkeypatch.setattr("newswatch.pipeline.oversight.backup._refuse_if_at_work", refuse)
    code, _, error = room.command("restore", str(room.file), "--replace")
    assert (code, "Still running: match." in error) == (1, True)
    assert everything(own_redis) == before
    assert leftovers(room) == []


def test_line_that_no_backup_has_is_refused(room, monkeypatch):
    """A small file can be unpacked to more than a machine has memory for."""
    monkeypatch.setattr("newswatch.pipeline.oversight.backup.LONGEST_LINE", 1000)
    code, _, error = room.command("restore", str(room.file), "--replace")
    assert (code, "a line is too long" in error) == (1, True)


def test_what_a_killed_restore_left_is_removed(room):
    """By housekeeping, but not while another restore is at work."""

    async def half(services):
        await services.redis.set(keys.staged("numbers"), "half")
        await Lease(services.redis, "restore", 60.0).take(0.0)

    room._do(half)
    room.command("housekeeping")
    assert len(leftovers(room)) == 2
    code, _, error = room.command("restore", str(room.file), "--replace")
    assert (code, "Another restore is at work" in error) == (1, True)
    room.redis.delete(keys.lease("restore"))
    room.command("housekeeping")
    assert leftovers(room) == []
    assert room.redis.exists("newswatch:precious")


def test_restore_into_a_redis_that_evicts_is_refused(room):
    room.redis.config_set("maxmemory", "1gb")
    room.redis.config_set("maxmemory-policy", "allkeys-lru")
    code, _, error = room.command("restore", str(room.file), "--replace")
    assert code == 1
    assert "maxmemory-policy is allkeys-lru" in error
    assert room.redis.exists("newswatch:precious")


async def test_last_step_of_a_restore_may_run_twice(redis_url):
    """Its answer may be lost, and then it is asked again."""
    async with connect(redis_url) as redis:
        lease = Lease(redis, "restore", 60.0)
        await lease.take(0.0)
        await dump_restore.write_beside(redis, [dump.Record("mutes", "hash", None, {"a": "b"})])
        assert await dump_restore.take_place(redis, lease)
        assert await dump_restore.take_place(redis, lease)
        assert await redis.hgetall(keys.MUTES) == {b"a": b"b"}
        assert await redis.hget(keys.SCHEMA, "schema") == str(SCHEMA).encode()
        await dump_restore.write_beside(redis, [dump.Record("mutes", "hash", None, {"c": "d"})])
        assert not await dump_restore.take_place(redis, Lease(redis, "restore", 60.0))
        assert await redis.hgetall(keys.MUTES) == {b"a": b"b"}
