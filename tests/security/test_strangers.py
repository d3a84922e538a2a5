"""Strangers at the port of the real bot: what they hold open and send must not keep Slack's events from being taken.

The numbers are those that stopped the bot once: 1,000 connections, 50 bodies of 16 MiB, 40 bodies that never end.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from simulators.slack.file_store import Upload
from tests.support.audio.recordings import record, tone
from tests.support.harnesses.bot import Place, fast_xosum, open_place

MIB = 1024 * 1024
CONNECTIONS, BODIES, HELD = 1000, 50, 40
SPARE = 64 * MIB  # above idle
PATHS = ("/slack/events", "/hooks/xosum/guess", "/hooks/local/guess", "/hooks/xosum")
SHAPES = (b'{"a":[' + b"[]," * (16 * MIB // 3 - 10) + b"[]]}", b'{"a":' + b"[" * (16 * MIB - 20))
SIGNED = b"X-Slack-Signature: v0=" + b"0" * 64 + b"\r\nX-Slack-Request-Timestamp: %d\r\n"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with open_place(tmp_path, fast_xosum(), http=True) as found:
        await found.start()
        yield found


@pytest.fixture
def recording(tmp_path: Path) -> bytes:
    return record(tmp_path / "visit.mp3", tone(2.0), "mp3", "mp3").read_bytes()


def memory(place: Place) -> int:
    """The most bytes that the bot's process has had in memory."""
    status = Path(f"/proc/{place.bot.process.pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found.group(1)) * 1024


class Stranger:
    """Opens connections and sends what it likes."""

    def __init__(self, place: Place) -> None:
        self._port = place.http_port
        self._open: list[asyncio.StreamWriter] = []

    async def connect(self, data: bytes) -> None:
        """One connection that says this and waits."""
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", self._port)
            self._open.append(writer)
            writer.write(data)
            await writer.drain()

    async def post(self, path: str, body: bytes) -> bytes:
        """One request; the first line of the answer, or nothing where the connection was cut."""
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            self._open.append(writer)
            head = f"POST {path} HTTP/1.1\r\nHost: bot\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
            writer.write(head.encode() + SIGNED % 1 + b"\r\n")
            for start in range(0, len(body), MIB):
                writer.write(body[start : start + MIB])
                await writer.drain()
            return await reader.readline()
        return b""

    def leave(self) -> None:
        for writer in self._open:
            writer.transport.abort()


async def still_works(place: Place, recording: bytes, attack: Callable[[Stranger], Awaitable[None]]) -> None:
    """Under this attack a recording is answered, its event acknowledged at the first try, and memory is bounded."""
    await place.answered(await place.upload(Upload("before.mp3", recording)))
    idle = memory(place)
    stranger = Stranger(place)
    attacking = asyncio.ensure_future(attack(stranger))
    try:
        await asyncio.sleep(1.0)
        message = await place.upload(Upload("during.mp3", recording + b"\0"))
        await place.answered(message, timeout=60)
        await asyncio.wait_for(attacking, 120)
        assert memory(place) - idle <= SPARE
        assert [each for each in place.bot.log if each["level"] in ("error", "critical")] == []
    finally:
        attacking.cancel()
        stranger.leave()


@pytest.mark.slow
async def test_a_thousand_connections_that_say_nothing_whole(place: Place, recording: bytes) -> None:
    async def attack(stranger: Stranger) -> None:
        for _ in range(CONNECTIONS):
            await stranger.connect(b"POST /slack/events HTTP/1.1\r\nHost: bot\r\nX-")

    await still_works(place, recording, attack)


@pytest.mark.slow
async def test_bodies_of_16_mib(place: Place, recording: bytes) -> None:
    seen: set[bytes] = set()

    async def attack(stranger: Stranger) -> None:
        async def some(first: int) -> None:
            for number in range(first, BODIES, 5):
                answer = await stranger.post(PATHS[number % len(PATHS)], SHAPES[number % len(SHAPES)])
                seen.add(answer[9:12])

        await asyncio.gather(*(some(first) for first in range(5)))

    await still_works(place, recording, attack)
    assert seen <= {b"", b"401", b"404", b"413"}


@pytest.mark.slow
async def test_bodies_that_never_end(place: Place, recording: bytes) -> None:
    async def attack(stranger: Stranger) -> None:
        start = b"POST /slack/events HTTP/1.1\r\nHost: bot\r\nContent-Length: 1000000\r\n" + SIGNED % 1 + b"\r\n"
        for _ in range(HELD):
            await stranger.connect(start + b"x" * 990_000)

    await still_works(place, recording, attack)


async def test_odd_requests_are_refused_cleanly(place: Place) -> None:
    """Nothing of what a stranger sends is a fault of the bot's: no 500, no traceback."""
    stranger = Stranger(place)
    for body in (b"", b"{", b"[]", b'"x"', b"null", b"\xff\xfe", json.dumps({"type": []}).encode()):
        for path in PATHS:
            assert (await stranger.post(path, body))[9:12] in (b"401", b"404")
    for header in ("X-Slack-Signature: é", "X-Slack-Signature: v0=\xff", "X-Slack-Request-Timestamp: 1e9"):
        reader, writer = await asyncio.open_connection("127.0.0.1", place.http_port)
        writer.write(f"POST /slack/events HTTP/1.1\r\nHost: b\r\n{header}\r\nConnection: close\r\n\r\n".encode())
        assert (await reader.readline())[9:12] in (b"401", b"400")
        writer.close()
    stranger.leave()
    assert [each for each in place.bot.log if each["level"] in ("error", "critical")] == []
