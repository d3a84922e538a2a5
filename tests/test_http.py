"""The one door to HTTP, against a real server: what is classified how, what is repeated, what never leaves."""

import asyncio
import gzip
import logging
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from bot.domain.errors import Ambiguous, Misconfigured, RateLimited, Transient
from bot.http import MAX_BODY, Http
from tests.providers.peers import Meter, StillClock
from tests.support.machine.http_server import LocalServer

Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server(LocalServer):
    """A server that answers as a test says and keeps what it was sent."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answers: list[Respond] = []

    def app(self) -> web.Application:
        app = web.Application(client_max_size=2**30)
        app.router.add_route("*", "/{path:.*}", self._serve)
        return app

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        try:
            body = await request.read()
        except ConnectionError:
            body = b"(cut)"
        self.seen.append((request.method, request.raw_path, dict(request.headers), body))
        respond = self.answers.pop(0) if self.answers else answer_with(200, b"{}")
        return await respond(request)


def answer_with(status: int, body: bytes = b"", **headers: str) -> Respond:
    async def respond(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return respond


async def cut(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def hang(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(60)
    return web.Response()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server() as running:
        yield running


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
async def http(clock: StillClock) -> AsyncIterator[Http]:
    client = Http(clock)
    yield client
    await client.aclose()


async def test_a_call_sends_json_and_reads_an_object(server: Server, http: Http) -> None:
    server.answers = [answer_with(200, '{"said": "բարև"}'.encode())]
    answer = await http.call("acme", "POST", f"{server.url}/a", json={"name": "Ani"})
    assert answer.json_object() == {"said": "բարև"}
    method, path, headers, body = server.seen[0]
    assert (method, path, headers["Content-Type"], body) == ("POST", "/a", "application/json", b'{"name": "Ani"}')


@pytest.mark.parametrize("failure", [answer_with(500), answer_with(503), answer_with(408), cut])
async def test_an_idempotent_call_is_repeated_twice_at_most(server: Server, http: Http, failure: Respond) -> None:
    meter = Meter()
    server.answers = [failure, failure, answer_with(200, b"{}")]
    assert (await http.call("acme", "GET", server.url, acquire=meter.spend)).ok
    assert meter.spent == 3
    server.answers = [failure] * 3
    with pytest.raises(Transient):
        await http.call("acme", "GET", server.url, acquire=meter.spend)
    assert (len(server.seen), meter.spent) == (6, 6)


@pytest.mark.parametrize("failure", [answer_with(500), cut])
async def test_a_call_that_must_happen_once_is_ambiguous_and_not_repeated(
    server: Server, http: Http, failure: Respond
) -> None:
    server.answers = [failure]
    with pytest.raises(Ambiguous):
        await http.call("acme", "POST", server.url, json={}, repeatable=False)
    assert len(server.seen) == 1


@pytest.mark.parametrize(("once", "error"), [(True, Ambiguous), (False, Transient)])
async def test_silence_ends_in_time(server: Server, http: Http, once: bool, error: type[Exception]) -> None:
    server.answers = [hang] * 3
    with pytest.raises(error):
        await http.call("acme", "POST", server.url, json={}, repeatable=not once, timeout=2.0 if once else 0.2)


async def test_a_slow_drip_ends_in_time(server: Server, http: Http) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.05)

    server.answers = [drip]
    with pytest.raises(Ambiguous):
        await http.call("acme", "POST", server.url, json={}, repeatable=False, timeout=2.0)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://no-such-host.invalid/"])
async def test_what_never_left_is_transient_even_when_it_must_happen_once(http: Http, url: str) -> None:
    with pytest.raises(Transient):
        await http.call("acme", "POST", url, json={}, repeatable=False)


@pytest.mark.parametrize(
    ("headers", "pause"),
    [({"Retry_After": "7"}, 7.0), ({}, 11.0), ({"Retry_After": "soon"}, 11.0), ({"Retry_After": "999999"}, 3600.0)],
)
@pytest.mark.parametrize("once", [True, False])
async def test_too_many_calls_are_said_with_their_pause(
    server: Server, http: Http, headers: dict[str, str], pause: float, once: bool
) -> None:
    server.answers = [answer_with(429, b"", **headers)]
    with pytest.raises(RateLimited) as caught:
        await http.call("acme", "GET", server.url, repeatable=not once, retry_default=11.0)
    assert caught.value.retry_after == pause
    assert len(server.seen) == 1


@pytest.mark.parametrize(("once", "error"), [(False, RateLimited), (True, Ambiguous)])
async def test_a_service_that_says_when_it_is_back_is_not_asked_before(
    server: Server, http: Http, once: bool, error: type[Exception]
) -> None:
    server.answers = [answer_with(503, b"", Retry_After="40")]
    with pytest.raises(error) as caught:
        await http.call("acme", "POST", server.url, json={}, repeatable=not once)
    assert len(server.seen) == 1
    assert getattr(caught.value, "retry_after", 40.0) == 40.0


@pytest.mark.parametrize("body", [b"<html>sign in</html>", b"", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000])
async def test_an_answer_that_is_no_object_is_transient_or_ambiguous(server: Server, http: Http, body: bytes) -> None:
    server.answers = [answer_with(200, body), answer_with(200, body)]
    with pytest.raises(Transient, match="non-JSON"):
        (await http.call("acme", "GET", server.url)).json_object()
    with pytest.raises(Ambiguous, match="non-JSON"):
        (await http.call("acme", "GET", server.url, repeatable=False)).json_object()


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 409, 422])
async def test_other_statuses_are_the_callers_to_judge(server: Server, http: Http, status: int) -> None:
    server.answers = [answer_with(status, b"{}", Location="http://127.0.0.1:1/elsewhere")]
    assert (await http.call("acme", "GET", server.url)).status == status
    assert len(server.seen) == 1


async def test_an_endless_answer_is_not_kept(server: Server, http: Http) -> None:
    server.answers = [answer_with(200, b" " * (MAX_BODY + 1))]
    with pytest.raises(Ambiguous):
        await http.call("acme", "GET", server.url, repeatable=False)


async def test_cookies_are_not_carried_from_one_call_to_the_next(server: Server, http: Http) -> None:
    server.answers = [answer_with(200, b"{}", Set_Cookie="session=1; Path=/")]
    await http.call("acme", "GET", server.url)
    await http.call("acme", "GET", server.url)
    assert "Cookie" not in server.seen[1][2]


async def test_proxies_of_the_environment_are_not_used(
    server: Server, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    client = Http(clock)
    assert (await client.call("acme", "GET", server.url)).ok
    await client.aclose()


@pytest.mark.parametrize("url", ["ftp://host/", "nonsense", "http://[::1", "http://host:port/"])
async def test_a_url_that_cannot_be_used_is_a_misconfiguration(http: Http, url: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        await http.call("acme", "GET", url)
    assert caught.value.account == "acme"


@pytest.mark.parametrize("key", ["se\ncret", "se\0cret", "seկret"])
async def test_a_key_with_stray_characters_is_a_misconfiguration_that_does_not_quote_it(
    server: Server, http: Http, key: str
) -> None:
    with pytest.raises(Misconfigured) as caught:
        await http.call("acme", "GET", server.url, headers={"Authorization": f"Bearer {key}"})
    assert "cret" not in str(caught.value)
    assert server.seen == []


async def test_neither_errors_nor_logs_hold_a_query_a_header_or_a_body(
    server: Server, http: Http, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers = [cut, answer_with(200, b"{}"), answer_with(500, b"hush-body")]
    url, headers = f"{server.url}/hush-path?sig=hush-query", {"Authorization": "Bearer hush-token"}
    said = ""
    for _ in range(3):
        try:
            await http.call("acme", "POST", url, headers=headers, json={"text": "hush"}, repeatable=False)
        except Ambiguous as error:
            said += repr(error) + str(error.__cause__)
    assert said
    assert "hush" not in said
    assert "hush" not in caplog.text


# streams


async def test_a_download_comes_in_pieces_with_status_and_headers(server: Server, http: Http) -> None:
    content = bytes(range(256)) * 4096
    server.answers = [answer_with(206, content, Content_Range="bytes 0-1/2")]
    async with http.stream_get("slack", f"{server.url}/f", {"Range": "bytes=0-"}) as download:
        pieces = [piece async for piece in download.chunks]
        assert (download.status, download.headers["content-range"]) == (206, "bytes 0-1/2")
    assert b"".join(pieces) == content
    assert max(map(len, pieces)) <= 256 * 1024
    assert server.seen[0][2]["Accept-Encoding"] == "identity"


async def test_a_download_that_is_cut_is_transient(server: Server, http: Http) -> None:
    async def half(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"x" * 10)
        return await cut(request)

    async def download_whole() -> int:
        async with http.stream_get("slack", server.url) as download:
            return sum([len(chunk) async for chunk in download.chunks])

    server.answers = [half]
    with pytest.raises(Transient):
        await download_whole()


@pytest.mark.parametrize(("status", "error"), [(429, RateLimited), (503, Transient)])
async def test_a_download_that_is_refused_for_now_says_so(
    server: Server, http: Http, status: int, error: type[Exception]
) -> None:
    server.answers = [answer_with(status, Retry_After="9")]
    with pytest.raises(error):
        async with http.stream_get("slack", server.url):
            pass


async def test_a_redirect_of_a_download_is_not_followed(server: Server, http: Http) -> None:
    server.answers = [answer_with(302, Location=f"{server.url}/login")]
    async with http.stream_get("slack", server.url, {"Authorization": "Bearer x"}) as download:
        assert download.status == 302
    assert len(server.seen) == 1


async def test_an_abandoned_download_gives_its_connection_back(server: Server, clock: StillClock) -> None:
    client = Http(clock, connections=1)
    server.answers = [answer_with(200, b"x" * 10_000_000)]
    async with client.stream_get("slack", server.url) as download:
        await anext(download.chunks)
    assert (await client.call("acme", "GET", server.url, timeout=5)).ok
    await client.aclose()


async def pieces_of(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def test_an_upload_has_a_length_and_goes_to_the_url_as_it_is_written(server: Server, http: Http) -> None:
    meter = Meter()
    target = "/k%2f1/{x}/../a%20b?X-Sig=a%2Fb%2fc+d~&e=&e='1'|{2}&z"
    answer = await http.put_stream(
        "acme", server.url + target, {"Content-Type": "audio/mpeg"}, 5500, pieces_of(b"x" * 5500), meter.progress
    )
    method, path, headers, body = server.seen[0]
    assert (answer.ok, method, path, body, meter.share) == (True, "PUT", target, b"x" * 5500, 1.0)
    assert headers["Content-Length"] == "5500"
    assert "Transfer-Encoding" not in headers
    assert "Authorization" not in headers


@pytest.mark.parametrize("size", [5499, 5501, 5000, 6000])
async def test_a_source_of_another_length_is_never_uploaded_whole(server: Server, http: Http, size: int) -> None:
    with pytest.raises(Transient, match="source"):
        await http.put_stream("acme", server.url, {}, size, pieces_of(b"x" * 5500), Meter().progress)
    assert all(body == b"(cut)" for *_, body in server.seen)


async def test_an_upload_cut_after_its_last_byte_is_ambiguous(server: Server, http: Http) -> None:
    server.answers = [cut]
    with pytest.raises(Ambiguous):
        await http.put_stream("acme", server.url, {}, 5500, pieces_of(b"x" * 5500), Meter().progress)


async def test_an_upload_whose_answer_comes_drop_by_drop_ends_in_time(server: Server, http: Http) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(b" ")
            await asyncio.sleep(0.05)
        return response

    server.answers = [drip]
    with pytest.raises(Ambiguous):
        await http.put_stream("acme", server.url, {}, 5500, pieces_of(b"x" * 5500), Meter().progress, timeout=0.4)


async def test_an_upload_whose_source_breaks_raises_what_the_source_raised(server: Server, http: Http) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield b"x" * 1000
        yield b"x" * 1000
        raise Misconfigured("slack", "the token was revoked")

    with pytest.raises(Misconfigured, match="revoked"):
        await http.put_stream("acme", server.url, {}, 5500, breaking(), Meter().progress)


async def test_a_compressed_answer_is_read(server: Server, http: Http) -> None:
    packed = gzip.compress(b'{"text": "hello"}')
    server.answers = [answer_with(200, packed, Content_Encoding="gzip")]
    assert (await http.call("acme", "GET", server.url)).json_object() == {"text": "hello"}
    server.answers = [answer_with(200, zlib.compress(b'{"text": "hello"}'), Content_Encoding="deflate")]
    assert (await http.call("acme", "GET", server.url)).json_object() == {"text": "hello"}


async def test_a_bomb_is_stopped_at_the_limit_and_takes_little_memory(server: Server, http: Http) -> None:
    packed = gzip.compress(bytes(512 * 2**20), compresslevel=9)
    assert len(packed) < 2**20
    server.answers = [answer_with(200, packed, Content_Encoding="gzip")] * 3
    tracemalloc.start()
    try:
        with pytest.raises(Transient, match="answer of more than"):
            await http.call("acme", "GET", server.url)
        assert tracemalloc.get_traced_memory()[1] < 4 * MAX_BODY
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip"])
async def test_what_cannot_be_inflated_is_tried_again(server: Server, http: Http, encoding: str) -> None:
    server.answers = [answer_with(200, b"this is no such thing", Content_Encoding=encoding)] * 3
    with pytest.raises(Transient, match=r"encoding|inflate"):
        await http.call("acme", "GET", server.url)


async def test_a_call_that_found_no_free_connection_never_left(server: Server, clock: StillClock) -> None:
    client = Http(clock, connections=1)
    entered = asyncio.Event()

    async def held(request: web.Request) -> web.StreamResponse:
        entered.set()
        return await hang(request)

    server.answers = [held]
    holding = asyncio.create_task(client.call("acme", "POST", server.url, json={}, repeatable=False))
    try:
        await asyncio.wait_for(entered.wait(), 30)
        with pytest.raises(Transient, match="no connection"):
            await client.call("acme", "POST", server.url, json={}, repeatable=False, timeout=4.0)
        assert len(server.seen) == 1
    finally:
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)
        await client.aclose()
