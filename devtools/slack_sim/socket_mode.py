"""Slack's side of Socket Mode: docs, "Using Socket Mode" (hello, envelopes, acknowledging, disconnects).

An envelope goes to one of the open connections and must be acknowledged within three seconds. If it is
not, or if its connection is lost first, it is delivered again under a new envelope_id with
`retry_attempt` and `retry_reason`. That shows whether a listener relies on getting each click once. (Slack
documents these retries for events. One report, python-slack-sdk #1940, says that Slack does not retry
clicks; set `redeliveries` to 0 for that.)
"""

from __future__ import annotations

import asyncio
import json
import secrets
import uuid
from collections.abc import Coroutine, Mapping
from typing import Any

from aiohttp import WSMsgType, web

from devtools.slack_sim.connection import Connection, disconnection, hello

CONNECTIONS_MAX = 10
_NEW_CONNECTION_WITHIN_S = 60.0
_PING_EVERY_S = 10.0


class EnvelopeDelivery:
    """The delivery of one payload. `acknowledged` may still become true after the first wait; `answer` came with it."""

    def __init__(self) -> None:
        self.attempts = 0
        self.answer: dict[str, Any] = {}
        self.acknowledged: asyncio.Future[bool] = asyncio.get_running_loop().create_future()


class SimSocketMode:
    """Tickets, open connections, and envelopes that wait to be acknowledged."""

    def __init__(self) -> None:
        self._tickets: set[str] = set()
        self._open: list[Connection] = []
        self._turn = 0
        self._opened = asyncio.Event()
        self._waiting: dict[str, EnvelopeDelivery] = {}
        self._delivering: set[asyncio.Task[None]] = set()
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def connections(self) -> int:
        """The number of open connections."""
        return len(self._open)

    @property
    def undelivered(self) -> int:
        """The number of payloads that wait for an acknowledgement or another attempt."""
        return len(self._delivering)

    def ticket(self) -> str:
        """A ticket that opens one WebSocket, once."""
        ticket = secrets.token_urlsafe(24)
        self._tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """`GET /sim/socket/{ticket}`: one connection, from hello to its end."""
        ticket = request.match_info["ticket"]
        if ticket not in self._tickets:
            raise web.HTTPNotFound(
                text="this ticket is unknown or was used before: get one from apps.connections.open\n"
            )
        self._tickets.discard(ticket)
        ws = web.WebSocketResponse(heartbeat=_PING_EVERY_S)
        await ws.prepare(request)
        connection = Connection(ws, request)
        if len(self._open) >= CONNECTIONS_MAX:
            # Using Socket Mode, multiple connections: an app may have up to 10 open connections.
            await connection.send(disconnection("too_many_websockets"))
            await connection.close()
            return ws
        await connection.send(hello(len(self._open) + 1))
        self._open.append(connection)
        self._opened.set()
        try:
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    self._read(message.data)
        finally:
            self._open.remove(connection)
            connection.lost.set()
        return ws

    def _read(self, text: str) -> None:
        try:
            given = json.loads(text)
            envelope_id, answer = given["envelope_id"], given.get("payload")
        except (ValueError, TypeError, KeyError, AttributeError):
            print(f"socket mode: not an acknowledgement: {text[:200]!r}", flush=True)
            return
        delivery = self._waiting.get(envelope_id)
        if delivery and not delivery.acknowledged.done():
            delivery.answer = answer if isinstance(answer, dict) else {}
            delivery.acknowledged.set_result(True)

    async def deliver(
        self,
        payload: Mapping[str, Any],
        redeliveries: int,
        *,
        within_s: float,
        kind: str = "interactive",
        answers: bool = False,
    ) -> EnvelopeDelivery:
        """Delivers once and waits at most `within_s`. Further attempts go on in the background.

        `kind` is the envelope's type. `answers` says whether its acknowledgement may have a payload.
        """
        delivery = EnvelopeDelivery()
        envelope = {"type": kind, "accepts_response_payload": answers, "payload": payload}
        self._begin(self._delivering, self._attempts(delivery, envelope, redeliveries, within_s))
        await asyncio.wait({delivery.acknowledged}, timeout=within_s)
        return delivery

    async def _attempts(
        self, delivery: EnvelopeDelivery, envelope: Mapping[str, Any], redeliveries: int, within_s: float
    ) -> None:
        envelope_ids: list[str] = []
        retry: dict[str, Any] = {}
        try:
            for attempt in range(1 + redeliveries):
                connection = await self._next_connection()
                if connection is None:
                    return
                envelope_ids.append(str(uuid.uuid4()))
                self._waiting[envelope_ids[-1]] = delivery
                delivery.attempts = attempt + 1
                await connection.send({"envelope_id": envelope_ids[-1], **envelope, **retry})
                await _either(delivery.acknowledged, connection.lost, within_s)
                if delivery.acknowledged.done():
                    return
                reason = "connection_failed" if connection.lost.is_set() else "timeout"
                retry = {"retry_attempt": attempt + 1, "retry_reason": reason}
        finally:
            for envelope_id in envelope_ids:
                del self._waiting[envelope_id]

    async def _next_connection(self) -> Connection | None:
        """The next open connection in turn, or one that is leaving if there is no other.

        Waits up to a minute for a connection; None if none is opened.
        """
        until = asyncio.get_running_loop().time() + _NEW_CONNECTION_WITHIN_S
        while True:
            usable = [connection for connection in self._open if not connection.lost.is_set()]
            usable = [connection for connection in usable if not connection.leaving] or usable
            if usable:
                self._turn += 1
                return usable[self._turn % len(usable)]
            self._opened.clear()
            try:
                await asyncio.wait_for(self._opened.wait(), until - asyncio.get_running_loop().time())
            except asyncio.TimeoutError:
                return None

    async def disconnect(self, reason: str, close_after_s: float) -> int:
        """Asks every client to reconnect, and closes its connection later. Returns how many there were."""
        asked = [connection for connection in self._open if not connection.leaving]
        for connection in asked:
            connection.leaving = True
            await connection.send(disconnection(reason))
            self._begin(self._closing, connection.close_after(close_after_s))
        return len(asked)

    def drop(self) -> int:
        """Cuts every connection without notice. Returns how many there were."""
        dropped = list(self._open)
        for connection in dropped:
            connection.lost.set()
            connection.drop()
        return len(dropped)

    @staticmethod
    def _begin(tasks: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    def forget(self) -> None:
        """Cancels every delivery. Connections stay open."""
        for task in self._delivering:
            task.cancel()

    async def close(self) -> None:
        """Ends all deliveries and connections, when the simulator ends."""
        self.forget()
        for connection in list(self._open):
            await connection.close()


async def _either(acknowledged: asyncio.Future[bool], lost: asyncio.Event, within_s: float) -> None:
    losing: asyncio.Future[Any] = asyncio.ensure_future(lost.wait())
    try:
        both: set[asyncio.Future[Any]] = {acknowledged, losing}
        await asyncio.wait(both, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        losing.cancel()
