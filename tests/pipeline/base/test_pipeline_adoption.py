"""A configuration comes into force in one step: killed at any point, read by other releases, in several copies."""

from __future__ import annotations

import asyncio
import itertools
import json
from datetime import timedelta
from unittest.mock import patch

import pytest

from feed_server import story
from newsroom import OPS, WATCHLIST, Newsroom
from newswatch.config import codec
from newswatch.errors import PermanentError
from newswatch.pipeline.base import config_copy
from newswatch.pipeline.base.adoption import adopt_config
from newswatch.pipeline.base.configuration import in_force
from newswatch.pipeline.base.feed_causes import causes
from newswatch.pipeline.base.notices import raise_notice
from newswatch.pipeline.oversight.status import read_status
from newswatch.store import keys
from newswatch.store.client import connect

WORDS = "The central bank opposes the plan."
SECOND_RULE = "  - {id: second, query: '\"plan\"', notify: [policy]}\n"


def version(room: Newsroom) -> int:
    return int(room.redis.hget(keys.CONFIG, "version") or 0)


def seen(room: Newsroom) -> dict[str, float]:
    return dict(room.redis.zrange(keys.FEEDS_DUE, 0, -1, withscores=True))


# ── killed at any point ───────────────────────────────────────────────────────────────────────


class Killed(BaseException):
    """The process ends here."""


def dying(url: str, point: int, *, after: bool):
    """A client whose process is killed right before or after the n-th request to Redis."""
    client = connect(url)
    requests = itertools.count(1)

    def deadly(ask):
        async def wrapped(*args, **options):
            here = next(requests) == point
            if here and not after:
                raise Killed
            answer = await ask(*args, **options)
            if here:
                raise Killed
            return answer

        return wrapped

    def pipeline(*args, **options):
        pipe = type(client).pipeline(client, *args, **options)
        pipe.execute = deadly(pipe.execute)
        return pipe

    client.execute_command = deadly(client.execute_command)
    client.pipeline = pipeline
    return client


def prepare(room: Newsroom) -> None:
    """Three feeds: one will go, with ops notified of it, one gets another URL, one was there before."""
    room.redis.flushall()
    for name in ("stays", "goes", "returns"):
        room.site.serve(f"/{name}", story(1))
    room.feeds("returns", "stays")
    room.poll()
    room.feeds("stays", "goes")
    room.poll()
    room._do(lambda services: raise_notice(services, causes("goes")[0], "goes is given up"))
    room.write(
        "feeds.yaml",
        "defaults: {every: 1m, allow_private: true}\nfeeds:\n"
        f"  - {{id: stays, url: {room.site.url}/elsewhere}}\n  - {{id: returns, url: {room.site.url}/returns}}\n",
    )


@pytest.mark.parametrize("after", [False, True])
def test_adoption_that_was_killed_at_any_point_is_complete_after_the_next(newsroom, after):
    for point in itertools.count(1):
        prepare(newsroom)
        try:
            newsroom._do(adopt_config, redis=dying(newsroom.redis_url, point, after=after))
        except Killed:
            ended = False
        else:
            ended = True
        newsroom.adopt()
        assert seen(newsroom) == {"stays": 0, "returns": 0}, point
        assert newsroom.redis.smembers(keys.NOTICES) == set(), point
        assert newsroom.redis.ttl(keys.seen("returns")) == -1, point
        assert newsroom.redis.ttl(keys.seen("goes")) > 0, point
        assert [feed.id for feed in newsroom._do(in_force).feeds] == ["stays", "returns"], point
        if ended:
            assert point > 3
            return


# ── bundles of other releases ─────────────────────────────────────────────────────────────────


def rewrite(room: Newsroom, **changes) -> None:
    """Turn what is in force into what another release wrote."""
    changed = {
        name: json.dumps({**json.loads(room.redis.hget(keys.CONFIG, name)), **changes})
        for name in ("receivers", "rules", "windows")
    }
    room.redis.hset(keys.CONFIG, mapping={**changed, "digest": "other"})
    room.redis.hset(keys.CONFIG_FEEDS, "digest", "other")


@pytest.mark.parametrize("damage", ["older", "half"])
def test_bundle_that_cannot_be_read_is_made_again_from_the_files(newsroom, damage):
    newsroom.adopt()
    newsroom.watchlist(WATCHLIST + SECOND_RULE)
    newsroom.adopt()
    assert newsroom._do(in_force).rule_since == {"central-bank-opposes": 1, "second": 2}
    if damage == "older":
        rewrite(newsroom, schema=0)
    else:
        newsroom.redis.hset(keys.CONFIG, "digest", "other")
        newsroom.redis.delete(keys.CONFIG_FEEDS)
    with pytest.raises(PermanentError, match="the next poll or check_config run makes it again"):
        newsroom._do(in_force)
    newsroom.site.serve("/wire", story(1, summary=WORDS))
    assert newsroom.poll().new == 1
    bundle = newsroom._do(in_force)
    assert (bundle.version, bundle.rule_since) == (3, {"central-bank-opposes": 1, "second": 2})
    assert newsroom.match().alerts == 2


