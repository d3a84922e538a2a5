"""An account at a simulated OpenAI-compatible server, with one job whose recording it transcribes."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from bot.configuration import kind_of
from bot.domain.job import Job, Options, RemoteJob
from bot.domain.transcript import Transcript
from bot.http import Http
from bot.ports.provider import Pending, Succeeded, TranscriptionRequest
from bot.ports.store import JobStore
from bot.providers.openai.provider import OpenAIProvider
from simulators.openai import OpenAISimulator
from simulators.openai.dialects import DIALECTS, DialectName
from tests.providers.peers import Recording, StillClock, an_order, settings_for
from tests.simulators.provider.openai_peers import encoded, tones
from tests.support.providers import context

NAMES: list[DialectName] = list(DIALECTS)

SOUNDS = [(440, 2.0, 20.0), (700, 22.0, 55.0), (440, 57.0, 80.0), (880, 82.0, 100.0), (700, 105.0, 148.0)]
"""Five stretches of three voices in 150 seconds; a cut between 30 and 60 s falls into a pause."""

LONG = tones(150.0, [(float(pitch), start, end) for pitch, start, end in SOUNDS])

SHORT = tones(12.0, [(440, 1.0, 6.0), (700, 8.0, 11.0)])


async def unseen(_: float) -> None:
    pass


@dataclass
class Account:
    """A provider account with what surrounds it, and one job whose recording it transcribes."""

    sim: OpenAISimulator
    provider: OpenAIProvider
    store: JobStore
    clock: StillClock
    job: Job
    source: Path
    http: Http
    environment: Mapping[str, str]

    def order(self, **options: str) -> TranscriptionRequest:
        return replace(an_order(job_id=self.job.id), options=Options(**options))

    async def begin(self, samples: NDArray[np.int16] = SHORT, **options: str) -> RemoteJob:
        self.source.write_bytes(encoded(samples))
        order = self.order(**options)
        remote = await self.provider.create(order)
        await self.hand_over(remote)
        return remote

    async def hand_over(self, remote: RemoteJob) -> None:
        payload = Recording(b"", path=self.source, seconds=None)
        await self.provider.upload(self.order(), remote, payload, unseen)

    async def finish(self, remote: RemoteJob) -> Transcript:
        while True:
            match await self.provider.poll(remote, ""):
                case Succeeded(Transcript() as transcript):
                    return transcript
                case Pending(_, True):
                    continue
                case other:
                    raise AssertionError(other)

    async def transcribe(self, samples: NDArray[np.int16] = SHORT, **options: str) -> Transcript:
        return await self.finish(await self.begin(samples, **options))

    def restarted(self) -> OpenAIProvider:
        """The same account in a new process: nothing is left but the store and the disk."""
        self.provider = build(self.environment, self.http, self.clock, self.store, self.source.parent)
        return self.provider

    @property
    def billed(self) -> list[float]:
        return [entry.seconds for entry in self.sim.billed]


def build(
    environment: Mapping[str, str],
    http: Http,
    clock: StillClock,
    store: JobStore,
    directory: Path,
    name: str = "openai",
) -> OpenAIProvider:
    kind = kind_of(name)
    assert kind is not None
    section = settings_for(dict(environment)).providers[name]

    surroundings = context(name, http, clock, directory=directory / name, store=store)
    return cast(OpenAIProvider, kind.build(section, surroundings))


Serve = Callable[..., AbstractAsyncContextManager[Account]]


def heard(transcript: Transcript) -> Sequence[tuple[str, float | None]]:
    return [(segment.text, segment.start) for segment in transcript.segments]
