"""The real engine over the real store, in virtual time, while everything happens in every order.

One or two processes share a database; calls fail before or after their effect, processes die with calls under way,
clocks jump, webhooks come early, late, twice and for others. In the end the weather calms down, one process starts,
and everything must have come to its one answer, paid for once.
"""

import asyncio
import contextlib
import os
import random
import tempfile
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.configuration import load_settings
from bot.domain.errors import LostLease, StoreUnavailable
from bot.domain.job import FINAL, Job, Origin, State
from bot.domain.machine import Ended, stage_of
from bot.engine.engine import Engine
from bot.engine.events import EngineEvent, StepFailed
from bot.ports.provider import Provider
from bot.ports.store import JobFilter, JobStore, NewJob
from bot.web.hooks import Hooks
from storage import open_store
from tests.domain.test_machine import MOVES
from tests.support.harnesses.engine import end, new_engine, post
from tests.support.harnesses.model import JumpingClock, Preparer, Service, Thread, World
from tests.support.virtual_time import QUIET_TURNS, Busy, drive

T = TypeVar("T")
SETTINGS = load_settings({"PUBLIC_URL": "https://bot.example", "JOB_DEADLINE_MINUTES": "600"}, env_file=None)
KINDS = {"xosum": "told", "invox": "dumb", "nabla": "fetches"}
FILES = [f"F{number}" for number in range(5)] + ["bad"]
DAY = 86400.0
WHICH = st.integers(0, 9)


def _one_of(found: Sequence[T], which: int) -> T:
    return found[which % len(found)]


class Mortal:
    """A process's view of the store: after its death nothing gets through any more."""

    def __init__(self, inner: JobStore) -> None:
        self._inner = inner
        self.dead = False

    def __getattr__(self, name: str) -> object:
        if self.dead:
            raise StoreUnavailable("this process is dead")
        return getattr(self._inner, name)


@dataclass
class Process:
    """One bot: engine, hooks and what it remembers."""

    engine: Engine
    hooks: Hooks
    mortal: Mortal
    bugs: list[BaseException] = field(default_factory=list)

    async def die(self) -> None:
        """At once, with calls under way and leases held."""
        self.mortal.dead = True
        await end(self.engine)


def _process(world: World, store: JobStore, busy: Busy) -> Process:
    mortal = Mortal(busy.watch(store))
    seen: JobStore = mortal  # type: ignore[assignment]  # stands before one

    async def turn(job: Job) -> int:
        return sum(event.source in FINAL for event in await seen.events(job.id))

    providers: dict[str, Provider] = {name: Service(world, name, kind) for name, kind in KINDS.items()}
    thread = Thread(world, turn)
    bugs: list[BaseException] = []

    def watch(event: EngineEvent) -> None:
        if isinstance(event, StepFailed) and event.bug is not None:
            bugs.append(event.bug)

    engine = new_engine(
        settings=SETTINGS,
        store=seen,
        clock=world.clock,
        chat=thread,
        preparer=Preparer(),
        providers=providers,
        watch=watch,
    )
    hooks = Hooks(seen, providers, world.clock, engine.wakeups.wake_job, lambda route, reason: None)
    return Process(engine, hooks, mortal, bugs)


