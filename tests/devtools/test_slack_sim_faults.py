"""Faults to order: what the client gets, and whether the message is posted."""

import asyncio
import time

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from devtools.slack_sim.faults import BadFault, FaultBook, read_fault
from devtools.slack_sim.reference import ERRORS

CHANNEL = "C0000000001"
BREAKS = (SlackApiError, aiohttp.ClientError, asyncio.TimeoutError)


@pytest.fixture
def client(slack):
    return AsyncWebClient(token=slack.token, base_url=slack.base_url, retry_handlers=[], timeout=2)


async def post(client, channel=CHANNEL):
    return await client.chat_postMessage(channel=channel, text="x")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    "kind",
    [
        "internal_error",
        "is_archived",
        "token_revoked",
        "reset",
        "http_500",
        "http_502",
        "http_503",
        "html",
        "garbled",
    ],
)
async def test_fault_hits_once_and_only_after_stores(client, slack, kind, when):
    slack.fault(kind, when=when)
    with pytest.raises(BREAKS) as caught:
        await post(client)
    assert len(slack.messages()) == (1 if when == "after" else 0)
    if not kind.startswith(("reset", "http", "html", "garbled")):
        assert caught.value.response["error"] == kind
    assert (await post(client))["ok"]
    assert slack.stats()["faults_spent"] == {f"{when}:{kind}": 1}


CALLS = {
    "chat.postMessage": {"text": "x"},
    "chat.update": {"text": "x", "ts": "1.000001"},
    "conversations.history": {},
    "conversations.replies": {"ts": "1.000001"},
}


@pytest.mark.parametrize("method", CALLS)
async def test_every_code_of_the_reference_can_be_ordered(client, slack, method):
    arguments = {"channel": CHANNEL, **CALLS[method]}
    for code in sorted(ERRORS[method]):
        slack.fault(code, method=method)
        with pytest.raises(SlackApiError) as caught:
            await client.api_call(method, json=arguments)
        assert caught.value.response["error"] == code


async def test_code_that_slack_does_not_document_can_be_ordered(client, slack):
    slack.fault("unlisted:brand_new_code")
    with pytest.raises(SlackApiError) as caught:
        await post(client)
    assert caught.value.response["error"] == "brand_new_code"


def test_code_of_another_method_is_refused():
    with pytest.raises(BadFault, match=r"error codes of conversations\.history"):
        read_fault({"kind": "is_archived", "method": "conversations.history"})


async def test_wait_of_half_an_hour_can_be_ordered(client, slack):
    slack.fault("ratelimited", retry_after=1800)
    with pytest.raises(SlackApiError) as caught:
        await post(client)
    assert caught.value.response.headers["Retry-After"] == "1800"


async def test_ratelimited_carries_the_fractional_wait_it_was_given(client, slack):
    slack.fault("ratelimited", retry_after=0.25)
    with pytest.raises(SlackApiError) as caught:
        await post(client)
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "0.25"


@pytest.mark.parametrize(("when", "stored"), [("before", 0), ("after", 1)])
async def test_timeout_holds_the_answer(slack, when, stored):
    slack.fault("timeout", when=when, delay_s=5)
    client = AsyncWebClient(token=slack.token, base_url=slack.base_url, retry_handlers=[], timeout=1)
    with pytest.raises(asyncio.TimeoutError):
        await post(client)
    assert len(slack.messages()) == stored


async def test_late_request_is_taken_after_the_client_gave_up(client, slack):
    slack.fault("reset", when="late", delay_s=0.4)
    with pytest.raises(BREAKS):
        await post(client)
    assert slack.messages() == []
    until = time.monotonic() + 5
    while not slack.messages():
        assert time.monotonic() < until, "the late request never arrived"
        await asyncio.sleep(0.05)


async def test_fault_on_one_channel_leaves_others_alone(client, slack):
    slack.fault("channel_not_found", channel="C0000000002", times=0)
    assert (await post(client))["ok"]
    for _ in range(2):
        with pytest.raises(SlackApiError):
            await post(client, "C0000000002")
    slack.clear_faults()
    assert (await post(client, "C0000000002"))["ok"]


async def test_fault_on_history_leaves_posting_alone(client, slack):
    slack.fault("http_503", method="conversations.history")
    assert (await post(client))["ok"]
    with pytest.raises(BREAKS):
        await client.conversations_history(channel=CHANNEL)


async def test_default_retry_handlers_of_the_sdk_post_twice_on_a_dropped_answer(slack):
    slack.fault("reset", when="after")
    client = AsyncWebClient(token=slack.token, base_url=slack.base_url)
    await client.chat_postMessage(
        channel=CHANNEL, text="x", metadata={"event_type": "x", "event_payload": {"message_id": "m"}}
    )
    assert slack.doubles() == {"m": 2}


def test_rate_hits_about_its_share():
    book = FaultBook([read_fault({"kind": "reset", "times": 0, "rate": 0.05})], seed=7)
    hits = sum(book.take("chat.postMessage", CHANNEL) is not None for _ in range(2000))
    assert 60 <= hits <= 140


@pytest.mark.parametrize(
    "order", [{"kind": "gremlins"}, {"kind": "reset", "when": "never"}, {"kind": "reset", "x": 1}, []]
)
def test_fault_that_cannot_be_carried_out_is_refused(order):
    with pytest.raises(BadFault):
        read_fault(order)


def test_server_says_what_is_wrong_with_an_order(slack):
    with pytest.raises(RuntimeError, match="unknown kind 'gremlins'"):
        slack.fault("gremlins")
    with pytest.raises(RuntimeError, match="unknown setting 'speed'"):
        slack.config(speed=3)
