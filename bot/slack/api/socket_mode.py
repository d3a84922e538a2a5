"""Socket Mode: one WebSocket to Slack, kept open, with a word to the bot after each reconnect.

The SDK's traps that are closed here: it reads a proxy from the environment, writes a traceback for each failed
attempt, and says nothing of a reconnect, so Slack's `hello` tells.
"""

import logging
import re
from collections.abc import Callable

from aiohttp import WSMessage
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp

from bot.settings import Settings

PING_SECONDS = 5.0  # also how soon a cut connection is noticed and mended

_LOGGER = logging.getLogger("bot.slack.api.socket_mode")
_LOGGER.setLevel(logging.INFO)  # below that it writes whole events
_TICKET = re.compile(r"(ticket=)[^&'\"\s)]+")


class _Sober(logging.Filter):
    """One line for a failure that repeats, without tracebacks and without the ticket of the WebSocket's address."""

    def __init__(self) -> None:
        super().__init__()
        self._last = ""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; False drops a repeat of the last failure."""
        message = _TICKET.sub(r"\1…", record.getMessage()).splitlines()[0]
        record.msg, record.args, record.exc_info, record.exc_text = message, None, None, None
        if record.levelno < logging.ERROR:
            return True
        repeated = message == self._last
        self._last = message
        return not repeated


_LOGGER.addFilter(_Sober())


class Socket:
    """The connection. `on_hello` is called after each connect, with True for every one but the first."""

    def __init__(self, app: AsyncApp, settings: Settings, on_hello: Callable[[bool], None]) -> None:
        self._app = app
        self._token = settings.slack_app_token.get_secret_value()
        self._on_hello = on_hello
        self._greeted = False
        self._handler: AsyncSocketModeHandler | None = None

    async def connect(self) -> None:
        """Connect, trying until it works; then the SDK keeps it connected."""
        self._handler = AsyncSocketModeHandler(
            self._app, self._token, logger=_LOGGER, web_client=self._app.client, ping_interval=PING_SECONDS
        )
        self._handler.client.proxy = self._app.client.proxy  # by our settings
        self._handler.client.on_message_listeners.append(self._heard)
        await self._handler.connect_async()  # type: ignore[no-untyped-call]  # the SDK leaves it unannotated

    async def _heard(self, message: WSMessage) -> None:
        head = message.data[:300].replace(" ", "") if isinstance(message.data, str) else ""
        if head.startswith('{"type":"hello"'):
            self._on_hello(self._greeted)
            self._greeted = True

    async def connected(self) -> bool:
        """Whether the socket is open and answers."""
        return self._handler is not None and bool(await self._handler.client.is_connected())

    async def close(self) -> None:
        """Close it; what was not acknowledged comes again."""
        if self._handler is not None:
            await self._handler.close_async()  # type: ignore[no-untyped-call]  # the SDK leaves it unannotated