def test_resident_makes_the_bundle_of_an_older_release_again_and_works_on(newsroom, resident):
    rewrite(newsroom, schema=0)
    newsroom.site.serve("/wire", story(1, summary=WORDS))
    stages = [resident(stage) for stage in ("poll-1", "match", "deliver")]
    newsroom.until(newsroom.alert_ids)
    for stage in stages:
        stage.end()
        assert stage.error is None
    assert version(newsroom) == 2


def test_bundle_that_is_no_json_is_made_again_with_a_higher_version(newsroom):
    newsroom.adopt()
    newsroom.redis.hset(keys.CONFIG, mapping={"rules": "{", "digest": "other"})
    assert newsroom.adopt().changed
    assert newsroom._do(in_force).version == 2


def test_bundle_that_cannot_be_read_and_broken_files_are_one_clear_error(newsroom):
    newsroom.adopt()
    rewrite(newsroom, schema=0)
    newsroom.watchlist("rules: [{id: x}]\n")
    adoption = newsroom.adopt()
    assert adoption.bundle is None
    assert adoption.errors
    status, _, err = newsroom.command("poll")
    assert status == 1
    assert "watchlist.yaml:1" in err
    assert "no configuration is in force" in newsroom.redis.hget(keys.notice("configuration"), "text")


@pytest.mark.parametrize(
    "line", ["EXDATE:garbage", "RRULE:FREQ=DAILY;INTERVAL=0", "RRULE:FREQ=DAILY;COUNT=x"]
)
def test_calendar_that_cannot_be_read_is_named_to_ops_with_its_feed(newsroom, line):
    newsroom.adopt()
    event = f"BEGIN:VEVENT\nSUMMARY:Rates\nDTSTART:20261210T141500Z\n{line}\nEND:VEVENT"
    newsroom.write("releases.ics", f"BEGIN:VCALENDAR\nVERSION:2.0\n{event}\nEND:VCALENDAR\n")
    newsroom.write(
        "feeds.yaml", f"feeds:\n  - {{id: wire, url: {newsroom.site.url}/wire, calendar: releases.ics}}\n"
    )
    status, out, err = newsroom.command("check")
    assert status == 1
    assert "feed 'wire': calendar: releases.ics event 'Rates' has " in " ".join(f"{out} {err}".split())
    assert "Traceback" not in err
    newsroom.adopt()
    notice = newsroom.redis.hget(keys.notice("configuration"), "text")
    assert "feed 'wire': calendar: releases.ics event 'Rates' has " in notice
    assert version(newsroom) == 1


def test_bundle_of_a_newer_release_is_left_alone(newsroom):
    newsroom.adopt()
    rewrite(newsroom, schema=codec.SCHEMA_VERSION + 1)
    before = newsroom.redis.hgetall(keys.CONFIG)
    for command in ("poll", "match-pending", "deliver"):
        status, _, err = newsroom.command(command)
        assert status == 1
        assert "written by a newer release" in err
        assert "Traceback" not in err
    assert newsroom.redis.hgetall(keys.CONFIG) == before


# ── several copies of the files ───────────────────────────────────────────────────────────────


@pytest.fixture
def two(tmp_path, redis_url, simulator):
    """Two newsrooms with folders of their own and one Redis; the second has a rule more."""
    simulator.reset()
    rooms = [Newsroom(tmp_path / name, redis_url, simulator) for name in ("first", "second")]
    rooms[1].write("feeds.yaml", (rooms[0].config / "feeds.yaml").read_text("utf-8"))
    rooms[1].watchlist(WATCHLIST + SECOND_RULE)
    yield rooms
    for room in rooms:
        room.close()


def notice(room: Newsroom) -> str:
    return room.redis.hget(keys.notice("configuration-origin"), "text") or ""


def test_second_copy_changes_nothing_and_is_reported_once_with_both_names(two):
    first, second = two
    first.site.serve("/wire", story(1, summary=WORDS))
    for _ in range(3):
        first.poll()
        second.poll()
    assert version(first) == 1
    assert first._do(in_force).rule_since == {"central-bank-opposes": 1}
    first.deliver()
    (post,) = first.posts(OPS)
    for room in two:
        assert str(room.config) in post["text"]
    finding = next(one for one in first._do(read_status).findings if one.cause == "configuration-origin")
    assert finding.level == "warning"


def test_second_copy_with_the_same_files_makes_a_bundle_again_that_cannot_be_read(two):
    """An upgrade may have replaced the owner: no stage may wait until it counts as gone."""
    first, second = two
    second.watchlist(WATCHLIST)
    first.adopt()
    rewrite(first, schema=0)
    assert second.adopt().changed
    assert (second._do(in_force).version, second._do(in_force).rule_since) == (2, {"central-bank-opposes": 1})


def test_second_copy_with_other_files_does_not_replace_a_bundle_that_cannot_be_read(two):
    first, second = two
    first.adopt()
    rewrite(first, schema=0)
    assert second.adopt().errors
    assert version(first) == 1


