"""Looking at a file through the few stretches of it that were fetched. Runs in the child."""

import io

import av
from av.container import InputContainer
from av.stream import Disposition

from bot.audio.formats import canonical_mime, is_media
from bot.audio.messages import Facts, Need, Probe, Refused
from bot.audio.sniff import family, is_locked, is_something_else
from bot.domain.errors import ProblemCode

_OGG_TAIL = 96 * 1024  # an Ogg page holds at most 64 KiB, and the last one has the time
_WEBM_TAIL = 256 * 1024
_FRAMES_WANTED = 2


class SparseFile(io.RawIOBase):
    """A file of which only some stretches are here; `missing` is the first offset that was wanted and is not."""

    def __init__(self, size: int, parts: list[tuple[int, bytes]]) -> None:
        self._size = size
        self._parts = parts
        self._at = 0
        self.missing: int | None = None

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Offset in bytes."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to an offset; the whole file's size counts from the end."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; none at the end and at a hole."""
        if self._at >= self._size or size == 0:
            return b""
        for start, data in self._parts:
            if start <= self._at < start + len(data):
                piece = data[self._at - start :][: size if size > 0 else None]
                self._at += len(piece)
                return piece
        if self.missing is None:
            self.missing = self._at
        return b""

    def covers(self, start: int) -> bool:
        """Whether everything from `start` to the end is here."""
        return bool(self.tail(start))

    def tail(self, start: int) -> bytes:
        """Everything from `start` to the end, or nothing if that is not here."""
        for at, data in self._parts:
            if at <= start and at + len(data) >= self._size:
                return data[start - at :]
        return b""


def look(request: Probe) -> Facts | Refused | Need:
    """What the file is, or which bytes are needed to tell."""
    parts: list[tuple[int, bytes]] = []
    at = 0
    for start, length in request.parts:
        parts.append((start, request.blob[at : at + length]))
        at += length
    head = parts[0][1]
    if any(is_locked(data) for _, data in parts):
        return Refused(ProblemCode.PROTECTED.value)
    patchwork = SparseFile(request.size, parts)
    try:
        with av.open(patchwork, mode="r", metadata_errors="replace") as container:
            return _describe(container, patchwork, request)
    except (av.FFmpegError, UnicodeDecodeError) as error:
        if patchwork.missing is not None and family(head) and not request.last:
            return Need(patchwork.missing)
        code = ProblemCode.NOT_AUDIO if is_something_else(head) else ProblemCode.CORRUPT
        return Refused(code.value, type(error).__name__)


def _describe(container: InputContainer, patchwork: SparseFile, request: Probe) -> Facts | Refused | Need:
    name = container.format.name
    if not is_media(name):
        return Refused(ProblemCode.NOT_AUDIO.value, name)
    if not request.last and "ogg" in name and not patchwork.covers(start := max(0, request.size - _OGG_TAIL)):
        return Need(start, request.size)
    if not container.streams.audio:
        if patchwork.missing is not None and not container.streams.video and not request.last:
            return Need(patchwork.missing)
        code = ProblemCode.NO_AUDIO_TRACK if container.streams.video else ProblemCode.NOT_AUDIO
        return Refused(code.value, name)
    stream = container.streams.audio[0]
    if stream.codec_context is None:
        return Refused(ProblemCode.NOT_CONVERTIBLE.value, name)  # type: ignore[unreachable]  # PyAV's stub knows no missing decoder
    has_video = any(not v.disposition & Disposition.attached_pic for v in container.streams.video)
    codec = stream.codec_context.codec.canonical_name
    seconds = _seconds(container)
    if seconds is None and "matroska" in name:
        start = max(0, request.size - _WEBM_TAIL)
        if not patchwork.covers(start) and not request.last:
            return Need(start, request.size)
        seconds = _last_webm_time(patchwork.tail(start))
    if not _decodes(container, patchwork):
        if patchwork.missing is not None and not request.last and not has_video:
            return Need(patchwork.missing)
        if patchwork.missing is None:
            return Refused(ProblemCode.CORRUPT.value, f"{name}/{codec}: no frame decodes")
    brand = container.metadata.get("major_brand", "")
    return Facts(name, codec, seconds, canonical_mime(name, codec, has_video, brand), has_video)


def _seconds(container: InputContainer) -> float | None:
    stream = container.streams.audio[0]
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / 1_000_000 if container.duration and container.duration > 0 else None


def _decodes(container: InputContainer, patchwork: SparseFile) -> bool:
    frames = 0
    try:
        for packet in container.demux(audio=0):
            try:
                frames += len(packet.decode())
            except av.InvalidDataError:
                continue
            if frames >= _FRAMES_WANTED or patchwork.missing is not None:
                break
    except (av.FFmpegError, EOFError):
        pass
    return frames > 0


def _last_webm_time(tail: bytes) -> float | None:
    """Seconds of the last block, for recorders that never write a duration (MediaRecorder); None if not found.

    Matroska: a Cluster (1F43B675) starts with its Timestamp (E7), SimpleBlocks (A3) count from it, in milliseconds
    by the default scale that MediaRecorder keeps.
    """
    at = tail.rfind(b"\x1f\x43\xb6\x75")
    if at < 0:
        return None
    at = _after_size(tail, at + 4)[0]
    stamp, last = -1, 0
    while at + 2 < len(tail):
        kind = tail[at]
        at, size = _after_size(tail, at + 1)
        if kind == 0xE7 and size <= 8:
            stamp = int.from_bytes(tail[at : at + size], "big")
        elif kind == 0xA3 and at + 3 <= len(tail):
            last = int.from_bytes(tail[at + 1 : at + 3], "big", signed=True)
        elif kind not in (0xA0, 0xA7, 0xAB, 0xEC, 0xBF):
            break
        at += size
    return (stamp + last) / 1000 if stamp >= 0 else None


def _after_size(data: bytes, at: int) -> tuple[int, int]:
    """Offset behind an EBML size at `at`, and the size."""
    first = data[at] if at < len(data) else 0x80
    length = 9 - first.bit_length() if first else 8
    return at + length, int.from_bytes(bytes([first & (0xFF >> length)]) + data[at + 1 : at + length], "big")
