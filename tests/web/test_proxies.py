"""The proxies of docs/operations.md: the documented text is loaded as it stands, and driven before the real bot."""

import asyncio
import contextlib
import os
import re
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from simulators.slack.file_store import Upload
from simulators.xosum import XosumSimulator
from tests.support.audio.recordings import record, tone
from tests.support.harnesses.bot import Place, fast_xosum, open_place
from tests.support.machine.bot_process import ROOT
from tests.support.machine.certificates import certificate
from tests.support.machine.processes import free_port

MIB = 1024 * 1024
DOCUMENTED = "scribe.example.org"
SERVERS = ("nginx", "caddy")


def documented(server: str) -> str:
    """The example of the documentation, word for word."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    (found,) = re.findall(rf"```{server}\n(.*?)```", page, re.DOTALL)
    return str(found)


def replaced(text: str, **changes: str) -> str:
    """The text with these words replaced, each of which must be in it."""
    for old, new in changes.items():
        assert old in text, f"the example has no {old!r} (any more)"
        text = text.replace(old, new)
    return text


NGINX_MAIN = """
{user} daemon off; worker_processes 1; pid {home}/nginx.pid; error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {home}/body; proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi; uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
    include example.conf;
}}
"""


def written(server: str, home: Path, text: str) -> list[str]:
    """Write the example into a server's configuration; the command that reads it."""
    if not shutil.which(server):
        pytest.skip(f"{server} is not installed (Debian: apt-get install {server})")
    if server == "caddy":
        (home / "Caddyfile").write_text(text, encoding="utf-8")
        return ["caddy", "--config", str(home / "Caddyfile"), "--adapter", "caddyfile"]
    (home / "nginx.conf").write_text(
        NGINX_MAIN.format(home=home, user="user root;" if os.geteuid() == 0 else ""), encoding="utf-8"
    )
    (home / "example.conf").write_text(text, encoding="utf-8")
    certificate(home, DOCUMENTED)
    return ["nginx", "-e", "stderr", "-p", str(home), "-c", str(home / "nginx.conf")]


async def run(home: Path, *command: str) -> asyncio.subprocess.Process:
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "XDG_DATA_HOME": str(home)}
    return await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )


@pytest.mark.parametrize("server", SERVERS)
async def test_the_documented_text_loads_as_it_stands(tmp_path: Path, server: str) -> None:
    text = documented(server)
    if server == "nginx" and os.geteuid() != 0:
        text = replaced(text, **{"listen 443": f"listen {free_port()}"})  # a test of nginx opens its ports, too
    program, *arguments = written(server, tmp_path, text)
    test = ["validate", *arguments] if server == "caddy" else [*arguments, "-t"]
    process = await run(tmp_path, program, *test)
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    assert b"[warn]" not in said, said.decode()


@dataclass
class Proxied:
    """A bot behind a proxy."""

    place: Place
    port: int
    trusted: ssl.SSLContext

    @property
    def address(self) -> str:
        return f"https://localhost:{self.port}"

    async def connect(self, data: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, ssl=self.trusted, server_hostname="localhost"
        )
        writer.write(data)
        await writer.drain()
        return reader, writer


@asynccontextmanager
async def behind(server: str, home: Path, **changes: str) -> AsyncIterator[Proxied]:
    """The real bot behind this server with the documented text, but for ports, name, certificate and `changes`."""
    if not shutil.which(server):
        pytest.skip(f"{server} is not installed (Debian: apt-get install {server})")
    port = free_port()
    public, private = certificate(home, "localhost")
    async with open_place(home, fast_xosum(), http=True) as place:
        ours = {"127.0.0.1:3000": f"127.0.0.1:{place.http_port}", **changes}
        if server == "nginx":
            files = {f"{DOCUMENTED}.{kind}": f"localhost.{kind}" for kind in ("pem", "key")}
            text = replaced(documented(server), **ours, **files)
            text = replaced(text, **{"listen 443": f"listen 127.0.0.1:{port}", DOCUMENTED: "localhost"})
        else:
            text = replaced(documented(server), **ours)
            site = f"https://localhost:{port} {{\n    bind 127.0.0.1\n    tls {public} {private}"
            text = replaced(text, **{f"{DOCUMENTED} {{": site})
            text = text.replace("{\n", "{\n    admin off\n    auto_https disable_redirects\n", 1)
        program, *arguments = written(server, home, text)
        process = await run(home, program, *(["run", *arguments] if server == "caddy" else arguments))
        trusted = ssl.create_default_context(cafile=str(public))
        try:
            async with asyncio.timeout(60):
                while not await _listens(port):
                    assert process.returncode is None, (await process.communicate())[0].decode()
                    await asyncio.sleep(0.05)
            yield Proxied(place, port, trusted)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.communicate()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


