"""What the two channels of a stereo recording are to each other. Runs in the child.

A telephone system records one speaker a channel: mixed, two who speak at once are lost, and who said what with it.
Two microphones in one room, music, or one signal twice are one recording and belong together.
"""

import numpy as np
from numpy.typing import NDArray

from bot.audio.decoding.cutting import RATE
from bot.providers.local.runs import runs

LOUDER_DB = 10.0  # by which a channel must be louder to be the only one that speaks
_ONE_SIDED_DB = 35.0  # the other channel is as good as silent
_SAME, _INVERTED = 0.9, -0.5  # correlation: one signal twice, upright or upside down
_ONE_ROOM = 0.25  # correlation at a delay of up to 25 ms: microphones that hear the same voices
_REACH = 400  # samples: those 25 ms
_ALTERNATING = 0.4  # share of the loud moments in which only one channel speaks
_EACH_SIDE = 0.04  # share of them that each channel must have
_MOMENT = 480  # samples: 30 ms
_SILENCED = RATE // 10  # samples: crosstalk is silenced by tenths of a second
_LEAST_SILENCED = 5  # of them in a row: shorter ones are soft syllables of two people who speak at once
_RAMP = 320  # samples over which a channel falls silent

Floats = NDArray[np.float32]


def is_separate(stereo: Floats) -> bool:
    """Whether each channel of [2, samples] at 16 kHz has a speaker of its own: a call, recorded side by side."""
    a, b = (channel.astype(np.float64) for channel in stereo)
    power_a, power_b = float(a @ a), float(b @ b)
    if power_a + power_b < 1e-9 or abs(10 * np.log10((power_a + 1e-20) / (power_b + 1e-20))) > _ONE_SIDED_DB:
        return False
    correlation = float(a @ b) / np.sqrt(power_a * power_b)
    if not _INVERTED <= correlation <= _SAME:
        return False
    level_a, level_b = _levels(a, _MOMENT), _levels(b, _MOMENT)
    loudest = np.maximum(level_a, level_b)
    if not len(loudest):
        return False
    loud = loudest > max(3 * float(np.quantile(loudest, 0.1)), 5e-3 * float(loudest.max()))
    difference = 20 * np.log10((level_a + 1e-7) / (level_b + 1e-7))
    left = int((loud & (difference >= LOUDER_DB)).sum())
    right = int((loud & (difference <= -LOUDER_DB)).sum())
    count = int(loud.sum())
    alternate = left + right > _ALTERNATING * count and min(left, right) > _EACH_SIDE * count
    return alternate and _delayed_correlation(a, b) < _ONE_ROOM


def without_crosstalk(stereo: Floats) -> Floats:
    """[2, samples], each channel silent where the other is louder by `LOUDER_DB` for half a second or more.

    What leaks from one channel into the other would be transcribed a second time.
    """
    padded = np.pad(stereo, ((0, 0), (0, -stereo.shape[1] % _SILENCED)))
    level_a, level_b = (_levels(channel, _SILENCED) + 1e-6 for channel in padded)
    difference = 20 * np.log10(level_a / level_b)
    ramp = np.ones(_RAMP) / _RAMP
    quiet = stereo.copy()
    for channel, echo in ((0, difference < -LOUDER_DB), (1, difference > LOUDER_DB)):
        gain = np.repeat((~_long_runs(echo)).astype(np.float32), _SILENCED)[: stereo.shape[1]]
        quiet[channel] *= np.convolve(gain, ramp, "same")[: stereo.shape[1]].astype(np.float32)
    return quiet


def _long_runs(echo: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Only the runs of at least `_LEAST_SILENCED`."""
    kept: NDArray[np.bool_] = np.zeros(len(echo), bool)
    for begin, end in runs(echo):
        if end - begin >= _LEAST_SILENCED:
            kept[begin:end] = True
    return kept


def _levels(channel: NDArray[np.floating], size: int) -> NDArray[np.floating]:
    """The effective value of each whole stretch of `size` samples."""
    whole = channel[: len(channel) // size * size].reshape(-1, size)
    levels: NDArray[np.floating] = np.sqrt((whole * whole).mean(1))
    return levels


def _delayed_correlation(a: NDArray[np.float64], b: NDArray[np.float64], size: int = 8192) -> float:
    """The greatest correlation, of either sign, at any delay of up to `_REACH` samples."""
    shared = np.zeros(size + 1, np.complex128)
    for at in range(0, len(a) // size * size, size):  # one by one: those of five minutes take 150 MB
        shared += np.fft.rfft(a[at : at + size], 2 * size) * np.fft.rfft(b[at : at + size], 2 * size).conj()
    cross = np.abs(np.fft.irfft(shared))
    return float(max(cross[: _REACH + 1].max(), cross[-_REACH:].max()) / np.sqrt((a @ a) * (b @ b)))
