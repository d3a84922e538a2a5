"""Mixes the channels of a recording down to one, without losing a channel. Pure.

Used by the conversion for providers and by the local engine, so that both hear the same. A plain average has three
faults: a channel that is upside down cancels its neighbour (cheap recorders, balanced cables), one voice on one of
many channels becomes very soft, and FFmpeg's own downmix knows no layout for most numbers of channels.
"""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

BLOCK_SECONDS = 0.5
"""Length of the blocks that `Mixdown.mix` is made for: long enough to correlate, short enough to follow a change."""

_FADE_SECONDS = 0.02  # between the weights of two blocks, so that a change makes no click
_OPPOSITE = -0.5  # correlation of two channels below which their sum would cancel
_AUDIBLE = 1e-3  # power, of that of the loudest block so far (-30 dB): pauses decide nothing
_SILENT = 1e-14  # power (-140 dB): nothing but rounding
_LOUDEST = 1e5  # amplitude; float files go to 1, or to 32768 where they hold whole numbers: more is damage


def without_damage(block: Samples) -> Samples:
    """The block with 0 where a damaged float file has what no recorder writes: NaN, infinity, enormous values.

    One such value would make all that is around it silence once the sound is brought to one level.
    """
    sound = np.abs(block) <= _LOUDEST  # not true of NaN
    return block if sound.all() else np.where(sound, block, np.float32(0))


class Mixdown:
    """Mixes the blocks of one recording, in their order. `channels` is 1 or more, `rate` in Hz.

    Every channel counts in every block. What changes from block to block is a channel's sign (turned where the
    channel is upside down) and the common gain: the channels are divided by their number where they are equally
    loud, and not at all where one is loud and the others are silent.
    """

    def __init__(self, channels: int, rate: int) -> None:
        self._channels = channels
        self._fade = max(1, int(rate * _FADE_SECONDS))
        self._signs = np.ones(channels)
        self._loudest = np.zeros(channels)  # the power of each channel in its loudest block so far
        self._weights: NDArray[np.float64] | None = None

    @property
    def is_turned(self) -> bool:
        """Whether a channel's sign is turned at present, against another's."""
        return bool(self._signs.min() != self._signs.max())

    def mix(self, block: Samples) -> Samples:
        """One channel of as many samples as `block` (channels, samples) has, `without_damage`."""
        block = without_damage(block)
        if self._channels == 1 or not block.shape[1]:
            first: Samples = block[0]
            return first
        # The difference of neighbouring samples takes hum and offsets out, which say nothing about speech.
        edges = np.diff(block, axis=1, prepend=block[:, :1]).astype(np.float64)
        shared = edges @ edges.T / block.shape[1]
        self._loudest = np.maximum(self._loudest, np.diagonal(shared))
        self._turn(shared)
        levels = np.sqrt(self._loudest)
        # With this divisor channels that are the same cannot clip, and a single voice keeps its level.
        weights = self._signs / max(1.0, levels.sum() / (levels.max() or 1.0))
        before, self._weights = self._weights, weights
        mixed: Samples = weights.astype(np.float32) @ block
        if before is not None and not np.array_equal(before, weights):
            part = block[:, : self._fade]
            ramp = np.linspace(0.0, 1.0, part.shape[1], dtype=np.float32)
            mixed[: part.shape[1]] = (before.astype(np.float32) @ part) * (1 - ramp) + mixed[: part.shape[1]] * ramp
        return mixed

    def _turn(self, shared: NDArray[np.float64]) -> None:
        """Choose the signs again if two audible channels of this block would cancel each other."""
        power = np.diagonal(shared)
        audible = np.flatnonzero(power > max(_SILENT, self._loudest.max() * _AUDIBLE))
        if len(audible) < 2:
            return
        scale = np.sqrt(power[audible])
        correlation = shared[np.ix_(audible, audible)] / np.outer(scale, scale)
        signs = self._signs[audible]
        if (correlation * np.outer(signs, signs)).min() > _OPPOSITE:
            return
        placed: list[int] = []
        for one in np.argsort(-power[audible], kind="stable"):
            if placed:
                nearest = placed[int(np.argmax(np.abs(correlation[one, placed])))]
                if abs(correlation[one, nearest]) > -_OPPOSITE:
                    signs[one] = signs[nearest] * np.sign(correlation[one, nearest])
            placed.append(int(one))
        self._signs[audible] = signs
