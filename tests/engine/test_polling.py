"""When waiting jobs are polled: overdue ones at once, webhooks' own speed learnt, speakers of a webhook waited for."""

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.configuration import load_settings
from bot.domain.job import FileFacts, Job, Options, Origin, RemoteJob, State
from bot.domain.machine import Received, Submitting, stage_of
from bot.domain.transcript import Transcript
from bot.engine.engine import Engine
from bot.engine.polling import FIRST_GRACE_SECONDS, GRACE_SECONDS, next_poll, predicted_finish
from bot.ports.provider import PollResult, Succeeded
from bot.ports.store import JobStore, NewJob
from storage import open_store
from tests.support.harnesses.engine import new_engine
from tests.support.harnesses.model import JumpingClock, Preparer, Service, Thread, World

SETTINGS = load_settings({"PUBLIC_URL": "https://bot.example"}, env_file=None)


class Merging(Service):
    """A provider whose webhooks know more than its polls."""

    async def poll(self, remote: RemoteJob, client_ref: str) -> PollResult:
        return Succeeded(Transcript(()))

    def merge_pushed(self, fetched: Transcript, pushed: bytes) -> Transcript:
        return replace(fetched, title="from the webhook")


class Place:
    """An engine that is not started, over a real store."""

    def __init__(self, store: JobStore) -> None:
        self.store = store
        self.clock = JumpingClock()
        self.provider = Service(World(self.clock, random.Random(1), calm=True), "xosum", "told")
        self.engine: Engine = self._engine()

    def _engine(self) -> Engine:
        async def turn(job: Job) -> int:
            return 0

        return new_engine(
            settings=SETTINGS,
            store=self.store,
            clock=self.clock,
            chat=Thread(self.provider.world, turn),
            preparer=Preparer(),
            providers={"xosum": self.provider},
        )

    def use(self, provider: Service) -> None:
        self.provider = provider
        self.engine = self._engine()

    async def waiting(self, number: int, submitted_ago: float, due_in: float) -> Job:
        """A job of a minute of audio, handed over so long ago, to be polled in so long."""
        origin = Origin("T1", "C1", f"{number}.0", f"{number}.0", f"F{number}", "U1")
        now = self.clock.now()
        job, _ = await self.store.add_job(NewJob(origin), now)
        stage = stage_of(job)
        assert isinstance(stage, Received)
        job = await self.store.apply(stage.submit(now, FileFacts(seconds=60.0), "xosum", "xosum", Options()))
        job = await self.store.apply(Submitting(job).created(now, RemoteJob(f"r{number}")))
        change = Submitting(job).submitted(now, now + due_in)
        return await self.store.apply(replace(change, after=replace(change.after, submitted_at=now - submitted_ago)))

    async def due_in(self, job: Job) -> float:
        row = await self.store.job(job.id)
        assert row is not None
        return row.due_at - self.clock.now()


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    store = await open_store(f"sqlite:///{tmp_path}/jobs.db")
    yield Place(store)
    await store.close()


async def test_a_round_makes_overdue_jobs_due_and_leaves_the_others(place: Place) -> None:
    overdue = await place.waiting(1, submitted_ago=500.0, due_in=300.0)
    young = await place.waiting(2, submitted_ago=1.0, due_in=300.0)
    assert await place.engine.polling.poll_overdue() == 1
    assert await place.due_in(overdue) <= 0
    assert await place.due_in(young) == pytest.approx(300.0)
    assert await place.engine.polling.poll_overdue("another account") == 0


async def test_a_result_without_its_webhook_makes_the_other_overdue_jobs_due(place: Place) -> None:
    found = await place.waiting(1, submitted_ago=500.0, due_in=0.0)
    other = await place.waiting(2, submitted_ago=500.0, due_in=300.0)
    await place.engine.polling.webhook_missed(found, place.provider)
    assert await place.due_in(other) <= 0


async def test_a_result_before_its_predicted_finish_says_nothing_about_webhooks(place: Place) -> None:
    found = await place.waiting(1, submitted_ago=1.0, due_in=0.0)
    other = await place.waiting(2, submitted_ago=500.0, due_in=300.0)
    await place.engine.polling.webhook_missed(found, place.provider)
    assert await place.due_in(other) == pytest.approx(300.0)


async def test_the_grace_follows_how_late_webhooks_come(place: Place) -> None:
    polling = place.engine.polling
    assert polling.grace("xosum") == FIRST_GRACE_SECONDS
    job = await place.waiting(1, submitted_ago=0.0, due_in=0.0)
    finish = predicted_finish(60.0, place.provider.capabilities.latency)
    for late, expected in ((0.5, GRACE_SECONDS[0]), (500.0, GRACE_SECONDS[1])):
        for _ in range(20):
            await polling.webhook_came(job, place.provider, (job.submitted_at or 0.0) + finish + late)
        assert polling.grace("xosum") == pytest.approx(expected, abs=0.1)


async def test_a_webhook_that_knows_more_is_waited_for_and_not_for_long(place: Place) -> None:
    place.use(Merging(place.provider.world, "xosum", "told"))
    job = await place.waiting(1, submitted_ago=500.0, due_in=0.0)
    claimed = await place.store.claim("xosum", [1], place.clock.now() + 1, 60.0)
    assert claimed is not None
    change = await place.engine.steps.run(claimed)
    assert change is not None
    assert change.after.state is State.WAITING
    assert change.after.due_at - place.clock.now() <= FIRST_GRACE_SECONDS
    place.clock.set_by += FIRST_GRACE_SECONDS + 1  # none came
    change = await place.engine.steps.run(claimed)
    assert change is not None
    assert change.after.state is State.FINISHING
    assert job.id == claimed.id


def test_webhooks_do_not_keep_polls_away() -> None:
    """Whether a provider pushes changes when a result is expected, not whether it is polled."""
    capabilities = Service(World(JumpingClock(), random.Random(1)), "xosum", "told").capabilities
    assert capabilities.pushes
    assert next_poll(0.0, 3600.0, capabilities, 5.0, waiting=1) < 60.0
