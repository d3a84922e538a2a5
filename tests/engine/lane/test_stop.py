"""How a lane ends."""

import asyncio

from bot.domain.job import Job, State
from bot.domain.machine import Change
from tests.support.harnesses.lane import LaneHarness, forward


async def test_a_stop_lets_the_step_under_way_end_and_begins_no_other(harness: LaneHarness) -> None:
    first, second = await harness.job(), await harness.job()
    release = asyncio.Event()
    began: list[str] = []

    async def step(job: Job) -> Change:
        began.append(job.id)
        await release.wait()
        return forward(job, harness.clock.now())

    lane = harness.lane(step, heavy=1)
    task = asyncio.create_task(lane.serve())
    await harness.until(lambda: bool(began))
    stopping = asyncio.create_task(lane.stop(60.0))
    await asyncio.sleep(0)
    release.set()
    await stopping
    await task
    assert began == [first.id]
    row = await harness.row(first)
    assert (row.remote is not None, row.lease_token) == (True, "")
    assert (await harness.row(second)).lease_token == ""


async def test_a_step_that_outlasts_the_grace_is_ended_and_its_lease_given_back(harness: LaneHarness) -> None:
    job = await harness.job()
    began: list[str] = []

    async def step(job: Job) -> Change:
        began.append(job.id)
        await asyncio.Event().wait()
        raise AssertionError("it never came")

    lane = harness.lane(step)
    task = asyncio.create_task(lane.serve())
    await harness.until(lambda: bool(began))
    assert (await harness.row(job)).lease_token
    await lane.stop(0.01)
    await task
    row = await harness.row(job)
    assert (row.state, row.lease_token, row.attempts) == (State.SUBMITTING, "", 0)
