"""Stock slack-bolt apps and clients, over Socket Mode and over HTTP, as the simulator's peers in tests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from simulators.slack import Options, SlackSimulator
from tests.support.machine.http_server import serving

QUICK = (0.0, 0.05, 0.1)
"""Delays of repeats (seconds) that tests can wait for."""


def options(**changes: Any) -> Options:
    """Return options with quick repeats and no delay before a share."""
    usual: dict[str, Any] = {"retry_delays": QUICK, "share_delay": 0.0}
    return Options(**(usual | changes))


def client(slack: SlackSimulator, token: str | None = None) -> AsyncWebClient:
    """Return a stock client that never repeats a call by itself."""
    bot = slack.bot_token if token is None else token
    return AsyncWebClient(token=bot, base_url=slack.api_url, retry_handlers=[])


@dataclass
class App:
    """A bolt app that keeps every event it was given."""

    bolt: AsyncApp
    slack: SlackSimulator
    events: list[dict[str, Any]] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    also: dict[str, Callable[[dict[str, Any]], Awaitable[object]]] = field(default_factory=dict)

    def types(self) -> list[tuple[str, str | None]]:
        return [(event["type"], event.get("subtype")) for event in self.events]

    def note(self, body: dict[str, Any]) -> None:
        self.bodies.append(body)
        self.events.append(body["event"])
        self.changed.set()

    async def until(self, condition: Callable[[], object], timeout: float = 60.0) -> None:
        async with asyncio.timeout(timeout):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    async def settled(self) -> list[tuple[str, str | None]]:
        """Wait until every event was acknowledged or given up, and return the types that came."""
        await self.slack.delivery.settled()
        return self.types()


KEPT = (
    "message",
    "app_mention",
    "file_shared",
    "file_deleted",
    "member_joined_channel",
    "app_home_opened",
    "tokens_revoked",
    "app_uninstalled",
    "reaction_added",
)


def new_app(slack: SlackSimulator) -> App:
    """Return an app that listens to every event; a listener added by the test comes beside."""
    bolt = AsyncApp(
        client=client(slack),
        signing_secret=slack.signing_secret,
        process_before_response=True,
        ignoring_self_events_enabled=False,
    )
    app = App(bolt, slack)

    async def keep(body: dict[str, Any]) -> None:
        app.note(body)
        if body["event"]["type"] in app.also:
            await app.also[body["event"]["type"]](body["event"])

    for name in KEPT:
        bolt.event(name)(keep)
    return app


@asynccontextmanager
async def over_socket(app: App) -> AsyncIterator[App]:
    """Connect an app over Socket Mode."""
    handler = AsyncSocketModeHandler(app.bolt, app.slack.app_token, web_client=client(app.slack, ""), ping_interval=1)
    await handler.connect_async()  # type: ignore[no-untyped-call]  # bolt gives no types here
    await app.slack.until(lambda: app.slack.sockets.online)
    try:
        yield app
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]  # bolt gives no types here


@asynccontextmanager
async def over_http(app: App) -> AsyncIterator[App]:
    """Serve an app over HTTP and give its address to the workspace, which verifies it."""
    async with serving(app.bolt.web_app(path="/slack/events")) as server:
        address = f"{server}/slack/events"
        await app.slack.use_http(address, options_load_url=address)
        yield app


def connected(app: App, mode: str) -> Any:
    """Connect an app in a mode, `socket` or `http`."""
    return over_socket(app) if mode == "socket" else over_http(app)