@pytest.mark.parametrize("server", SERVERS)
async def test_slack_reaches_the_bot_and_its_signature_stays_valid(tmp_path: Path, server: str) -> None:
    async with behind(server, tmp_path) as proxied:
        place = proxied.place
        await place.start()
        place.slack.events_api.trusted = proxied.trusted
        await place.slack.use_http(
            f"{proxied.address}/slack/events", options_load_url=f"{proxied.address}/slack/events"
        )
        recording = record(tmp_path / "visit.mp3", tone(2.0), "mp3", "mp3").read_bytes()
        await place.answered(await place.upload(Upload("visit.mp3", recording)))
        assert "I transcribe recordings" in await place.command("U0ALICE", "help")
        headers = {**place.slack.events_api.signed(b"{}"), "Content-Type": "application/json"}
        assert (await place.slack.events_api.post_raw(b'{"forged":1}', headers))[0] == 401
        await paths_and_bodies_are_bounded(proxied, server)


async def paths_and_bodies_are_bounded(proxied: Proxied, server: str) -> None:
    place = proxied.place
    assert isinstance(place.service, XosumSimulator)
    known = place.service.settings.webhook_url.partition(f":{place.http_port}")[2]  # the account's own address
    assert known.startswith("/hooks/xosum/")
    # Caddy passes a body on as it comes: it says that it could not, unless the bot has refused by then
    too_large = {413} if server == "nginx" else {401, 413, 502}
    wanted = [
        ("GET", "/healthz", 0, {200}),
        ("GET", "/readyz", 0, {404}),
        ("GET", "/metrics", 0, {404}),
        ("GET", "/", 0, {404}),
        ("GET", "/audio/nothing", 0, {404}),
        ("POST", "/audio/nothing", 10, {403, 405}),
        ("POST", "/slack/events", MIB, {401}),  # the bot's own answer: it is not signed
        ("POST", "/slack/events", MIB + 1, too_large),
        ("POST", "/slack/events/more", 10, {404}),
        ("POST", "/hooks/xosum/guess", 2 * MIB, {404}),
        ("POST", known, 2 * MIB, {400, 401}),  # read, and not believed
        ("POST", known, 16 * MIB + 1, too_large),
    ]
    connector = aiohttp.TCPConnector(ssl=proxied.trusted)
    async with aiohttp.ClientSession(connector=connector) as session:
        for method, path, size, statuses in wanted:
            async with session.request(method, proxied.address + path, data=bytes(size) or None) as answer:
                assert answer.status in statuses, (method, path, size, answer.status)
                assert not re.search(r"\d", answer.headers.get("Server", "")), "a version"


@pytest.mark.parametrize("server", SERVERS)
async def test_what_does_not_come_is_given_up(tmp_path: Path, server: str) -> None:
    """With the documented times shortened, but not below a busy handshake of TLS: without the directives a server would
    wait a minute, or for good.
    """
    head, body = ("client_header_timeout 10s", "client_body_timeout 30s")
    if server == "caddy":
        head, body = ("read_header 10s", "read_body 30s")
    shorter = {head: head.replace("10s", "4s"), body: body.replace("30s", "4s")}
    async with behind(server, tmp_path, **shorter) as proxied:
        await proxied.place.start()
        for start in (b"", b"POST /slack/events HTTP/1.1\r\nHost: localhost\r\nX-", HALF):
            reader, writer = await proxied.connect(start)
            async with asyncio.timeout(60):
                with contextlib.suppress(ConnectionResetError, ssl.SSLError):
                    assert b" 200 " not in await reader.read()
            writer.close()


HALF = b"POST /slack/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf"


async def test_nginx_serves_one_address_so_many_at_a_time(tmp_path: Path) -> None:
    async with behind("nginx", tmp_path) as proxied:
        await proxied.place.start()
        held = [await proxied.connect(HALF) for _ in range(64)]
        connector = aiohttp.TCPConnector(ssl=proxied.trusted, force_close=True)
        async with aiohttp.ClientSession(connector=connector) as session:

            async def status() -> int:
                async with session.get(f"{proxied.address}/healthz") as answer:
                    return answer.status

            async with asyncio.timeout(60):
                while await status() != 503:  # noqa: ASYNC110  # until nginx has read the heads of all
                    await asyncio.sleep(0.05)
                for _, writer in held:
                    writer.close()
                while await status() != 200:  # noqa: ASYNC110  # until it has seen that they are closed
                    await asyncio.sleep(0.05)
