"""Conversion of a recording into the mono MP3 or WAV that a provider takes. Runs in the child.

LAME is driven directly: through PyAV's encoder an hour takes more than twice as long. Frames of speech at 24 kHz
(16 kHz for telephone recordings) keep everything that recognition uses.
"""

import errno
import shutil
import wave
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Protocol

import lameenc
import numpy as np

from bot.audio.decoding.mixdown import Samples
from bot.audio.decoding.reading import AudioReader, UnusableAudio
from bot.audio.formats import MP3
from bot.audio.messages import Refused, Transcode, Transcoded
from bot.domain.errors import ProblemCode

_BIT_RATE = 64  # kb/s
_QUALITY = 5  # LAME's own default trade of speed and quality
MOST_BYTES_PER_SECOND = 48_000  # of what is written: WAV at 24 kHz
_FLUSH = 256 * 1024  # bytes of PCM between two writes


class Sink(Protocol):
    """Takes mono 16-bit PCM."""

    def write(self, pcm: bytes) -> None:
        """Add samples."""
        ...

    def close(self) -> None:
        """Finish the file."""
        ...


class Mp3Sink:
    """A constant bit rate MP3 file."""

    def __init__(self, path: Path, rate: int) -> None:
        self._file = path.open("wb")
        self._begun = False
        self._encoder = lameenc.Encoder()
        self._encoder.silence()
        self._encoder.set_channels(1)
        self._encoder.set_in_sample_rate(rate)
        self._encoder.set_out_sample_rate(rate)
        self._encoder.set_bit_rate(_BIT_RATE)
        self._encoder.set_quality(_QUALITY)

    def write(self, pcm: bytes) -> None:
        """Add samples."""
        if pcm:
            self._begun = True
            self._file.write(self._encoder.encode(pcm))

    def close(self) -> None:
        """Write what the encoder holds back."""
        with self._file:
            if self._begun:  # LAME refuses to finish what never began
                self._file.write(self._encoder.flush())


class WavSink:
    """A WAV file."""

    def __init__(self, path: Path, rate: int) -> None:
        self._file = wave.open(str(path), "wb")  # noqa: SIM115 - closed by close()
        self._file.setnchannels(1)
        self._file.setsampwidth(2)
        self._file.setframerate(rate)

    def write(self, pcm: bytes) -> None:
        """Add samples."""
        self._file.writeframes(pcm)

    def close(self) -> None:
        """Complete the header."""
        self._file.close()


def transcode(order: Transcode, step: Callable[[float], None]) -> Transcoded | Refused:
    """Convert; `step` is given the share of the source that is read (0..1).

    Stops at the limits of `order`, whatever the source's header says. Raises `OSError` (ENOSPC) when the disk is
    full but for the floor.
    """
    source, target = Path(order.source), Path(order.target)
    total = max(1, source.stat().st_size)
    try:
        with AudioReader(source, longest=order.longest) as reader:
            sink: Sink = (Mp3Sink if order.form == MP3.name else WavSink)(target, reader.rate)
            pending = bytearray()
            with closing(sink):
                for piece in reader.pieces():
                    pending += _pcm(piece)
                    if len(pending) >= _FLUSH:
                        sink.write(bytes(pending))
                        pending.clear()
                        if refusal := _over(order, target):
                            return refusal
                        step(min(1.0, reader.seconds / order.seconds if order.seconds else reader.position / total))
                sink.write(bytes(pending))
    except UnusableAudio as error:
        return Refused(error.code.value, error.detail)
    if reader.overlong:
        return Refused(ProblemCode.TOO_LONG.value, f"more than {order.longest:.0f} s in {total} bytes")
    if not reader.seconds:
        return Refused(ProblemCode.CORRUPT.value, f"{reader.skipped} bad packets, no sound")
    return _over(order, target) or Transcoded(reader.seconds, target.stat().st_size, reader.skipped)


def _over(order: Transcode, target: Path) -> Refused | None:
    size = target.stat().st_size
    if order.max_bytes is not None and size > order.max_bytes:
        return Refused(ProblemCode.TOO_LARGE.value, f"more than {order.max_bytes} bytes came out")
    if shutil.disk_usage(target.parent).free < order.floor:
        raise OSError(errno.ENOSPC, "the disk is full but for its floor")
    return None


def _pcm(samples: Samples) -> bytes:
    """16-bit little-endian PCM of samples within ±1; louder ones are clipped."""
    return np.clip(samples * 32768, -32768, 32767).astype("<i2").tobytes()
