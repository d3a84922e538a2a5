"""The Xosum simulator, and a client that speaks to it by plain httpx."""

from collections.abc import AsyncIterator

import httpx
import pytest

from simulators.xosum import XosumSettings, XosumSimulator
from tests.simulators.provider.peers import MovableClock, Receiver
from tests.simulators.provider.xosum.client import Client


@pytest.fixture
async def xosum(clock: MovableClock, receiver: Receiver) -> AsyncIterator[XosumSimulator]:
    settings = XosumSettings(webhook_url=f"{receiver.url}/hooks/xosum", job_seconds=9.0)
    async with XosumSimulator(settings, now=clock) as xosum:
        yield xosum


@pytest.fixture
async def client(xosum: XosumSimulator) -> AsyncIterator[Client]:
    async with httpx.AsyncClient() as http:
        yield Client(xosum, http)
