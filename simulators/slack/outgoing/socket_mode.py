"""Socket Mode: tickets from `apps.connections.open`, up to ten WebSockets, envelopes and their acknowledgements."""

from __future__ import annotations

import asyncio
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from simulators.slack.faults import FAULT
from simulators.slack.options import Options
from simulators.slack.outgoing.delivery import Outcome, PayloadKind
from simulators.slack.wire import Json, as_object, as_text, compact, parse_object


@dataclass(slots=True, eq=False)
class _Connection:
    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    waiting: dict[str, asyncio.Future[Outcome]] = field(default_factory=dict)
    leaving: bool = False


class SocketMode:
    """The app's open sockets; each payload goes to one of them, in turn."""

    def __init__(self, options: Options, seen: Callable[[bool], None]) -> None:
        self.options = options
        self._seen = seen
        self._tickets: dict[str, float] = {}
        self._connections: list[_Connection] = []
        self._turn = 0
        self.opened = 0
        self.acks: list[str] = []

    @property
    def online(self) -> bool:
        """Whether the app has a socket that takes envelopes."""
        return any(not connection.leaving for connection in self._connections)

    @property
    def sockets(self) -> int:
        """How many sockets are open."""
        return len(self._connections)

    def ticket(self) -> str:
        """Return a new ticket for a WebSocket: good once, and only for a while (`tickets_last`)."""
        ticket = secrets.token_hex(16)
        self._tickets[ticket] = time.monotonic() + self.options.tickets_last
        return ticket

    def spend(self, ticket: str) -> bool:
        """Use a ticket up, also when its handshake fails; False when it is unknown, used or lapsed."""
        return self._tickets.pop(ticket, 0.0) > time.monotonic()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one WebSocket of the app until it closes."""
        if not self.spend(request.query.get("ticket", "")):
            return web.Response(status=404, text="no such ticket")
        fault = request.get(FAULT)
        socket = web.WebSocketResponse(max_msg_size=16 * 1024 * 1024)
        await socket.prepare(request)
        reason = fault.error if fault is not None else ""
        if not reason and len(self._connections) >= self.options.most_sockets:
            reason = "too_many_websockets"
        if reason:
            refused = {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-local"}}
            await socket.send_str(compact(refused))
            await socket.close()
            return socket
        connection = _Connection(socket, request.transport, leaving=True)
        self._connections.append(connection)
        try:
            if fault is None or not fault.no_hello:
                await socket.send_str(compact(self._hello()))
                connection.leaving = False
                self.opened += 1
                self._seen(True)
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._acknowledge(connection, message.data)
        finally:
            self._forget(connection)
        return socket

    def _forget(self, connection: _Connection) -> None:
        if connection in self._connections:
            self._connections.remove(connection)
        for waiting in connection.waiting.values():
            if not waiting.done():
                waiting.set_result(Outcome("connection_closed"))
        self._seen(self.online)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._connections),
            "debug_info": {
                "host": "applink-local",
                "started": time.strftime("%Y-%m-%d %H:%M:%S"),
                "build_number": 1,
                "approximate_connection_time": 18060,
            },
            "connection_info": {"app_id": self.options.app_id},
        }

    def _acknowledge(self, connection: _Connection, text: str) -> None:
        try:
            answer = parse_object(text)
        except ValueError:
            return
        envelope_id = as_text(answer.get("envelope_id"))
        waiting = connection.waiting.get(envelope_id)
        if waiting is not None and not waiting.done():
            self.acks.append(envelope_id)
            waiting.set_result(Outcome(payload=as_object(answer.get("payload"))))

    async def send(self, kind: PayloadKind, payload: Json, retry: int, reason: str) -> Outcome:
        """Send one envelope over the next socket; a socket that closes meanwhile counts as not acknowledged."""
        connections = [c for c in self._connections if not c.leaving and not c.socket.closed]
        if not connections:
            return Outcome("no_connection")
        self._turn += 1
        connection = connections[self._turn % len(connections)]
        envelope_id = str(uuid.uuid4())
        envelope: Json = {
            "envelope_id": envelope_id,
            "payload": payload,
            "type": kind,
            "accepts_response_payload": kind != "events_api",
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": reason}
        waiting: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        connection.waiting[envelope_id] = waiting
        try:
            await connection.socket.send_str(compact(envelope))
            return await asyncio.wait_for(waiting, self.options.ack_timeout)
        except TimeoutError:
            return Outcome("timeout")
        except ConnectionError:
            return Outcome("connection_closed")
        finally:
            del connection.waiting[envelope_id]

    async def disconnect(self, reason: str = "refresh_requested", *, grace: float = 0.0) -> int:
        """Send `disconnect` to every socket and close it after `grace` seconds; returns how many there were.

        `warning` leaves the socket open (Slack closes it some seconds later); `refresh_requested` and
        `link_disabled` close it; `cut` breaks the connection, without a close frame, as a network does.
        """
        connections = list(self._connections)
        for connection in connections:
            if reason == "cut":
                connection.leaving = True
                if connection.transport is not None:
                    connection.transport.abort()
                continue
            message = {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-local"}}
            await connection.socket.send_str(compact(message))
            if reason != "warning":
                connection.leaving = True
                if grace:
                    await asyncio.sleep(grace)
                await connection.socket.close()
        return len(connections)

    async def close(self) -> None:
        """Close every socket."""
        for connection in list(self._connections):
            await connection.socket.close()
