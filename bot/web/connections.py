"""Bounds the connections of a listening socket: in all, and from one address.

Where a complete request head has come, a connection is being served; the others wait. When there is no room, the one
that has waited longest, of the address with the most connections, is closed in favour of the new one, so that
connections which are held open for nothing keep nobody out. A new one is refused only while all the others are being
served.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from aiohttp import web
from aiohttp.typedefs import Handler

HEAD_SECONDS = 10.0  # for a request's head, also the next one's on a connection that is kept open
LINGER_SECONDS = 2.0  # how long the rest of a refused body is read and thrown away
BANNER = "threadscribe"
CLIENT_LEFT = 499  # nginx's status of a request whose client closed the connection


class Connection(web.RequestHandler):
    """aiohttp's own protocol, which is counted while it is open and says nothing of versions."""

    def __init__(self, connections: "Connections", manager: web.Server) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(
            manager,
            loop=loop,
            keepalive_timeout=HEAD_SECONDS,
            lingering_time=LINGER_SECONDS,
            auto_decompress=False,  # signatures are of the bytes as they came; and a stranger's small body stays small
        )
        self._counted_by = connections
        self.address = ""
        self.requests = 0  # being served
        self._admitted = False
        self._is_ours = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admit it, or close it at once when there is no room."""
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if isinstance(peer, tuple) and peer else ""
        self._admitted = self._counted_by.admit(self)
        if self._admitted:
            super().connection_made(transport)
        else:
            cast(asyncio.Transport, transport).abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Make room."""
        self._counted_by.leave(self)
        if self._admitted:
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of a request; what comes after the end is dropped."""
        if self in self._counted_by:
            super().data_received(data)

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """The answer to what is no HTTP, which is no error of ours, and to an error of ours, which is logged."""
        self._is_ours = status >= 500
        response = super().handle_error(request, status, exc, message)
        response.headers["Server"] = BANNER
        return response

    def log_exception(self, *args: Any, **kwargs: Any) -> None:
        """Log it if it is an error of ours: anybody may send what is no HTTP, as often as they like."""
        if self._is_ours:
            super().log_exception(*args, **kwargs)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """A request of this connection is being served."""
        self.requests += 1
        try:
            yield
        finally:
            self.requests -= 1


class Connections:
    """The connections of one listening socket; called for each new one."""

    def __init__(self, manager: web.Server, in_all: int, per_address: int) -> None:
        self._manager = manager
        self._in_all = in_all
        self._per_address = per_address
        self._open: dict[Connection, None] = {}  # oldest first
        self._by_address: Counter[str] = Counter()

    def __call__(self) -> Connection:
        """The protocol of a new connection."""
        return Connection(self, self._manager)

    def __contains__(self, connection: Connection) -> bool:
        return connection in self._open

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, new: Connection) -> bool:
        """Whether there is room for it; one that waits is closed for it where needed."""
        if self._by_address[new.address] >= self._per_address and not self._close_one(new.address):
            return False
        if len(self._open) >= self._in_all:
            ((busiest, _),) = self._by_address.most_common(1)
            if not self._close_one(busiest) and not self._close_one(None):
                return False
        self._open[new] = None
        self._by_address[new.address] += 1
        return True

    def leave(self, connection: Connection) -> None:
        """It is closed, or is being closed: its place is free."""
        if connection not in self._open:
            return
        del self._open[connection]
        self._by_address[connection.address] -= 1
        if not self._by_address[connection.address]:
            del self._by_address[connection.address]

    def _close_one(self, address: str | None) -> bool:
        """Close the connection that has waited longest, of this address if one is given."""
        for each in self._open:
            if each.requests == 0 and address in (None, each.address) and each.transport is not None:
                self.leave(each)
                each.transport.abort()
                return True
        return False


@web.middleware
async def note_serving(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell a request's connection that its head is complete. A client that leaves before the answer is no error."""
    connection = request.protocol
    try:
        if not isinstance(connection, Connection):
            return await handler(request)
        with connection.serving():
            return await handler(request)
    except ConnectionError:
        if request.transport is not None and not request.transport.is_closing():
            raise  # a connection of our own
        return web.Response(status=CLIENT_LEFT)  # nobody reads it; without it aiohttp logs an error


async def hide_version(_: web.Request, response: web.StreamResponse) -> None:
    """Answers do not name the server's software."""
    response.headers["Server"] = BANNER
