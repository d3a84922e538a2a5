"""Recordings made on the spot, in any format that PyAV writes, and sources that count or lie."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from numpy.typing import NDArray

from bot.audio.disk import DiskFile
from bot.domain.job import FileFacts

SAMPLES = Path(__file__).parents[3] / "simulators" / "samples"
Sound = NDArray[np.int16]


def tone(seconds: float, rate: int = 16_000, hertz: float = 440.0) -> Sound:
    times = np.arange(int(seconds * rate)) / rate
    return (8000 * np.sin(2 * np.pi * hertz * times)).astype(np.int16)


def noise(seconds: float, rate: int = 16_000) -> Sound:
    return np.random.default_rng(7).integers(-9000, 9000, int(seconds * rate)).astype(np.int16)


def record(
    path: Path,
    sound: Sound,
    codec: str,
    container: str | None = None,
    rate: int = 16_000,
    bit_rate: int = 0,
    video: bool = False,
    options: dict[str, str] | None = None,
) -> Path:
    """Write `sound` (mono, 16 bit, at `rate`) as `path`; with a black picture track on request."""
    with av.open(str(path), "w", format=container, options=options or {}) as out:
        track = out.add_stream(codec, rate=rate)
        assert isinstance(track, AudioStream)
        track.layout = "mono"
        if bit_rate:
            track.bit_rate = bit_rate
        if video:
            _picture(out, len(sound) / rate)
        context = track.codec_context
        assert context.format is not None
        resampler = av.AudioResampler(context.format.name, "mono", rate)
        frame = av.AudioFrame.from_ndarray(sound.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        fifo = av.AudioFifo()
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            fifo.write(piece)
        while (part := fifo.read(context.frame_size or 1024, partial=True)) is not None:
            out.mux(track.encode(part))
        out.mux(track.encode(None))
    return path


def silent_film(path: Path) -> Path:
    with av.open(str(path), "w") as out:
        _picture(out, 1.0)
    return path


def _picture(out: av.container.OutputContainer, seconds: float) -> None:
    track = out.add_stream("mpeg4", rate=5)
    assert isinstance(track, VideoStream)
    track.width, track.height, track.pix_fmt = 64, 48, "yuv420p"
    for number in range(max(1, int(seconds * 5))):
        picture = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
        picture.pts, picture.time_base = number, Fraction(1, 5)
        out.mux(track.encode(picture))
    out.mux(track.encode(None))


class CountingFile(DiskFile):
    """A file that remembers how often it was opened and how many bytes were taken from it."""

    opened = 0
    taken = 0

    @asynccontextmanager
    async def stream(self, start: int = 0, end: int | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
        self.opened += 1

        async def counted(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
            async for chunk in chunks:
                self.taken += len(chunk)
                yield chunk

        async with super().stream(start, end) as chunks:
            yield counted(chunks)


class Announced:
    """Bytes in memory that were announced with some other size."""

    def __init__(self, data: bytes, size: int, name: str = "talk.mp3") -> None:
        self._data = data
        self._facts = FileFacts(name=name, size=size)

    @property
    def facts(self) -> FileFacts:
        return self._facts

    @asynccontextmanager
    async def stream(self, start: int = 0, end: int | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
        async def chunks() -> AsyncIterator[bytes]:
            wanted = self._data[start:end]
            for at in range(0, len(wanted), 10_000):
                yield wanted[at : at + 10_000]

        yield chunks()
