"""The Invox Medical provider and the strict simulator that it speaks to."""

from collections.abc import AsyncIterator

import pytest

from bot.http import Http
from bot.providers.invox.provider import InvoxProvider
from simulators.invox import InvoxSettings, InvoxSimulator
from tests.providers.invox.jobs import Build
from tests.providers.peers import Meter, StillClock
from tests.support.providers import account


@pytest.fixture
async def sim(clock: StillClock) -> AsyncIterator[InvoxSimulator]:
    async with InvoxSimulator(InvoxSettings(job_seconds=60), now=clock) as running:
        yield running


@pytest.fixture
def build(sim: InvoxSimulator, http: Http, clock: StillClock, meter: Meter) -> Build:
    return lambda **more: account("invox", {**sim.environment(), **more}, http, clock, meter.spend)


@pytest.fixture
def invox(build: Build) -> InvoxProvider:
    return build()
