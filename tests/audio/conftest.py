"""A preparer with a spool of its own, ended after each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from bot.audio.preparer import AudioPreparer


@pytest_asyncio.fixture
async def preparer(tmp_path: Path) -> AsyncIterator[AudioPreparer]:
    preparer = AudioPreparer(tmp_path / "spool")
    yield preparer
    await preparer.close()
