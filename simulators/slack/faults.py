"""Faults on request: what goes wrong with which call and how often, and how a request is handled under a fault."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Literal

from aiohttp import web

from simulators.slack.ledger import Entry
from simulators.slack.wire import Json

SOCKET_PATH = "/link/"

GATEWAY_PAGE = "<!DOCTYPE html><html><head><title>Slack</title></head><body>Server Error</body></html>"


@dataclass(slots=True)
class Fault:
    """What goes wrong; every field that is set applies, in the order below.

    `match` is a method (`chat.postMessage`), a path (`/files-pri/*`) or a pattern of either. It is for the next
    `times` calls (None: until cleared) after the first `skip`.

    Before the call is handled: `cut="later"` breaks the connection at once and still handles the call after `delay`;
    `delay` waits (seconds); `hold="before"` waits until the fault is cleared; `cut="before"` breaks the connection;
    `status` (with `retry_after` for 429, `html` for a page), `html` alone (a page with status 200) and `error`
    answer in Slack's place (on `/link/` the `error` is the reason, such as `too_many_websockets`, with which a
    WebSocket is closed as soon as it opened; with `no_hello` it opens, answers pings, and says nothing). After it is
    handled: `hold="after"` keeps the answer back until the fault is cleared, `cut="after"` loses it.
    `visible_after` (seconds) delays when the read methods show what a call posted;
    `unshared` lets `files.completeUploadExternal` answer that all is well and never share the file.

    Downloads: `content_length` is announced instead of the true one, `truncate` breaks the connection after that many
    bytes, `content_type` is announced, `login` gives the login page, `redirect` sends elsewhere (with
    `redirect_status`), `body` replaces the bytes, `pace` (bytes per second) slows the stream; `no_range` gives the
    whole whatever part is asked for, `no_length` leaves the length out (chunked, and `*` for the total of a part).
    """

    match: str
    times: int | None = 1
    skip: int = 0
    delay: float = 0.0
    hold: Literal["", "before", "after"] = ""
    cut: Literal["", "before", "after", "later"] = ""
    status: int = 0
    retry_after: float | None = None
    html: bool = False
    error: str = ""
    visible_after: float = 0.0
    unshared: bool = False
    no_hello: bool = False
    content_length: int | None = None
    truncate: int | None = None
    content_type: str | None = None
    login: bool = False
    redirect: str = ""
    redirect_status: int = 302
    body: str | None = None
    pace: float = 0.0
    no_range: bool = False
    no_length: bool = False
    id: int = 0
    seen: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    def as_json(self) -> Json:
        """Return the fault for the control interface."""
        names = [each.name for each in fields(self) if each.name != "released"]
        whole: Json = {name: getattr(self, name) for name in names if getattr(self, name)}
        return whole | {"id": self.id, "seen": self.seen}


FAULT = web.RequestKey("fault", Fault)
"""The fault under which a request is handled, if any."""


class FaultBook:
    """The faults that are set; the first that matches a call applies to it."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._number = 0

    def add(self, fault: Fault) -> Fault:
        """Set a fault and number it."""
        self._number += 1
        fault.id = self._number
        self._faults.append(fault)
        return fault

    def clear(self, fault_id: int | None = None) -> None:
        """Take back one fault or all of them; calls that were held go on."""
        for fault in list(self._faults):
            if fault_id is None or fault.id == fault_id:
                fault.released.set()
                self._faults.remove(fault)

    @property
    def active(self) -> list[Fault]:
        """The faults that still wait for calls or were not cleared."""
        return list(self._faults)

    def take(self, method: str) -> Fault | None:
        """Return the fault for a call and count it."""
        for fault in self._faults:
            if not fnmatchcase(method, fault.match):
                continue
            if fault.times is not None and fault.seen >= fault.skip + fault.times:
                continue
            fault.seen += 1
            if fault.seen > fault.skip:
                return fault
        return None


def abort(request: web.Request) -> web.Response:
    """Break a request's connection; the response that is returned is never sent."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def handle_under_fault(
    request: web.Request,
    fault: Fault,
    entry: Entry,
    handle: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> web.StreamResponse:
    """Handle a request as the fault has it."""
    if request.path.startswith("/api/"):
        await request.read()  # before the wait, so that the call is whole even if the client dies meanwhile
    if fault.cut == "later":
        entry.cut = True
        abort(request)
    if fault.delay:
        await asyncio.sleep(fault.delay)
    if fault.hold == "before":
        await fault.released.wait()
    if fault.cut == "before":
        entry.cut = True
        return abort(request)
    instead = _instead(fault, entry, socket=request.path == SOCKET_PATH)
    if instead is not None:
        return instead
    response = await handle(request)
    if fault.hold == "after":
        await fault.released.wait()
    if fault.cut == "after":
        entry.cut = True
        return abort(request)
    return response


def _instead(fault: Fault, entry: Entry, *, socket: bool) -> web.Response | None:
    if fault.status == 429:
        entry.error = "ratelimited"
        headers = {"Retry-After": f"{fault.retry_after if fault.retry_after is not None else 1:g}"}
        return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
    if fault.html:
        return web.Response(text=GATEWAY_PAGE, content_type="text/html", status=fault.status or 200)
    if fault.status:
        return web.Response(text="", status=fault.status)
    if fault.error and not socket:
        entry.error = fault.error
        return web.json_response({"ok": False, "error": fault.error})
    return None
