"""The recording as blocks of up to three minutes, cut where it is quietest. Runs in the child.

A whole hour in one call of the engine takes gigabytes; blocks keep memory flat. The cuts depend on the samples alone,
so that a restart cuts in the same places and goes on behind the blocks that are stored.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from bot.audio.decoding import cutting
from bot.audio.decoding.cutting import RATE, Samples
from bot.audio.decoding.cutting import Piece as Block
from bot.audio.decoding.reading import AudioReader
from bot.providers.local.recognition.channels import is_separate

__all__ = ["LONGEST", "RATE", "Block", "Recording", "Samples", "cut"]

# Seconds of a block. Each block ends in a window of Whisper's 30 s that is half empty and costs as much as a full one:
# about 13.5 / LONGEST of the work. 120 s cost an eighth more CPU than the uncut file, 180 s a twelfth, in like memory.
LONGEST = 180
_PROBED = 120  # seconds of stereo sound by which a call with a speaker on each channel is known
_PROBED_AGAIN = 300  # seconds, where one channel was silent until then: somebody waits in line


class Recording:
    """The sound of a file, of at most `longest` seconds. Use as a context; `total` is its announced length, if any.

    `separate`: it is a call with a speaker on each of two channels, which are then kept apart; else there is one
    channel, mixed as it is for other services. Raises `bot.audio.decoding.reader.UnusableAudio`.
    """

    def __init__(self, path: Path, longest: float | None = None) -> None:
        self._reader = AudioReader(path, RATE, longest)
        self.total = self._reader.announced
        try:
            self.separate = self._reader.is_stereo and _is_call(path)
        except BaseException:  # raised again: nobody else can close the reader
            self._reader.__exit__()
            raise

    def __enter__(self) -> "Recording":
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.__exit__()

    @property
    def overlong(self) -> bool:
        """Whether it ended at `longest`, with more to come."""
        return self._reader.overlong

    def pieces(self) -> Iterator[Samples]:
        """Pieces [channels, samples] at `RATE`: two channels if they are `separate`, else one."""
        if self.separate:
            yield from self._reader.stereo()
        else:
            for piece in self._reader.pieces():
                yield piece[None]


def _is_call(path: Path) -> bool:
    """Whether the two channels of a file are two people; told by its first minutes."""
    heard: list[Samples] = []
    length, probed = 0, _PROBED * RATE
    with AudioReader(path, RATE) as reader:
        for piece in reader.stereo():
            heard.append(piece)
            length += piece.shape[1]
            if length >= probed:
                sound = np.concatenate(heard, axis=1)
                if is_separate(sound):
                    return True
                powers = np.square(sound).mean(1)
                if probed == _PROBED_AGAIN * RATE or powers.min() > powers.max() * 1e-3:
                    return False
                probed = _PROBED_AGAIN * RATE
    return bool(heard) and is_separate(np.concatenate(heard, axis=1))


def cut(pieces: Iterable[Samples]) -> Iterator[Block]:
    """Blocks of at most `LONGEST` seconds that together are all the samples; `pieces` are [channels, samples]."""
    return cutting.cut(pieces, LONGEST)
