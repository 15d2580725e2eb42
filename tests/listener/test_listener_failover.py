"""Redis restarts or fails over while a listener runs: it goes on, and clicks fail visibly and can be repeated."""

from __future__ import annotations

import asyncio
import threading

import pytest
from listener_room import ListenerProcess, shown

import redis_servers
from feed_server import story
from newsroom import POLICY, Newsroom

pytestmark = pytest.mark.heavy

WORDS = "The central bank opposes the plan."
READER = {"id": "U0ANNA", "name": "anna"}


class Address:
    """One address that leads to the server that is primary at the time, as a virtual IP does.

    Connections that are open stay with the server they were opened to.
    """

    def __init__(self, port: int) -> None:
        self.leads_to = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._connect, "127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/0"

    def _do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self.leads_to)
        await asyncio.gather(_copy(reader, to_writer), _copy(to_reader, writer), return_exceptions=True)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


@pytest.fixture
def room_at(tmp_path, simulator):
    """Newsrooms with a listener over HTTP, by the address of their Redis."""
    opened = []

    def open_room(url: str) -> tuple[Newsroom, ListenerProcess]:
        simulator.reset()
        newsroom = Newsroom(tmp_path / "room", url, simulator)
        opened.append(newsroom)
        listener = ListenerProcess(newsroom, SLACK_SIGNING_SECRET=simulator.signing_secret)
        opened.append(listener)
        simulator.config(interactivity_url=listener.url)
        return newsroom, listener

    yield open_room
    for one in reversed(opened):
        one.kill() if isinstance(one, ListenerProcess) else one.close()


def click(room: Newsroom, message: dict) -> bool:
    """Whether Slack shows the reader that the click was taken."""
    return room.slack.click(POLICY, message["ts"], "newswatch_ack", user=READER)["acknowledged"]


def shows(room: Newsroom, text: str) -> None:
    room.until(lambda: any(text in shown(message) for message in room.posts()))


def alert(room: Newsroom) -> dict:
    room.site.serve("/wire", story(1, summary=WORDS))
    room.run()
    return room.posts()[0]


def test_listener_survives_a_restart_of_redis(room_at, own_redis):
    room, listener = room_at(own_redis.url)
    message = alert(room)
    own_redis.kill()
    room.slack.config(acknowledge_within_s=3.0)
    assert not click(room, message)
    own_redis.start()
    room.slack.config(acknowledge_within_s=20.0)
    room.until(lambda: click(room, message))
    shows(room, "Acknowledged by anna")
    assert listener.stop() == 0


def test_listener_survives_a_failover(room_at, tmp_path):
    with (
        redis_servers.running(tmp_path / "first") as first,
        redis_servers.running(tmp_path / "second", "--replicaof", f"127.0.0.1 {first.port}") as second,
    ):
        address = Address(first.port)
        try:
            room, listener = room_at(address.url)
            message = alert(room)
            with redis_servers.client(first.url) as old, redis_servers.client(second.url) as new:
                room.until(
                    lambda: new.info("replication")["master_link_status"] == "up" and old.wait(1, 5_000)
                )
                new.replicaof("NO", "ONE")
                old.replicaof("127.0.0.1", second.port)
                room.slack.config(acknowledge_within_s=3.0)
                assert not click(room, message)
                room.slack.config(acknowledge_within_s=20.0)
                address.leads_to = second.port
                room.until(lambda: click(room, message))
                shows(room, "Acknowledged by anna")
                assert old.info("replication")["role"] == "slave"
            assert listener.stop() == 0
        finally:
            address.close()
