"""The web server against strangers, in small: who is let in, what is read, what an answer says."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import aiohttp
import pytest
from aiohttp import web

from bot.domain.errors import WebhookRefused
from bot.engine.hosted_audio import HostedAudio
from bot.failpoints import Failpoints
from bot.ports.audio import Payload
from bot.web.audio import Audio
from bot.web.bodies import Bodies
from bot.web.connections import hide_version, note_serving
from bot.web.server import WebServer
from tests.support.machine.processes import until
from tests.web.served import Served, serve

HEAD = b"POST /echo HTTP/1.1\r\nHost: bot\r\nContent-Length: 5\r\n"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Door:
    """A server with small limits; `/echo` reads a body, `/held` answers when a test says so."""

    def __init__(self, bodies: Bodies, in_all: int, per_address: int) -> None:
        self.bodies = bodies
        self.release = asyncio.Event()
        self.asked = 0  # requests whose head was read
        app = web.Application(middlewares=[note_serving])
        app.router.add_post("/echo", self._echo)
        app.router.add_get("/held", self._held)
        app.on_response_prepare.append(hide_version)
        self.server = WebServer(app, "127.0.0.1", 0, in_all, per_address)

    async def _echo(self, request: web.Request) -> web.Response:
        self.asked += 1
        try:
            return web.Response(body=await self.bodies.read(request, 1000))
        except WebhookRefused as refusal:
            return web.Response(status=refusal.status)

    async def _held(self, _: web.Request) -> web.Response:
        self.asked += 1
        await self.release.wait()
        return web.Response(text="at last")

    async def connect(self, data: bytes = b"", address: str = "127.0.0.1") -> Streams:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port, local_addr=(address, 0))
        writer.write(data)
        await writer.drain()
        return reader, writer

    async def ask(self, data: bytes) -> bytes:
        """One request on a connection of its own, to the connection's end."""
        reader, writer = await self.connect(data)
        async with asyncio.timeout(60):
            answer = await reader.read()
        writer.close()
        return answer


@asynccontextmanager
async def opened(bodies: Bodies | None = None, in_all: int = 100, per_address: int = 100) -> AsyncIterator[Door]:
    door = Door(bodies or Bodies(), in_all, per_address)
    await door.server.start()
    try:
        yield door
    finally:
        door.release.set()
        await door.server.stop()


async def is_closed(streams: Streams) -> bool:
    """Whether the other side ends the connection."""
    try:
        async with asyncio.timeout(60):
            return await streams[0].read() == b""
    except ConnectionResetError:
        return True


FULL = HEAD + b"Connection: close\r\n\r\nhello"


@pytest.mark.parametrize("limits", [(5, 100), (100, 5)], ids=["in all", "per address"])
async def test_who_waits_longest_makes_room_for_who_comes(limits: tuple[int, int]) -> None:
    async with opened(None, *limits) as door:
        idle = [await door.connect(HEAD) for _ in range(5)]
        assert b"hello" in await door.ask(FULL)
        assert await is_closed(idle[0])
        for streams in idle[1:]:
            streams[1].write(b"Connection: close\r\n\r\nhello")  # the others are still served
            assert b"hello" in await streams[0].read()


async def test_who_holds_the_most_connections_makes_room_first() -> None:
    async with opened(in_all=6, per_address=5) as door:
        slack = await door.connect(HEAD)  # has waited longest
        strangers = [await door.connect(HEAD, "127.0.0.2") for _ in range(5)]
        others = [await door.connect(HEAD, f"127.0.0.{3 + number}") for number in range(3)]
        for streams in strangers[:3]:
            assert await is_closed(streams)
        for streams in (slack, *others):
            streams[1].write(b"Connection: close\r\n\r\nhello")
            assert b"hello" in await streams[0].read()


