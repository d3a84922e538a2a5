"""Where somebody speaks in a block: Silero's voice detection on levelled sound. Runs in the child.

Silero hears by level: at its usual threshold on the samples as they are it misses hoarse and quiet voices and the far
side of a telephone call (docs/performance.md). So the detection hears a levelled copy, at half the threshold; what is
no speech the model gives no words to, or `transcribe` drops them.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from faster_whisper.vad import get_vad_model
from numpy.typing import NDArray

from bot.audio.decoding.cutting import RATE

Floats = NDArray[np.float32]

_LEVEL = 0.1  # effective value that sound is brought to (-20 dBFS)
_MOST_GAIN = 100.0  # 40 dB: noise of the quietest recordings must not become a voice
_WINDOW = 4  # seconds of the windows that are heard by themselves
_FAR = 30.0  # a window 30 dB softer than its block is no far side of a call, but the noise between words
_FRAME = 512  # samples of one answer of Silero
_POSSIBLE, _WINDOWED, _CERTAIN = 0.25, 0.3, 0.5  # thresholds
_HYSTERESIS = 0.15  # speech goes on down to so much below the threshold
_JOINED = 2.0  # seconds of pause that stay within one span: the model hears them as a pause
_CERTAIN_JOINED = 0.3  # the same, of what certainly is speech
_PAD = 0.4  # seconds kept before and after a span
_LEAST = 0.1  # seconds of a span; less is a click


class Span(NamedTuple):
    """A stretch of time in seconds."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start


class Speech(NamedTuple):
    """Where there may be speech (padded, to be transcribed) and where there certainly is."""

    possible: list[Span]
    certain: list[Span]


def levelled(samples: Floats) -> Floats:
    """The samples at -20 dBFS, amplified by at most 40 dB."""
    loudness = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
    if loudness < 1e-9:
        return samples
    result: Floats = np.clip(samples * np.float32(min(_LEVEL / loudness, _MOST_GAIN)), -1, 1)
    return result


def find_speech(samples: Floats, heard: Iterable[Span] = ()) -> Speech:
    """The speech in mono samples at 16 kHz. `heard` are spans that another detection found: they are possible too."""
    length = len(samples) / RATE
    chances = _chances(levelled(samples))
    possible = [*_spans(chances, _POSSIBLE), *_windowed(samples), *heard]
    certain = _spans(chances, _CERTAIN)
    return Speech(joined(possible, _JOINED, _PAD, length), joined(certain, _CERTAIN_JOINED, 0.0, length))


def joined(spans: Iterable[Span], pause: float, pad: float, length: float) -> list[Span]:
    """The spans in order, each `pad` longer at both ends within 0 to `length`, closer ones than `pause` made one."""
    result: list[Span] = []
    for span in sorted(spans):
        if result and span.start - result[-1].end < pause:
            result[-1] = Span(result[-1].start, max(result[-1].end, span.end))
        else:
            result.append(span)
    return [Span(max(0.0, span.start - pad), min(length, span.end + pad)) for span in result]


def uncovered(spans: Sequence[Span], covers: Iterable[Span]) -> list[Span]:
    """The parts of `spans` that no cover touches."""
    rest = list(spans)
    for cover in covers:
        rest = [
            part
            for span in rest
            for part in (Span(span.start, min(span.end, cover.start)), Span(max(span.start, cover.end), span.end))
            if part.end > part.start
        ]
    return rest


def _chances(samples: Floats) -> NDArray[np.float32]:
    """Silero's probability of speech for each `_FRAME`."""
    padded = np.pad(samples, (0, -len(samples) % _FRAME + _FRAME))
    chances: NDArray[np.float32] = np.asarray(get_vad_model()(padded), np.float32).reshape(-1)
    return chances


def _windowed(samples: Floats) -> list[Span]:
    """Speech in windows of 4 s, each at a level of its own and heard without memory of what came before.

    Silero adapts to the voice that it hears: behind a near voice it misses a far one for seconds.
    """
    size = _WINDOW * RATE
    least = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) / _FAR if len(samples) else 0.0
    found: list[Span] = []
    for start in range(0, len(samples), size):
        window = samples[start : start + size]
        if float(np.sqrt(np.mean(np.square(window, dtype=np.float64)))) > least:
            at = start / RATE
            found += [Span(at + span.start, at + span.end) for span in _spans(_chances(levelled(window)), _WINDOWED)]
    return found


def _spans(chances: NDArray[np.float32], threshold: float) -> list[Span]:
    """Spans that begin at `threshold` and go on while the chance is not below it by `_HYSTERESIS`."""
    spans: list[Span] = []
    begun: int | None = None
    for frame, chance in enumerate(chances.tolist()):
        if begun is None and chance >= threshold:
            begun = frame
        elif begun is not None and chance < max(0.01, threshold - _HYSTERESIS):
            spans.append(Span(begun * _FRAME / RATE, frame * _FRAME / RATE))
            begun = None
    if begun is not None:
        spans.append(Span(begun * _FRAME / RATE, len(chances) * _FRAME / RATE))
    return [span for span in spans if span.seconds >= _LEAST]
