"""Sends requests, tries again where that is safe, and classifies each failure once:

    no connection (refused, no such name, no free slot)     Transient: the request never left
    cut or silent after the request left, 408, 425, 5xx     Transient; Ambiguous for a call that is not `repeatable`
    429, and 503 with a Retry-After                         RateLimited, with Retry-After in seconds or as a date
    a request that cannot be written (bad URL, bad header)  Misconfigured
    anything else                                           an `Answer`, for the caller to judge

Details in exceptions name the method and the host, never a path, a query, a header or a body: URLs may be signed
and headers carry tokens.
"""

import asyncio
import json as jsonlib
import logging
import random
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpcore
import httpx

from bot.domain.errors import Ambiguous, Misconfigured, RateLimited, StepError, Transient
from bot.http.answers import MAX_BODY, Answer, retry_after
from bot.http.inflate import CompressionError, TooLargeError, read_body
from bot.http.transport import CHUNK, Transport
from bot.network import Network
from bot.ports.audio import Progress
from bot.ports.clock import Clock

QUICK_RETRIES = 2
DEFAULT_HEADERS = {"Accept": "*/*", "Accept-Encoding": "gzip, deflate", "User-Agent": "threadscribe"}
FULL = 64 * 1024  # a source that gives less at a time is slower than we are: what it gives is passed on at once

Acquire = Callable[[], Awaitable[None]]
"""Waits for one call of a rate budget; awaited before every attempt, quick retries included."""

_NOT_SENT = (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout, httpcore.ProxyError)
_UNWRITABLE = (httpx.InvalidURL, httpcore.UnsupportedProtocol, httpcore.LocalProtocolError, UnicodeError)
_FAILURES = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    httpx.HTTPError,  # a body that does not decode
    httpx.InvalidURL,
    UnicodeError,
)


@dataclass(frozen=True, slots=True)
class Stream:
    """An open download: `chunks` gives the bytes as they came, at most `CHUNK` each, and raises `Transient` if cut."""

    status: int
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]


