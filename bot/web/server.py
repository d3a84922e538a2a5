"""The two web servers: which path goes where, and the sockets they listen on.

What providers and Slack reach is on HOST:PORT. What only the operator may read (metrics, the reasons why the bot is
not ready) is on ADMIN_HOST:ADMIN_PORT, by default on this machine only.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from bot.web.audio import Audio
from bot.web.connections import Connections, hide_version, note_serving
from bot.web.health import Health
from bot.web.hooks import Hooks

CONNECTIONS = 512  # of the usual limit of 1,024 descriptors
PER_ADDRESS = 256  # a proxy in front of the bot is one address
BACKLOG = 512
STOP_SECONDS = 2.0  # for requests under way; what they were about is in its row


class ListenError(OSError):
    """The address is taken, or is none of this machine's; `port` says which."""

    def __init__(self, error: OSError, port: int) -> None:
        super().__init__(error.errno, error.strerror)
        self.port = port


SlackEvents = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class SlackRoutes:
    """What Slack reaches: its events, in HTTP mode, and the pages by which workspaces install the app."""

    events: SlackEvents | None = None
    pages: Mapping[str, SlackEvents] = field(default_factory=dict)


def public_routes(hooks: Hooks, audio: Audio, health: Health, slack: SlackRoutes) -> web.Application:
    """What others may reach; `/slack/events` only in HTTP mode."""
    app = health_routes(health)
    app.router.add_post("/hooks/{provider}/{token}", hooks.handle)
    app.router.add_get("/audio/{token}", audio.handle)  # aiohttp answers HEAD by the same handler
    if slack.events is not None:
        app.router.add_post("/slack/events", slack.events)
    for path, page in slack.pages.items():
        app.router.add_get(path, page, allow_head=False)  # a state is good once: a preview must not spend it
    return app


def health_routes(health: Health) -> web.Application:
    """What a process that only works shows of itself."""
    return _routes(health, health.readyz)


def admin_routes(health: Health) -> web.Application:
    """What the operator may read."""
    app = _routes(health, health.readyz_in_detail)
    app.router.add_get("/metrics", health.series)
    return app


def _routes(health: Health, readyz: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.Application:
    app = web.Application(middlewares=[note_serving])
    app.router.add_get("/healthz", health.healthz)
    app.router.add_get("/readyz", readyz)
    app.on_response_prepare.append(hide_version)
    return app


class WebServer:
    """Listens on host and port; port 0 takes a free one, and `port` then says which."""

    def __init__(
        self, app: web.Application, host: str, port: int, in_all: int = CONNECTIONS, per_address: int = PER_ADDRESS
    ) -> None:
        self._runner = web.AppRunner(app, access_log=None)
        self._host = host
        self._limits = (in_all, per_address)
        self._server: asyncio.Server | None = None
        self.port = port

    async def start(self) -> None:
        """Raises `ListenError` when the address is taken."""
        await self._runner.setup()
        if (manager := self._runner.server) is None:
            raise RuntimeError("aiohttp gave no server")
        make = Connections(manager, *self._limits)
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(make, self._host, self.port, backlog=BACKLOG)
        except OSError as error:
            raise ListenError(error, self.port) from error
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Take no more requests, let those under way end for a moment, and close."""
        if self._server is not None:
            self._server.close()
        if self._runner.server is not None:
            self._runner.server.pre_shutdown()
            await self._runner.server.shutdown(STOP_SECONDS)
        await self._runner.cleanup()
