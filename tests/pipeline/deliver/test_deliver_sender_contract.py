"""What delivery relies on of any sender: the fake in memory and Slack, by the simulator, are held to the same."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from fakes import FakeLayout, FakeSender
from newsroom import POLICY
from newswatch.models import Alert, Message
from newswatch.pipeline.deliver.verdict import judge
from newswatch.sending import Outcome, Outgoing
from newswatch.slack.client import SlackSettings
from newswatch.slack.layout import SlackLayout

NOBODY = "C0000000000"


class Place:
    """A sender's address, its layout, and a way to disturb the next post."""

    def __init__(self, address, layout, disturb) -> None:
        self.address = address
        self.disturb = disturb
        self._layout = layout

    def payload(
        self, message_id: str = "m1", *, channel: str = POLICY, kind: str = "story", title: str = "Rates stay"
    ):
        now = datetime.now(timezone.utc)
        alert = Alert(
            id=f"alert-of-{message_id}",
            rule_id="bank",
            severity="high",
            channel=channel,
            item_id="wire:1",
            revision=0,
            feed_id="wire",
            link="https://news.example/1",
            title=title,
            excerpts=(),
            published=now,
            first_seen=now,
            matched=now,
            config_version="1-abc",
            story_id="s",
        )
        message = Message(id=message_id, kind=kind, channel=channel, story_id="s", alert_ids=(alert.id,))
        return self._layout.render(Outgoing(message, (alert,), {"wire": "The Wire"}, now))


def in_memory() -> Place:
    sender = FakeSender(datetime.now(timezone.utc), {POLICY})
    slow = Outcome("ratelimited", code="ratelimited", retry_after_s=2.0)
    orders = {"ratelimited": slow, "lost": "lost"}
    return Place(sender, FakeLayout(), lambda what: sender.faults.append(orders[what]))


def slack(simulator) -> Place:
    simulator.reset()
    simulator.config(strict_channels=True, channels=[{"id": POLICY}])
    address = SlackSettings(simulator.token, simulator.base_url, timeout_s=5.0)
    orders = {"ratelimited": {"kind": "ratelimited"}, "lost": {"kind": "reset", "when": "after"}}
    return Place(address, SlackLayout(), lambda what: simulator.fault(**orders[what]))


@pytest.fixture(params=["memory", "slack"])
def place(request):
    if request.param == "memory":
        return in_memory()
    return slack(request.getfixturevalue("simulator"))


def lately() -> datetime:
    return datetime.now(timezone.utc) - timedelta(minutes=1)


async def test_posted_message_is_read_back_with_its_id(place):
    async with place.address.open() as sender:
        outcome = await sender.post(place.payload(), thread_ts=None, broadcast=False)
        page = await sender.read(POLICY, since=lately())
    assert outcome.ok
    assert [(one.message_id, one.ts) for one in page.posts] == [("m1", outcome.ts)]
    assert (page.cursor, page.problem) == ("", None)


async def test_message_that_is_out_twice_is_found_twice(place):
    async with place.address.open() as sender:
        first = await sender.post(place.payload(), thread_ts=None, broadcast=False)
        second = await sender.post(place.payload(), thread_ts=None, broadcast=False)
        page = await sender.read(POLICY, since=lately())
    assert {(one.message_id, one.ts) for one in page.posts} == {("m1", first.ts), ("m1", second.ts)}


async def test_reply_is_found_in_its_thread(place):
    async with place.address.open() as sender:
        root = await sender.post(place.payload(), thread_ts=None, broadcast=False)
        reply = place.payload("m2", kind="reply")
        outcome = await sender.post(reply, thread_ts=root.ts, broadcast=False)
        page = await sender.read(POLICY, since=lately(), thread_ts=root.ts)
        in_channel = await sender.read(POLICY, since=lately())
    assert ("m2", outcome.ts) in {(one.message_id, one.ts) for one in page.posts}
    assert "m2" not in {one.message_id for one in in_channel.posts}


async def test_update_may_be_repeated_and_what_is_not_there_is_refused(place):
    async with place.address.open() as sender:
        outcome = await sender.post(place.payload(), thread_ts=None, broadcast=False)
        changed = place.payload(title="Rates fall")
        assert (await sender.update(POLICY, outcome.ts, changed)).ok
        assert (await sender.update(POLICY, outcome.ts, changed)).ok
        assert not (await sender.update(POLICY, "1700000000.000001", changed)).ok


async def test_everything_posted_is_read_back_with_its_alerts(place):
    async with place.address.open() as sender:
        await sender.post(place.payload("m1"), thread_ts=None, broadcast=False)
        await sender.post(place.payload("m2"), thread_ts=None, broadcast=False)
        page = await sender.read(POLICY, since=lately())
    assert {(one.message_id, one.alert_ids) for one in page.posts} == {
        ("m1", ("alert-of-m1",)),
        ("m2", ("alert-of-m2",)),
    }


async def test_post_without_an_answer_is_ambiguous_and_can_be_looked_up(place):
    async with place.address.open() as sender:
        place.disturb("lost")
        outcome = await sender.post(place.payload(), thread_ts=None, broadcast=False)
        page = await sender.read(POLICY, since=lately())
    assert outcome.kind == "ambiguous"
    assert judge(outcome, tries=0, minimal=False, grace_s=60).message == "sending"
    assert len(page.posts) == 1


async def test_other_side_says_that_it_is_there_and_what_its_clock_says(place):
    async with place.address.open() as sender:
        assert (await sender.ping()).ok
        assert abs(sender.ahead) < timedelta(seconds=30)


async def test_request_for_less_names_the_wait_and_is_no_attempt(place):
    async with place.address.open() as sender:
        place.disturb("ratelimited")
        outcome = await sender.post(place.payload(), thread_ts=None, broadcast=False)
    assert outcome.kind == "ratelimited"
    assert outcome.retry_after_s > 0
    verdict = judge(outcome, tries=0, minimal=False, grace_s=60)
    assert (verdict.message, verdict.pause, verdict.attempt) == ("queued", "channel", False)


async def test_channel_that_is_not_there_pauses_the_channel(place):
    async with place.address.open() as sender:
        outcome = await sender.post(place.payload(channel=NOBODY), thread_ts=None, broadcast=False)
        (check,) = [one for one in await sender.check({NOBODY: ""}) if NOBODY in one.subject]
    assert outcome.kind == "paused_channel"
    assert check.level == "error"
