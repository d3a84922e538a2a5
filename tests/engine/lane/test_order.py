"""Whose step a lane takes next."""

from pathlib import Path

from bot.domain.job import Job, State
from bot.domain.machine import Change, Submitting, stage_of
from bot.ports.provider import Pace
from tests.engine.lane.serving import Ended, serving
from tests.support.harnesses.lane import LaneHarness, forward, open_lane


async def test_on_one_budget_a_fetch_goes_before_a_poll_and_a_poll_before_a_submit(tmp_path: Path) -> None:
    async with open_lane(tmp_path, Pace(per_minute=60, burst=1)) as harness:

        class Spending(Ended):
            async def before(self, job: Job) -> None:
                await harness.budget.spend()

        states = (State.SUBMITTING, State.WAITING, State.FINISHING)
        jobs = [await harness.job(state) for state in states for _ in range(3)]
        step = Spending(harness)
        async with serving(harness.lane(step)):
            await harness.until(lambda: {job.id for job in jobs} <= {job.id for job in step.order})
        first = {job.id: number for number, job in reversed(list(enumerate(step.order)))}
        ranks = [job.rank for job in sorted(jobs, key=lambda job: first[job.id])]
        assert ranks[0] == 0
        assert ranks == sorted(ranks)


async def test_a_poll_that_falls_due_passes_submits_that_stand_in_line_for_the_budget(tmp_path: Path) -> None:
    async with open_lane(tmp_path, Pace(per_minute=6, burst=1)) as harness:
        sent: list[str] = []
        standing: list[str] = []

        async def step(job: Job) -> Change:
            standing.append(job.id)
            await harness.budget.spend()
            sent.append(job.id)
            return forward(job, harness.clock.now())

        submits = [await harness.job() for _ in range(4)]
        poll = await harness.job()
        poll = await harness.store.apply(forward(poll, harness.clock.now()))
        later = harness.clock.now() + 15.0
        await harness.store.apply(Submitting(poll).submitted(harness.clock.now(), later))
        async with serving(harness.lane(step)):
            await harness.until(lambda: len(sent) == 3)
        assert set(standing) == {poll.id, *(job.id for job in submits)}
        assert sent[2] == poll.id  # one call goes every ten seconds, and it fell due after the second


async def test_whoever_was_served_longest_ago_is_served_next(harness: LaneHarness) -> None:
    many = [await harness.job(person="U1") for _ in range(5)]
    one = await harness.job(person="U2")
    step = Ended(harness)

    async def once(job: Job) -> Change | None:
        change = await step(job)
        return stage_of(job).submitted(change.after.updated_at, 1e10)  # type: ignore[union-attr]  # all are submitting

    async with serving(harness.lane(once, heavy=1)):
        await harness.until(lambda: len(step.order) == 6)
    assert [job.id for job in step.order[:2]] == [many[0].id, one.id]
    assert [job.id for job in step.order[2:]] == [job.id for job in many[1:]]


async def test_uploads_that_take_long_do_not_keep_a_result_waiting(harness: LaneHarness) -> None:
    uploads = [await harness.job() for _ in range(4)]
    result = await harness.job(State.FINISHING)
    done: list[str] = []

    async def step(job: Job) -> Change:
        await harness.clock.sleep(3000.0 if job.state is State.SUBMITTING else 1.0)
        done.append(job.id)
        return forward(job, harness.clock.now())

    async with serving(harness.lane(step, heavy=2)):
        await harness.until(lambda: bool(done), 60)
    assert done == [result.id]
    assert {(await harness.row(job)).state for job in uploads} == {State.SUBMITTING}


async def test_where_a_poll_is_the_work_no_more_run_at_once_than_the_account_takes(harness: LaneHarness) -> None:
    waiting = [await harness.job(State.WAITING) for _ in range(6)]
    result = await harness.job(State.FINISHING)
    running, most = 0, 0
    done: list[str] = []

    async def step(job: Job) -> Change:
        nonlocal running, most
        if job.state is State.WAITING:
            running += 1
            most = max(most, running)
            await harness.clock.sleep(600.0)
            running -= 1
        done.append(job.id)
        return forward(job, harness.clock.now())

    async with serving(harness.lane(step, heavy=2, works_when_polled=True)):
        await harness.until(lambda: {job.id for job in waiting} <= set(done), 36000)
    assert most == 2
    assert done[0] == result.id  # it has a place of its own
