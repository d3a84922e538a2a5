"""The web server: which path goes where, and the socket it listens on."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.web.audio import Audio
from bot.web.health import Health
from bot.web.hooks import MAX_BODY, Hooks

SlackEvents = Callable[[web.Request], Awaitable[web.StreamResponse]]


def build_web(hooks: Hooks, audio: Audio, health: Health, slack_events: SlackEvents | None) -> web.Application:
    """All routes of DESIGN 5; `/slack/events` only in HTTP mode."""
    app = web.Application(client_max_size=MAX_BODY)
    app.router.add_post("/hooks/{provider}", hooks.handle)
    app.router.add_post("/hooks/{provider}/{token}", hooks.handle)
    app.router.add_get("/audio/{token}", audio.handle)  # aiohttp answers HEAD by the same handler
    app.router.add_get("/healthz", health.healthz)
    app.router.add_get("/readyz", health.readyz)
    app.router.add_get("/metrics", health.series)
    if slack_events is not None:
        app.router.add_post("/slack/events", slack_events)
    return app


class WebServer:
    """Listens on host and port; port 0 takes a free one, and `port` then says which."""

    def __init__(self, app: web.Application, host: str, port: int) -> None:
        self._runner = web.AppRunner(app, access_log=None)
        self._host = host
        self.port = port

    async def start(self) -> None:
        """Raises `OSError` when the address is taken."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self.port)
        await site.start()
        for address in self._runner.addresses:
            self.port = int(address[1])
            break

    async def stop(self) -> None:
        """Take no more requests and end."""
        await self._runner.cleanup()
