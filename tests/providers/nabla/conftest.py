"""The Nabla provider and the strict simulator that it speaks to."""

from collections.abc import AsyncIterator

import pytest

from bot.http import Http
from bot.ports.provider import TranscriptionRequest
from bot.providers.nabla.provider import NablaProvider
from simulators.nabla import NablaSettings, NablaSimulator
from simulators.nabla.assertion import key_pair
from tests.providers.nabla.jobs import Build
from tests.providers.peers import REF, Meter, StillClock, an_order
from tests.simulators.provider.peers import Receiver, silent_mp3
from tests.support.providers import account


@pytest.fixture(scope="module")
def keys() -> tuple[str, str]:
    return key_pair()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as running:
        running.files["/audio/one"] = silent_mp3(2)
        yield running


@pytest.fixture
async def sim(clock: StillClock, keys: tuple[str, str]) -> AsyncIterator[NablaSimulator]:
    async with NablaSimulator(NablaSettings(job_seconds=60, public_key=keys[1]), now=clock) as running:
        yield running


@pytest.fixture
def build(
    sim: NablaSimulator, receiver: Receiver, http: Http, clock: StillClock, meter: Meter, keys: tuple[str, str]
) -> Build:
    known = {**sim.environment(), "NABLA_PRIVATE_KEY": keys[0], "PUBLIC_URL": receiver.url}
    return lambda **more: account("nabla", {**known, **more}, http, clock, meter.spend)


@pytest.fixture
def nabla(build: Build) -> NablaProvider:
    return build()


@pytest.fixture
def order(receiver: Receiver) -> TranscriptionRequest:
    return an_order(REF, audio_url=f"{receiver.url}/audio/one")
