"""Where a long recording is cut into pieces, and what a piece is as a file."""

from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.audio.decoding.cutting import RATE, SEARCHED, Samples, cut, quietest, write_piece

LONGEST, SHORTEST = 60.0, 10.0


def noise(seconds: float, seed: int = 1, level: float = 0.1) -> Samples:
    return np.random.default_rng(seed).normal(0, level, int(seconds * RATE)).astype(np.float32)


@settings(max_examples=25)
@given(st.floats(0.1, 200), st.integers(0, 2**16), st.integers(1, 90))
def test_pieces_together_are_the_recording_and_none_is_too_long_or_too_short(
    seconds: float, seed: int, parts: int
) -> None:
    whole = noise(seconds, seed)
    pieces = list(cut(np.array_split(whole, parts), LONGEST, SHORTEST))
    assert np.array_equal(np.concatenate([piece.samples for piece in pieces]), whole)
    assert [piece.number for piece in pieces] == list(range(len(pieces)))
    starts = np.cumsum([0] + [len(piece.samples) for piece in pieces[:-1]]) / RATE
    assert np.allclose([piece.start for piece in pieces], starts)
    assert all(len(piece.samples) <= LONGEST * RATE for piece in pieces)
    assert len(pieces) == 1 or all(len(piece.samples) >= SHORTEST * RATE for piece in pieces)


@pytest.mark.parametrize("seconds", [59.9, 60.0, 60.1, 69.9, 70.0, 70.1, 119.9, 129.9])
def test_what_is_left_over_is_never_a_snippet(seconds: float) -> None:
    lengths = [len(piece.samples) / RATE for piece in cut([noise(seconds)], LONGEST, SHORTEST)]
    assert max(lengths) <= LONGEST
    assert len(lengths) == 1 or min(lengths) >= SHORTEST


@settings(max_examples=15)
@given(st.floats(LONGEST - SEARCHED + 1, LONGEST - 2))
def test_the_cut_falls_into_the_pause(pause_at: float) -> None:
    loud = noise(LONGEST * 2, level=0.2)
    start = int(pause_at * RATE)
    loud[start : start + RATE] = 0
    first = next(cut([loud], LONGEST, SHORTEST))
    assert start <= len(first.samples) <= start + RATE


@given(st.integers(0, 3))
def test_the_same_samples_are_always_cut_in_the_same_places(seed: int) -> None:
    whole = noise(200, seed)
    by_large_parts = [len(piece.samples) for piece in cut(np.array_split(whole, 3), LONGEST, SHORTEST)]
    assert by_large_parts == [len(piece.samples) for piece in cut(np.array_split(whole, 1000), LONGEST, SHORTEST)]


def test_nothing_gives_no_piece() -> None:
    assert list(cut([], LONGEST)) == []
    assert list(cut([np.zeros(0, np.float32)], LONGEST)) == []


def test_of_equal_silence_the_latest_moment_is_taken() -> None:
    assert quietest(np.zeros(60 * RATE, np.float32)) > 59 * RATE


@pytest.mark.parametrize("extension", ["flac", "wav"])
def test_a_piece_is_mono_16_bit_at_16_khz_and_the_same_bytes_each_time(extension: str, tmp_path: Path) -> None:
    samples = np.clip(noise(12.3, level=0.3), -1, 1)
    first, second = tmp_path / f"a.{extension}", tmp_path / f"b.{extension}"
    for path in (first, second):
        write_piece(path, samples)
    assert first.read_bytes() == second.read_bytes()
    with av.open(str(first)) as source:
        context = source.streams.audio[0].codec_context
        assert (context.sample_rate, context.channels) == (RATE, 1)
        read = np.concatenate([frame.to_ndarray().reshape(-1) for frame in source.decode(audio=0)])
    assert np.abs(read / 32767 - samples).max() < 1e-4


def test_noise_does_not_grow_beyond_its_samples(tmp_path: Path) -> None:
    loud = np.random.default_rng(1).uniform(-1, 1, 60 * RATE).astype(np.float32)
    write_piece(tmp_path / "a.flac", loud)
    assert (tmp_path / "a.flac").stat().st_size < 10_000 + 60 * 32_200