class Interleavings(RuleBasedStateMachine):
    """Rules are what may happen; invariants hold after each."""

    url = ""  # of a PostgreSQL database; else a fresh SQLite file

    @initialize(seed=st.integers(0, 2**32 - 1))
    def begin(self, seed: int) -> None:
        self.loop = asyncio.new_event_loop()
        self.stack = contextlib.AsyncExitStack()
        self.clock = JumpingClock()
        self.busy = Busy()
        self.world = World(self.clock, random.Random(seed))
        self.processes: list[Process] = []
        self.shared: set[tuple[str, str]] = set()
        self.retried: set[str] = set()
        directory = self.stack.enter_context(tempfile.TemporaryDirectory(prefix="model-", dir=_memory()))
        self.store = self._real(open_store(self.url or f"sqlite:///{directory}/model.db"))
        if self.url:
            self._real(_empty(self.url))
        self._start()
        for provider in KINDS:
            for file in FILES[:2]:
                self.share(file, provider, 1)

    def _run(self, work: Coroutine[object, object, T], seconds: float = 3600.0) -> T:
        async def driven() -> T:
            task = asyncio.ensure_future(work)
            await drive(self.clock.true, self.busy, task.done, seconds)
            return task.result()

        return self.loop.run_until_complete(driven())

    def _start(self) -> None:
        async def start() -> Process:
            process = _process(self.world, self.store, self.busy)
            await process.engine.start()
            return process

        self.processes.append(self._run(start()))

    def _real(self, work: Coroutine[object, object, T]) -> T:
        """Work at this very instant of virtual time, once everything under way has come to rest."""
        self.loop.run_until_complete(self._rest())
        return self.loop.run_until_complete(work)

    async def _rest(self) -> None:
        quiet = 0
        while quiet < QUIET_TURNS:
            quiet = 0 if self.busy.running else quiet + 1
            await asyncio.sleep(0.0001 if self.busy.running else 0)

    def _jobs(self) -> list[Job]:
        return list(self._real(self.store.jobs(JobFilter(limit=100))))

    # --- what happens

    @rule(file=st.sampled_from(FILES), provider=st.sampled_from(sorted(KINDS)), repeats=st.integers(1, 3))
    def share(self, file: str, provider: str, repeats: int) -> None:
        """A file is shared, and told of several times; at least one delivery is committed."""
        self.shared.add((file, provider))
        for _ in range(repeats):
            origin = Origin("T1", f"C-{provider}", "1.0", "1.0", f"{file}-{provider}", "U1")
            self._real(self.store.add_job(NewJob(origin, provider=provider), self.clock.now()))
        for process in self.processes:
            process.engine.wakeups.notify_all()

    @rule(seconds=st.sampled_from([0.05, 0.5, 2.0, 7.0, 30.0, 65.0, 500.0]))
    def pass_time(self, seconds: float) -> None:
        until = self.clock.elapsed() + seconds
        self._run(self.clock.sleep(seconds), seconds + 1.0)
        assert self.clock.elapsed() >= until

    @precondition(lambda self: self.processes)
    @rule(which=WHICH, at=WHICH, secret=st.sampled_from(["genuine", "genuine", "genuine", "forged"]))
    def push(self, which: int, at: int, secret: str) -> None:
        """A webhook: due, early, a repeat, forged, or for a job of somebody else."""
        ref = _one_of([*self.world.remotes, "of-somebody-else"], which)
        name = ref.partition("-")[0] if ref in self.world.remotes else _one_of(sorted(KINDS), which)
        process = _one_of(self.processes, at)
        before = {job.id: (job.state, job.wake_count) for job in self._jobs()}
        status = self._run(post(process.hooks, name, f"{ref} {secret}".encode()))
        if secret == "forged":
            assert status == 401
            assert all(before[job.id][1] == job.wake_count for job in self._jobs())

    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        if jobs := self._jobs():
            job = _one_of(jobs, which)
            self._real(self.store.request_cancel(job.id, "U2", self.clock.now()))

    @rule(which=WHICH)
    def retry(self, which: int) -> None:
        """A person asks for another try of what failed or was cancelled."""
        ended = [job for job in self._jobs() if job.state in (State.FAILED, State.CANCELLED)]
        if not ended:
            return
        job = _one_of(ended, which)
        stage = stage_of(job)
        assert isinstance(stage, Ended)
        stored = self._real(self.store.transcript(job.id)) is not None
        with contextlib.suppress(LostLease):
            self._real(self.store.apply(stage.retry(self.clock.now(), stored)))
            self.retried.add(job.id)

    @precondition(lambda self: self.processes)
    @rule(which=WHICH, then_restart=st.booleans(), after=st.sampled_from([0.0, 0.7, 1.5, 3.0]))
    def kill(self, which: int, then_restart: bool, after: float) -> None:
        """A process dies some instants from now, perhaps to be started again at once."""
        self.pass_time(after)
        process = _one_of(self.processes, which)
        self.processes.remove(process)
        self._run(process.die())
        assert process.bugs == []
        if then_restart:
            self.start()

    @precondition(lambda self: len(self.processes) < 2)
    @rule()
    def start(self) -> None:
        """A process (perhaps the first after a crash, perhaps beside another) starts."""
        if not self.processes and not self.url:
            self._real(self.store.release_all())  # as `bot.app` does for a file that is its own
        self._start()

    @rule(seconds=st.sampled_from([-DAY, -3600.0, -30.0, 30.0, 3600.0, DAY]))
    def set_clock(self, seconds: float) -> None:
        self.clock.set_by += seconds

    # --- what holds

    @invariant()
    def each_origin_has_one_job_and_each_answer_is_said_once(self) -> None:
        jobs = self._jobs()
        assert len({job.origin for job in jobs}) == len(jobs)
        assert {(job.origin.file_id, job.origin.channel_id) for job in jobs} == {
            (f"{file}-{provider}", f"C-{provider}") for file, provider in self.shared
        }
        assert all(count == 1 for count in self.world.posts.values())

    @invariant()
    def timelines_are_walks_through_the_design(self) -> None:
        for job in self._jobs():
            at: State | None = None
            for event in self._real(self.store.events(job.id)):
                assert event.source == at
                if at is not None and State.PARKED not in (at, event.target) and at not in FINAL:
                    assert event.target in MOVES[at]
                at = event.target
            assert at == job.state or (at, job.state) == (None, State.RECEIVED)

    @invariant()
    def nothing_is_paid_for_twice(self) -> None:
        for job in self._jobs():
            bills = sum(r.bills for r in self.world.remotes.values() if r.client_ref == job.client_ref)
            assert bills <= 1 or job.id in self.retried, (job.id, bills)

    def teardown(self) -> None:
        """Calm: every process that is left dies, one process starts, and everything comes to its end."""
        if not hasattr(self, "store"):
            return
        try:
            for process in self.processes:
                self._run(process.die())
            self.world.calm = True
            if not self.url:
                self._real(self.store.release_all())
            self.processes.clear()
            self._start()
            for _ in range(400):
                if all(job.state in FINAL for job in self._jobs()):
                    break
                self._run(self.clock.sleep(60.0))
            left = [
                (job.id, job.state, job.due_at - self.clock.now()) for job in self._jobs() if job.state not in FINAL
            ]
            assert left == []
            self.each_origin_has_one_job_and_each_answer_is_said_once()
            self.timelines_are_walks_through_the_design()
            self.nothing_is_paid_for_twice()
            for job in self._jobs():
                turns = sum(event.source in FINAL for event in self._real(self.store.events(job.id)))
                assert self.world.posts[job.id, turns] == 1
                if job.state == State.DONE:
                    assert self.world.posted_texts[job.id, turns] == f"words of {job.client_ref}"
            for process in self.processes:
                self._run(process.die())
                assert process.bugs == []
        finally:
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.loop.run_until_complete(asyncio.sleep(0.01))
            self.loop.run_until_complete(self.store.close())
            self.loop.run_until_complete(self.stack.aclose())
            self.loop.close()


