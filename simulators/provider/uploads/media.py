"""Audio as the provider receives it: hashed and measured while it streams, never kept whole."""

import asyncio
import hashlib
import io
from dataclasses import dataclass
from typing import Final

import av
from av.error import FFmpegError

from simulators.provider.ledger import SLACK_TOKEN
from simulators.provider.uploads.mpeg import mpeg_seconds

HEAD_LIMIT: Final = 16 * 1024 * 1024
"""Bytes of a recording that are kept for measuring; the length of a longer one is extrapolated."""

_OVERLAP: Final = 64


@dataclass(frozen=True, slots=True)
class Content:
    """A received recording. `container` is mp3, wav, flac, ogg, webm, m4a or `unknown`."""

    sha256: str
    size: int
    seconds: float
    container: str
    leaked_token: bool = False


class Intake:
    """Takes a recording in chunks; `content()` then says what it was."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._head = bytearray()
        self._tail = b""
        self._leaked = False
        self.size = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self._hash.update(chunk)
        self.size += len(chunk)
        if len(self._head) < HEAD_LIMIT:
            self._head += chunk[: HEAD_LIMIT - len(self._head)]
        window = self._tail + chunk
        if (b"xox" in window or b"xapp-" in window) and SLACK_TOKEN.search(window):
            self._leaked = True
        self._tail = window[-_OVERLAP:]

    async def content(self) -> Content:
        """Return what was received; measuring runs in a thread."""
        container = container_of(bytes(self._head[:64]))
        seconds = await asyncio.to_thread(_measure, bytes(self._head), self.size, container)
        if container == "mp3" and seconds == 0:
            container = "unknown"
        return Content(self._hash.hexdigest(), self.size, seconds, container, self._leaked)


def container_of(head: bytes) -> str:
    """Return the container by its first bytes, `unknown` when none is recognised."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"fLaC":
        return "flac"
    if head[:4] == b"OggS":
        return "ogg"
    if head[:4] == b"\x1aE\xdf\xa3":
        return "webm"
    if head[4:8] == b"ftyp":
        return "m4a"
    if head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return "mp3"
    return "unknown"


def _measure(head: bytes, size: int, container: str) -> float:
    scale = size / len(head) if head else 0.0
    if container == "mp3":
        return mpeg_seconds(head) * scale
    if container == "unknown":
        return 0.0
    try:
        with av.open(io.BytesIO(head), mode="r") as source:
            stream = source.streams.audio[0]
            base = stream.time_base
            seconds = 0.0
            for packet in source.demux(stream):
                if packet.pts is not None and base is not None:
                    seconds = max(seconds, float((packet.pts + (packet.duration or 0)) * base))
            return seconds * scale
    except (FFmpegError, IndexError):
        return 0.0
