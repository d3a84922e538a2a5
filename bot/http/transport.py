"""Connections, by httpcore's public interface: large reads, one pool for each proxy, targets exactly as written.

httpx reads at most 64 KiB at a time and has no setting for it; each piece costs the same Python whatever its size, so
a stream of 256 KiB pieces takes 40 % of the processor time (measured over 512 MiB from the loopback).
"""

import ssl
from collections.abc import AsyncGenerator, AsyncIterable, Iterable
from typing import Any, cast

import httpcore
import httpx

CHUNK = 256 * 1024  # bytes of one read
IDLE_CONNECTIONS = 16
IDLE_SECONDS = 5.0


class _LargeReads(httpcore.AsyncNetworkStream):
    """A stream whose reads may be as large as `CHUNK`."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._inner.read(max(max_bytes, CHUNK), timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return _LargeReads(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.AnyIOBackend):
    """TCP with large reads."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        return _LargeReads(await super().connect_tcp(host, port, timeout, local_address, socket_options))


class _Body(httpx.AsyncByteStream):
    def __init__(self, stream: AsyncIterable[bytes]) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        async for chunk in self._stream:
            yield chunk

    async def aclose(self) -> None:
        if hasattr(self._stream, "aclose"):
            await self._stream.aclose()


class Transport:
    """Pools of connections: one without a proxy, one for each proxy."""

    def __init__(self, trust: ssl.SSLContext, connections: int) -> None:
        self._trust = trust
        self._connections = connections
        self._pools: dict[str | None, httpcore.AsyncConnectionPool] = {}

    async def send(self, request: httpx.Request, proxy: str | None = None) -> httpx.Response:
        """The head of the answer; its body has to be read or closed. Raises httpcore's exceptions."""
        url = request.url
        response = await self._pool(proxy).handle_async_request(
            httpcore.Request(
                method=request.method.encode("ascii"),
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        stream = _Body(cast("AsyncIterable[bytes]", response.stream))
        return httpx.Response(response.status, headers=response.headers, stream=stream)

    def _pool(self, proxy: str | None) -> httpcore.AsyncConnectionPool:
        if proxy not in self._pools:
            self._pools[proxy] = httpcore.AsyncConnectionPool(
                ssl_context=self._trust,
                max_connections=self._connections,
                max_keepalive_connections=IDLE_CONNECTIONS,
                keepalive_expiry=IDLE_SECONDS,
                proxy=_proxy(proxy) if proxy else None,
                network_backend=_Backend(),
            )
        return self._pools[proxy]

    async def aclose(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            await pool.aclose()


def _proxy(address: str) -> httpcore.Proxy:
    url = httpx.URL(address)
    auth = (url.username.encode(), url.password.encode()) if url.username else None
    return httpcore.Proxy(url=str(url.copy_with(username="", password="")), auth=auth)
