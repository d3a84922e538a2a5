"""One step at a time of a job over a real store, with a provider that answers as a test says."""

from dataclasses import dataclass, replace

import pytest

from bot.configuration import load_settings
from bot.domain.errors import ProblemCode, Rejected
from bot.domain.job import Job, Origin, RemoteJob, State
from bot.domain.machine import Change
from bot.domain.transcript import Segment, Transcript
from bot.engine.events import EngineEvent
from bot.engine.steps import Steps
from bot.ports.audio import AudioFacts, SourceFile
from bot.ports.provider import Pending, PollResult, Succeeded, TranscriptionRequest
from bot.ports.store import JobStore, NewJob
from tests.support.harnesses.model import JumpingClock, Preparer, Service, Thread, World

SETTINGS = load_settings({"PUBLIC_URL": "https://bot.example", "MAX_FILE_MB": "1"}, env_file=None)
WORDS = Transcript((Segment("some words", 0.0, 1.0),), language="en", seconds=30.0, provider="xosum")


class Scripted(Service):
    """Answers as a test says; calls take no time."""

    def __init__(self, world: World) -> None:
        super().__init__(world, "xosum", "told")
        self.result: PollResult = Pending(uploaded=True)
        self.created: list[TranscriptionRequest] = []
        self.uploads: list[str] = []
        self.fetched: Transcript | Exception = WORDS
        self.enriched: Exception | None = None
        self.pushed: Transcript | None = None

    async def create(self, order: TranscriptionRequest) -> RemoteJob:
        self.created.append(order)
        return RemoteJob(f"remote-{len(self.created)}", "https://upload.example")

    async def upload(self, order: TranscriptionRequest, remote: RemoteJob, payload: object, progress: object) -> None:
        self.uploads.append(remote.ref)

    async def poll(self, remote: RemoteJob, client_ref: str) -> PollResult:
        return self.result

    async def fetch(self, remote: RemoteJob, client_ref: str) -> Transcript:
        if isinstance(self.fetched, Exception):
            raise self.fetched
        return self.fetched

    async def enrich(self, transcript: Transcript) -> Transcript:
        if self.enriched is not None:
            raise self.enriched
        return replace(transcript, title="A title")

    def parse_pushed(self, result: bytes) -> Transcript | None:
        return self.pushed


class Hearing(Preparer):
    """Says of every file what a test says of it."""

    facts = AudioFacts("mp3", "mp3float", 30.0, "audio/mpeg")
    refusal: Rejected | None = None

    async def inspect(self, source: SourceFile) -> AudioFacts:
        if self.refusal is not None:
            raise self.refusal
        return self.facts


@dataclass
class Bench:
    """Steps over a real store; `step` runs one and commits what it returned."""

    steps: Steps
    store: JobStore
    clock: JumpingClock
    provider: Scripted
    preparer: Hearing
    thread: Thread
    happened: list[EngineEvent]

    async def job(self, **more: object) -> Job:
        origin = Origin("T1", "C1", "1.0", "1.0", str(more.pop("file_id", "F1")), "U1")
        job, _ = await self.store.add_job(NewJob(origin, provider="xosum", **more), self.clock.now())  # type: ignore[arg-type]  # by name
        return job

    async def run(self, job: Job) -> Change:
        """One step of a job that is claimed for it."""
        job = await self.claimed(job)
        change = await self.steps.run(job)
        assert change is not None
        return change

    async def claimed(self, job: Job) -> Job:
        found = await self.store.claim(job.lane, [job.rank], self.clock.now() + 1e6, 60.0)
        assert found is not None
        assert found.id == job.id
        return found

    async def until(self, state: State, job: Job | None = None) -> Job:
        job = job or await self.job()
        while job.state is not state:
            job = await self.store.apply(await self.run(job))
            if job.state is State.WAITING and state is not State.WAITING:
                self.provider.result = Succeeded()
        return job


def problem_of(caught: "pytest.ExceptionInfo[Rejected]") -> ProblemCode:
    return caught.value.problem.code
