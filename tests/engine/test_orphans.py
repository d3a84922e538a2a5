"""Nobody waits in silence: providers that were removed, an engine that is not installed, deadlines over restarts."""

import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.configuration import load_settings
from bot.domain.errors import ProblemCode
from bot.domain.job import FINAL, Job, Origin, Outcome, RemoteJob, State
from bot.domain.machine import Received, Waiting
from bot.engine.engine import Engine
from bot.engine.upkeep.orphans import OVERDUE_SECONDS, Orphans
from bot.ports.provider import Finding, Pending, PollResult
from bot.ports.store import JobFilter, JobStore, NewJob
from storage import open_store
from tests.support.harnesses.engine import end, new_engine
from tests.support.harnesses.model import JumpingClock, Preparer, Service, Thread, World
from tests.support.virtual_time import Busy, drive

DAY = 86400.0
SETTINGS = load_settings({"PUBLIC_URL": "https://bot.example", "JOB_DEADLINE_MINUTES": "20"}, env_file=None)


class Endless(Service):
    """Works forever."""

    async def poll(self, remote: RemoteJob, client_ref: str) -> PollResult:
        return Pending(uploaded=True)


class Missing(Service):
    """An engine that is not installed."""

    async def check(self) -> Sequence[Finding]:
        return [Finding(False, "local engine", "faster-whisper missing", "pip install 'threadscribe[local]'")]


@dataclass
class Place:
    """A database, and bots that come and go."""

    store: JobStore
    clock: JumpingClock = field(default_factory=JumpingClock)
    busy: Busy = field(default_factory=Busy)
    world: World = field(init=False)
    thread: Thread = field(init=False)

    def __post_init__(self) -> None:
        self.store = self.busy.watch(self.store)
        self.world = World(self.clock, random.Random(1), calm=True)

        async def turn(job: Job) -> int:
            return sum(event.source in FINAL for event in await self.store.events(job.id))

        self.thread = Thread(self.world, turn)

    @asynccontextmanager
    async def bot(self, *providers: Service) -> AsyncIterator[Engine]:
        engine = new_engine(
            settings=SETTINGS,
            store=self.store,
            clock=self.clock,
            chat=self.thread,
            preparer=Preparer(),
            providers={each.name: each for each in providers},
        )
        await self.store.release_all()
        await engine.start()
        try:
            yield engine
        finally:
            await end(engine)

    async def share(self) -> Job:
        job, _ = await self.store.add_job(
            NewJob(Origin("T1", "C1", "1.0", "1.0", "F1", "U1"), provider="xosum"), self.clock.now()
        )
        return job

    async def row(self, job: Job) -> Job:
        found = await self.store.job(job.id)
        assert found is not None
        return found

    async def pass_time(self, seconds: float, done: Callable[[Job], bool] = lambda job: False) -> None:
        """Let bots run for this long, or until the job is as wanted; looks once in a while."""
        until = self.clock.elapsed() + seconds
        while self.clock.elapsed() < until and not done(await self.row(self.job)):
            at = min(until, self.clock.elapsed() + max(10.0, seconds / 100))
            await drive(self.clock.true, self.busy, lambda at=at: self.clock.elapsed() >= at, 10 * DAY)  # type: ignore[misc]  # bound at once

    job: Job = field(init=False)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    store = await open_store(f"sqlite:///{tmp_path}/jobs.db")
    found = Place(store)
    found.job = await found.share()
    yield found
    await store.close()


async def waiting_with(place: Place, provider: Service) -> None:
    async with place.bot(provider):
        await place.pass_time(60.0, lambda job: job.state is State.WAITING)
    assert (await place.row(place.job)).state is State.WAITING


async def test_a_job_whose_provider_was_removed_is_paused_and_the_operator_warned(place: Place) -> None:
    await waiting_with(place, Endless(place.world, "xosum", "told"))
    async with place.bot(Endless(place.world, "invox", "dumb")) as engine:
        await place.pass_time(600.0, lambda job: job.state is State.PARKED)
        row = await place.row(place.job)
        assert (row.state, row.parked_for) == (State.PARKED, "xosum")
        await place.pass_time(130.0)
        assert engine.orphans.warnings() == [
            "1 job waits for xosum, which is not set up: "
            "put its settings back, or the jobs are answered with a refusal after a day."
        ]


async def test_it_goes_on_when_the_provider_is_set_up_again(place: Place) -> None:
    await waiting_with(place, Service(place.world, "xosum", "told"))
    async with place.bot():
        await place.pass_time(600.0, lambda job: job.state is State.PARKED)
    async with place.bot(Service(place.world, "xosum", "told")) as engine:
        await place.pass_time(600.0, lambda job: job.state is State.DONE)
        assert engine.orphans.warnings() == []
    assert (await place.row(place.job)).outcome is Outcome.TRANSCRIPT


async def test_after_a_day_it_is_answered(place: Place) -> None:
    await waiting_with(place, Endless(place.world, "xosum", "told"))
    async with place.bot():
        await place.pass_time(600.0, lambda job: job.state is State.PARKED)
    for waited in (DAY / 2, DAY):
        assert (await place.row(place.job)).state is State.PARKED
        place.clock.true.advance(place.clock.elapsed() + waited)
        async with place.bot():
            await place.pass_time(180.0, lambda job: job.state in FINAL)
    row = await place.row(place.job)
    assert row.state is State.FAILED
    assert row.problem is not None
    assert row.problem.code is ProblemCode.NO_SUCH_PROVIDER
    assert sum(place.world.posts.values()) == 1


async def test_a_job_that_was_parked_before_its_provider_was_removed_is_answered_too(place: Place) -> None:
    await waiting_with(place, Endless(place.world, "xosum", "told"))
    row = await place.row(place.job)
    await place.store.apply(Waiting(row).park(place.clock.now(), "the key is wrong", "xosum"))
    place.clock.true.advance(place.clock.elapsed() + DAY)
    async with place.bot():
        await place.pass_time(180.0, lambda job: job.state in FINAL)
    assert (await place.row(place.job)).state is State.FAILED


async def test_a_default_engine_that_is_not_installed_is_reported_at_start(place: Place) -> None:
    engine_missing = Missing(place.world, "local", "told")
    async with place.bot(engine_missing) as engine:
        await engine.accounts.check(engine_missing)
        assert engine.accounts.broken == ("local",)


async def test_a_deadline_goes_on_counting_over_restarts(place: Place) -> None:
    began = place.clock.elapsed()
    for _ in range(6):  # each bot runs for less than the deadline
        async with place.bot(Endless(place.world, "xosum", "told")):
            await place.pass_time(480.0, lambda job: job.state in FINAL)
    row = await place.row(place.job)
    assert row.state is State.FAILED
    assert row.problem is not None
    assert row.problem.code is ProblemCode.DEADLINE
    assert place.clock.elapsed() - began < 30 * 60


async def test_many_that_are_parked_hide_none_that_is_not(place: Place) -> None:
    now = place.clock.now()
    for number in range(2, 132):
        origin = Origin("T1", "C1", f"{number}.0", f"{number}.0", f"F{number}", "U1")
        job, _ = await place.store.add_job(NewJob(origin, provider="xosum"), now + number)
        await place.store.apply(Received(job).submit(now, job.file, "xosum", "xosum", job.options))
    orphans = Orphans(place.store, place.clock, ["slack"], lambda job: None)
    place.clock.true.advance(now + 200 + 2 * OVERDUE_SECONDS)
    for _ in range(2):  # as many in a round as a page has
        await orphans.round()
    rows = await place.store.jobs(JobFilter(states=(State.SUBMITTING,), limit=200))
    assert rows == []
