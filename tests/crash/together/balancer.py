"""A balancer between Slack and the processes: it deals each request to the next process, also to one that is frozen."""

import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

KEPT = ("content-type", "user-agent", "x-")  # beginnings of the headers that are passed on
GIVE_UP_SECONDS = 10.0  # Slack waits for three


@asynccontextmanager
async def balancer(port: int, ports: Sequence[int]) -> AsyncIterator[None]:
    """Listen on a port and pass what comes to each of `ports` in turn.

    It tests no health and repeats nothing: a process that is gone is a 502, one that is frozen a 504, and the sender
    has to repeat.
    """
    turns = itertools.cycle(ports)
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    async with aiohttp.ClientSession(
        connector=connector, timeout=aiohttp.ClientTimeout(total=GIVE_UP_SECONDS), auto_decompress=False
    ) as session:

        async def forward(request: web.Request) -> web.Response:
            headers = {name: value for name, value in request.headers.items() if name.lower().startswith(KEPT)}
            address = f"http://127.0.0.1:{next(turns)}{request.path_qs}"
            content = await request.read()
            try:
                async with session.request(
                    request.method, address, data=content, headers=headers, allow_redirects=False
                ) as answer:
                    body = await answer.read()
                    kind = {name: text for name, text in answer.headers.items() if name.lower().startswith(KEPT)}
                    return web.Response(status=answer.status, body=body, headers=kind)
            except TimeoutError:
                return web.Response(status=504)
            except aiohttp.ClientError:
                return web.Response(status=502)

        app = web.Application(client_max_size=64 << 20)
        app.router.add_route("*", "/{path:.*}", forward)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            yield
        finally:
            await runner.cleanup()
