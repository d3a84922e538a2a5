"""Who may use the local page: only a window that was opened at the address that the workspace printed.

Other programs' pages run in the same browser. They can reach this port, also under a name of their own (DNS rebinding),
open its WebSocket and post forms to it; so a request has to name this host, come from this origin, carry the token that
is in the page's address, and send JSON.
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from aiohttp import web

from simulators.slack.model.workspace import Workspace
from simulators.slack.options import Options

TOKEN_HEADER = "X-Page-Token"  # noqa: S105 - the name of a header
PAGE, STEERED = "/local/", "/control/"
UPLOAD = "/local/upload"
HTTP_PORT = 80
CLOSED_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Local workspace</title></head>
<body><p>Open the address that the terminal shows: it ends with the token of this workspace.</p></body></html>
"""
PAGE_HEADERS = {
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",  # the address has the token
    "Content-Security-Policy": "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


class PageGuard:
    """Refuses requests to the page's interface that are not the page's own."""

    def __init__(self, options: Options, workspace: Workspace) -> None:
        self.options, self.workspace = options, workspace

    def refusal(self, request: web.Request) -> web.Response | None:
        """Return the answer to a request that must not be handled, None for one that may."""
        host, path = request.headers.get("Host", ""), request.path
        if host.lower() not in self.workspace.hosts:
            return _refused(421, "foreign_host")
        viewed = "viewer" in request.query
        if not viewed and path != "/" and not path.startswith((PAGE, STEERED)):
            return None
        origin = request.headers.get("Origin")
        if origin is not None and origin.lower() not in {f"http://{host.lower()}", f"https://{host.lower()}"}:
            return _refused(403, "foreign_origin")
        if request.method == "POST" and path != UPLOAD and request.content_type != "application/json":
            return _refused(415, "json_expected")
        if path.startswith(STEERED) or self._has_token(request):
            return None
        if path == "/":
            return web.Response(text=CLOSED_PAGE, status=403, content_type="text/html", headers=PAGE_HEADERS)
        return _refused(403, "wrong_page_token")

    def _has_token(self, request: web.Request) -> bool:
        given = request.headers.get(TOKEN_HEADER) or request.query.get("token", "")
        return hmac.compare_digest(given.encode(), self.options.page_token.encode())


def own_hosts(names: set[str], port: int, url: str) -> set[str]:
    """What a `Host` header may be: these names with the port (or without it on 80: clients omit it), or `url`'s."""
    found = {f"{name}:{port}" for name in names} | (names if port == HTTP_PORT else set()) | {urlsplit(url).netloc}
    return {host.lower() for host in found}


def _refused(status: int, error: str) -> web.Response:
    return web.json_response({"error": error}, status=status)
