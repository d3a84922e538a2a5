"""Looking at a file through the few stretches of it that were fetched. Runs in the child."""

import io

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Discard, Disposition

from bot.audio.decoding.lengths import is_length_guessed
from bot.audio.decoding.reading import TrackReader, decodable, is_sane, open_media, packets, why_unusable
from bot.audio.formats import canonical_mime
from bot.audio.messages import Facts, Need, Probe, Refused
from bot.audio.sniff import family, is_locked, unreadable_format
from bot.domain.errors import ProblemCode

_OGG_TAIL = 96 * 1024  # an Ogg page holds at most 64 KiB, and the last one has the time
_WEBM_TAIL = 256 * 1024
_FRAMES_WANTED = 2
_PHASE_RATE = 16_000
_PHASE_SECONDS = 10.0  # of the start, at most, in which channels of opposite phase are looked for
_COUNTED = 1024 * 1024  # bytes; a file of a guessed length that is no larger is fetched whole and counted
_BOXES = 64  # at most, before the index of an MP4
_LARGEST_INDEX = 22 * 1024 * 1024  # bytes: as much as is fetched at all


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

    def covers(self, start: int, end: int | None = None) -> bool:
        """Whether all bytes from `start` to `end` (that of the file by default) are here."""
        return self.gap(start, self._size if end is None else min(end, self._size)) is None

    def gap(self, start: int, end: int) -> int | None:
        """The first offset of [start, end) that is not here."""
        while start < end:
            known = [at + len(data) for at, data in self._parts if at <= start < at + len(data)]
            if not known:
                return start
            start = max(known)
        return None

    def peek(self, start: int, length: int) -> bytes:
        """Bytes at an offset, as many of them as are here, without moving."""
        for at, data in self._parts:
            if at <= start < at + len(data):
                return data[start - at :][:length]
        return b""

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
    if name := unreadable_format(head):
        return Refused(ProblemCode.NOT_CONVERTIBLE.value, name, name)
    file = SparseFile(request.size, parts)
    if not request.last and family(head) == "mp4" and (gap := _gap_of_index(file, request.size)):
        return gap
    try:
        with open_media(file) as container:
            return _describe(container, file, request)
    except (av.FFmpegError, UnicodeDecodeError) as error:
        if file.missing is not None and family(head) and not request.last:
            return Need(file.missing)
        code = ProblemCode.CORRUPT if family(head) else ProblemCode.NOT_AUDIO
        return Refused(code.value, type(error).__name__)


def _describe(container: InputContainer, file: SparseFile, request: Probe) -> Facts | Refused | Need:
    name = container.format.name
    if not request.last and "ogg" in name and not file.covers(start := max(0, request.size - _OGG_TAIL)):
        return Need(start, request.size)
    if not (readable := decodable(container)):
        if file.missing is not None and not request.last:
            return Need(file.missing)
        code, detail = why_unusable(container)
        return Refused(code.value, detail)
    stream = readable[0]
    has_video = any(not v.disposition & Disposition.attached_pic for v in container.streams.video)
    codec = stream.codec_context.codec.canonical_name
    seconds: float | None = None
    if not is_length_guessed(name, file):
        seconds = _seconds(container, stream)
        if seconds is None and "matroska" in name:
            start = max(0, request.size - _WEBM_TAIL)
            if not file.covers(start) and not request.last:
                return Need(start, request.size)
            seconds = _last_webm_time(file.tail(start))
    elif request.size <= _COUNTED:
        if not request.last and (gap := file.gap(0, request.size)) is not None:
            return Need(gap, request.size)
        seconds = _counted(request, stream.index)
    for other in container.streams:
        if other.index != stream.index:
            other.discard = Discard.all  # so that nothing is fetched for the sake of a film's pictures
    decodes, opposite = _tried(container, stream, file)
    if not decodes:
        if file.missing is not None and not request.last:
            return Need(file.missing)
        if file.missing is None:
            return Refused(ProblemCode.CORRUPT.value, f"{name}/{codec}: no frame decodes")
    brand = container.metadata.get("major_brand", "")
    mime = canonical_mime(name, codec, has_video, brand, len(container.streams.audio), opposite)
    return Facts(name, codec, seconds, mime, has_video)


def _gap_of_index(file: SparseFile, size: int) -> Need | None:
    """What is missing of an MP4's index (ISO 14496-12: boxes of size, type, content), wherever the fetches ended.

    FFmpeg makes do with half an index: it then knows some of the tracks, or some of their samples.
    """
    at = 0
    for _ in range(_BOXES):
        if at >= size:
            return None
        head = file.peek(at, 16)
        if len(head) < 16 and not file.covers(at, at + 16):
            return Need(file.gap(at, at + 16) or at)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        elif length == 0:
            length = size - at
        if length < 8:
            return None  # no box at all: FFmpeg may make something of it
        if head[4:8] == b"moov":
            end = min(at + length, size)
            gap = file.gap(at, end)
            return Need(gap, end) if gap is not None and length <= _LARGEST_INDEX else None
        at += length
    return None


def _seconds(container: InputContainer, stream: AudioStream) -> float | None:
    if stream.duration and stream.duration > 0 and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / 1_000_000 if container.duration and container.duration > 0 else None


def _counted(request: Probe, index: int) -> float | None:
    """The length of a whole file, from its packets. They are read again, because probing has consumed some."""
    with open_media(io.BytesIO(request.blob)) as container:
        (stream,) = (each for each in container.streams.audio if each.index == index)
        total = 0.0
        for packet in packets(container, [stream]):
            if packet.duration and packet.time_base:
                total += float(packet.duration * packet.time_base)
        return total or None


def _tried(container: InputContainer, stream: AudioStream, file: SparseFile) -> tuple[bool, bool]:
    """Whether sound decodes, and whether its channels are of opposite phase, as far as the start of the file tells."""
    frames, mono = 0, stream.codec_context.layout.nb_channels == 1
    track = TrackReader(_PHASE_RATE)
    for packet in packets(container, [stream]):
        try:
            for frame in packet.decode():
                frames += 1
                if not mono and is_sane(frame.sample_rate, frame.layout.nb_channels):
                    track.add(frame)
        except av.FFmpegError:
            continue
        enough = frames >= _FRAMES_WANTED and (mono or track.length >= _PHASE_SECONDS * _PHASE_RATE)
        if enough or file.missing is not None:
            break
    track.finish()
    return frames > 0, track.is_opposite


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
