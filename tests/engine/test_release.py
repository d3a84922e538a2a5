"""Whichever way a job ends, it lets go: of hosted audio, of the provider's work, of what was made so far."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.configuration import load_settings
from bot.domain.errors import Misconfigured, Problem, ProblemCode, Rejected
from bot.domain.job import FINAL, Job, Origin, RemoteJob, State
from bot.domain.transcript import Segment, Transcript
from bot.engine.engine import Engine
from bot.engine.upkeep.cleanup import Upkeep
from bot.ports.audio import AudioFacts, InputLimits, Payload, Progress, SourceFile
from bot.ports.pieces import Piece
from bot.ports.provider import Capabilities, Failed, Pending, PollResult
from bot.ports.store import JobStore, NewJob
from storage import open_store
from tests.support.harnesses.engine import end, new_engine
from tests.support.harnesses.model import Clip, JumpingClock, Preparer, Service, Thread, World
from tests.support.virtual_time import Busy, drive

SETTINGS = load_settings({"PUBLIC_URL": "https://bot.example", "JOB_DEADLINE_MINUTES": "2"}, env_file=None)


class Counting(Preparer):
    """Knows which payloads are open."""

    def __init__(self) -> None:
        self.open: Counter[str] = Counter()

    @asynccontextmanager
    async def prepare(
        self, job_id: str, source: SourceFile, facts: AudioFacts, accepts: InputLimits, progress: Progress
    ) -> AsyncIterator[Payload]:
        self.open[job_id] += 1
        try:
            yield Clip()
        finally:
            self.open[job_id] -= 1


class Remembering(Service):
    """Fetches the audio and works forever, unless a test says how it ends; remembers what was cancelled."""

    def __init__(self, world: World, kind: str) -> None:
        super().__init__(world, "xosum", kind)
        self.capabilities = Capabilities(
            title="Xosum", accepts=InputLimits(frozenset({"audio/mpeg"})), fetches_audio=kind == "fetches"
        )
        self.result: PollResult | Exception = Pending(uploaded=True)
        self.cancelled: list[str] = []

    async def poll(self, remote: RemoteJob, client_ref: str) -> PollResult:
        if isinstance(self.result, Exception):
            raise self.result
        return self.result

    async def cancel(self, remote: RemoteJob) -> None:
        self.cancelled.append(remote.ref)


@dataclass
class Bench:
    """One job under way."""

    engine: Engine
    store: JobStore
    clock: JumpingClock
    busy: Busy
    provider: Remembering
    preparer: Counting
    thread: Thread
    jobs: list[Job] = field(default_factory=list)

    async def until(self, state: State, limit: float = 3600.0) -> Job:
        found: list[Job] = []
        for _ in range(int(limit)):
            job = await self.store.job(self.jobs[0].id)
            assert job is not None
            if job.state is state:
                found.append(job)
                break
            at = self.clock.elapsed() + 1.0
            await drive(self.clock.true, self.busy, lambda at=at: self.clock.elapsed() >= at, 10.0)  # type: ignore[misc]  # bound at once
        first = self.jobs[0]
        assert first is not None
        assert found, (await self.store.job(first.id), [e.cause for e in await self.store.events(first.id)])
        await drive(self.clock.true, self.busy, lambda: not any(lane.running for lane in self.engine.lanes), 10.0)
        return found[0]

    async def holds_nothing(self) -> None:
        job = self.jobs[0]
        assert +self.preparer.open == Counter()
        assert await self.store.blocks(job.id) == []
        row = await self.store.job(job.id)
        assert row is not None
        assert row.remote is not None
        assert self.provider.cancelled
        assert set(self.provider.cancelled) == {row.remote.ref}


@asynccontextmanager
async def at_work(tmp_path: Path, kind: str) -> AsyncIterator[Bench]:
    clock, busy = JumpingClock(), Busy()
    import random

    world = World(clock, random.Random(1), calm=True)
    real = await open_store(f"sqlite:///{tmp_path}/jobs.db")
    store = busy.watch(real)
    provider, preparer = Remembering(world, kind), Counting()

    async def turn(job: Job) -> int:
        return sum(event.source in FINAL for event in await store.events(job.id))

    thread = Thread(world, turn)
    engine = new_engine(
        settings=SETTINGS, store=store, clock=clock, chat=thread, preparer=preparer, providers={"xosum": provider}
    )
    bench = Bench(engine, store, clock, busy, provider, preparer, thread)
    try:
        origin = Origin("T1", "C1", "1.0", "1.0", "F1", "U1")
        job, _ = await store.add_job(NewJob(origin, provider="xosum"), clock.now())
        bench.jobs.append(job)
        await engine.start()
        await bench.until(State.WAITING)
        await store.put_block(job.id, 0, [Segment("half of it")], "en")
        await store.plan_pieces(job.id, [Piece(0, 0.0, 60.0, "digest")])
        if kind == "fetches":
            assert preparer.open[job.id] == 1
        yield bench
    finally:
        await end(engine)
        await real.close()


async def _refused(bench: Bench) -> None:
    bench.provider.result = Failed(Problem(ProblemCode.PROVIDER_FAILED, {"provider": "Xosum", "detail": ""}))


async def _deadline(bench: Bench) -> None:
    pass  # it works forever


async def _cancelled(bench: Bench) -> None:
    await bench.store.request_cancel(bench.jobs[0].id, "U2", bench.clock.now())
    bench.engine.wakeups.notify_all()


async def _rejected(bench: Bench) -> None:
    bench.provider.result = Rejected(Problem(ProblemCode.PROVIDER_REFUSED, {"provider": "Xosum", "detail": ""}))


async def _parked_then_cancelled(bench: Bench) -> None:
    bench.provider.result = Misconfigured("xosum", "the key is wrong")
    await bench.until(State.PARKED)
    assert +bench.preparer.open == Counter()  # while it waits for the operator, nothing is hosted either
    await _cancelled(bench)


WAYS = {
    "refused": (_refused, State.FAILED),
    "rejected": (_rejected, State.FAILED),
    "deadline": (_deadline, State.FAILED),
    "cancelled": (_cancelled, State.CANCELLED),
    "parked, then cancelled": (_parked_then_cancelled, State.CANCELLED),
}


@pytest.mark.parametrize("kind", ["fetches", "told"])
@pytest.mark.parametrize(("way", "ends_as"), WAYS.values(), ids=WAYS.keys())
async def test_every_way_out_lets_go(
    tmp_path: Path, kind: str, way: Callable[[Bench], Awaitable[None]], ends_as: State
) -> None:
    async with at_work(tmp_path, kind) as bench:
        await way(bench)
        await bench.until(ends_as)
        await bench.holds_nothing()
        paid_for = await bench.store.pieces(bench.jobs[0].id)
        assert bool(paid_for) is (ends_as is State.FAILED)  # a retry uses them


async def test_audio_is_still_handed_out_while_the_account_is_parked(tmp_path: Path) -> None:
    """The provider has its order, and comes for the audio when it likes: a 404 would lose the recording."""
    async with at_work(tmp_path, "fetches") as bench:
        bench.provider.result = Misconfigured("xosum", "the key is wrong")
        job = await bench.until(State.PARKED)
        assert await bench.engine.hosted_audio.payload_for(job.hook_token) is not None
        await _cancelled(bench)
        await bench.until(State.CANCELLED)
        await bench.holds_nothing()


async def test_an_answer_that_cannot_be_delivered_leaves_nothing_either(tmp_path: Path) -> None:
    async with at_work(tmp_path, "fetches") as bench:

        async def gone(job: Job, transcript: Transcript | None) -> None:
            raise Rejected(Problem(ProblemCode.FILE_GONE), "channel_not_found")

        bench.thread.reply = gone  # type: ignore[method-assign]  # the channel was deleted
        await _refused(bench)
        await bench.until(State.FAILED)
        await bench.holds_nothing()


async def test_a_process_that_died_before_it_let_go_does_so_before_it_replies(tmp_path: Path) -> None:
    async with at_work(tmp_path, "told") as bench:

        async def dies(job: Job) -> None:
            raise AssertionError("killed here")

        for lane in bench.engine.lanes:
            lane.release = dies
        await _refused(bench)
        await bench.until(State.FAILED)
        await bench.holds_nothing()


async def test_audio_of_a_job_that_another_process_ended_is_closed(tmp_path: Path) -> None:
    async with at_work(tmp_path, "fetches") as bench:
        for lane in bench.engine.lanes:
            await lane.stop(0.0)
        from bot.domain.machine import Waiting

        row = await bench.store.job(bench.jobs[0].id)
        assert row is not None
        await bench.store.apply(Waiting(row).ready(bench.clock.now()))
        assert +bench.preparer.open

        async def nothing() -> None:
            pass

        upkeep = Upkeep(
            bench.store, bench.clock, bench.engine.providers, bench.engine.hosted_audio, nothing, 30, alone=False
        )
        await upkeep.release_ended()
        assert +bench.preparer.open == Counter()
