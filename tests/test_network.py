"""Proxies and certificates: which address goes through which proxy, and whose certificates are trusted."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.configuration import load_settings
from bot.domain.errors import Transient
from bot.http import Http
from bot.network import Network, network_of, trust
from bot.settings import SettingsError
from tests.providers.peers import StillClock
from tests.support.machine.certificates import certificate
from tests.support.machine.http_server import serving

PROXY, SLACK_PROXY = "http://proxy.example:3128", "http://slack-proxy.example:3128"
NETWORK = Network(PROXY, SLACK_PROXY, ("slack.com", "*.slack.com"), (".clinic.example", "direct.example"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.openai.example/v1", PROXY),
        ("https://slack.com/api/", SLACK_PROXY),
        ("https://files.slack.com/files-pri/x", SLACK_PROXY),
        ("https://notslack.com/", PROXY),
        ("https://gpu.clinic.example/v1", None),
        ("https://clinic.example/v1", None),
        ("https://direct.example", None),
        ("https://indirect.example", PROXY),
        ("http://127.0.0.1:8000/v1", None),
        ("http://[::1]:8000/v1", None),
        ("http://localhost:8000", None),
        ("http://[broken", None),
    ],
)
def test_each_address_has_its_proxy(url: str, expected: str | None) -> None:
    assert NETWORK.proxy_for(url) == expected


@given(st.text())
def test_no_address_raises(url: str) -> None:
    NETWORK.proxy_for(url)


def test_without_a_proxy_everything_is_direct() -> None:
    assert network_of(load_settings({}, None)).proxy_for("https://slack.com/api/") is None


def test_the_settings_name_proxies_and_exceptions() -> None:
    known = {"HTTPS_PROXY": PROXY, "NO_PROXY": "direct.example, .CLINIC.example"}
    network = network_of(load_settings(known, None))
    assert network.proxy_for("https://slack.com/api/") == PROXY
    assert network.proxy_for("https://gpu.clinic.example") is None


class ConnectProxy:
    """An HTTP proxy that knows CONNECT: whatever is asked for leads to one port of this machine."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.asked: list[str] = []
        self.credentials: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head.split("\r\n")[0])
        self.credentials += [line for line in head.split("\r\n") if line.lower().startswith("proxy-authorization")]
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self.target)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")

        async def pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
            sink.close()

        await asyncio.gather(pass_on(reader, inner_writer), pass_on(inner_reader, writer), return_exceptions=True)


@asynccontextmanager
async def service(public: Path, private: Path) -> AsyncIterator[int]:
    """An HTTPS server with this certificate; its port."""

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    app = web.Application()
    app.router.add_get("/", answer)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    async with serving(app, context) as address:
        yield int(address.rpartition(":")[2])


async def test_a_service_is_reached_through_the_proxy_with_the_operators_authority(tmp_path: Path) -> None:
    public, private = certificate(tmp_path, "service.example")
    async with service(public, private) as port:
        proxy = ConnectProxy(port)
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
        address = f"http://clinic:secret@127.0.0.1:{server.sockets[0].getsockname()[1]}"
        known = {"HTTPS_PROXY": address, "CA_BUNDLE": str(public)}
        http = Http(StillClock(), network_of(load_settings(known, None)))
        try:
            answer = await http.call("acme", "GET", "https://service.example/")
            assert answer.json_object() == {"ok": True}
            assert proxy.asked == ["CONNECT service.example:443 HTTP/1.1"]
            assert len(proxy.credentials) == 1
        finally:
            await http.aclose()
            server.close()


async def test_an_unknown_certificate_is_refused_and_named(tmp_path: Path) -> None:
    public, private = certificate(tmp_path, "service.example")
    async with service(public, private) as port:
        proxy = ConnectProxy(port)
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
        network = Network(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        http = Http(StillClock(), network)
        try:
            with pytest.raises(Transient, match=r"GET service\.example: the certificate does not verify \(self.signed"):
                await http.call("acme", "GET", "https://service.example/")
        finally:
            await http.aclose()
            server.close()


def test_an_authority_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("not a certificate")
    for path in (tmp_path / "no.pem", tmp_path / "missing.pem"):
        with pytest.raises(SettingsError, match="CA_BUNDLE cannot be used"):
            trust(str(path))
