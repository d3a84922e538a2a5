"""The weights, joined once for all tests, and a harness with the small English model."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.providers.local.settings import LocalSettings
from tests.support.harnesses.local_engine import LocalHarness, local_settings, open_harness


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weights")


@pytest.fixture
def english(cache: Path) -> LocalSettings:
    return local_settings("tiny.en", str(cache))


@pytest.fixture
def multilingual(cache: Path) -> LocalSettings:
    return local_settings("base", str(cache))


@pytest.fixture
async def harness(tmp_path: Path, english: LocalSettings) -> AsyncIterator[LocalHarness]:
    async with open_harness(tmp_path, english) as harness:
        yield harness
