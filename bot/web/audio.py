"""GET /audio/{token}: the one recording that a token stands for, with ranges, streamed from Slack or the spool."""

from dataclasses import dataclass

from aiohttp import web

from bot.domain.errors import StepError
from bot.engine.hosted_audio import HostedAudio
from bot.ports.audio import Payload


@dataclass(slots=True)
class Audio:
    """Serves HEAD and GET; says 404 to every token that is not good, whatever the reason."""

    hosted_audio: HostedAudio

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """The bytes, whole (200) or in part (206); 416 for a range that is not there."""
        try:
            payload = await self.hosted_audio.payload_for(request.match_info["token"])
        except StepError:
            return web.Response(status=503, headers={"Retry-After": "5"})
        if payload is None:
            return web.Response(status=404)
        span = _span(request, payload.size)
        if span is None:
            return web.Response(status=416, headers={"Content-Range": f"bytes */{payload.size}"})
        start, end = span
        whole = (start, end) == (0, payload.size)
        headers = {
            "Content-Type": payload.mime,
            "Content-Length": str(end - start),
            "Accept-Ranges": "bytes",
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        }
        if not whole:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{payload.size}"
        response = web.StreamResponse(status=200 if whole else 206, headers=headers)
        if request.method == "HEAD":
            await response.prepare(request)
            return response
        return await _send(request, response, payload, start, end)


async def _send(
    request: web.Request, response: web.StreamResponse, payload: Payload, start: int, end: int
) -> web.StreamResponse:
    try:
        async with payload.stream(start, end) as chunks:
            await response.prepare(request)
            async for chunk in chunks:
                await response.write(chunk)
    except StepError:
        if not response.prepared:
            return web.Response(status=503, headers={"Retry-After": "5"})
        if request.transport is not None:
            request.transport.close()  # a cut connection is the only honest end of a body that fell short
        return response
    await response.write_eof()
    return response


def _span(request: web.Request, size: int) -> tuple[int, int] | None:
    """[start, end) of the Range header; None for one that is not in the recording.

    The whole without one, and for one of another unit, of several parts, or malformed (RFC 9110, section 14.2).
    """
    try:
        wanted = request.http_range
    except ValueError:
        return 0, size
    start, end, _ = wanted.indices(size)
    return (start, end) if start < end else None
