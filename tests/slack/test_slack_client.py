from __future__ import annotations

import asyncio
import socket
from datetime import datetime, timedelta, timezone

import pytest
from aiohttp import web
from slack_scenes import CHANNEL, NOW, SOURCES, TITLE, alert, message

from devtools.slack_sim.running import RunningSimulator
from newswatch.errors import SlackRefused
from newswatch.slack import history
from newswatch.slack.client import SlackClient, SlackSettings
from newswatch.slack.payload import render_minimal, render_reply, render_story


@pytest.fixture(scope="module")
def workspace():
    with RunningSimulator(interval_s=0, strict_channels=False) as running:
        yield running


@pytest.fixture
def slack(workspace):
    yield workspace
    workspace.reset()


def settings_for(slack, **changes) -> SlackSettings:
    return SlackSettings(**{"token": slack.token, "base_url": slack.base_url, "timeout_s": 5.0} | changes)


def just_now() -> datetime:
    return datetime.now(timezone.utc)


ALERT = alert()
STORY = message(ALERT)


def payload(**changes) -> dict:
    return render_story(message(ALERT, **changes), [ALERT], sources=SOURCES, now=NOW)


async def post(slack, *, what: dict | None = None, thread_ts=None, broadcast=False, **settings):
    async with SlackClient(settings_for(slack, **settings)) as client:
        return await client.post(what or payload(), thread_ts=thread_ts, broadcast=broadcast)


async def test_post_puts_the_message_where_people_see_it(slack):
    outcome = await post(slack)
    (shown,) = slack.messages(CHANNEL)
    assert (outcome.kind, outcome.ts) == ("sent", shown["ts"])
    assert TITLE in shown["text"]
    assert shown["metadata"]["event_payload"]["alert_ids"] == [ALERT.id]


async def test_post_of_a_reply_stands_in_the_thread_and_is_broadcast_on_demand(slack):
    parent = await post(slack)
    reply = render_reply(message(ALERT, id="r1", kind="reply"), [ALERT], sources=SOURCES, now=NOW)
    outcome = await post(slack, what=reply, thread_ts=parent.ts, broadcast=True)
    shown = next(one for one in slack.messages() if one["ts"] == outcome.ts)
    assert (shown["thread_ts"], shown["broadcast"]) == (parent.ts, True)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("http_500", "ambiguous"),
        ("http_502", "ambiguous"),
        ("http_503", "ambiguous"),
        ("html", "ambiguous"),
        ("garbled", "ambiguous"),
        ("reset", "ambiguous"),
        ("internal_error", "ambiguous"),
        ("fatal_error", "ambiguous"),
        ("ratelimited", "ratelimited"),
        ("message_limit_exceeded", "message_limit"),
        ("invalid_blocks", "minimal"),
        ("msg_too_long", "minimal"),
        ("msg_blocks_too_long", "minimal"),
        ("metadata_too_large", "minimal"),
        ("channel_not_found", "paused_channel"),
        ("not_in_channel", "paused_channel"),
        ("is_archived", "paused_channel"),
        ("restricted_action", "paused_channel"),
        ("invalid_auth", "paused_workspace"),
        ("token_revoked", "paused_workspace"),
        ("missing_scope", "paused_method"),
        ("account_inactive", "paused_workspace"),
    ],
)
async def test_post_meets_a_refusal_and_says_what_it_means(slack, fault, kind):
    slack.fault(fault)
    outcome = await post(slack)
    assert outcome.kind == kind
    assert outcome.message
    assert slack.stats()["requests"] == 1


@pytest.mark.parametrize("fault", ["reset", "http_500", "http_503", "html", "garbled", "internal_error"])
async def test_post_whose_answer_is_lost_posts_once_and_is_found_again(slack, fault):
    slack.fault(fault, when="after", times=0)
    async with SlackClient(settings_for(slack)) as client:
        outcome = await client.post(payload(), thread_ts=None, broadcast=False)
        found = await places(client)
    (shown,) = slack.messages(CHANNEL)
    assert outcome.kind == "ambiguous"
    assert found == [shown["ts"]]


async def test_post_that_gets_no_answer_in_time_is_ambiguous(slack):
    slack.fault("timeout", when="after")
    outcome = await post(slack, timeout_s=0.5)
    assert (outcome.kind, outcome.code) == ("ambiguous", "timeout")
    assert len(slack.messages(CHANNEL)) == 1


async def test_post_waits_as_long_as_slack_asks_in_fractions(slack):
    slack.fault("ratelimited", retry_after=0.75)
    assert (await post(slack)).retry_after_s == 0.75


