"""The Socket Mode connection: what of it may stand in a log, and that it never waits for ever."""

from __future__ import annotations

import logging

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
