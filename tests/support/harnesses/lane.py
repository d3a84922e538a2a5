"""One lane over a real SQLite file in virtual time, with steps that a test writes itself."""

import contextlib
import random
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from bot.domain.errors import Misconfigured
from bot.domain.job import FileFacts, Job, Options, Origin, RemoteJob, State
from bot.domain.machine import Change, Finishing, Received, Replying, Submitting, Waiting, stage_of
from bot.engine.events import EngineEvent
from bot.engine.lane import Lane, places_for
from bot.engine.rate_budget import Budget
from bot.engine.retry import RetryPolicy
from bot.engine.wakeups import Wakeups
from bot.ports.provider import Pace
from bot.ports.store import JobStore, NewJob
from storage import open_store
from tests.support.virtual_time import Busy, VirtualClock, drive

ACCOUNT = "xosum"
Step = Callable[[Job], Awaitable[Change | None]]


@dataclass
class LaneHarness:
    """The store, the clock, one lane and what happened in it."""

    store: JobStore
    clock: VirtualClock
    busy: Busy
    database: Path
    budget: Budget
    retries: RetryPolicy = field(default_factory=RetryPolicy)
    happened: list[EngineEvent] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def lane(
        self,
        step: Step,
        *,
        heavy: int = 8,
        works_when_polled: bool = False,
        on_misconfigured: Callable[[Misconfigured], None] = lambda error: None,
    ) -> Lane:
        """A lane of the account whose every step is `step`."""

        async def run(job: Job) -> Change | None:
            return await step(job)

        return Lane(
            ACCOUNT,
            store=self.store,
            clock=self.clock,
            run_step=run,
            budget=self.budget,
            retries=self.retries,
            watch=self.happened.append,
            on_misconfigured=on_misconfigured,
            on_moved=lambda job: None,
            release=self.released,
            wakeups=Wakeups(self.store, self.clock),
            places=places_for(heavy, works_when_polled),
            provider_title="Xosum",
            chance=random.Random(4),
        )

    async def released(self, job: Job) -> None:
        """Nothing is held outside the rows."""

    async def job(self, state: State = State.SUBMITTING, person: str = "U1") -> Job:
        """A new job of the account, brought by its legal moves to this state; a second younger than the one before."""
        number = next(self._numbers)
        self.clock.advance(self.clock.now() + 1)
        now = self.clock.now()
        origin = Origin("T", "C", f"{number}.0", f"{number}.0", f"F{number}", person)
        job, _ = await self.store.add_job(NewJob(origin, FileFacts(name=f"{number}.mp3", size=1)), now)
        while job.state is not state:
            job = await self.store.apply(forward(job, now))
        return job

    async def row(self, job: Job) -> Job:
        """The job as it is now."""
        found = await self.store.job(job.id)
        assert found is not None
        return found

    async def until(self, done: Callable[[], bool], limit: float = 3600.0) -> None:
        """Let everything run in virtual time."""
        await drive(self.clock, self.busy, done, limit)

    def sql(self, statement: str) -> None:
        """Do something to the database behind the store's back."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=60)) as connection, connection:
            connection.execute(statement)


def forward(job: Job, now: float) -> Change:
    """The move that a step makes when all goes well."""
    match stage_of(job):
        case Received() as stage:
            return stage.submit(now, job.file, ACCOUNT, ACCOUNT, Options())
        case Submitting() as stage:
            if job.remote is None:
                return stage.created(now, RemoteJob(f"remote-{job.id}"))
            return stage.submitted(now, now)
        case Waiting() as stage:
            return stage.ready(now)
        case Finishing() as stage:
            return stage.stored(now)
        case Replying() as stage:
            return stage.replied(now)
        case _:
            raise AssertionError(f"{job.state} goes nowhere")


@asynccontextmanager
async def open_lane(directory: Path, pace: Pace | None = None) -> AsyncIterator[LaneHarness]:
    """A harness with an empty database."""
    clock, busy = VirtualClock(), Busy()
    store = await open_store(f"sqlite:///{directory}/jobs.db")
    try:
        watched = busy.watch(store)
        yield LaneHarness(watched, clock, busy, directory / "jobs.db", Budget(ACCOUNT, pace, watched, clock))
    finally:
        await store.close()
