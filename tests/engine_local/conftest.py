"""The weights, joined once for all tests, and a desk with the small English model."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.providers.local.settings import LocalSettings
from tests.support.local_engine_harness import Desk, local_settings, open_desk


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
async def desk(tmp_path: Path, english: LocalSettings) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path, english) as desk:
        yield desk
