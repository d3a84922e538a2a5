"""A lane over the real store."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.harnesses.lane import LaneHarness, open_lane


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[LaneHarness]:
    async with open_lane(tmp_path) as found:
        yield found
