"""The Nabla simulator with its keys, and a client that is logged in."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from simulators.nabla import NablaSettings, NablaSimulator
from simulators.nabla.assertion import key_pair
from tests.simulators.provider.nabla.client import Client
from tests.simulators.provider.peers import MovableClock, Receiver, silent_mp3


@pytest.fixture(scope="module")
def keys() -> tuple[str, str]:
    return key_pair()


@pytest.fixture
async def nabla(clock: MovableClock, receiver: Receiver, keys: Any) -> AsyncIterator[NablaSimulator]:
    settings = NablaSettings(
        webhook_url=f"{receiver.url}/hooks/nabla", job_seconds=9.0, public_key=keys[1], download_spacing=(0.01, 0.01)
    )
    async with NablaSimulator(settings, now=clock) as nabla:
        nabla.private_key = keys[0]
        yield nabla


@pytest.fixture
async def client(nabla: NablaSimulator, receiver: Receiver, clock: MovableClock) -> AsyncIterator[Client]:
    async with httpx.AsyncClient() as http:
        client = Client(nabla, http, receiver, clock)
        client.offer(silent_mp3(5, "one"))
        await client.log_in()
        yield client