def test_copies_that_are_the_same_again_end_the_notice(two):
    first, second = two
    first.adopt()
    second.adopt()
    assert notice(first)
    first.watchlist(WATCHLIST + SECOND_RULE)
    assert first.adopt().changed
    assert second.adopt().problems == ()
    assert "configuration-origin" not in first.redis.smembers(keys.NOTICES)
    assert version(first) == 2


def test_copy_that_is_gone_ends_the_notice(two):
    first, second = two
    first.adopt()
    second.adopt()
    first.pass_time(timedelta(minutes=16))
    first.adopt()
    assert "configuration-origin" not in first.redis.smembers(keys.NOTICES)


def test_owner_keeps_the_right_while_it_is_seen_and_loses_it_after(two):
    first, second = two
    first.adopt()
    for _ in range(4):
        for room in two:
            room.pass_time(timedelta(minutes=10))
        first.adopt()
        assert not second.adopt().changed
    second.pass_time(timedelta(minutes=16))
    assert second.adopt().changed
    assert version(first) == 2
    first.pass_time(timedelta(minutes=16))
    second.deliver()
    assert any("are now applied" in post["text"] for post in second.posts(OPS))


def test_owner_with_broken_files_keeps_the_right(two):
    first, second = two
    first.adopt()
    first.watchlist("rules: [{id: x}]\n")
    for _ in range(2):
        for room in two:
            room.pass_time(timedelta(minutes=10))
        first.adopt()
        assert not second.adopt().changed


def test_same_folder_under_another_host_name_is_the_same_copy(newsroom):
    """As containers see it that mount one folder."""
    newsroom.adopt()
    newsroom.watchlist(WATCHLIST + SECOND_RULE)
    with patch.object(config_copy.socket, "gethostname", return_value="container-2"):
        assert newsroom.adopt().changed


def test_restarted_machine_is_the_same_copy(newsroom, tmp_path):
    newsroom.adopt()
    newsroom.watchlist(WATCHLIST + SECOND_RULE)
    boot = tmp_path / "boot_id"
    boot.write_text("another\n")
    with patch.object(config_copy, "_BOOT_ID", boot):
        assert newsroom.adopt().changed


@pytest.mark.parametrize(
    ("setting", "expected"), [("yes", (True, 2)), ("no", (False, 1)), ("auto", (False, 1)), ("", (False, 1))]
)
def test_setting_decides_who_applies(two, setting, expected):
    first, second = two
    first.adopt()
    settings = {"NEWSWATCH_APPLY_CONFIG": setting}
    adoption = second._do(adopt_config, env=settings)
    assert (adoption.changed, version(first)) == expected
    assert bool(notice(first)) == (setting in ("auto", ""))


def test_machine_that_may_not_apply_says_so_where_nothing_is_in_force(newsroom):
    adoption = newsroom._do(adopt_config, env={"NEWSWATCH_APPLY_CONFIG": "no"})
    assert adoption.bundle is None
    assert "NEWSWATCH_APPLY_CONFIG=yes" in str(adoption.errors[0])


def test_setting_that_cannot_be_is_named(newsroom):
    with pytest.raises(PermanentError, match="NEWSWATCH_APPLY_CONFIG must be auto, yes or no"):
        newsroom._do(adopt_config, env={"NEWSWATCH_APPLY_CONFIG": "perhaps"})


def test_author_of_files_that_are_not_applied_is_told_by_check_doctor_and_stages(two):
    first, second = two
    first.adopt()
    status, out, _ = second.command("check")
    assert (status, "these files are not applied" in out, str(first.config) in out) == (0, True, True)
    problems = second.json("check")["problems"]
    assert [(one["severity"], one["file"]) for one in problems] == [("warning", str(second.config))]
    _, out, _ = second.command("doctor", "--json")
    assert [one["level"] for one in json.loads(out)["checks"] if one["name"] == "configuration in force"] == [
        "warning"
    ]
    status, _, err = second.command("poll")
    assert (status, "these files are not applied" in err) == (0, True)
    assert first.json("check")["problems"] == []


def test_check_needs_no_redis(newsroom):
    newsroom.redis_url = "redis://127.0.0.1:1/0"
    assert newsroom.json("check")["problems"] == []


def test_full_redis_does_not_keep_the_owner_from_matching(tmp_path, own_redis, simulator):
    simulator.reset()
    room = Newsroom(tmp_path / "room", own_redis.url, simulator)
    try:
        room.site.serve("/wire", story(1, summary=WORDS))
        room.poll()
        room.pass_time(timedelta(minutes=5))
        room.redis.config_set("maxmemory", 1)
        assert not room.adopt().changed
        assert room.match().alerts == 1
    finally:
        room.close()


def test_machines_that_start_together_put_one_copy_in_force(two):
    first, second = two

    async def both():
        async with first.services() as one, second.services() as other:
            return await asyncio.gather(adopt_config(one), adopt_config(other))

    adoptions = asyncio.run(both())
    assert sorted(one.changed for one in adoptions) == [False, True]
    assert version(first) == 1
