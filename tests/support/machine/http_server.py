"""An HTTP server of a test's own, on a port of loopback that the system chooses."""

import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Self

from aiohttp import web


@asynccontextmanager
async def serving(app: web.Application, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """The app at work; its address without a path."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        yield f"{'https' if context else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class LocalServer:
    """A server with a state of its own: at work inside `async with`, then `url` is its address."""

    url = ""
    _served: AbstractAsyncContextManager[str]

    def app(self) -> web.Application:
        """What it serves."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        self._served = serving(self.app())
        self.url = await self._served.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._served.__aexit__(None, None, None)
