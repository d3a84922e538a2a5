"""A recording cut into pieces where it is quietest, and a piece written as a file. Runs in a child.

The cuts depend on the samples alone, so that a restart cuts in the same places.
"""

import wave
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

RATE = 16_000  # Hz: what speech recognition works with
SEARCHED = 30  # seconds before the longest possible cut in which the quietest moment is looked for
_WINDOW = RATE // 2  # samples whose energy is compared
_HOP = RATE // 20

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of samples at `RATE`, the last axis is time; `start` in seconds."""

    number: int
    start: float
    samples: Samples


def cut(samples: Iterable[Samples], longest: float, shortest: float = 0.0) -> Iterator[Piece]:
    """Pieces of at most `longest` seconds that together are all the samples: mono, or [channels, samples].

    None is shorter than `shortest` seconds unless the whole recording is; `longest` is at least twice that plus
    `SEARCHED`.
    """
    limit, least = int(longest * RATE), int(shortest * RATE)
    waiting: list[Samples] = []
    length, number, start = 0, 0, 0
    for part in samples:
        waiting.append(part)
        length += part.shape[-1]
        while length >= limit + least and length > 0:
            whole = np.concatenate(waiting, axis=-1)
            at = quietest(whole[..., :limit])
            yield Piece(number, start / RATE, whole[..., :at])
            number, start = number + 1, start + at
            waiting, length = [whole[..., at:].copy()], length - at
    if not length:
        return
    whole = np.concatenate(waiting, axis=-1)
    if length > limit:
        at = quietest(whole[..., : min(limit, length - least)])
        yield Piece(number, start / RATE, whole[..., :at])
        number, start, whole = number + 1, start + at, whole[..., at:]
    yield Piece(number, start / RATE, whole)


def quietest(samples: Samples) -> int:
    """The sample in the last `SEARCHED` seconds around which half a second is quietest; the latest of several."""
    count = int(samples.shape[-1])
    first = max(0, count - SEARCHED * RATE)
    if count - first <= _WINDOW:
        return count
    energy = energies(samples[..., first:], _WINDOW)[::_HOP]
    # Rounding in the running sum must not choose between stretches of equal silence.
    quiet = np.flatnonzero(energy <= energy.min() + 1e-9)
    return int(first + quiet[-1] * _HOP + _WINDOW // 2)


def energies(samples: Samples, window: int) -> NDArray[np.float64]:
    """The energy of each `window` samples, by their first one; of all channels together."""
    squares = np.square(samples, dtype=np.float64).reshape(-1, samples.shape[-1]).sum(0)
    sums = np.concatenate(([0.0], np.cumsum(squares)))
    found: NDArray[np.float64] = sums[window:] - sums[:-window]
    return found


def write_piece(path: Path, samples: Samples) -> None:
    """Write mono samples at `RATE` as 16-bit FLAC or WAV, by the extension of `path`. The same samples, the same bytes.

    At most 10,000 bytes and 32,200 a second: FLAC stores noise as it is, with a few bytes for each frame.
    """
    if path.suffix == ".wav":
        with wave.open(str(path), "wb") as sink:
            sink.setnchannels(1)
            sink.setsampwidth(2)
            sink.setframerate(RATE)
            for pcm in _pcm(samples):
                sink.writeframes(pcm.tobytes())
        return
    with av.open(str(path), "w", format="flac", options={"fflags": "+bitexact"}) as target:
        stream = target.add_stream("flac", rate=RATE, layout="mono")
        stream.format = av.AudioFormat("s16")
        at = 0
        for pcm in _pcm(samples):
            frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE, at
            at += len(pcm)
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))


def _pcm(samples: Samples) -> Iterator[NDArray[np.int16]]:
    """The samples as 16-bit numbers, ten seconds at a time: a piece is held in memory once and not four times."""
    for at in range(0, len(samples), RATE * 10):
        yield (np.clip(samples[at : at + RATE * 10], -1.0, 1.0) * 32767).astype(np.int16)
