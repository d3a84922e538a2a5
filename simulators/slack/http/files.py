"""The routes of file bytes: `/files-pri/` and `/files-tmb/` (voice clips) serve them, `/upload/v1/` takes them.

A download without permission gets Slack's login page.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from aiohttp import BodyPartReader, web

from simulators.slack.api.call import Parts
from simulators.slack.api.files import FileMethods
from simulators.slack.api.router import bearer
from simulators.slack.faults import FAULT, Fault
from simulators.slack.file_store import CHUNK
from simulators.slack.model import clips
from simulators.slack.records import BOT_USER, File
from simulators.slack.wire import SlackError

LOGIN_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Sign in | Slack</title></head>
<body><h1>Sign in to your workspace</h1><form method="post" action="/signin">
<label>Email <input type="email" name="email"></label><label>Password <input type="password" name="password"></label>
<button>Sign In</button></form><p>You need to sign in to see this page.</p></body></html>
"""


class FileRoutes:
    """Serves downloads and takes uploads."""

    def __init__(self, parts: Parts, methods: FileMethods) -> None:
        self.parts, self.methods = parts, methods

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        router.add_get("/files-pri/{ref}/{name}", self.download)
        router.add_get("/files-pri/{ref}/download/{name}", self.download)
        router.add_get("/files-tmb/{ref}/{name}", self.download)
        router.add_get("/files-tmb/{ref}/download/{name}", self.download)
        router.add_post("/upload/v1/{key}", self.upload)
        router.add_get("/signin", self.signin)

    async def signin(self, _request: web.Request) -> web.Response:
        """Give the login page."""
        return login_page()

    async def download(self, request: web.Request) -> web.StreamResponse:
        """Serve a file, whole or a range; a client that may not see it gets the login page."""
        fault = request.get(FAULT) or Fault("")
        if fault.redirect:
            return web.Response(status=fault.redirect_status, headers={"Location": fault.redirect})
        file_id = request.match_info["ref"].partition("-")[2].partition("-")[0]
        file = self.parts.workspace.files.get(file_id)
        now = asyncio.get_running_loop().time()
        asked_by_app = "viewer" not in request.query  # the page of people shows what they share at once
        if asked_by_app and file is not None and file.is_unready("http_404", now):
            return _not_found()
        early = asked_by_app and file is not None and file.is_unready("login_page", now)
        if fault.login or early or not self._allowed(request, file):
            if self.parts.options.unauthorised_download == "redirect":
                return web.Response(status=302, headers={"Location": f"/signin?redir={request.path}"})
            return login_page()
        if fault.body is not None:
            content_type = fault.content_type or (_served_type(file) if file else "") or "text/plain"
            return web.Response(body=fault.body.encode(), headers={"Content-Type": content_type})
        if file is None or file.is_external or (file.path is None and not file.sample):
            return _not_found()
        return await self._serve(request, file, fault)

    def _allowed(self, request: web.Request, file: File | None) -> bool:
        viewer = request.query.get("viewer", "")
        if viewer and file is not None:
            return self.parts.workspace.can_see(viewer, file)
        try:
            self.parts.tokens.grant(bearer(request), "bot").need("files:read")
        except SlackError:
            return False
        return file is None or self.parts.workspace.can_see(BOT_USER, file)

    async def _serve(self, request: web.Request, file: File, fault: Fault) -> web.StreamResponse:
        headers = {
            "Content-Type": fault.content_type
            if fault.content_type is not None
            else _served_type(file) or "application/octet-stream",
            "Content-Disposition": "attachment" if "/download/" in request.path else "inline",
        }
        if not fault.no_range:
            headers["Accept-Ranges"] = "bytes"
        shaped = fault.content_length is not None or fault.truncate is not None or bool(fault.pace)
        shaped = shaped or fault.no_range or fault.no_length
        if file.path is not None and not shaped:
            return web.FileResponse(file.path, chunk_size=CHUNK, headers=headers)
        start, stop, status = 0, file.size, 200
        if request.headers.get("Range") and not fault.no_range:
            try:
                asked = request.http_range
                start, stop, _ = slice(asked.start, asked.stop).indices(file.size)
            except ValueError:
                start = file.size
            if start >= stop:
                return web.Response(status=416, headers={"Content-Range": f"bytes */{file.size}"})
            status = 206
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{'*' if fault.no_length else file.size}"
        response = web.StreamResponse(status=status, headers=headers)
        if fault.no_length:
            response.enable_chunked_encoding()
        else:
            response.content_length = stop - start if fault.content_length is None else fault.content_length
        await response.prepare(request)
        if request.method != "HEAD":
            await self._write(request, response, file, (start, stop), fault)
        return response

    async def _write(
        self,
        request: web.Request,
        response: web.StreamResponse,
        file: File,
        span: tuple[int, int],
        fault: Fault,
    ) -> None:
        written = 0
        async for chunk in self.parts.store.chunks(file, *span):
            if fault.truncate is not None and written + len(chunk) >= fault.truncate:
                await response.write(chunk[: fault.truncate - written])
                await asyncio.sleep(0.01)  # lets the bytes leave before the connection breaks
                if request.transport is not None:
                    request.transport.close()
                return
            await response.write(chunk)
            written += len(chunk)
            if fault.pace:
                await asyncio.sleep(len(chunk) / fault.pace)
        announced = response.content_length or 0
        if announced > written and request.transport is not None:
            request.transport.close()

    async def upload(self, request: web.Request) -> web.Response:
        """Take the bytes of an announced upload, raw or as the first file of a form."""
        reservation = self.methods.reservation(request.match_info["key"])
        if reservation is None or reservation.completed:
            return web.Response(status=404, text="upload not found")
        if request.content_type == "multipart/form-data":
            chunks = _first_file(request)
        else:
            chunks = request.content.iter_chunked(CHUNK)
        try:
            size = await self.parts.store.receive(reservation.file, chunks)
        except (ConnectionError, asyncio.IncompleteReadError):
            return web.Response(status=400, text="upload incomplete")
        if size != reservation.length:
            return web.Response(status=400, text=f"expected {reservation.length} bytes, got {size}")
        reservation.received = True
        return web.Response(text=f"OK - {size}")


def _served_type(file: File) -> str:
    return clips.SERVED_TYPE if file.subtype == clips.SUBTYPE else file.mimetype


async def _first_file(request: web.Request) -> AsyncIterator[bytes]:
    reader = await request.multipart()
    async for part in reader:
        if isinstance(part, BodyPartReader) and part.filename is not None:
            while chunk := await part.read_chunk(CHUNK):
                yield chunk
            return


def _not_found() -> web.Response:
    return web.Response(status=404, text="<html><body>File not found</body></html>", content_type="text/html")


def login_page() -> web.Response:
    """Return Slack's login page: HTML with status 200."""
    return web.Response(text=LOGIN_PAGE, content_type="text/html")
