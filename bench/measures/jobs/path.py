"""1,000 jobs through every state by the real engine and store, beside a bare aiosqlite script.

Slack and provider answer at once and in the same process, so what is left is the job path: claims, compare-and-set,
events, transcripts, commits. `python -m bench.measures.jobs.path DATABASE JOBS` runs ours alone, on a new database or
on one that holds jobs already, and prints what it took.
"""

import asyncio
import itertools
import json
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.measure import Plan, Row, ratio_at_least, row
from bench.processes.children import result
from bench.rush import Clip, PassThrough, sample
from bot.clock import SystemClock
from bot.configuration import load_settings
from bot.domain.job import FileFacts, Job, Origin, RemoteJob, State
from bot.domain.transcript import Segment, Transcript
from bot.engine.events import EngineEvent, StepEnded, StepFailed
from bot.ports.audio import InputLimits, Payload, Progress, SourceFile
from bot.ports.provider import (
    Capabilities,
    Finding,
    PollResult,
    Provider,
    Succeeded,
    TranscriptionRequest,
    WebhookEvent,
    WebhookRequest,
)
from bot.ports.store import NewJob
from storage import open_store
from tests.support.harnesses.engine import end, new_engine

JOBS = 1_000
STEPS = 5  # received, submitting, waiting, finishing, replying
SAID = Transcript(
    (Segment("Good morning. The patient is well and comes again in May.", 0.0, 4.0),), "en", 4.0, "A visit"
)


class InstantProvider:
    """A service that has always finished."""

    name = account = "instant"
    capabilities = Capabilities(
        "Instant",
        InputLimits(frozenset()),
        latency=(0.0, 0.0),
        poll_seconds=(0, 0),
    )

    def __init__(self) -> None:
        self._refs = itertools.count()

    async def create(self, order: TranscriptionRequest) -> RemoteJob:
        return RemoteJob(f"remote-{next(self._refs)}", "https://upload.example/1", time.time() + 3600)

    async def upload(
        self, order: TranscriptionRequest, remote: RemoteJob, payload: Payload, progress: Progress
    ) -> None:
        pass

    async def poll(self, remote: RemoteJob, client_ref: str) -> PollResult:
        return Succeeded(SAID)

    async def fetch(self, remote: RemoteJob, client_ref: str) -> Transcript:
        return SAID

    async def enrich(self, transcript: Transcript) -> Transcript:
        return transcript

    async def cancel(self, remote: RemoteJob) -> None:
        pass

    def verify_webhook(self, request: WebhookRequest) -> WebhookEvent:
        return WebhookEvent(ignored="none are sent")

    def parse_pushed(self, result: bytes) -> Transcript | None:
        return None

    async def check(self) -> Sequence[Finding]:
        return ()

    async def close(self) -> None:
        pass


class InstantChat:
    """A thread that takes every reply at once."""

    def __init__(self) -> None:
        self._clip = Clip(sample())

    async def source(self, job: Job) -> SourceFile:
        return self._clip

    def show(self, job: Job) -> None:
        pass

    async def reply(self, job: Job, transcript: Transcript | None) -> None:
        assert transcript is not None


async def measure(plan: Plan) -> list[Row]:
    """The row of design section 7."""
    jobs = plan.size(JOBS, 100)

    async def ours() -> dict[str, float]:
        directory = plan.directory("path")
        return await result("path", directory, "bench.measures.jobs.path", str(directory / "jobs.db"), str(jobs))

    async def bare() -> dict[str, float]:
        directory = plan.directory("bare")
        return await result("bare", directory, "bench.rivals.bare_path", str(directory / "jobs.db"), str(jobs))

    done, scripted = await plan.interleaved(ours, bare)
    return [
        row(
            f"{jobs:,} jobs through every state",
            [jobs * STEPS / one["wall"] for one in done],
            "steps/s",
            [jobs * STEPS / one["wall"] for one in scripted],
            "bare aiosqlite, the same rows",
            ratio_at_least(0.6),
            "; ".join(f"{cost(one, jobs):.2f} ms" for one in done) + " of processor per job",
        )
    ]


def cost(one: dict[str, float], jobs: int) -> float:
    """Milliseconds of processor per job."""
    return one["cpu"] / jobs * 1000


async def run(database: Path, jobs: int) -> dict[str, float]:
    """Take new jobs through all states: seconds by the wall and of the processor."""
    settings = load_settings({"POLL_MIN_SECONDS": "0.000001"}, env_file=None)
    store = await open_store(f"sqlite:///{database}")
    clock = SystemClock()
    chat = InstantChat()
    left, ended = jobs, asyncio.Event()
    provider: Provider = InstantProvider()
    providers = {"instant": provider}

    def watch(event: EngineEvent) -> None:
        nonlocal left
        if isinstance(event, StepFailed):
            raise event.bug or RuntimeError(event.detail)
        if isinstance(event, StepEnded) and event.job.state is State.DONE:
            left -= 1
            if not left:
                ended.set()

    engine = new_engine(
        settings=settings,
        store=store,
        clock=clock,
        chat=chat,
        preparer=PassThrough(),
        providers=providers,
        watch=watch,
    )
    used, begun = _cpu(), time.perf_counter()
    try:
        await asyncio.gather(*(store.add_job(_new(number), clock.now()) for number in range(jobs)))
        await engine.start()
        async with asyncio.timeout(600):
            await ended.wait()
        return {"wall": time.perf_counter() - begun, "cpu": _cpu() - used}
    finally:
        await end(engine, 5.0)
        await store.close()


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _new(number: int) -> NewJob:
    origin = Origin("T1", f"C{number % 40}", f"{number}.0", f"{number}.0", f"F{number}", f"U{number % 20}")
    return NewJob(origin, FileFacts("clip.mp3", "audio/mpeg", "mp3", 1000), provider="instant")


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(Path(sys.argv[1]), int(sys.argv[2])))), flush=True)