async def _empty(url: str) -> None:
    import asyncpg  # an extra

    connection = await asyncpg.connect(url)
    there = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    kept = ("migration", "pulse")
    tables = [row["tablename"] for row in await connection.fetch(there) if row["tablename"] not in kept]
    await connection.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
    await connection.close()


def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _settings(examples: int, steps: int = 50) -> settings:
    """How much is tried; MODEL_EXAMPLES says how many runs, for longer searches."""
    return settings(
        max_examples=int(os.environ.get("MODEL_EXAMPLES", examples)),
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )


@pytest.mark.parametrize("by", [-DAY, DAY])
@pytest.mark.parametrize("restarted", [False, True])
def test_a_clock_set_by_a_day_delays_no_answer_and_refuses_none(by: float, restarted: bool) -> None:
    machine = Interleavings()
    machine.begin(seed=1)
    machine.world.calm = True
    machine.pass_time(7.0)
    before = {job.state for job in machine._jobs()}
    assert State.WAITING in before
    assert before <= {State.WAITING, State.SUBMITTING}  # one may have been told to try again later
    if restarted:
        machine.kill(0, then_restart=False, after=0.0)
    machine.set_clock(by)
    machine.start() if restarted else None
    for _ in range(10):
        machine.pass_time(65.0)
    found = {job.state for job in machine._jobs()}
    machine.teardown()
    assert found == {State.DONE}


def test_a_lease_of_another_day_ends_with_the_process_that_held_it(postgres_url: str) -> None:
    """Where several share a database, a new process cannot void all leases: the dead one's are told by their date."""
    machine = type("Leases", (Interleavings,), {"url": postgres_url})()
    machine.begin(seed=1)
    machine.world.calm = True
    machine.pass_time(0.05)
    machine.kill(0, then_restart=False, after=0.0)
    taken = [job for job in machine._jobs() if job.lease_token]
    assert taken
    machine.set_clock(-DAY)
    machine.start()
    for _ in range(10):
        machine.pass_time(65.0)
    found = {job.state for job in machine._jobs()}
    machine.teardown()
    assert found == {State.DONE}


@pytest.mark.timeout(3600)
def test_every_interleaving_ends_in_one_answer_paid_for_once() -> None:
    run_state_machine_as_test(Interleavings, settings=_settings(10))


@pytest.mark.timeout(3600)
def test_the_same_on_postgresql(postgres_url: str) -> None:
    machine = type("InterleavingsOnPostgres", (Interleavings,), {"url": postgres_url})
    run_state_machine_as_test(machine, settings=_settings(3))
