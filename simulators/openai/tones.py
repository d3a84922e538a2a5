"""Recordings of tones, really analysed: each stretch of sound is a segment, and one pitch is one speaker.

With it a test proves that a recording was cut between words, put together at the right times, and who was who.
"""

import io
from collections.abc import Sequence
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from simulators.openai.speech import Utterance

RATE: Final = 16_000
_WINDOW: Final = RATE // 50
_LOUD: Final = 0.02
_GAP_WINDOWS: Final = 5  # a tenth of a second without sound ends a segment
_SHORTEST_WINDOWS: Final = 3
_SAME_PITCH: Final = 0.05


def listened(content: bytes) -> list[Utterance]:
    """Return each stretch of sound between silences as `tone N`, N its pitch in Hz rounded to tens. Blocking."""
    samples = _decode(content)
    count = len(samples) // _WINDOW
    windows = samples[: count * _WINDOW].reshape(count, _WINDOW)
    loud = np.sqrt(np.mean(windows * windows, axis=1)) > _LOUD if count else np.zeros(0, bool)
    said: list[Utterance] = []
    pitches: list[float] = []
    for first, last in _stretches(loud):
        pitch = pitch_of(samples[first * _WINDOW : last * _WINDOW])
        voice = next((n for n, known in enumerate(pitches) if same_pitch(pitch, known)), len(pitches))
        if voice == len(pitches):
            pitches.append(pitch)
        start, end = first * _WINDOW / RATE, last * _WINDOW / RATE
        said.append(Utterance(f"tone {round(pitch, -1):.0f}", round(start, 2), round(end, 2), voice, pitch))
    return said


def recognised(said: Sequence[Utterance], references: Sequence[bytes]) -> dict[int, int]:
    """Return which voice is the one of which reference recording (its index). Blocking."""
    found: dict[int, int] = {}
    for index, reference in enumerate(references):
        heard = listened(reference)
        for one in said:
            if heard and same_pitch(one.pitch, heard[0].pitch):
                found.setdefault(one.voice, index)
    return found


def same_pitch(one: float, other: float) -> bool:
    """Return whether two pitches are one voice's."""
    return abs(one - other) <= _SAME_PITCH * max(one, other)


def pitch_of(samples: NDArray[np.float32]) -> float:
    """Return the strongest frequency in Hz."""
    middle = samples[len(samples) // 4 : max(len(samples) // 4 + 1, len(samples) * 3 // 4)]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    return float(np.argmax(spectrum) * RATE / len(middle))


def _stretches(loud: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return (first, behind the last) window of each stretch of sound."""
    found: list[tuple[int, int]] = []
    for at in np.flatnonzero(loud).tolist():
        if found and at - found[-1][1] < _GAP_WINDOWS:
            found[-1] = (found[-1][0], at + 1)
        else:
            found.append((at, at + 1))
    return [(first, last) for first, last in found if last - first >= _SHORTEST_WINDOWS]


def _decode(content: bytes) -> NDArray[np.float32]:
    parts: list[NDArray[np.float32]] = []
    resampler = av.AudioResampler("flt", "mono", RATE)
    with av.open(io.BytesIO(content), mode="r") as source:
        for frame in source.decode(audio=0):
            parts += [one.to_ndarray()[0].astype(np.float32) for one in resampler.resample(frame)]
        parts += [one.to_ndarray()[0].astype(np.float32) for one in resampler.resample(None)]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)