class Http:
    """A shared pool of connections: no redirects, no cookies, proxies by the settings only."""

    def __init__(self, clock: Clock, network: Network | None = None, *, connections: int = 64) -> None:
        for name in ("httpx", "httpcore"):
            # They log whole URLs (INFO) and headers (DEBUG): signatures and tokens would reach the log.
            logging.getLogger(name).setLevel(logging.WARNING)
        self._clock = clock
        self._network = network or Network()
        self._transport = Transport(self._network.trust, connections)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._transport.aclose()

    async def call(
        self,
        account: str,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        content: bytes | None = None,
        timeout: float = 30.0,
        repeatable: bool = True,
        acquire: Acquire | None = None,
        retry_default: float = 5.0,
        every_status: bool = False,
    ) -> Answer:
        """Send a small request and read the whole answer, within `timeout` seconds.

        A `Misconfigured` parks `account`. A call that is not `repeatable` must not happen twice: it is sent
        once, and is `Ambiguous` when it may have been received; other calls get two quick repeats. `acquire` is
        awaited before each attempt. `retry_default` seconds stand in for a missing Retry-After. With `every_status`
        429 and 5xx are answers too, for the caller to judge by their body.
        """
        source = _source(method, url)
        sent = dict(headers or {})
        if json is not None:
            content = jsonlib.dumps(json, ensure_ascii=False).encode()
            sent.setdefault("Content-Type", "application/json")
        for attempt in range(1 + QUICK_RETRIES):
            if acquire is not None:
                await acquire()
            try:
                answer = await self._exchange(account, method, url, sent, content, timeout, repeatable)
                return answer if every_status else self._unless_busy(account, answer, retry_default)
            except RateLimited:
                raise
            except Transient:
                if not repeatable or attempt == QUICK_RETRIES:
                    raise
            await self._clock.sleep(random.uniform(0.1, 0.5) * 2**attempt)  # noqa: S311  # jitter, not a secret
        raise AssertionError(f"{source}: unreachable")

    async def _exchange(
        self,
        account: str,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None,
        timeout: float,
        repeatable: bool,
    ) -> Answer:
        source = _source(method, url)
        try:
            async with asyncio.timeout(timeout):
                # Half of it for a free connection: a wait that ends by itself shows that nothing was sent.
                response = await self._send(method, url, headers, timeout, content, pool=timeout / 2)
                try:
                    encoding = response.headers.get("content-encoding", "")
                    body = await read_body(response.aiter_raw(), encoding, MAX_BODY)
                finally:
                    await response.aclose()
        except (TooLargeError, CompressionError) as error:
            detail = f"{source}: {str(error) or f'answer of more than {MAX_BODY} bytes'}"
            raise (Transient(detail) if repeatable else Ambiguous(detail)) from None
        except (*_FAILURES, TimeoutError) as error:
            raise _classify(error, account, source, repeatable) from None  # the cause may quote the URL or a header
        return Answer(response.status_code, dict(response.headers), body, source, repeatable)

    async def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        timeout: float,
        content: bytes | AsyncIterator[bytes] | None = None,
        extensions: Mapping[str, bytes] | None = None,
        pool: float | None = None,
    ) -> httpx.Response:
        """The head of the answer; its body has to be read or closed."""
        request = httpx.Request(
            method,
            url,
            headers={**DEFAULT_HEADERS, **headers},
            content=content,
            extensions={"timeout": _limits(timeout, pool), **(extensions or {})},
        )
        return await self._transport.send(request, self._network.proxy_for(url))

    @asynccontextmanager
    async def stream_get(
        self,
        account: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        timeout: float = 60.0,
        retry_default: float = 5.0,
    ) -> AsyncGenerator[Stream, None]:
        """Open a download; `timeout` is the longest silence in seconds.

        429 and 5xx raise; every other status, redirects included, is the caller's to judge before it reads.
        """
        source = _source("GET", url)
        sent = {**(headers or {}), "Accept-Encoding": "identity"}
        try:
            response = await self._send("GET", url, sent, timeout)
        except _FAILURES as error:
            raise _classify(error, account, source, repeatable=True) from None  # the cause may quote the URL
        try:
            found = dict(response.headers)
            self._unless_busy(account, Answer(response.status_code, found, b"", source), retry_default)
            if found.get("content-encoding", "identity").lower() != "identity":
                raise Transient(f"{source}: compressed although it was asked not to be")
            chunks = self._chunks(response, account, source)
            try:
                yield Stream(response.status_code, found, chunks)
            finally:
                await chunks.aclose()
        finally:
            await response.aclose()

    @staticmethod
    async def _chunks(response: httpx.Response, account: str, source: str) -> AsyncGenerator[bytes, None]:
        try:
            async for chunk in response.aiter_raw():
                yield chunk
        except _FAILURES as error:
            raise _classify(error, account, source, repeatable=True) from None  # the cause may quote the URL

    async def put_stream(
        self,
        account: str,
        url: str,
        headers: Mapping[str, str],
        size: int,
        chunks: AsyncIterator[bytes],
        progress: Progress,
        *,
        timeout: float = 120.0,
    ) -> Answer:
        """PUT exactly `size` bytes to `url` as it is written, with Content-Length, never chunked; never repeated.

        Raises `Transient` when the body cannot have arrived whole, `Ambiguous` when it may have, and whatever
        `chunks` raises. `timeout` is the longest silence in seconds.
        """
        source = _source("PUT", url)
        sent = 0

        async def counted() -> AsyncGenerator[bytes, None]:
            nonlocal sent
            held: list[bytes] = []  # leave only when more has come, so too long a body never arrives whole
            waiting = last = read = 0
            async for chunk in chunks:
                read += len(chunk)
                if read > size:
                    raise Transient(f"the source gave more than the {size} bytes it announced")
                if waiting and chunk and (waiting >= CHUNK or last < FULL):
                    sent += waiting
                    yield b"".join(held)
                    held.clear()
                    waiting = 0
                    await progress(sent / size)
                held.append(chunk)
                waiting, last = waiting + len(chunk), len(chunk)
            if read < size:
                raise Transient(f"the source ended after {read} of {size} bytes")
            sent = size  # before it is written: from here on, all may have arrived
            yield b"".join(held)
            held.clear()
            limit.reschedule(asyncio.get_running_loop().time() + timeout)  # an answer that comes drop by drop ends, too
            await progress(1.0)

        whole = {**headers, "Content-Length": str(size), "Accept-Encoding": "identity"}
        try:
            async with asyncio.timeout(None) as limit:
                response = await self._send("PUT", url, whole, timeout, counted() if size else b"", as_written(url))
                try:
                    body = await _head_of(response)
                finally:
                    await response.aclose()
        except (*_FAILURES, TimeoutError) as error:
            raise _classify(error, account, source, repeatable=sent < size) from None  # the cause may quote the URL
        answer = Answer(response.status_code, dict(response.headers), body, source)
        return self._unless_busy(account, answer, 5.0)

    def _unless_busy(self, account: str, answer: Answer, retry_default: float) -> Answer:
        announced = answer.status == 503 and answer.repeatable and "retry-after" in answer.headers
        if answer.status == 429 or announced:
            pause = retry_after(answer.headers, self._clock.now(), retry_default)
            said = "out of service" if announced else "too many calls"
            raise RateLimited(f"{answer.source}: {said}, wait {pause:.0f} s", pause, account)
        if answer.status >= 500 or answer.status in (408, 425):
            detail = f"{answer.source}: status {answer.status}"
            raise Transient(detail) if answer.repeatable else Ambiguous(detail)
        return answer


def _limits(seconds: float, pool: float | None) -> dict[str, float | None]:
    return httpx.Timeout(seconds, connect=min(10.0, seconds), pool=pool or seconds).as_dict()


def _source(method: str, url: str) -> str:
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    return f"{method} {host or '(no host)'}"


def as_written(url: str) -> dict[str, bytes]:
    """The request target exactly as written: httpx would re-quote it, and a signature covers each character."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return {}
    start = url.find("//") + len("//") + len(parts.netloc)
    target = url[start:].partition("#")[0]
    target = target if target.startswith("/") else f"/{target}"
    if target.isascii() and all("!" <= character <= "~" for character in target):
        return {"target": target.encode("ascii")}
    return {}


async def _head_of(response: httpx.Response) -> bytes:
    body = b""
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > 65536:
            break
    return body


def _classify(error: Exception, account: str, source: str, repeatable: bool) -> StepError:
    if isinstance(error, _UNWRITABLE):
        return Misconfigured(account, f"{source}: the request cannot be written: check the URL and the key")
    if isinstance(error, _NOT_SENT):
        return Transient(f"{source}: {why_not_connected(error)}")
    detail = f"{source}: no answer ({type(error).__name__})"
    return Transient(detail) if repeatable else Ambiguous(detail)


def why_not_connected(error: BaseException) -> str:
    """Why there is no connection, in words that cannot hold a secret."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return f"the certificate does not verify ({seen.verify_message})"
        if isinstance(seen, ssl.SSLError):
            return "the TLS handshake failed"
        if isinstance(seen, socket.gaierror):
            return "the host name does not resolve"
        if isinstance(seen, ConnectionRefusedError):
            return "the connection was refused"
        seen = seen.__cause__ or seen.__context__
    return f"no connection ({type(error).__name__})"
