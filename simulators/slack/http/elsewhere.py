"""A host that is not Slack's, for redirects that leave Slack: it serves files to anybody and records every token."""

from __future__ import annotations

from aiohttp import web

from simulators.slack.api.call import Parts
from simulators.slack.api.router import bearer


class Elsewhere:
    """Answers every path: `/bytes/FILE_ID` with the file, any other with a sentence."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def application(self) -> web.Application:
        """Return the application of this host."""
        app = web.Application()
        app.router.add_route("*", "/bytes/{file}", self.give)
        app.router.add_route("*", "/{rest:.*}", self.answer)
        return app

    async def give(self, request: web.Request) -> web.StreamResponse:
        """Give a file's bytes, as a content network does after a redirect."""
        self._note(request)
        file = self.parts.workspace.files.get(request.match_info["file"])
        if file is None or file.path is None:
            raise web.HTTPNotFound
        return web.FileResponse(file.path, headers={"Content-Type": file.mimetype})

    async def answer(self, request: web.Request) -> web.Response:
        """Answer anything else."""
        self._note(request)
        return web.Response(text="this is not Slack")

    def _note(self, request: web.Request) -> None:
        kind = self.parts.tokens.kind(bearer(request) or request.query.get("token", ""))
        entry = self.parts.ledger.begin(request.path, kind, request.host)
        entry.stray = kind in {"bot", "app"}
        self.parts.ledger.end(entry, 200)
