"""Kaldi's log mel filter bank energies (compute-fbank-feats with its defaults, 80 bins), as CAM++ was trained on."""

import numpy as np
from numpy.typing import NDArray

RATE = 16_000  # Hz
FRAMES_PER_SECOND = 100
_BINS, _FFT = 80, 512
_FRAME, _SHIFT = 400, 160  # samples: 25 ms every 10 ms
_LOWEST_HZ, _HIGHEST_HZ = 20.0, 8000.0
_PREEMPHASIS = 0.97
# Of an energy before the logarithm, for sound at -20 dBFS: empty bands, as those beside a telephone's 300 to 3,400 Hz,
# stay even instead of being full of the noise of its coding. From 1e-7 to 1e-3 the wrong names of telephone speech
# fell by half (four speakers, 60 s), those of wide-band speech stayed as they were.
_FLOOR = 1e-3

Floats = NDArray[np.float32]


def log_mels(samples: Floats) -> Floats:
    """[frames, 80] for mono samples (-1 to 1) at `RATE`: 100 frames a second, none for less than 25 ms."""
    if len(samples) < _FRAME:
        return np.zeros((0, _BINS), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, _FRAME)[::_SHIFT]
    frames = frames - frames.mean(1, keepdims=True)
    previous = np.concatenate([frames[:, :1], frames[:, :-1]], 1)
    spectrum = np.fft.rfft((frames - _PREEMPHASIS * previous) * _WINDOW, _FFT)[:, : _FFT // 2]
    energies = (spectrum.real**2 + spectrum.imag**2) @ _BANK
    result: Floats = np.log(np.maximum(energies, _FLOOR)).astype(np.float32)
    return result


def _mel(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1127.0 * np.log1p(hertz / 700.0)


def _filter_bank() -> Floats:
    """Triangles over the mel scale, [FFT / 2, bins]."""
    low, high = _mel(np.array([_LOWEST_HZ, _HIGHEST_HZ]))
    edges = np.linspace(low, high, _BINS + 2)
    at = _mel(np.arange(_FFT // 2) * RATE / _FFT)
    rise = (at - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - at) / (edges[2:] - edges[1:-1])[:, None]
    bank: Floats = np.maximum(0, np.minimum(rise, fall)).T.astype(np.float32)
    return bank


_BANK = _filter_bank()
_WINDOW = (np.hanning(_FRAME) ** 0.85).astype(np.float32)  # Kaldi's "povey" window
