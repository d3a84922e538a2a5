"""The OpenAI-compatible provider behind the real engine: pieces one after the other, waits, parking, retry, cancel."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.app import Core, open_core
from bot.audio.disk import DiskFile
from bot.domain.errors import ProblemCode
from bot.domain.job import Job, Options, Origin, State
from bot.domain.transcript import Transcript
from bot.ports.audio import SourceFile
from bot.ports.store import NewJob
from bot.slack.job_control import restart
from simulators.openai import OpenAISettings, OpenAISimulator
from simulators.provider.faults import Kind
from tests.providers.peers import settings_for
from tests.simulators.provider.openai_peers import encoded, tones
from tests.support.machine.processes import free_port

SOUNDS = [(440.0, 2.0, 20.0), (700.0, 22.0, 55.0), (440.0, 57.0, 80.0), (880.0, 82.0, 100.0), (700.0, 105.0, 148.0)]


class Threads:
    """The chat of several files: gives each its bytes, keeps its answers."""

    def __init__(self) -> None:
        self.paths: dict[str, Path] = {}
        self.answers: asyncio.Queue[tuple[Job, Transcript | None]] = asyncio.Queue()

    async def source(self, job: Job) -> SourceFile:
        return DiskFile(self.paths[job.origin.file_id])

    def show(self, job: Job) -> None:
        pass

    async def reply(self, job: Job, transcript: Transcript | None) -> None:
        await self.answers.put((job, transcript))

    async def answer(self) -> tuple[Job, Transcript | None]:
        return await asyncio.wait_for(self.answers.get(), 100)


class Bench:
    """A running bot without Slack, its server, and the recordings that were shared."""

    def __init__(self, core: Core, sim: OpenAISimulator, threads: Threads, directory: Path) -> None:
        self.core, self.sim, self.threads, self.directory = core, sim, threads, directory

    async def share(self, seconds: float = 150.0, user: str = "U1") -> Job:
        number = len(self.threads.paths)
        path = self.directory / f"recording-{number}.flac"
        path.write_bytes(encoded(tones(seconds, SOUNDS)))
        self.threads.paths[f"F{number}"] = path
        origin = Origin("T1", "C1", f"{number}.0", f"{number}.0", f"F{number}", user)
        job, _ = await self.core.store.add_job(NewJob(origin, DiskFile(path).facts, Options()), self.core.clock.now())
        self.core.wakeups.notify_all()
        return job

    async def until(self, condition: Callable[[Job], bool], job: Job) -> Job:
        async with asyncio.timeout(60):
            while True:
                row = await self.core.store.job(job.id)
                assert row is not None
                if condition(row):
                    return row
                await asyncio.sleep(0.02)


@asynccontextmanager
async def working(tmp_path: Path, settings: OpenAISettings | None = None, **more: str) -> AsyncIterator[Bench]:
    threads = Threads()
    known = settings or OpenAISettings(hears="tones")
    async with OpenAISimulator(known) as sim:
        environment = {
            **sim.environment(),
            "OPENAI_PIECE_SECONDS": "60",
            "DATABASE_URL": f"sqlite:///{tmp_path}/one.db",
            "PORT": str(free_port()),
            "ADMIN_PORT": "0",
            **more,
        }
        async with open_core(settings_for(environment), threads) as core:
            yield Bench(core, sim, threads, tmp_path)


def heard(transcript: Transcript | None) -> list[str]:
    return [segment.text for segment in transcript.segments] if transcript else []


ALL = [f"tone {pitch:.0f}" for pitch, _, _ in SOUNDS]


async def test_a_recording_is_answered_piece_by_piece_without_pauses(tmp_path: Path) -> None:
    async with working(tmp_path) as bench:
        job = await bench.share()
        answered, transcript = await bench.threads.answer()
        assert heard(transcript) == ALL
        assert (len(bench.sim.billed), bench.sim.violations) == (3, [])
        first, *_, last = [record.at for record in bench.sim.ledger.find("transcribe", status=200)]
        assert answered.id == job.id
        assert await bench.core.store.pieces(job.id) == []  # what it was made of is gone
        assert last - first < 30  # not the gap of polls between them


@pytest.mark.parametrize(
    ("fault", "seconds", "billed"),
    [("audio_seconds", 1.0, 3), ("cut_after", 0.0, 4)],  # a 429 costs nothing, a cut answer one piece
)
async def test_what_goes_wrong_with_one_piece_leaves_no_gap(
    tmp_path: Path, fault: Kind, seconds: float, billed: int
) -> None:
    async with working(tmp_path) as bench:
        bench.sim.fault(fault, "transcribe", skip=1, seconds=seconds)
        await bench.share()
        _, transcript = await bench.threads.answer()
        assert heard(transcript) == ALL
        assert len(bench.sim.billed) == billed


async def test_a_wrong_key_parks_the_job_where_it_was(tmp_path: Path) -> None:
    async with working(tmp_path) as bench:
        bench.sim.fault("unauthorized", "transcribe", skip=1)
        job = await bench.share()
        parked = await bench.until(lambda row: row.state is State.PARKED, job)
        assert "OPENAI_API_KEY" in parked.last_error
        await restart(bench.core.store, parked, bench.core.clock.now(), lambda _: bench.core.wakeups.notify_all())
        _, transcript = await bench.threads.answer()
        assert heard(transcript) == ALL
        assert len(bench.sim.billed) == 3


async def test_retry_after_a_refusal_sends_only_what_has_no_answer(tmp_path: Path) -> None:
    async with working(tmp_path) as bench:
        bench.sim.fault("server_error", "transcribe", skip=1, times=2, status=400, text="Request is too large.")
        await bench.share()
        job, transcript = await bench.threads.answer()
        assert transcript is None
        assert job.problem is not None
        assert job.problem.code is ProblemCode.PROVIDER_REFUSED
        assert job.problem.params["detail"].startswith("Request is too large")
        failed = await bench.until(lambda row: row.state is State.FAILED, job)
        assert len(bench.sim.billed) == 1
        await restart(bench.core.store, failed, bench.core.clock.now(), lambda _: bench.core.wakeups.notify_all())
        _, transcript = await bench.threads.answer()
        assert heard(transcript) == ALL
        assert len(bench.sim.billed) == 3


async def test_cancelling_ends_the_request_and_leaves_nothing(tmp_path: Path) -> None:
    async with working(tmp_path, OpenAISettings(hears="tones", job_seconds=60.0)) as bench:
        job = await bench.share()
        async with asyncio.timeout(60):
            while not bench.sim.billed:  # noqa: ASYNC110 - the ledger has no event
                await asyncio.sleep(0.02)
        await bench.core.store.request_cancel(job.id, "U1", bench.core.clock.now())
        bench.core.wakeups.notify_all()
        answered, transcript = await bench.threads.answer()
        assert (answered.cancel_by, transcript) == ("U1", None)
        assert await bench.core.store.pieces(job.id) == []
        assert list((tmp_path / "one-spool" / "openai").iterdir()) == []
        assert len(bench.sim.billed) == 1


@pytest.mark.slow
async def test_people_take_turns_between_pieces(tmp_path: Path) -> None:
    async with working(tmp_path, OpenAISettings(hears="tones", job_seconds=0.3), OPENAI_CONCURRENCY="1") as bench:
        bench.sim.fault("server_error", "transcribe", times=None)  # until both are there
        long, short = await bench.share(user="U1"), await bench.share(20.0, user="U2")
        for job in (long, short):
            await bench.until(lambda row: row.state is State.WAITING and row.attempts > 0, job)
        bench.sim.faults.clear()
        for job in (long, short):
            await bench.core.store.wake(job.id, bench.core.clock.now())
        bench.core.wakeups.notify_all()
        first, _ = await bench.threads.answer()
        assert first.id == short.id  # one piece, between the three of the other
        second, transcript = await bench.threads.answer()
        assert second.id == long.id
        assert heard(transcript) == ALL
