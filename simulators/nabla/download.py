"""Nabla's download of `file_url`: no credentials, no redirects, audio only."""

import asyncio
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

import aiohttp

from simulators.provider.uploads.media import Content, Intake

_PIECE: Final = 1024 * 1024
_CHUNK: Final = 256 * 1024
_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=30)
_SLACK_HOSTS: Final = ("slack.com", "slack-files.com", "slack-edge.com")


class UnfitUrlError(Exception):
    """A `file_url` that no retry can help. `kind` is the violation's slug."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class DownloadError(Exception):
    """The download failed in a way that a retry may fix."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """One request for a `file_url`. `status` 0 means no answer."""

    at: float
    job: str
    method: str
    url: str
    status: int
    content_type: str = ""
    range: str = ""


def check_url(url: str) -> None:
    """Raise UnfitUrlError unless `url` is HTTPS, or plain HTTP on the loopback, and not Slack's own."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if any(host == slack or host.endswith(f".{slack}") for slack in _SLACK_HOSTS):
        raise UnfitUrlError("slack-url", "file_url must be reachable without a credential")
    if parts.scheme == "https" and host:
        return
    if parts.scheme == "http" and _is_loopback(host):
        return
    raise UnfitUrlError("file-url-not-https", "file_url must be an HTTPS URL")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Downloader:
    """Fetches recordings; `fetches` records every request."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.fetches: list[Fetch] = []

    async def fetch(
        self, job: str, url: str, style: Literal["get", "head", "ranges"], spacing: tuple[float, ...]
    ) -> Content:
        """Return the recording at `url`; after a failure it is tried again, `spacing` seconds later each time.

        Raises UnfitUrlError or, when the last try failed, DownloadError.
        """
        for wait in (*spacing, None):
            try:
                return await self._try(job, url, style)
            except (aiohttp.ClientError, TimeoutError, OSError, DownloadError) as error:
                if wait is None:
                    raise DownloadError(f"The file could not be downloaded: {type(error).__name__}") from error
                await asyncio.sleep(wait)
        raise AssertionError("unreachable: the last wait is None")

    async def _try(self, job: str, url: str, style: str) -> Content:
        intake = Intake()
        async with aiohttp.ClientSession(timeout=_TIMEOUT, auto_decompress=False) as session:
            if style == "head":
                async with session.head(url, allow_redirects=False) as answer:
                    self._judge(job, url, answer, 200)
            if style != "ranges":
                async with session.get(url, allow_redirects=False) as answer:
                    self._judge(job, url, answer, 200)
                    await _read(answer, intake)
                return await intake.content()
            total = 1
            while intake.size < total:
                wanted = f"bytes={intake.size}-{intake.size + _PIECE - 1}"
                async with session.get(url, headers={"Range": wanted}, allow_redirects=False) as answer:
                    self._judge(job, url, answer, 206, wanted)
                    total = _total(answer.headers.get("Content-Range", ""), intake.size)
                    await _read(answer, intake)
        return await intake.content()

    def _judge(self, job: str, url: str, answer: aiohttp.ClientResponse, wanted: int, piece: str = "") -> None:
        kind = answer.headers.get("Content-Type", "")
        self.fetches.append(Fetch(self._now(), job, answer.method, url, answer.status, kind, piece))
        if 300 <= answer.status < 400:
            raise UnfitUrlError("file-url-redirect", "file_url must not redirect")
        if answer.status >= 500:
            raise DownloadError(f"status {answer.status}")
        if answer.status != wanted:
            raise UnfitUrlError(
                "file-url-status", f"file_url answered {answer.status} to {answer.method} {piece}".strip()
            )
        if not kind.startswith("audio/"):
            raise UnfitUrlError("file-url-not-audio", f"file_url has the type {kind!r}, not audio/*")


async def _read(answer: aiohttp.ClientResponse, intake: Intake) -> None:
    async for chunk in answer.content.iter_chunked(_CHUNK):
        intake.feed(chunk)


def _total(content_range: str, start: int) -> int:
    """Return the whole size that a `Content-Range` states, which must begin at `start`."""
    unit, _, rest = content_range.partition(" ")
    place, _, total = rest.partition("/")
    if unit != "bytes" or not place.startswith(f"{start}-") or not total.isdigit():
        raise UnfitUrlError("file-url-range", f"bad Content-Range {content_range!r}")
    return int(total)