async def test_post_with_a_wrong_token_pauses_the_workspace(slack):
    slack.config(token="xoxb-another")
    outcome = await post(slack)
    assert (outcome.kind, outcome.code) == ("paused_workspace", "invalid_auth")
    assert "SLACK_BOT_TOKEN" in outcome.message


async def test_post_over_the_limits_is_minimal_without_being_sent(slack):
    outcome = await post(slack, what=payload() | {"text": "x" * 5_000})
    assert (outcome.kind, outcome.code) == ("minimal", "limits")
    assert slack.messages() == []


async def test_post_of_the_minimal_form_is_taken_and_found(slack):
    async with SlackClient(settings_for(slack)) as client:
        minimal = render_minimal(STORY, [ALERT], sources=SOURCES, now=NOW)
        outcome = await client.post(minimal, thread_ts=None, broadcast=False)
        found = await places(client)
    assert [outcome.ts] == found


async def test_post_to_a_closed_port_never_reached_slack(slack):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        outcome = await post(slack, base_url=f"http://127.0.0.1:{unused.getsockname()[1]}/api/")
    assert (outcome.kind, outcome.code) == ("not_reached", "connection_refused")


async def test_post_to_an_unknown_host_never_reached_slack(slack):
    outcome = await post(slack, base_url="http://slack.invalid/api/", proxy=None)
    assert (outcome.kind, outcome.code) == ("not_reached", "dns")


async def test_post_through_a_dead_proxy_never_reached_slack(slack):
    outcome = await post(slack, proxy="http://127.0.0.1:9")
    assert (outcome.kind, outcome.code) == ("not_reached", "proxy")


