"""The recording as blocks of up to three minutes, cut where it is quietest. Runs in the child.

A whole hour in one call of the engine takes gigabytes; blocks keep memory flat. The cuts depend on the samples alone,
so that a restart cuts in the same places and goes on behind the blocks that are stored.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.audio.reading import AudioReader

RATE = 16_000  # Hz: what Whisper hears
# Seconds of a block. Each block ends in a window of Whisper's 30 s that is half empty and costs as much as a full one:
# about 13.5 / LONGEST of the work. 120 s cost an eighth more CPU than the uncut file, 180 s a twelfth, in like memory.
LONGEST = 180
SEARCHED = 30  # seconds at its end in which the cut is made
_WINDOW = RATE // 2  # samples whose energy is compared
_HOP = RATE // 20

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of mono samples at `RATE`; `start` in seconds."""

    number: int
    start: float
    samples: Samples


class Recording:
    """The sound of a file. Use as a context; `total` is its announced length in seconds, if any.

    Raises `bot.audio.reading.UnusableAudio`.
    """

    def __init__(self, path: Path) -> None:
        self._reader = AudioReader(path, RATE)
        self.total = self._reader.announced

    def __enter__(self) -> "Recording":
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.__exit__()

    def samples(self) -> Iterator[Samples]:
        """Pieces of mono samples at `RATE`."""
        return self._reader.pieces()


def cut(pieces: Iterable[Samples]) -> Iterator[Block]:
    """Blocks of at most `LONGEST` seconds that together are all the samples."""
    limit = LONGEST * RATE
    waiting: list[Samples] = []
    length, number, start = 0, 0, 0
    for piece in pieces:
        waiting.append(piece)
        length += len(piece)
        while length >= limit:
            whole = np.concatenate(waiting)
            at = quietest(whole[:limit])
            yield Block(number, start / RATE, whole[:at])
            number, start = number + 1, start + at
            waiting, length = [whole[at:].copy()], length - at
    if length:
        yield Block(number, start / RATE, np.concatenate(waiting))


def quietest(samples: Samples) -> int:
    """The sample in the last `SEARCHED` seconds around which half a second is quietest; the latest of several."""
    first = max(0, len(samples) - SEARCHED * RATE)
    tail = samples[first:].astype(np.float64)
    if len(tail) <= _WINDOW:
        return len(samples)
    sums = np.concatenate(([0.0], np.cumsum(tail * tail)))
    energy = (sums[_WINDOW:] - sums[:-_WINDOW])[::_HOP]
    # Rounding in the running sum must not choose between stretches of equal silence.
    quiet = np.flatnonzero(energy <= energy.min() + 1e-9)
    return int(first + quiet[-1] * _HOP + _WINDOW // 2)
