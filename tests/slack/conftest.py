"""A workplace for each test, in Socket Mode and over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.harnesses.slack import Workplace, workplace


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Workplace]:
    """A running bot in Socket Mode."""
    async with workplace(tmp_path) as found:
        yield found


@pytest.fixture(params=["socket", "http"])
async def either(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Workplace]:
    """A running bot, once in each mode."""
    async with workplace(tmp_path, http_mode=request.param == "http") as found:
        yield found
