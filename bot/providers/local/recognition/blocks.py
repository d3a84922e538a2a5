"""The recording as blocks of up to three minutes, cut where it is quietest. Runs in the child.

A whole hour in one call of the engine takes gigabytes; blocks keep memory flat. The cuts depend on the samples alone,
so that a restart cuts in the same places and goes on behind the blocks that are stored.
"""

from pathlib import Path

import numpy as np

from bot.audio.decoding.cutting import RATE, Piece, Samples, cut
from bot.audio.decoding.reading import AudioReader
from bot.providers.local.recognition.channels import is_separate

# Seconds of a block. Each block ends in a window of Whisper's 30 s that is half empty and costs as much as a full one:
# about 13.5 / LONGEST of the work. 120 s cost an eighth more CPU than the uncut file, 180 s a twelfth, in like memory.
LONGEST = 180
_PROBED = 120  # seconds of stereo sound by which a call with a speaker on each channel is known
_PROBED_AGAIN = 300  # seconds, where one channel was silent until then: somebody waits in line


class Recording:
    """A file that is read block by block, over several requests, from where the last one stopped. Close it.

    `total` is its announced length in seconds, if any; it ends after `longest` seconds. `separate`: it is a call with a
    speaker on each of two channels, which are then kept apart; else there is one channel, mixed as it is for other
    services. Raises `bot.audio.decoding.reading.UnusableAudio`.
    """

    def __init__(self, path: Path, longest: float) -> None:
        self._reader = AudioReader(path, RATE, longest)
        self.total = self._reader.announced
        try:
            self.separate = self._reader.is_stereo and _is_call(path)
        except BaseException:  # raised again: nobody else can close the reader
            self.close()
            raise
        sound = self._reader.stereo() if self.separate else (piece[None] for piece in self._reader.pieces())
        self._blocks = cut(sound, LONGEST)
        self.next = 0
        """The number of the block behind the last one that was read."""
        self.seconds = 0.0
        """Its end."""

    @property
    def overlong(self) -> bool:
        """Whether it was ended at `longest`, with more to come."""
        return self._reader.overlong

    def block(self, number: int) -> Piece | None:
        """Block `number`, [channels, samples], which must not lie before `next`; None behind the last one."""
        for block in self._blocks:
            self.next = block.number + 1
            self.seconds = block.start + block.samples.shape[1] / RATE
            if block.number == number:
                return block
        return None

    def close(self) -> None:
        """Close the file."""
        self._reader.__exit__()


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
