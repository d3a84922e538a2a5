"""The Xosum provider and the strict simulator that it speaks to."""

from collections.abc import AsyncIterator, Callable
from typing import cast

import pytest

from bot.http import Http
from bot.providers.xosum.provider import XosumProvider
from simulators.xosum import XosumSettings, XosumSimulator
from tests.providers.peers import Meter, StillClock
from tests.support.providers import account


@pytest.fixture
async def sim(clock: StillClock) -> AsyncIterator[XosumSimulator]:
    async with XosumSimulator(XosumSettings(job_seconds=60), now=clock) as running:
        yield running


@pytest.fixture
def xosum(sim: XosumSimulator, http: Http, clock: StillClock, meter: Meter) -> XosumProvider:
    return cast(XosumProvider, account("xosum", sim.environment(), http, clock, meter.spend))


@pytest.fixture
def build(sim: XosumSimulator, http: Http, clock: StillClock) -> Callable[..., XosumProvider]:
    return lambda **more: account("xosum", {**sim.environment(), **more}, http, clock)