async def test_post_to_a_host_that_does_not_accept_never_reached_slack(slack):
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        base_url = f"http://127.0.0.1:{full.getsockname()[1]}/api/"
        outcome = await post(slack, base_url=base_url, timeout_s=1.0)
        for filler in fillers:
            filler.close()
    assert (outcome.kind, outcome.code) == ("not_reached", "connect_timeout")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [("ok", "text/plain"), ("[1]", "application/json"), ("null", "application/json"), ("", "text/html")],
)
async def test_post_answered_by_something_else_than_slack_is_ambiguous(slack, body, content_type):
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=body, content_type=content_type)

    app = web.Application()
    app.router.add_post("/api/chat.postMessage", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        outcome = await post(slack, base_url=f"http://127.0.0.1:{port}/api/")
    finally:
        await runner.cleanup()
    assert outcome.kind == "ambiguous"


async def test_post_that_is_cancelled_is_not_turned_into_an_outcome(slack):
    slack.fault("timeout")
    task = asyncio.create_task(post(slack))
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_update_changes_the_message_in_place(slack):
    first = await post(slack)
    async with SlackClient(settings_for(slack)) as client:
        changed = render_story(STORY, [ALERT], sources=SOURCES, now=NOW, further=3)
        outcome = await client.update(CHANNEL, first.ts, changed)
        gone = await client.update(CHANNEL, "1.000001", changed)
    (shown,) = slack.messages(CHANNEL)
    assert outcome.ok
    assert "+3 publishers" in shown["text"]
    assert "+3 publishers" in str(shown["blocks"])
    assert (gone.kind, gone.code) == ("failed", "message_not_found")


async def places(client, name=STORY.id, since=None, thread_ts=None):
    """Where the message with this id is, by all pages."""
    found, cursor = [], ""
    while True:
        page = await client.read(CHANNEL, since=since or just_now(), thread_ts=thread_ts, cursor=cursor)
        assert page.problem is None
        found += [one.ts for one in page.posts if one.message_id == name]
        if not page.cursor:
            return sorted(found)
        cursor = page.cursor


async def test_reading_pages_through_a_busy_channel_and_sees_doubles(slack, monkeypatch):
    monkeypatch.setattr(history, "PAGE_SIZE", 100)
    async with SlackClient(settings_for(slack)) as client:
        first = await client.post(payload(), thread_ts=None, broadcast=False)
        for number in range(205):
            slack.post(CHANNEL, f"chatter {number}")
        second = await client.post(payload(), thread_ts=None, broadcast=False)
        assert await places(client) == [first.ts, second.ts]
    assert slack.stats()["methods"]["conversations.history"] == {"ok": 3}


async def test_reading_finds_a_reply_in_its_thread_and_that_the_thread_grew(slack):
    reply = render_reply(message(ALERT, id="r1", kind="reply"), [ALERT], sources=SOURCES, now=NOW)
    async with SlackClient(settings_for(slack)) as client:
        parent = await client.post(payload(), thread_ts=None, broadcast=False)
        sent = await client.post(reply, thread_ts=parent.ts, broadcast=False)
        assert await places(client, "r1", thread_ts=parent.ts) == [sent.ts]
        assert await places(client, "r1") == []
        (root,) = (await client.read(CHANNEL, since=just_now())).posts
    assert root.latest_reply == sent.ts


async def test_reading_a_thread_that_is_not_there_says_so(slack):
    async with SlackClient(settings_for(slack)) as client:
        page = await client.read(CHANNEL, since=just_now(), thread_ts="1.000001")
    assert page.problem.code == "thread_not_found"


async def test_reading_ignores_what_is_older(slack):
    await post(slack)
    async with SlackClient(settings_for(slack)) as client:
        assert await places(client, since=just_now() + timedelta(hours=1)) == []


async def test_reading_without_metadata_finds_the_message_by_its_blocks(slack):
    slack.config(strip_metadata=True)
    async with SlackClient(settings_for(slack)) as client:
        sent = await client.post(payload(), thread_ts=None, broadcast=False)
        (found,) = (await client.read(CHANNEL, since=just_now())).posts
    assert (found.message_id, found.ts, found.alert_ids) == (STORY.id, sent.ts, None)


@pytest.mark.parametrize("skew_s", [420.0, -420.0])
async def test_reading_finds_the_message_although_the_clocks_differ(slack, skew_s):
    slack.config(skew_s=skew_s)
    async with SlackClient(settings_for(slack)) as client:
        sent = await client.post(payload(), thread_ts=None, broadcast=False)
        assert await places(client, since=datetime.now(timezone.utc)) == [sent.ts]
        assert abs(client.ahead.total_seconds() + skew_s) < 5
    slack.config(skew_s=0.0)


@pytest.mark.parametrize("fault", ["html", "http_503", "garbled"])
async def test_answer_of_another_server_says_nothing_of_slacks_clock(slack, fault):
    slack.config(skew_s=7_200.0)
    async with SlackClient(settings_for(slack)) as client:
        await client.ping()
        slack.fault(fault, method="auth.test")
        await client.ping()
        assert abs(client.ahead.total_seconds() + 7_200.0) < 5
    slack.config(skew_s=0.0)


@pytest.mark.parametrize("fault", ["ratelimited", "http_500", "reset", "missing_scope"])
async def test_reading_that_fails_says_so(slack, fault):
    await post(slack)
    slack.fault(fault, method="conversations.history", times=0)
    async with SlackClient(settings_for(slack)) as client:
        page = await client.read(CHANNEL, since=just_now())
    assert page.problem is not None
    assert page.posts == ()


async def test_link_leads_to_the_message(slack):
    async with SlackClient(settings_for(slack)) as client:
        assert await client.link(CHANNEL, "1700000000.000100") == (
            f"https://simulator.invalid/archives/{CHANNEL}/p1700000000000100"
        )


async def findings(slack, *channels):
    async with SlackClient(settings_for(slack)) as client:
        return await client.check(dict.fromkeys(channels, ""))


async def test_check_is_content_with_a_complete_setup(slack):
    assert [finding.level for finding in await findings(slack, CHANNEL)] == ["ok", "ok", "ok"]


async def test_check_says_what_to_do_about_each_channel_and_scope(slack):
    slack.config(
        strict_channels=True,
        scopes=["chat:write", "channels:history", "channels:read", "groups:read"],
        channels=[{"id": "C0000000008", "member": False}, {"id": "C0000000009", "archived": True}],
    )
    found = {
        finding.subject: finding for finding in await findings(slack, "C0000000008", "C0000000009", "C7")
    }
    assert "users:read is missing" in found["scopes"].message
    assert "/invite" in found["channel C0000000008"].message
    assert "archived" in found["channel C0000000009"].message
    assert "receivers.yaml" in found["channel C7"].message
    assert [finding.level == "ok" for finding in found.values()] == [True, False, False, False, False]


async def test_check_of_a_refused_token_ends_there(slack):
    slack.config(token="xoxb-another")
    (finding,) = await findings(slack, CHANNEL)
    assert finding.level == "error"
    assert "SLACK_BOT_TOKEN" in finding.message


def test_settings_do_not_show_the_token_or_the_proxy():
    shown = repr(SlackSettings("xoxb-geheim", proxy="http://me:geheim@proxy.example/"))
    assert "geheim" not in shown


def test_client_refuses_a_token_that_cannot_be_one():
    with pytest.raises(SlackRefused) as caught:
        SlackClient(SlackSettings("xoxb-geheim\r\nX-Evil: 1"))
    assert "geheim" not in str(caught.value)


async def test_client_outside_of_its_block_says_so():
    with pytest.raises(RuntimeError, match="async with"):
        await SlackClient(SlackSettings("xoxb-x")).post(payload(), thread_ts=None, broadcast=False)
