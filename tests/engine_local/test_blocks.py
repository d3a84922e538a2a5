"""Where a long recording is cut."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.audio.decoding.cutting import RATE, SEARCHED, cut, quietest
from bot.providers.local.recognition.blocks import LONGEST


@settings(max_examples=15)
@given(st.floats(0.1, 400), st.integers(0, 2**16), st.integers(1, 90))
def test_blocks_together_are_the_recording_and_none_is_too_long(seconds: float, seed: int, piece: int) -> None:
    whole = np.random.default_rng(seed).normal(0, 0.1, (1 + seed % 2, int(seconds * RATE))).astype(np.float32)
    blocks = list(cut(np.array_split(whole, piece, axis=1), LONGEST))
    assert np.array_equal(np.concatenate([block.samples for block in blocks], axis=1), whole)
    assert [block.number for block in blocks] == list(range(len(blocks)))
    starts = np.cumsum([0] + [block.samples.shape[1] for block in blocks[:-1]]) / RATE
    assert np.allclose([block.start for block in blocks], starts)
    assert all(block.samples.shape[1] <= LONGEST * RATE for block in blocks)
    assert all(block.samples.shape[1] >= (LONGEST - SEARCHED) * RATE for block in blocks[:-1])


@given(st.floats(LONGEST - SEARCHED + 1, LONGEST - 2))
@settings(max_examples=15)
def test_the_cut_falls_into_the_pause(pause_at: float) -> None:
    loud = np.random.default_rng(1).normal(0, 0.2, (1, LONGEST * RATE)).astype(np.float32)
    start = int(pause_at * RATE)
    loud[:, start : start + RATE] = 0
    assert start <= quietest(loud) <= start + RATE


@given(st.integers(0, 3))
def test_the_same_samples_are_always_cut_in_the_same_places(seed: int) -> None:
    whole = np.random.default_rng(seed).normal(0, 0.1, (1, 300 * RATE)).astype(np.float32)
    by_large_pieces = [block.samples.shape[1] for block in cut(np.array_split(whole, 3, axis=1), LONGEST)]
    assert by_large_pieces == [block.samples.shape[1] for block in cut(np.array_split(whole, 1000, axis=1), LONGEST)]