async def test_a_request_that_is_served_is_never_closed_for_another() -> None:
    async with opened(in_all=2) as door:
        served = [await door.connect(b"GET /held HTTP/1.1\r\nHost: bot\r\nConnection: close\r\n\r\n") for _ in range(2)]
        await until(lambda: door.asked == 2)
        assert await is_closed(await door.connect(FULL))  # no room: refused at once
        door.release.set()
        for reader, _ in served:
            assert b"at last" in await reader.read()
        assert b"hello" in await door.ask(FULL)


async def test_a_body_that_does_not_come_is_given_up() -> None:
    async with opened(Bodies(seconds=0.2)) as door:
        assert b" 408 " in await door.ask(HEAD + b"Connection: close\r\n\r\nhe")


async def test_held_bodies_keep_no_honest_one_out() -> None:
    async with opened(Bodies(at_once=3, seconds=60.0)) as door:
        held = [await door.connect(HEAD + b"Connection: close\r\n\r\nhe") for _ in range(3)]
        await until(lambda: door.asked == 3)
        assert b"hello" in await door.ask(FULL)
        assert b" 408 " in await held[0][0].read()  # the slowest made room
        held[2][1].write(b"llo")
        assert b"hello" in await held[2][0].read()


async def test_a_body_above_the_limit_is_refused_by_its_announced_length_and_by_its_real_one() -> None:
    async with opened() as door:
        announced = b"POST /echo HTTP/1.1\r\nHost: bot\r\nContent-Length: 1001\r\nConnection: close\r\n\r\n"
        assert b" 413 " in await door.ask(announced + b"x" * 10)
        chunked = b"POST /echo HTTP/1.1\r\nHost: bot\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        assert b" 413 " in await door.ask(chunked + b"3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n")


@pytest.mark.parametrize(
    "data", [FULL, b"nonsense\r\n\r\n", b"GET /nowhere HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n"]
)
async def test_no_answer_names_the_software(data: bytes) -> None:
    async with opened() as door:
        answer = await door.ask(data)
        assert b"aiohttp" not in answer
        assert b"Python" not in answer


async def test_the_addresses_are_what_they_were_given_out_as(served_bot: Served) -> None:
    async with aiohttp.ClientSession() as session:
        for path, status in (
            ("/hooks/xosum", 404),
            ("/hooks/xosum/guess", 404),
            ("/hooks/local/guess", 404),
            ("/hooks/nobody/guess", 404),
            ("/slack/events", 404),  # Socket Mode
        ):
            async with session.post(f"{served_bot.public}{path}", data=b"{}") as answer:
                assert answer.status == status, path
        async with session.get(f"{served_bot.public}/metrics") as answer:
            assert answer.status == 404
        async with session.get(f"{served_bot.public}/readyz") as answer:
            assert set(json.loads(await answer.text())) == {"ready"}
        async with session.get(f"{served_bot.admin}/readyz") as answer:
            assert set(json.loads(await answer.text())) == {"ready", "faults", "warnings"}
        async with session.get(f"{served_bot.admin}/metrics") as answer:
            assert answer.status == 200


async def test_who_asks_while_the_database_hangs_is_not_told_that_all_is_well(tmp_path: Path) -> None:
    async with (
        serve(tmp_path, Failpoints("store.rehearse_event.before=hold")) as bot,
        aiohttp.ClientSession() as session,
    ):

        async def ready() -> bool:
            async with session.get(f"{bot.public}/readyz") as answer:
                return answer.status == 200

        assert not await ready()  # takes as long as it waits for the database, so that the next one looks again
        assert await asyncio.gather(*(ready() for _ in range(4))) == [False] * 4


