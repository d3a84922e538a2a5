"""Jobs of the Nabla provider as far as a test needs them."""

from collections.abc import Callable

from bot.domain.job import RemoteJob
from bot.ports.provider import TranscriptionRequest
from bot.providers.nabla.provider import NablaProvider
from simulators.nabla import NablaSimulator
from tests.providers.peers import Meter, Recording
from tests.simulators.provider.peers import until

Build = Callable[..., NablaProvider]


async def begun(nabla: NablaProvider, sim: NablaSimulator, order: TranscriptionRequest) -> RemoteJob:
    remote = await nabla.create(order)
    await nabla.upload(order, remote, Recording(b""), Meter().progress)
    await until(lambda: sim.jobs[remote.ref].started_at is not None)
    return remote


async def finished(nabla: NablaProvider, sim: NablaSimulator, order: TranscriptionRequest) -> RemoteJob:
    remote = await begun(nabla, sim, order)
    sim.finish(remote.ref)
    return remote
