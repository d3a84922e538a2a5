"""A running bot with two services to choose from."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.slack.interaction.buttons.acts import OFFERS
from tests.support.harnesses.slack import Workplace, workplace


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Workplace]:
    async with workplace(tmp_path, offers=OFFERS) as found:
        yield found
