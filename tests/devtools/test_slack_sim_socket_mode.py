"""Socket Mode as the SDK's own client lives it: connecting, acknowledging, losing the connection."""

import asyncio
import contextlib
import time

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from devtools.slack_sim.running import RunningSimulator

CHANNEL = "C0000000001"
WITHIN_S = 60


def post(slack):
    button = {"type": "button", "action_id": "ack", "text": {"type": "plain_text", "text": "Ack"}}
    return slack.post(CHANNEL, "x", blocks=[{"type": "actions", "elements": [button]}])["ts"]


def web_client(slack, token=None):
    return AsyncWebClient(token=token or slack.app_token, base_url=slack.base_url, retry_handlers=[])


class Listener:
    """An app on Socket Mode. `silent` requests are kept and not acknowledged."""

    def __init__(self, slack, *, silent=0):
        self.requests, self._silent = asyncio.Queue(), silent
        self.client = SocketModeClient(slack.app_token, web_client=web_client(slack), ping_interval=0.3)
        self.client.socket_mode_request_listeners.append(self._take)

    async def _take(self, client, request):
        if self._silent:
            self._silent -= 1
        else:
            await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
        await self.requests.put(request)

    async def next(self):
        return await asyncio.wait_for(self.requests.get(), WITHIN_S)


@contextlib.asynccontextmanager
async def listening(slack, **more):
    listener = Listener(slack, **more)
    try:
        await listener.client.connect()
        yield listener
    finally:
        await listener.client.close()


@pytest.fixture
async def slack(slack):
    await until(lambda: slack.sockets() == 0)  # the connections of the test before
    return slack


async def until(true):
    deadline = time.monotonic() + WITHIN_S
    while not await asyncio.to_thread(true):
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


def click(slack, ts, **more):
    return asyncio.to_thread(slack.click, CHANNEL, ts, "ack", **more)


async def test_click_is_delivered_and_acknowledged(slack):
    async with listening(slack) as listener:
        await until(lambda: slack.sockets() == 1)
        answer = await click(slack, post(slack), user={"id": "U0MARIA", "name": "maria"})
        assert answer == {"delivered": "socket", "status": None, "acknowledged": True}
        request = await listener.next()
        assert (request.type, request.retry_attempt) == ("interactive", None)
        assert request.payload["type"] == "block_actions"
        assert request.payload["user"]["name"] == "maria"
        assert request.payload["actions"][0]["action_id"] == "ack"


async def test_socket_is_preferred_to_the_request_url(slack):
    slack.config(interactivity_url="http://127.0.0.1:9/")
    async with listening(slack):
        await until(lambda: slack.sockets() == 1)
        assert (await click(slack, post(slack)))["delivered"] == "socket"
    await until(lambda: slack.sockets() == 0)
    assert (await click(slack, post(slack)))["delivered"] == "http"


async def test_each_click_goes_to_one_of_several_connections(slack):
    ts = post(slack)
    async with listening(slack) as one, listening(slack) as other:
        await until(lambda: slack.sockets() == 2)
        for _ in range(4):
            assert (await click(slack, ts))["acknowledged"]
        assert (one.requests.qsize(), other.requests.qsize()) == (2, 2)


async def test_repeated_click_is_the_same_payload_in_envelopes_of_their_own(slack):
    async with listening(slack) as listener:
        await until(lambda: slack.sockets() == 1)
        assert (await click(slack, post(slack), repeat=3))["acknowledged"]
        requests = [await listener.next() for _ in range(3)]
        assert len({request.envelope_id for request in requests}) == 3
        assert len({request.payload["trigger_id"] for request in requests}) == 1


async def test_click_without_acknowledgement_fails_after_3_s_and_comes_again(slack):
    async with listening(slack, silent=1) as listener:
        await until(lambda: slack.sockets() == 1)
        answer = await click(slack, post(slack))
        assert (answer["delivered"], answer["acknowledged"]) == ("socket", False)
        assert answer["error"] == "no acknowledgement within 3 s"
        first, again = await listener.next(), await listener.next()
        assert (again.retry_attempt, again.retry_reason) == (1, "timeout")
        assert again.payload == first.payload
        assert again.envelope_id != first.envelope_id
        await until(lambda: slack.undelivered() == 0)
        assert listener.requests.empty()


async def test_click_is_given_up_after_its_redeliveries(slack):
    slack.config(redeliveries=0)
    async with listening(slack, silent=1) as listener:
        await until(lambda: slack.sockets() == 1)
        assert not (await click(slack, post(slack)))["acknowledged"]
        await until(lambda: slack.undelivered() == 0)
        assert listener.requests.qsize() == 1


