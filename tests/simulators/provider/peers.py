"""The other sides of a provider in tests: recordings to upload, a receiver of webhooks, a clock to move."""

import asyncio
import io
import json
import wave
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import av
from aiohttp import web

from simulators.provider.server import ProviderSimulator
from tests.support.machine.http_server import LocalServer


def silent_mp3(seconds: float, salt: str = "") -> bytes:
    """Return a valid MPEG-1 layer III file of that length at 32 kbit/s; another `salt` gives other bytes."""
    header = bytes([0xFF, 0xFB, 0x10, 0xC4])
    frame = header + b"\x00" * (144 * 32000 // 44100 - 4)
    count = max(1, round(seconds * 44100 / 1152))
    marked = header + salt.encode().ljust(len(frame) - 4, b"\x00")[: len(frame) - 4]
    return marked + frame * (count - 1)


def wav(seconds: float, salt: int = 0) -> bytes:
    """Return a WAV file of silence, 8 kHz mono."""
    target = io.BytesIO()
    with wave.open(target, "wb") as sink:
        sink.setnchannels(1)
        sink.setsampwidth(2)
        sink.setframerate(8000)
        sink.writeframes(salt.to_bytes(2, "little") * int(seconds * 8000))
    return target.getvalue()


def encoded(container: str, codec: str, seconds: float = 1.0) -> bytes:
    """Return a file of silence that FFmpeg made, for example `ogg`, `libopus`."""
    target = io.BytesIO()
    with av.open(target, "w", format=container) as sink:
        stream: av.AudioStream = sink.add_stream(codec, rate=48000, layout="mono")  # type: ignore[assignment]  # by its codec
        for _ in range(int(seconds * 48000 / 960)):
            frame = av.AudioFrame(format="s16", layout="mono", samples=960)
            frame.planes[0].update(bytes(960 * 2))
            frame.sample_rate = 48000
            sink.mux(stream.encode(frame))
        sink.mux(stream.encode(None))
    return target.getvalue()


async def until(condition: Callable[[], object]) -> None:
    """Return when `condition` holds; the test's own time limit ends a vain wait."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - any state of a simulator can be waited for
            await asyncio.sleep(0.005)


class MovableClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, at: float = 1_750_000_000.0) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += seconds


@dataclass
class Hook:
    """One webhook that arrived."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> dict[str, Any]:
        return cast(dict[str, Any], json.loads(self.raw))


@dataclass
class Receiver(LocalServer):
    """A webhook receiver over real HTTP; answers `answers`, then 200. Also serves files for download."""

    answers: list[int] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)
    files: dict[str, web.Response | bytes] = field(default_factory=dict)
    fetches: list[Hook] = field(default_factory=list)
    url: str = ""

    def app(self) -> web.Application:
        """Webhooks by POST, files by GET, at any path."""
        app = web.Application()
        app.router.add_post("/{path:.*}", self._take)
        app.router.add_get("/{path:.*}", self._give)
        self._changed = asyncio.Condition()
        return app

    async def wait_for(self, count: int) -> list[Hook]:
        async with self._changed:
            await asyncio.wait_for(self._changed.wait_for(lambda: len(self.hooks) >= count), 60)
        return self.hooks

    async def _take(self, request: web.Request) -> web.Response:
        hook = Hook(request.path, dict(request.headers), await request.read())
        async with self._changed:
            self.hooks.append(hook)
            self._changed.notify_all()
        return web.Response(status=self.answers.pop(0) if self.answers else 200)

    async def _give(self, request: web.Request) -> web.Response:
        self.fetches.append(Hook(request.path, dict(request.headers), request.method.encode()))
        found = self.files.get(request.path)
        if found is None:
            return web.Response(status=404)
        if isinstance(found, web.Response):
            return web.Response(status=found.status, headers=found.headers, body=found.body)
        return web.Response(body=found, content_type="audio/mpeg")


def kinds(simulator: ProviderSimulator[Any, Any]) -> list[str]:
    """The breaches that the simulator recorded, by their kind."""
    return [violation.kind for violation in simulator.ledger.violations]


async def pushed(times: int, sim: ProviderSimulator[Any, Any], clock: MovableClock, receiver: Receiver) -> None:
    """Let a webhook be repeated until it has come `times` times, and then give it time to come again."""
    for count in range(1, times + 1):
        clock.advance(9)
        await receiver.wait_for(count)
        await sim.settle()
    clock.advance(900)
    await sim.settle()
