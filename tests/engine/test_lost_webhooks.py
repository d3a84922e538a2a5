"""A webhook is a hint, polling is the truth: whatever is lost, and whenever the bot restarts, the answer comes soon.

The real engine, store and webhook route in virtual time: recordings are shared, results become ready (or fail, which
nobody announces), webhooks come, come twice or are lost, and processes stop and start at any moment.
"""

import asyncio
import os
import random
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.configuration import load_settings
from bot.domain.errors import Problem, ProblemCode
from bot.domain.job import FINAL, Job, Origin, RemoteJob
from bot.domain.transcript import Transcript
from bot.ports.provider import Failed, Pending, PollResult, Succeeded, TranscriptionRequest
from bot.ports.store import JobStore, NewJob
from bot.web.hooks import Hooks
from storage import open_store
from tests.support.harnesses.engine import end, new_engine, post
from tests.support.harnesses.model import JumpingClock, Preparer, Service, Thread, World
from tests.support.virtual_time import Busy, drive

SETTINGS = load_settings({"PUBLIC_URL": "https://bot.example"}, env_file=None)
SEEDS = int(os.environ.get("WEBHOOK_SEEDS", "40"))  # a longer search: WEBHOOK_SEEDS=1000
MINUTE = 60.0
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None


class Slow(Service):
    """Takes a while; some jobs fail, which no webhook tells."""

    def __init__(self, world: World, kind: str, chance: random.Random) -> None:
        super().__init__(world, "xosum" if kind == "told" else "invox", kind)
        self._chance = chance
        self.takes: dict[str, float] = {}
        self.fails: set[str] = set()

    async def create(self, order: TranscriptionRequest) -> RemoteJob:
        remote = await super().create(order)
        if remote.ref not in self.takes:
            self.takes[remote.ref] = self._chance.choice((1.0, 8.0, 30.0, 90.0, 300.0)) * self._chance.uniform(0.5, 2.0)
            if self._chance.random() < 0.3:
                self.fails.add(remote.ref)
        return remote

    def ready_at(self, ref: str) -> float | None:
        """When the result (or the failure) is there."""
        uploaded = self.world.remotes[ref].uploaded_at if ref in self.world.remotes else None
        return None if uploaded is None else uploaded + self.takes[ref]

    async def poll(self, remote: RemoteJob, client_ref: str) -> PollResult:
        def effect() -> PollResult:
            ready = self.ready_at(remote.ref)
            if ready is None or self._now() < ready:
                return Pending(uploaded=None if self.kind == "dumb" else ready is not None)
            if remote.ref in self.fails:
                return Failed(Problem(ProblemCode.PROVIDER_FAILED, {"provider": self.name, "detail": ""}))
            return Succeeded()

        return await self.world.call(effect)


class Noting(Thread):
    """Knows when each answer came."""

    replied_at: dict[str, float]

    async def reply(self, job: Job, transcript: Transcript | None) -> None:
        await super().reply(job, transcript)
        assert job.remote is not None
        self.replied_at.setdefault(job.remote.ref, self._world.clock.elapsed())


@dataclass
class Run:
    """One course of events, drawn from its seed."""

    seed: int
    clock: JumpingClock = field(default_factory=JumpingClock)
    busy: Busy = field(default_factory=Busy)
    down: list[tuple[float, float]] = field(default_factory=list)
    replied_at: dict[str, float] = field(default_factory=dict)

    async def lateness(self, directory: str) -> list[float]:
        """Seconds that a bot was running between each result and its answer."""
        chance = random.Random(self.seed)
        world = World(self.clock, random.Random(self.seed), calm=True)
        real = await open_store(f"sqlite:///{directory}/jobs.db")
        store: JobStore = self.busy.watch(real)
        provider = Slow(world, chance.choice(("told", "dumb")), chance)
        files = chance.randint(1, 4)
        for number in range(files):
            origin = Origin("T1", "C1", f"{number}.0", f"{number}.0", f"F{number}", "U1")
            await store.add_job(NewJob(origin, provider=provider.name), self.clock.now())
        stops = sorted(chance.uniform(1.0, 240.0) for _ in range(chance.randint(0, 2)))
        announced: set[str] = set()
        lost = chance.choice((0.0, 0.5, 1.0))
        try:
            while len(self.replied_at) < files:
                until = self.clock.elapsed() + (stops.pop(0) if stops else 7200.0)
                await self._process(store, provider, world, chance, announced, lost, until, files)
                if len(self.replied_at) < files:
                    pause = chance.uniform(1.0, 90.0)
                    self.down.append((self.clock.elapsed(), self.clock.elapsed() + pause))
                    await self._pass(pause)  # webhooks find nobody
                    await real.release_all()
        finally:
            await real.close()
        found = []
        for ref, at in self.replied_at.items():
            ready = provider.ready_at(ref)
            assert ready is not None
            away = sum(max(0.0, min(end, at) - max(begin, ready)) for begin, end in self.down)
            found.append(at - ready - away)
        return found

    async def _process(
        self,
        store: JobStore,
        provider: Slow,
        world: World,
        chance: random.Random,
        announced: set[str],
        lost: float,
        until: float,
        files: int,
    ) -> None:
        async def turn(job: Job) -> int:
            return sum(event.source in FINAL for event in await store.events(job.id))

        thread = Noting(world, turn)
        thread.replied_at = self.replied_at
        engine = new_engine(
            settings=SETTINGS,
            store=store,
            clock=self.clock,
            chat=thread,
            preparer=Preparer(),
            providers={provider.name: provider},
        )
        providers = {provider.name: provider}
        hooks = Hooks(store, providers, self.clock, engine.wakeups.wake_job, lambda route, reason: None)
        await engine.start()

        async def announce() -> None:
            while True:
                for ref in list(provider.takes):
                    ready = provider.ready_at(ref)
                    if ready is None or ref in announced or ref in provider.fails or self.clock.elapsed() < ready:
                        continue
                    announced.add(ref)  # a provider tries once
                    if chance.random() >= lost:
                        await post(hooks, provider.name, f"{ref} genuine".encode())
                await self.clock.sleep(0.5)

        announcing = asyncio.create_task(announce())
        await self._wait(lambda: len(self.replied_at) == files or self.clock.elapsed() >= until)
        announcing.cancel()
        await end(engine)

    async def _pass(self, seconds: float) -> None:
        passing = asyncio.create_task(self.clock.sleep(seconds))
        await self._wait(passing.done)

    async def _wait(self, done: object) -> None:
        assert callable(done)
        await drive(self.clock.true, self.busy, done, 20_000.0)


@pytest.mark.timeout(3600)
async def test_the_answer_comes_within_a_minute_of_its_result_whatever_is_lost() -> None:
    worst = 0.0
    for seed in range(SEEDS):
        with tempfile.TemporaryDirectory(dir=MEMORY) as directory:
            found = await Run(seed).lateness(directory)
        assert max(found) <= MINUTE, (seed, found)
        worst = max(worst, *found)
    print(f"{SEEDS} courses of events; worst {worst:.1f} s")