async def test_connection_lost_before_the_acknowledgement_delivers_again_on_the_next(slack):
    async with listening(slack, silent=1) as listener:
        await until(lambda: slack.sockets() == 1)
        clicked = asyncio.create_task(click(slack, post(slack)))
        first = await listener.next()
        assert await asyncio.to_thread(slack.disconnect_sockets, abruptly=True) == 1
        again = await listener.next()
        assert (again.retry_attempt, again.retry_reason) == (1, "connection_failed")
        assert again.payload == first.payload
        await clicked
        await until(lambda: slack.undelivered() == 0)


async def test_lost_connection_hands_over_to_the_other_at_once(slack):
    async with listening(slack, silent=1) as one, listening(slack, silent=1) as other:
        await until(lambda: slack.sockets() == 2)
        clicked = asyncio.create_task(click(slack, post(slack)))
        await until(lambda: one.requests.qsize() + other.requests.qsize() == 1)
        got, spare = (one, other) if one.requests.qsize() else (other, one)
        spare._silent = 0
        await got.client.current_session.close()
        assert (await spare.next()).retry_reason == "connection_failed"
        assert (await clicked)["acknowledged"]


@pytest.mark.parametrize("reason", ["refresh_requested", "warning"])
async def test_listener_told_to_disconnect_comes_back_and_misses_nothing(slack, reason):
    async with listening(slack) as listener:
        await until(lambda: slack.sockets() == 1)
        before = listener.client.current_session
        assert await asyncio.to_thread(slack.disconnect_sockets, reason=reason) == 1
        await until(lambda: listener.client.current_session is not before and slack.sockets() == 1)
        assert (await click(slack, post(slack)))["acknowledged"]


async def test_listener_that_does_not_leave_is_cut_off_after_its_time(slack):
    async with raw(slack) as socket:
        await asyncio.to_thread(slack.disconnect_sockets, close_after_s=0.1)
        assert (await socket.receive_json())["type"] == "disconnect"
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE


async def test_listener_finds_a_restarted_simulator_again():
    with RunningSimulator(interval_s=0) as slack:
        async with listening(slack):
            await until(lambda: slack.sockets() == 1)
            slack.kill()
            await asyncio.to_thread(slack.restart)
            await until(lambda: slack.sockets() == 1)
            assert (await click(slack, post(slack)))["acknowledged"]


@contextlib.asynccontextmanager
async def raw(slack):
    url = (await web_client(slack).apps_connections_open(app_token=slack.app_token))["url"]
    async with aiohttp.ClientSession() as session, session.ws_connect(url, autoping=False) as socket:
        assert (await socket.receive_json())["type"] == "hello"
        yield socket


async def test_hello_counts_connections_and_pings_are_answered(slack):
    url = (await web_client(slack).apps_connections_open(app_token=slack.app_token))["url"]
    async with (
        raw(slack),
        aiohttp.ClientSession() as session,
        session.ws_connect(url, autoping=False) as second,
    ):
        hello = await second.receive_json()
        assert (hello["type"], hello["num_connections"]) == ("hello", 2)
        await second.ping(b"sdk-ping-pong:1")
        pong = await second.receive()
        assert (pong.type, bytes(pong.data)) == (aiohttp.WSMsgType.PONG, b"sdk-ping-pong:1")


async def test_ticket_opens_one_connection_only(slack):
    url = (await web_client(slack).apps_connections_open(app_token=slack.app_token))["url"]
    async with aiohttp.ClientSession() as session, session.ws_connect(url):
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await session.ws_connect(url)
        assert caught.value.status == 404


async def test_eleventh_connection_is_one_too_many(slack):
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(10):
            await stack.enter_async_context(raw(slack))
        url = (await web_client(slack).apps_connections_open(app_token=slack.app_token))["url"]
        session = await stack.enter_async_context(aiohttp.ClientSession())
        socket = await stack.enter_async_context(session.ws_connect(url))
        message = await socket.receive_json()
        assert (message["type"], message["reason"]) == ("disconnect", "too_many_websockets")
        assert slack.sockets() == 10


@pytest.mark.parametrize(
    ("token", "error"),
    [
        ("xoxb-newswatch-simulator", "not_allowed_token_type"),
        ("xapp-other", "invalid_auth"),
        ("", "not_authed"),
    ],
)
async def test_connection_needs_the_app_level_token(slack, token, error):
    slack.config(app_token=slack.app_token)
    with pytest.raises(SlackApiError) as caught:
        await web_client(slack).apps_connections_open(app_token=token)
    assert caught.value.response["error"] == error
    assert (await web_client(slack).apps_connections_open(app_token=slack.app_token))["ok"]


async def test_any_app_level_token_will_do_unless_one_is_set(slack):
    assert (await web_client(slack).apps_connections_open(app_token="xapp-anything"))["url"].startswith(
        "ws://"
    )


async def test_app_level_token_posts_nothing(slack):
    with pytest.raises(SlackApiError) as caught:
        await web_client(slack).chat_postMessage(channel=CHANNEL, text="x")
    assert caught.value.response["error"] == "not_allowed_token_type"
