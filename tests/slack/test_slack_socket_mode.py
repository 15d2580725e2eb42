"""The Socket Mode connection: no click is lost while it is renewed, its secrets are not logged, and connecting ends in time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

import aiohttp
import pytest

from devtools.slack_sim.running import RunningSimulator
from newswatch.errors import SlackRefused, SlackUnavailable
from newswatch.slack.client import SlackSettings
from newswatch.slack.requests import Receipt
from newswatch.slack.socket_mode import SocketMode


@pytest.fixture(scope="module")
def slack():
    with RunningSimulator(interval_s=0.0) as simulator:
        yield simulator


async def nobody(_payload):
    """Takes nothing."""
    return Receipt()


CHANNEL = "C0000000001"
BUTTON = {"type": "button", "action_id": "ack", "text": {"type": "plain_text", "text": "Ack"}}
RENEWALS = 25


@contextlib.asynccontextmanager
async def connected(slack):
    """A connection, and the `ts` of the messages whose clicks it has taken."""
    taken = []

    async def take(payload):
        taken.append(payload["message"]["ts"])
        return Receipt()

    settings = SlackSettings(token=slack.app_token, base_url=slack.base_url)
    async with SocketMode(settings, take) as connection:
        await until(lambda: slack.sockets() == 1)
        yield connection, taken
    await until(lambda: slack.sockets() == 0)


async def until(true, within_s=60):
    deadline = time.monotonic() + within_s
    while not await asyncio.to_thread(true):
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


def click(slack):
    """Click a button of a new message, and return what Slack says to who clicked, and the message's `ts`."""
    ts = slack.post(CHANNEL, "x", blocks=[{"type": "actions", "elements": [BUTTON]}])["ts"]
    return slack.click(CHANNEL, ts, "ack"), ts


async def test_clicks_find_a_connection_however_often_slack_renews_it(slack):
    async with connected(slack) as (_connection, taken):
        for number in range(RENEWALS):
            await asyncio.to_thread(slack.disconnect_sockets, close_after_s=0.5)
            await asyncio.sleep(0.002 * (number % 10))
            answer, ts = await asyncio.to_thread(click, slack)
            assert "error" not in answer, f"renewal {number}: {answer}"
            await until(lambda ts=ts: ts in taken)
        await until(lambda: slack.sockets() == 1)


async def test_connection_goes_on_while_slack_refuses_the_next_one(slack, caplog):
    async with connected(slack) as (connection, taken):
        before = connection._client.current_session
        slack.fault("internal_error", method="apps.connections.open")
        await asyncio.to_thread(slack.disconnect_sockets, close_after_s=1.0)
        await until(lambda: "Slack asked for a new connection, which failed" in caplog.text)
        answer, ts = await asyncio.to_thread(click, slack)
        assert "error" not in answer
        await until(lambda: ts in taken)
        await until(lambda: connection._client.current_session is not before)
        await until(lambda: slack.sockets() == 1)
        assert "error" not in (await asyncio.to_thread(click, slack))[0]


async def test_slack_that_asks_twice_gets_one_new_connection(slack):
    async with connected(slack) as (connection, _taken):
        asked = connection._client
        await asyncio.gather(*(asked.connect_to_new_endpoint(force=True) for _ in range(2)))
        await until(lambda: slack.sockets() == 2)
        assert connection._client is not asked


async def test_ticket_of_a_failed_connection_stands_in_no_log(slack, caplog):
    settings = SlackSettings(token=slack.app_token, base_url=slack.base_url)
    with caplog.at_level(logging.INFO):
        async with SocketMode(settings, nobody) as connection:
            assert await connection.connected()
            client = connection._client
            url = f"{slack.url.replace('http', 'ws')}/sim/socket/?ticket=a-secret-ticket"
            try:
                await client.aiohttp_client_session.ws_connect(url)
            except aiohttp.WSServerHandshakeError:
                client.logger.exception("Failed to connect to %s", url)
    assert "Failed to connect" in caplog.text
    assert "a-secret-ticket" not in caplog.text


async def test_ticket_of_a_good_connection_stands_in_no_log_either(slack, caplog):
    settings = SlackSettings(token=slack.app_token, base_url=slack.base_url)
    with caplog.at_level(logging.DEBUG):
        async with SocketMode(settings, nobody) as connection:
            ticket = connection._client.wss_uri.rpartition("/")[2]
    assert ticket not in caplog.text


async def test_token_of_another_kind_is_refused_with_the_setting_named(slack):
    settings = SlackSettings(token=slack.token, base_url=slack.base_url)
    with pytest.raises(SlackRefused, match="SLACK_APP_TOKEN"):
        await SocketMode(settings, nobody).__aenter__()


async def test_slack_away_is_told_as_passing():
    settings = SlackSettings(token="xapp-1", base_url="http://127.0.0.1:9/api/")
    with pytest.raises(SlackUnavailable):
        await SocketMode(settings, nobody).__aenter__()
