"""How far a file's length can be believed. Pure."""

from typing import Protocol

# FFmpeg takes the bit rate of the first frames for that of the whole file. MPEG-TS, MPEG-PS and NUT have times, but the
# last ones lie at the end of the file.
_GUESSED = frozenset({"aac", "loas", "ac3", "eac3", "dts", "amr", "mpegts", "mpeg", "nut"})
_MP3_INDEXES = (b"Xing", b"Info", b"VBRI")
_FIRST_FRAME = 2048  # bytes: the largest MPEG audio frame is shorter

_LEAST = 7200.0  # seconds that every file may have: silence takes next to nothing in some formats
_LEAST_RATE = 125.0  # bytes a second: half of what the slowest speech codecs take
_USUAL_RATE = 2000.0  # bytes a second: a file that holds no more than this is believed without its header
_SLACK = 60.0  # seconds


class Peeked(Protocol):
    """A file of which parts are here."""

    def peek(self, start: int, length: int) -> bytes:
        """Bytes at an offset, as many of them as are here."""
        ...


def is_length_guessed(container: str, file: Peeked) -> bool:
    """Whether what FFmpeg gives as the length of such a file is only an estimate from its first frames."""
    if container == "mp3":
        first = file.peek(_end_of_tag(file), _FIRST_FRAME)
        return not any(mark in first for mark in _MP3_INDEXES)
    return container in _GUESSED


def longest(size: int, announced: float | None) -> float:
    """The seconds after which the sound of a file of `size` bytes is no longer believed.

    A header may lie in both directions, and joined recordings are longer than the first of them says. So twice the
    announced length is allowed, or what the file would have at a low bit rate, but never more than its bytes can hold.
    """
    most = max(_LEAST, size / _LEAST_RATE)
    return most if announced is None else min(most, max(2 * announced + _SLACK, size / _USUAL_RATE))


def is_believable(size: int, announced: float) -> bool:
    """Whether a file of `size` bytes can hold as many seconds as it announces."""
    return announced <= max(_LEAST, size / _LEAST_RATE)


def _end_of_tag(file: Peeked) -> int:
    """The offset behind the ID3v2 tags at the start (id3.org, section 3.1: four bytes of seven bits)."""
    at = 0
    while (head := file.peek(at, 10))[:3] == b"ID3" and len(head) == 10:
        at += 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
    return at
