"""A bot with one provider that takes webhooks, for the tests of its web routes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.web.served import Served, serve


@pytest.fixture
async def served_bot(tmp_path: Path) -> AsyncIterator[Served]:
    """The real bot in this process, in Socket Mode."""
    async with serve(tmp_path) as found:
        yield found
