"""What a step's lease guards."""

import asyncio

import pytest

from bot.domain.job import Job, State
from bot.domain.machine import Cause, Change
from tests.engine.lane.serving import serving
from tests.support.harnesses.lane import ACCOUNT, LaneHarness, forward


async def test_a_step_that_takes_ten_minutes_keeps_its_job_from_every_other_worker(harness: LaneHarness) -> None:
    job = await harness.job(State.FINISHING)
    began: list[str] = []

    async def step(job: Job) -> Change:
        began.append(job.id)
        await harness.clock.sleep(600.0)
        return forward(job, harness.clock.now())

    async with serving(harness.lane(step)), serving(harness.lane(step)):
        with pytest.raises(TimeoutError):
            await harness.until(lambda: len(began) > 1, 590.0)  # ten times its lease
    assert began == [job.id]


async def test_a_step_whose_lease_is_lost_is_ended_and_what_it_did_is_not_committed(harness: LaneHarness) -> None:
    job = await harness.job(State.FINISHING)
    began: list[str] = []
    ended: list[str] = []

    async def step(job: Job) -> Change:
        began.append(job.id)
        if len(began) == 1:
            try:
                await harness.clock.sleep(1000.0)
            except asyncio.CancelledError:
                ended.append("cancelled")
                raise
        ended.append("done")
        return forward(job, harness.clock.now())

    async with serving(harness.lane(step)):
        await harness.until(lambda: bool(began))
        await harness.store.release_all()  # what a worker elsewhere sees as expired
        await harness.until(lambda: len(ended) == 2, 10)  # it hears of it within a few seconds
        await harness.until(lambda: not harness.busy.running)
    assert sorted(ended) == ["cancelled", "done"]
    causes = [event.cause for event in await harness.store.events(job.id)]
    assert causes.count(Cause.STORED) == 1


async def test_a_result_that_comes_after_its_lease_was_taken_changes_nothing(harness: LaneHarness) -> None:
    job = await harness.job(State.FINISHING)
    results: list[str] = []

    async def slow(job: Job) -> Change:
        await harness.clock.sleep(1.0)  # the lane has found nothing more by then, and does not take it before the other
        await harness.store.release_all()
        other = await harness.store.claim(ACCOUNT, (0, 1, 2), harness.clock.now(), 900.0)
        assert other is not None
        results.append(other.lease_token)
        return forward(job, harness.clock.now())

    async with serving(harness.lane(slow)):
        await harness.until(lambda: bool(results))
        with pytest.raises(TimeoutError):
            await harness.until(lambda: len(results) > 1, 60)
    row = await harness.row(job)
    assert (row.state, row.lease_token) == (State.FINISHING, results[0])
