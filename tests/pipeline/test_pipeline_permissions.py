"""A Redis user with the documented permissions and no others: everything that newswatch does works."""

from __future__ import annotations

import pytest

import redis_servers
from article_pages import linked, page, show
from feed_server import story
from newsroom import POLICY, Newsroom
from newswatch.listener.clicks import take_click
from newswatch.models import Bundle
from newswatch.pipeline.authoring.backtest import BacktestQuestion, run_backtest
from newswatch.pipeline.authoring.coach.run import coach
from newswatch.pipeline.authoring.missed import report_missed
from newswatch.pipeline.authoring.muting import mute_rule, muted_now, unmute_rule
from newswatch.pipeline.authoring.rule_stats import read_stats
from newswatch.pipeline.base.configuration import in_force
from newswatch.pipeline.deliver.dead_letters import read_dead_letters, retry_dead_letters
from newswatch.pipeline.oversight import feeds as feeds_page
from newswatch.pipeline.oversight import rules as rules_page
from newswatch.pipeline.oversight.alert_search import AlertFilter, list_alerts
from newswatch.pipeline.oversight.alerts import read_life
from newswatch.pipeline.oversight.doctor import examine
from newswatch.pipeline.oversight.heartbeat import after_cycle
from newswatch.pipeline.oversight.housekeeping import run_housekeeping
from newswatch.pipeline.oversight.latency import read_latency
from newswatch.pipeline.oversight.queues import read_queues
from newswatch.pipeline.oversight.status import read_status
from newswatch.slack.buttons import ACTIONS
from newswatch.slack.clicks import Click
from newswatch.store import listening

WORDS = "The central bank opposes the plan."


@pytest.fixture
def room(tmp_path, own_redis, simulator):
    """A newsroom that logs in with the least permissions; its own client may do everything."""
    simulator.reset()
    newsroom = Newsroom(tmp_path / "room", own_redis.url, simulator)
    newsroom.redis_url = redis_servers.with_user(own_redis.url, *redis_servers.LEAST_PERMISSIONS)
    newsroom.feeds("wire", article=True)
    yield newsroom
    newsroom.close()


def refused(room: Newsroom) -> list:
    """What Redis refused to that user, by its own record."""
    return room.redis.execute_command("ACL LOG")


def test_stages_edits_clicks_and_housekeeping_need_no_further_permission(room):
    room.site.serve("/moved", story(9))
    show(
        room,
        linked(room, summary=WORDS),
        linked(room, 2, "Nothing yet"),
        page1=page(WORDS),
        page2=page(WORDS),
    )
    room.run()
    room.articles()
    room.match()
    room.slack.fault("invalid_blocks", times=2)
    room.deliver()
    room._do(retry_dead_letters)
    room.deliver()
    assert room.posts()
    room.feeds("wire", "moved")
    room.poll()
    room.feeds("moved")
    assert room.adopt().changed
    message = room.posts()[0]["metadata"]["event_payload"]["message_id"]
    for action in ACTIONS.values():
        click = Click(action, message, POLICY, "U1", "anna", room.clock())
        assert room._do(lambda services, click=click: take_click(services, click)).effect == "taken"
    room._do(lambda services: mute_rule(services, "central-bank-opposes", for_s=60, by="me", channel=POLICY))
    room._do(muted_now)
    room._do(lambda services: unmute_rule(services, "central-bank-opposes", POLICY))
    room._do(lambda services: listening.beat(services.redis, listening.Listening(("HTTP",), room.clock())))
    room._do(after_cycle)
    room._do(run_housekeeping)
    assert refused(room) == []


def test_pages_need_no_further_permission(room):
    room.site.serve("/wire", story(1, summary=WORDS), story(2, summary=WORDS))
    room.run()
    room._do(_all_pages)
    assert refused(room) == []


async def _all_pages(services) -> None:
    bundle = await in_force(services)
    assert isinstance(bundle, Bundle)
    await read_status(services)
    found = await list_alerts(services, AlertFilter(), before=None, limit=10)
    for wanted in (AlertFilter(state="held"), AlertFilter(state="dead"), AlertFilter(feed="wire")):
        await list_alerts(services, wanted, before=None, limit=10)
    assert await read_life(services, found.lines[0].alert.id)
    await read_queues(services, bundle)
    await read_latency(services)
    await read_dead_letters(services)
    await feeds_page.read_lines(services, bundle.feeds)
    await feeds_page.read_hours(services)
    await feeds_page.read_statuses(services, bundle)
    await feeds_page.read_feed(services, bundle.feeds[0])
    await rules_page.silent_rules(services, bundle.rules)
    await rules_page.read_lines(services, bundle.rules)
    await rules_page.irrelevant_to(services, bundle, bundle.rules[0].id)
    await run_backtest(services, BacktestQuestion(since_s=3600))
    await report_missed(services, "Central bank balks at the plan", bundle.rules[0].id, "me")
    assert (await read_stats(services, bundle.rules[0].id)).missed == 1
    assert (await coach(services, bundle.rules[0].id, most=1)).texts.missed
    findings = await examine(services)
    assert [one.level for one in findings if one.subject == "redis"] == ["ok"]


def test_backup_and_restore_need_no_further_permission(room, tmp_path):
    room.site.serve("/wire", story(1, summary=WORDS))
    room.run()
    room.json("backup", str(tmp_path))
    room.json("restore", str(tmp_path), "--replace")
    room.command("drain")
    room.command("drain", "--resume")
    assert refused(room) == []


@pytest.mark.parametrize("permission", ["-info", "-evalsha", "-xreadgroup", "-xadd"])
def test_permission_that_is_missing_is_named(room, permission):
    room.redis.execute_command("ACL SETUSER", "editor", permission)
    room.site.serve("/wire", story(1, summary=WORDS))
    status, _, err = room.command("run", "--all")
    assert status == 1
    assert f"does not permit the command {permission[1:].upper()}" in err
    assert "Traceback" not in err
