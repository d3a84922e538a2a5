"""Speech of a block as clips that fit into one window of Whisper, and the way back to the recording's times.

Clips are cut at pauses, so that no word is torn, and each has one language. Runs in the child.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bot.audio.decoding.cutting import RATE, energies
from bot.providers.local.recognition.speech import Floats, Span

LONGEST = 29.0  # seconds: Whisper hears 30 at a time, and a longer clip would cost a second window
_SEARCHED = 8.0  # seconds at the end of a full clip in which it is cut
_QUIET = RATE // 4  # samples whose energy is compared


class Clip(NamedTuple):
    """Speech joined from one or more spans of a block."""

    samples: Floats
    spans: tuple[Span, ...]  # seconds of the block, in order

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / RATE

    def time(self, at: float) -> float:
        """The time in the block of a time in the clip; both in seconds."""
        starts: list[float] = np.cumsum([0.0] + [span.seconds for span in self.spans[:-1]]).tolist()
        index = max(0, bisect_right(starts, at) - 1)
        span = self.spans[index]
        return min(span.end, span.start + max(0.0, at - starts[index]))

    def halves(self) -> "tuple[Clip, Clip]":
        """Two clips, cut at the quietest moment of the middle third."""
        third = len(self.samples) // 3
        at = third + _quietest(self.samples[third : 2 * third])
        first, second = _cut(self.spans, at / RATE)
        return Clip(self.samples[:at], first), Clip(self.samples[at:], second)


def clips_of(samples: Floats, spans: Sequence[Span]) -> list[Clip]:
    """The spans of a block's samples as clips of at most `LONGEST` seconds, in order; nothing is left out."""
    clips: list[Clip] = []
    waiting: list[Span] = []
    for span in spans:
        if waiting and sum(s.seconds for s in waiting) + span.seconds > LONGEST:
            clips.append(_clip(samples, waiting))
            waiting = []
        waiting.append(span)
        while waiting[-1].seconds > LONGEST:
            long = waiting.pop()
            first = int((long.start + LONGEST - _SEARCHED) * RATE)
            at = (first + _quietest(samples[first : int((long.start + LONGEST) * RATE)])) / RATE
            clips.append(_clip(samples, [*waiting, Span(long.start, at)]))
            waiting = [Span(at, long.end)]
    if waiting:
        clips.append(_clip(samples, waiting))
    return clips


def _clip(samples: Floats, spans: Sequence[Span]) -> Clip:
    return Clip(np.concatenate([samples[int(s.start * RATE) : int(s.end * RATE)] for s in spans]), tuple(spans))


def _cut(spans: Sequence[Span], at: float) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """The spans before and after `at` seconds of their joined length."""
    first: list[Span] = []
    second: list[Span] = []
    passed = 0.0
    for span in spans:
        inside = min(max(0.0, at - passed), span.seconds)
        if inside > 0:
            first.append(Span(span.start, span.start + inside))
        if inside < span.seconds:
            second.append(Span(span.start + inside, span.end))
        passed += span.seconds
    return tuple(first), tuple(second)


def _quietest(samples: Floats) -> int:
    """The sample around which a quarter of a second is quietest; the middle of what is shorter."""
    if len(samples) <= _QUIET:
        return len(samples) // 2
    return int(energies(samples, _QUIET).argmin()) + _QUIET // 2
