"""One channel out of many: nobody is left out, whatever the number of channels, their phases and levels."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bot.audio.decoding.mixdown import BLOCK_SECONDS, Mixdown, Samples
from tests.support.audio.recordings import SAMPLES

RATE = 16_000


def voice(start: float = 0.0, seconds: float = 4.0) -> NDArray[np.float32]:
    """Real speech at about -20 dBFS, from `start` seconds on."""
    data = Path(SAMPLES / "jfk.wav").read_bytes()
    speech = np.frombuffer(data[data.index(b"data") + 8 :], np.int16).astype(np.float32) / 32768
    return np.roll(speech, -int(start * RATE))[: int(seconds * RATE)].astype(np.float32)


def mixed(channels: Samples) -> Samples:
    """All of it through one `Mixdown`, in blocks."""
    mixdown = Mixdown(len(channels), RATE)
    step = int(BLOCK_SECONDS * RATE)
    return np.concatenate([mixdown.mix(channels[:, at : at + step]) for at in range(0, channels.shape[1], step)])


def stack(*channels: NDArray[np.floating]) -> Samples:
    return np.vstack(channels).astype(np.float32)


def gain(heard: Samples, said: Samples) -> float:
    """The level in dB at which `said` is contained in `heard` (by projection)."""
    return float(20 * np.log10(abs(np.dot(heard, said)) / np.dot(said, said) + 1e-9))


@pytest.mark.parametrize(
    "channels",
    [
        *range(1, 11),
        *(
            pytest.param(channels, marks=[] if channels in (16, 33, 64) else pytest.mark.slow)
            for channels in range(11, 65)
        ),
    ],
)
def test_one_voice_on_any_channel_of_any_number_keeps_its_level(channels: int) -> None:
    recording = np.zeros((channels, 4 * RATE), np.float32)
    recording[channels * 2 // 3] = voice()
    assert gain(mixed(recording), voice()) == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("channels", [2, 3, 6, 9, 64])
def test_the_same_voice_on_all_channels_is_heard_as_it_was_and_does_not_clip(channels: int) -> None:
    heard = mixed(np.tile(voice(), (channels, 1)))
    assert gain(heard, voice()) == pytest.approx(0, abs=0.1)
    assert np.abs(heard).max() <= np.abs(voice()).max() * 1.01


@settings(max_examples=40, deadline=None)
@given(
    turned=st.lists(st.booleans(), min_size=2, max_size=9),
    levels=st.lists(st.floats(-20, 0), min_size=9, max_size=9),
    hiss=st.floats(-80, -45),
)
def test_channels_that_are_upside_down_cancel_nothing(turned: list[bool], levels: list[float], hiss: float) -> None:
    noise = np.random.default_rng(3).normal(size=(len(turned), len(voice()))) * 10 ** (hiss / 20)
    channels = [(-1 if flip else 1) * 10 ** (level / 20) * voice() for flip, level in zip(turned, levels, strict=False)]
    loudest = max(levels[: len(turned)])
    assert gain(mixed(stack(*channels) + noise.astype(np.float32)), voice()) > loudest - 4


def test_a_pair_that_is_opposite_is_heard_beside_a_louder_third_channel() -> None:
    other = voice(start=3.3) * 0.3
    heard = mixed(stack(voice(), other, -other))
    assert gain(heard, voice()) > -6
    assert gain(heard, other) > -6


def test_a_channel_that_is_turned_round_in_mid_recording_is_followed_both_ways() -> None:
    first, second, third = voice(0), voice(2), voice(4)
    heard = mixed(stack(np.concatenate([first, second, third]), np.concatenate([first, -second, third])))
    for number, said in enumerate((first, second, third)):
        part = heard[number * len(said) :][: len(said)]
        assert abs(gain(part, said)) < 0.5


def test_two_people_on_a_channel_each_are_both_heard_at_the_same_level() -> None:
    a, b = voice(0), voice(5)
    turns = stack(np.concatenate([a, 0 * a, a]), np.concatenate([0 * b, b, b]))
    heard = mixed(turns)
    length = len(a)
    assert gain(heard[length : 2 * length], b) > -6.5
    assert gain(heard[2 * length :], a) > -6.5
    assert gain(heard[2 * length :], b) > -6.5


def test_hum_that_is_opposite_does_not_take_away_what_is_said_in_phase() -> None:
    times = np.arange(4 * RATE) / RATE
    hum = (0.3 * np.sin(2 * np.pi * 50 * times)).astype(np.float32)
    heard = mixed(stack(voice() + hum, voice() - hum))
    assert gain(heard, voice()) == pytest.approx(0, abs=1)


def test_what_is_no_number_in_one_channel_harms_no_other() -> None:
    broken = np.full_like(voice(), np.nan)
    broken[::3] = np.inf
    assert not mixed(stack(broken)).any()
    heard = mixed(stack(broken, voice()))
    assert np.isfinite(heard).all()
    assert gain(heard, voice()) == pytest.approx(0, abs=0.1)


def test_a_change_of_weights_makes_no_click() -> None:
    times = np.arange(4 * RATE) / RATE
    first = 0.3 * np.cos(2 * np.pi * 200 * times)
    late = np.where(times < 2, 0, 0.3 * np.sin(2 * np.pi * 200 * times))
    steepest = 0.3 * 2 * np.pi * 200 / RATE
    assert np.abs(np.diff(mixed(stack(first, late)))).max() < 2.2 * steepest


@settings(max_examples=30, deadline=None)
@given(
    channels=st.integers(1, 12), lengths=st.lists(st.integers(0, 9000), min_size=1, max_size=6), seed=st.integers(0, 99)
)
def test_every_sample_comes_out_once_and_finite(channels: int, lengths: list[int], seed: int) -> None:
    random = np.random.default_rng(seed)
    mixdown = Mixdown(channels, RATE)
    ends = np.cumsum([0, *lengths])
    data = random.normal(size=(channels, int(ends[-1]))).astype(np.float32)
    for start, end in pairwise(ends):
        out = mixdown.mix(data[:, start:end])
        assert out.shape == (end - start,)
        assert np.isfinite(out).all()
