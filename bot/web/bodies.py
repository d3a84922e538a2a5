"""Reads request bodies within limits of size, time, and how many there are at once."""

import asyncio

from aiohttp import web

from bot.domain.errors import WebhookRefused

UNBELIEVED_BYTES = 1024 * 1024  # until a sender is known to be who they say
BODY_SECONDS = 30.0


class Bodies:
    """The bodies that are being read. When there are too many, the one that has taken longest is given up.

    Genuine requests arrive within milliseconds, so bodies that are held open on purpose cannot keep them out.
    """

    def __init__(self, at_once: int = 16, seconds: float = BODY_SECONDS) -> None:
        self._at_once = at_once
        self._seconds = seconds
        self._under_way: dict[asyncio.Timeout, None] = {}  # oldest first

    async def read(self, request: web.Request, most: int = UNBELIEVED_BYTES) -> bytes:
        """The whole body. Raises `WebhookRefused`: 413 above `most` bytes, 408 when it does not come in time."""
        if (request.content_length or 0) > most:
            raise WebhookRefused(413, "oversized")
        if len(self._under_way) >= self._at_once:
            slowest = next(iter(self._under_way))
            del self._under_way[slowest]
            slowest.reschedule(asyncio.get_running_loop().time())
        body = bytearray()
        try:
            async with asyncio.timeout(self._seconds) as limit:
                self._under_way[limit] = None
                try:
                    async for chunk in request.content.iter_any():
                        body += chunk
                        if len(body) > most:
                            raise WebhookRefused(413, "oversized")
                finally:
                    self._under_way.pop(limit, None)
        except TimeoutError:
            raise WebhookRefused(408, "slow") from None
        except ConnectionError:  # the sender went away in the middle; nobody reads the answer
            raise WebhookRefused(400, "cut off") from None
        return bytes(body)
