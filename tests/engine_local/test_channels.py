"""Two channels: a call with a speaker on each, or one recording twice."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.speech.conversations import conversation, voices
from bot.providers.local.recognition.channels import is_separate, without_crosstalk

VOICES = Path(__file__).parent / "voices"
Floats = NDArray[np.float32]


@pytest.fixture(scope="module")
def call() -> Floats:
    """Two people, a channel each, who sometimes speak at once."""
    clips = voices(VOICES)
    return conversation({name: clips[name] for name in ("1688", "533")}, 5, 40).channels


def _noise(seed: int, size: int, level: float) -> Floats:
    return np.random.default_rng(seed).normal(0, level, size).astype(np.float32)


@pytest.mark.parametrize(("softer_db", "crosstalk_db"), [(0, None), (12, None), (24, None), (0, 30), (0, 20), (6, 30)])
def test_a_call_with_a_speaker_a_channel_is_separate(call: Floats, softer_db: int, crosstalk_db: int | None) -> None:
    stereo = call * np.array([[1], [10 ** (-softer_db / 20)]], np.float32)
    if crosstalk_db is not None:
        stereo = stereo + stereo[::-1] * np.float32(10 ** (-crosstalk_db / 20))
    assert is_separate(stereo)


def test_one_recording_on_two_channels_is_not(call: Floats) -> None:
    mono = call.sum(0)
    near, far = mono + _noise(1, len(mono), 1e-3), np.roll(mono, 90) * 0.7 + _noise(2, len(mono), 1e-3)
    for stereo in (
        np.stack([mono, mono]),
        np.stack([mono, -mono]),
        np.stack([mono, mono * 0.01]),
        np.stack([mono, np.zeros_like(mono)]),
        np.stack([near, far]),  # two microphones in one room
        np.stack([mono * 0.8 + call[0] * 0.2, mono * 0.8 + call[1] * 0.2]),
        np.zeros((2, 16_000), np.float32),
        np.stack([_noise(1, 160_000, 0.1), _noise(2, 160_000, 0.1)]),  # wide noise, as rain is
        np.zeros((2, 0), np.float32),
        np.ones((2, 5), np.float32),
    ):
        assert not is_separate(stereo)


def test_crosstalk_falls_silent_and_speech_stays(call: Floats) -> None:
    leaked = call + call[::-1] * np.float32(10 ** (-30 / 20))
    quiet = without_crosstalk(leaked)
    assert quiet.shape == call.shape
    for channel in (0, 1):
        other = np.abs(call[1 - channel]) > 0.05
        mine = np.abs(call[channel]) > 0.02
        assert np.abs(quiet[channel][other & ~mine & (np.abs(call[channel]) < 1e-6)]).mean() < 1e-3
        kept = float((quiet[channel][mine] ** 2).sum() / (call[channel][mine] ** 2).sum())
        assert kept > 0.9
