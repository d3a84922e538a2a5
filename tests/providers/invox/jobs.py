"""Jobs of the Invox Medical provider as far as a test needs them."""

from collections.abc import Callable

from bot.domain.job import RemoteJob
from bot.providers.invox.provider import InvoxProvider
from simulators.invox import InvoxSimulator
from tests.providers.peers import Meter, Recording, an_order
from tests.simulators.provider.peers import silent_mp3

Build = Callable[..., InvoxProvider]


async def hand_over(
    invox: InvoxProvider, content: bytes = silent_mp3(2), mime: str = "audio/mpeg", hook_url: str | None = None
) -> RemoteJob:
    order = an_order(mime=mime, hook_url=hook_url)
    remote = await invox.create(order)
    await invox.upload(order, remote, Recording(content, mime), Meter().progress)
    return remote


async def finished(invox: InvoxProvider, sim: InvoxSimulator, hook_url: str | None = None) -> RemoteJob:
    remote = await hand_over(invox, hook_url=hook_url)
    sim.finish(remote.ref)
    return remote
