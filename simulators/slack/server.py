"""The simulator as a whole: builds the web application from its parts and runs it."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from aiohttp import web

from simulators.slack.api import chat, conversations, reactions, session, users
from simulators.slack.api import views as view_methods
from simulators.slack.api.files import FileMethods
from simulators.slack.api.router import Router
from simulators.slack.control.routes import ControlRoutes
from simulators.slack.core import SlackCore
from simulators.slack.http.elsewhere import Elsewhere
from simulators.slack.http.files import FileRoutes
from simulators.slack.http.gate import Gate
from simulators.slack.local_page.browser import BrowserRoutes
from simulators.slack.local_page.browser_objects import BrowserObjects
from simulators.slack.local_page.live import Live
from simulators.slack.local_page.page_guard import own_hosts
from simulators.slack.options import Options


class SlackSimulator(SlackCore):
    """A local Slack workspace; `async with SlackSimulator(Options(...)) as slack:` runs it.

    `url` is its address, `api_url` what a Slack client takes as its base URL. `elsewhere_url` is an address of the same
    process that is not Slack's: a token that arrives there is in `ledger.strays`.
    """

    def __init__(self, options: Options | None = None) -> None:
        super().__init__(options)
        self._objects = BrowserObjects(self.parts)
        self._live = Live(self.workspace, self._objects)
        self._runners: list[web.AppRunner] = []
        self.port = 0

    def application(self) -> web.Application:
        """Return the web application with all routes."""
        gate = Gate(self.parts)
        app = web.Application(middlewares=[gate.middleware], client_max_size=64 * 1024 * 1024)
        file_methods = FileMethods(self.parts)
        methods = [
            *session.METHODS,
            *chat.METHODS,
            *conversations.METHODS,
            *users.METHODS,
            *reactions.METHODS,
            *view_methods.METHODS,
            *file_methods.methods(),
        ]
        api = Router(self.parts, methods)
        app.router.add_route("*", "/api/{method}", api.handle)
        app.router.add_get("/link/", self.sockets.handle)
        app.router.add_post("/{family:commands|actions|app}/{team}/{number}/{key}", self.urls.handle)
        FileRoutes(self.parts, file_methods).add_to(app.router)
        BrowserRoutes(self.parts, self.people, self.interactions, self._objects, self._live).add_to(app.router)
        if self.options.control:
            ControlRoutes(self).add_to(app.router)
        return app

    async def start(self) -> None:
        """Open the ports; OSError when one is taken. A request URL in the options is used without verification."""
        options = self.options
        try:
            ports = [
                await self._listen(self.application(), options.port),
                await self._listen(Elsewhere(self.parts).application(), 0),
            ]
        except OSError:
            await self.close()
            raise
        shown = "127.0.0.1" if options.host in {"0.0.0.0", "::"} else options.host  # noqa: S104 - compared, not bound
        other = "localhost" if shown == "127.0.0.1" else "127.0.0.1"
        self.workspace.url = options.public_url.rstrip("/") or f"http://{shown}:{ports[0]}"
        names = {shown, options.host, "127.0.0.1", "localhost", "[::1]"}
        self.workspace.hosts = own_hosts(names, ports[0], self.url)
        self.port = ports[0]
        self.elsewhere_url = f"http://{other}:{ports[1]}"
        self.delivery.transport = self.events_api if options.request_url else self.sockets

    async def _listen(self, app: web.Application, port: int) -> int:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        self._runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, self.options.host, port).start()
        return int(runner.addresses[0][1])

    async def close(self) -> None:
        """Close all connections and remove the files."""
        self.faults.clear()
        await self.delivery.close()
        self._live.close()
        await self.sockets.close()
        await self.events_api.close()
        for runner in self._runners:
            await runner.cleanup()
        await asyncio.to_thread(self.store.close)

    def end_pages(self) -> None:
        """End the stream of every open page, as the end of the workspace does."""
        self._live.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
