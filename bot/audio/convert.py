"""Conversion of a file's audio track, packet by packet. Runs in the child.

LAME is driven directly: through PyAV's encoder an hour takes more than twice as long. Frames of speech at 24 kHz
(16 kHz for telephone recordings) keep everything that recognition uses.
"""

import wave
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Protocol

import av
import lameenc
from av.container import InputContainer
from av.stream import Discard

from bot.audio.formats import MP3
from bot.audio.messages import Refused, Transcode, Transcoded
from bot.domain.errors import ProblemCode

_BIT_RATE = 64  # kb/s
_QUALITY = 5  # LAME's own default trade of speed and quality
_WIDE = 24_000
_NARROW = 16_000
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
        self._encoder = lameenc.Encoder()
        self._encoder.silence()
        self._encoder.set_channels(1)
        self._encoder.set_in_sample_rate(rate)
        self._encoder.set_out_sample_rate(rate)
        self._encoder.set_bit_rate(_BIT_RATE)
        self._encoder.set_quality(_QUALITY)

    def write(self, pcm: bytes) -> None:
        """Add samples."""
        self._file.write(self._encoder.encode(pcm))

    def close(self) -> None:
        """Write what the encoder holds back."""
        self._file.write(self._encoder.flush())
        self._file.close()


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


class Decoding:
    """The audio track of `container` as mono 16-bit PCM of `rate`; packets that do not decode are skipped."""

    def __init__(self, container: InputContainer, rate: int, sample_format: str = "s16") -> None:
        self._container = container
        self._wanted = (sample_format, "mono", rate)
        self.skipped = 0  # bad packets
        self.position = 0  # bytes of the source behind the last packet

    def frames(self) -> Iterator[av.AudioFrame]:
        """Resampled frames to the end, or to where the file breaks off."""
        resampler, before = av.AudioResampler(*self._wanted), None
        for frame in self._raw():
            now = (frame.format.name, frame.layout.name, frame.sample_rate)
            if before is not None and now != before:
                # Joined recordings change their rate or channels on the way.
                yield from resampler.resample(None)
                resampler = av.AudioResampler(*self._wanted)
            before = now
            # Broken files have times that jump; samples simply follow each other.
            frame.pts = None
            yield from resampler.resample(frame)
        if before is not None:
            yield from resampler.resample(None)

    def _raw(self) -> Iterator[av.AudioFrame]:
        stream = self._container.streams.audio[0]
        packets = self._container.demux(stream)
        while True:
            try:
                packet = next(packets)
            except (StopIteration, av.FFmpegError, EOFError):
                return  # cut in mid-file: what was heard until here counts
            if packet.pos is not None and packet.pos > 0:
                self.position = packet.pos + packet.size
            try:
                frames = packet.decode()
            except av.FFmpegError:
                self.skipped += 1
                continue
            yield from frames


def target_rate(source_rate: int) -> int:
    """Sample rate in Hz that an audio track of `source_rate` is converted to."""
    return _WIDE if source_rate >= _WIDE else _NARROW


def transcode(order: Transcode, step: Callable[[float], None]) -> Transcoded | Refused:
    """Convert; `step` is told how much of the source is read (0..1)."""
    source, target = Path(order.source), Path(order.target)
    total = max(1, source.stat().st_size)
    try:
        container = av.open(str(source), mode="r", metadata_errors="replace")
    except (av.FFmpegError, UnicodeDecodeError) as error:
        return Refused(ProblemCode.CORRUPT.value, type(error).__name__)
    with container:
        if not container.streams.audio:
            return Refused(ProblemCode.NO_AUDIO_TRACK.value)
        stream = container.streams.audio[0]
        for other in container.streams:
            if other.index != stream.index:
                other.discard = Discard.all  # a film's pictures are not even read
        rate = target_rate(stream.codec_context.sample_rate)
        decoding = Decoding(container, rate)
        sink: Sink = Mp3Sink(target, rate) if order.form == MP3.name else WavSink(target, rate)
        samples = 0
        pending = bytearray()
        with closing(sink):
            for frame in decoding.frames():
                samples += frame.samples
                pending += memoryview(frame.planes[0])[: frame.samples * 2]
                if len(pending) >= _FLUSH:
                    sink.write(bytes(pending))
                    pending.clear()
                    step(min(1.0, samples / rate / order.seconds if order.seconds else decoding.position / total))
            sink.write(bytes(pending))
    if not samples:
        return Refused(ProblemCode.CORRUPT.value, f"{decoding.skipped} bad packets, no sound")
    return Transcoded(samples / rate, target.stat().st_size, decoding.skipped)
