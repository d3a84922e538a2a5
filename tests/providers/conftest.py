"""A clock that tests move, and an HTTP client on it."""

from collections.abc import AsyncIterator

import pytest

from bot.http import Http
from tests.providers.peers import Meter, StillClock


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def meter() -> Meter:
    return Meter()


@pytest.fixture
async def http(clock: StillClock) -> AsyncIterator[Http]:
    client = Http(clock)
    yield client
    await client.aclose()
