"""Recordings whose speech an ordinary downmix, or the first track, would lose."""

from pathlib import Path

import pytest

from tests.support.local_engine_harness import LocalHarness

FIELD = Path(__file__).parents[1] / "audio" / "field"

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


@pytest.mark.parametrize("name", ["opposite_phase.flac", "microphone_second.mkv"])
async def test_what_was_said_is_heard(harness: LocalHarness, name: str) -> None:
    assert "my fellow Americans" in (await harness.transcribe(FIELD / name)).text
