"""Jobs of the Xosum provider as far as a test needs them."""

from typing import Any

from bot.domain.job import RemoteJob
from bot.providers.xosum.provider import XosumProvider
from simulators.xosum import XosumSimulator
from tests.providers.peers import Meter, Recording, an_order
from tests.simulators.provider.peers import silent_mp3


async def hand_over(xosum: XosumProvider, meter: Meter, **fields: Any) -> RemoteJob:
    order = an_order(**fields)
    remote = await xosum.create(order)
    await xosum.upload(order, remote, Recording(silent_mp3(2)), meter.progress)
    return remote


async def finished(xosum: XosumProvider, sim: XosumSimulator, meter: Meter, **fields: Any) -> RemoteJob:
    remote = await hand_over(xosum, meter, **fields)
    sim.finish(remote.ref)
    return remote