@pytest.mark.parametrize("body", [b"not a length\r\nx\r\n0\r\n\r\n", b"5\r\nhelloXX0\r\n\r\n"])
async def test_a_body_that_is_no_http_is_refused_and_no_error_of_ours(
    body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened() as door:
        answer = await door.ask(b"POST /echo HTTP/1.1\r\nHost: bot\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
    assert b" 400 " in answer.partition(b"\r\n")[0]
    assert caplog.text == ""


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
async def test_a_compressed_body_is_taken_as_it_came(encoding: str) -> None:
    async with opened() as door:
        head = f"POST /echo HTTP/1.1\r\nHost: bot\r\nConnection: close\r\nContent-Encoding: {encoding}\r\n"
        bomb = gzip.compress(b"\0" * 100_000)
        answer = await door.ask(f"{head}Content-Length: {len(bomb)}\r\n\r\n".encode() + bomb)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(bomb)


async def test_an_address_that_nobody_was_given_is_answered_unread(served_bot: Served) -> None:
    for path in ("/hooks/local/x", "/hooks/xosum/x", "/hooks/invox/x"):
        reader, writer = await asyncio.open_connection("127.0.0.1", served_bot.port)
        writer.write(f"POST {path} HTTP/1.1\r\nHost: b\r\nContent-Length: 16000000\r\n\r\n".encode())
        await writer.drain()
        async with asyncio.timeout(60):
            assert b" 404 " in await reader.readline()  # before a byte of the body was sent
        writer.close()


@pytest.mark.parametrize(
    ("header", "status", "body"),
    [
        (None, 200, b"0123456789"),
        ("bytes=2-4", 206, b"234"),
        ("bytes=-3", 206, b"789"),
        ("bytes=7-", 206, b"789"),
        ("bytes=0-99", 200, b"0123456789"),
        ("bytes=10-", 416, b""),
        ("bytes=5-2", 200, b"0123456789"),  # what cannot be given in one part is ignored (RFC 9110, section 14.2)
        ("bytes=0-" + "9" * 4301, 200, b"0123456789"),
        ("bytes=0-1,3-4", 200, b"0123456789"),
        ("lines=1-2", 200, b"0123456789"),
    ],
)
async def test_a_range_gives_its_part_or_a_clean_refusal(header: str | None, status: int, body: bytes) -> None:
    class Hosted:
        async def payload_for(self, token: str) -> Payload:
            return Whole()

    audio = Audio(cast(HostedAudio, Hosted()))
    app = web.Application()
    app.router.add_get("/audio/{token}", audio.handle)
    server = WebServer(app, "127.0.0.1", 0)
    await server.start()
    try:
        headers = {"Range": header} if header else {}
        address = f"http://127.0.0.1:{server.port}/audio/x"
        async with aiohttp.ClientSession() as session, session.get(address, headers=headers) as answer:
            assert (answer.status, await answer.read()) == (status, body)
    finally:
        await server.stop()


class Whole:
    """Ten bytes of audio."""

    name, mime, size, seconds = "clip.mp3", "audio/mpeg", 10, 1.0
    path: Path | None = None

    @asynccontextmanager
    async def stream(self, start: int = 0, end: int | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
        async def once() -> AsyncIterator[bytes]:
            yield b"0123456789"[start:end]

        yield once()


class Endless(Whole):
    """Audio that is longer than what a connection buffers; `left` is set when nobody takes it any more."""

    size = 64 * 1024 * 1024

    def __init__(self) -> None:
        self.left = asyncio.Event()

    @asynccontextmanager
    async def stream(self, start: int = 0, end: int | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(self.size // 65536):
                yield bytes(65536)

        try:
            yield pieces()
        finally:
            self.left.set()


async def test_a_download_that_is_broken_off_is_no_error_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    endless = Endless()

    class Hosted:
        async def payload_for(self, token: str) -> Payload:
            return endless

    app = web.Application(middlewares=[note_serving])
    app.router.add_get("/audio/{token}", Audio(cast(HostedAudio, Hosted())).handle)
    server = WebServer(app, "127.0.0.1", 0)
    await server.start()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET /audio/x HTTP/1.1\r\nHost: bot\r\n\r\n")
        async with asyncio.timeout(60):
            assert b" 200 " in await reader.readline()
            writer.transport.abort()
            await endless.left.wait()
    finally:
        await server.stop()  # also waits for what is still served
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
