"""A clock that a test moves, and a receiver of webhooks."""

from collections.abc import AsyncIterator

import pytest

from tests.simulators.provider.peers import MovableClock, Receiver


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as receiver:
        yield receiver
