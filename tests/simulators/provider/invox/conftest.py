"""The Invox Medical simulator, and a client that is logged in."""

from collections.abc import AsyncIterator

import httpx
import pytest

from simulators.invox import InvoxSettings, InvoxSimulator
from tests.simulators.provider.invox.client import Client
from tests.simulators.provider.peers import MovableClock


@pytest.fixture
async def invox(clock: MovableClock) -> AsyncIterator[InvoxSimulator]:
    async with InvoxSimulator(InvoxSettings(job_seconds=9.0), now=clock) as invox:
        yield invox


@pytest.fixture
async def client(invox: InvoxSimulator) -> AsyncIterator[Client]:
    async with httpx.AsyncClient() as http:
        client = Client(invox, http)
        await client.log_in()
        yield client
