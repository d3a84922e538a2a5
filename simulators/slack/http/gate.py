"""The middleware for every request: refuses some, enters each in the ledger, and applies the faults that are set."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from simulators.slack.api.call import Parts
from simulators.slack.api.router import ENTRY, bearer
from simulators.slack.faults import FAULT, SOCKET_PATH, handle_under_fault
from simulators.slack.local_page.page_guard import PageGuard

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_FILES = ("/files-pri/", "/files-tmb/", "/upload/v1/")
SLACK_ROUTES = ("/api/", *_FILES, "/link/", "/commands/", "/actions/", "/app/", "/signin")
"""Paths of Slack's own hosts; a token that is sent anywhere else, or in an address, has leaked."""
CLIENT_LEFT = 499
"""The status of an answer whose client closed the connection meanwhile: a page that is left, a download broken off."""
PRIVATE_ROUTES = ("/local/", "/page/", "/control/")


class Gate:
    """The middleware of the simulator's application."""

    def __init__(self, parts: Parts) -> None:
        self.parts, self.guard = parts, PageGuard(parts.options, parts.workspace)

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Enter a request in the ledger and handle it, under a fault if one is set for it."""
        try:
            return await self._handle(request, handler)
        except ConnectionError:
            if request.transport is not None and not request.transport.is_closing():
                raise
            return web.Response(status=CLIENT_LEFT)  # nobody reads it; without it aiohttp logs an error

    async def _handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        refused = self.guard.refusal(request)
        if refused is not None:
            handler = _answering(refused)
        kind = self.parts.tokens.kind(bearer(request) or request.query.get("token", ""))
        private = request.path.startswith(PRIVATE_ROUTES) or request.path == "/"
        if private and kind not in {"bot", "app"}:
            return await handler(request)
        name = request.match_info.get("method") if request.path.startswith("/api/") else request.path
        entry = self.parts.ledger.begin(name or request.path, kind, request.host)
        request[ENTRY] = entry
        leaked = "token" in request.query or not request.path.startswith(SLACK_ROUTES)
        entry.stray = kind in {"bot", "app"} and leaked
        fault = self.parts.faults.take(entry.method)
        status = 0
        try:
            if fault is None:
                response = await handler(request)
            else:
                request[FAULT] = fault
                if request.path == SOCKET_PATH and (fault.status or fault.html or fault.cut == "before"):
                    self.parts.sockets.spend(request.query.get("ticket", ""))  # a failed handshake uses its address up
                response = await handle_under_fault(request, fault, entry, handler)
            status = 0 if entry.cut else response.status
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            self.parts.ledger.end(entry, status)
        return response


def _answering(response: web.Response) -> Handler:
    async def handle(_request: web.Request) -> web.StreamResponse:
        return response

    return handle
