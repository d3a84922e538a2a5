"""A lane over the real store: who is served first, and what becomes of a job when its step goes wrong."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.errors import (
    InternalFault,
    Misconfigured,
    Problem,
    ProblemCode,
    RateLimited,
    Rejected,
    Transient,
    UploadUrlRefused,
)
from bot.domain.job import Job, Outcome, RemoteJob, State
from bot.domain.machine import Cause, Change, Replying, Submitting, stage_of
from bot.engine.accounts import PROBE_SECONDS, Accounts
from bot.engine.events import AccountBroke, AccountRecovered, StepEnded, StepFailed, StoreFailed
from bot.engine.lane import Lane
from bot.engine.retry import FAULT_RETRIES, RetryPolicy
from bot.engine.wakeups import Wakeups
from bot.ports.provider import Pace
from bot.supervisor import Supervisor
from tests.support.lane_harness import ACCOUNT, Yard, forward, open_yard


@pytest.fixture
async def yard(tmp_path: Path) -> AsyncIterator[Yard]:
    async with open_yard(tmp_path) as found:
        yield found


@asynccontextmanager
async def serving(lane: Lane) -> AsyncIterator[None]:
    """The lane at work; stopped without grace at the end."""
    task = asyncio.create_task(lane.serve())
    try:
        yield
    finally:
        await lane.stop(0.0)
        await task


class Ended:
    """A step that moves the job on, and remembers in which order."""

    def __init__(self, yard: Yard) -> None:
        self.yard = yard
        self.order: list[Job] = []

    async def __call__(self, job: Job) -> Change:
        await self.before(job)
        self.order.append(job)
        return forward(job, self.yard.clock.now())

    async def before(self, job: Job) -> None:
        await self.yard.clock.sleep(1.0)


# --- order --------------------------------------------------------------------------------------------------------


async def test_on_one_budget_a_fetch_goes_before_a_poll_and_a_poll_before_a_submit(tmp_path: Path) -> None:
    async with open_yard(tmp_path, Pace(per_minute=60, burst=1)) as yard:

        class Spending(Ended):
            async def before(self, job: Job) -> None:
                await yard.budget.spend()

        states = (State.SUBMITTING, State.WAITING, State.FINISHING)
        jobs = [await yard.job(state) for state in states for _ in range(3)]
        step = Spending(yard)
        async with serving(yard.lane(step)):
            await yard.until(lambda: {job.id for job in jobs} <= {job.id for job in step.order})
        first = {job.id: number for number, job in reversed(list(enumerate(step.order)))}
        ranks = [job.rank for job in sorted(jobs, key=lambda job: first[job.id])]
        assert ranks[0] == 0
        assert ranks == sorted(ranks)


async def test_a_poll_that_falls_due_passes_submits_that_stand_in_line_for_the_budget(tmp_path: Path) -> None:
    async with open_yard(tmp_path, Pace(per_minute=6, burst=1)) as yard:
        sent: list[str] = []
        standing: list[str] = []

        async def step(job: Job) -> Change:
            standing.append(job.id)
            await yard.budget.spend()
            sent.append(job.id)
            return forward(job, yard.clock.now())

        submits = [await yard.job() for _ in range(4)]
        poll = await yard.job()
        poll = await yard.store.apply(forward(poll, yard.clock.now()))
        later = yard.clock.now() + 15.0
        await yard.store.apply(Submitting(poll).submitted(yard.clock.now(), later))
        async with serving(yard.lane(step)):
            await yard.until(lambda: len(sent) == 3)
        assert set(standing) == {poll.id, *(job.id for job in submits)}
        assert sent[2] == poll.id  # one call goes every ten seconds, and it fell due after the second


async def test_whoever_was_served_longest_ago_is_served_next(yard: Yard) -> None:
    many = [await yard.job(person="U1") for _ in range(5)]
    one = await yard.job(person="U2")
    step = Ended(yard)

    async def once(job: Job) -> Change | None:
        change = await step(job)
        return stage_of(job).submitted(change.after.updated_at, 1e10)  # type: ignore[union-attr]  # all are submitting

    async with serving(yard.lane(once, heavy=1)):
        await yard.until(lambda: len(step.order) == 6)
    assert [job.id for job in step.order[:2]] == [many[0].id, one.id]
    assert [job.id for job in step.order[2:]] == [job.id for job in many[1:]]


async def test_uploads_that_take_long_do_not_keep_a_result_waiting(yard: Yard) -> None:
    uploads = [await yard.job() for _ in range(4)]
    result = await yard.job(State.FINISHING)
    done: list[str] = []

    async def step(job: Job) -> Change:
        await yard.clock.sleep(3000.0 if job.state is State.SUBMITTING else 1.0)
        done.append(job.id)
        return forward(job, yard.clock.now())

    async with serving(yard.lane(step, heavy=2)):
        await yard.until(lambda: bool(done), 60)
    assert done == [result.id]
    assert {(await yard.row(job)).state for job in uploads} == {State.SUBMITTING}


# --- leases -------------------------------------------------------------------------------------------------------


async def test_a_step_that_takes_ten_minutes_keeps_its_job_from_every_other_worker(yard: Yard) -> None:
    job = await yard.job(State.FINISHING)
    began: list[str] = []

    async def step(job: Job) -> Change:
        began.append(job.id)
        await yard.clock.sleep(600.0)
        return forward(job, yard.clock.now())

    async with serving(yard.lane(step)), serving(yard.lane(step)):
        with pytest.raises(TimeoutError):
            await yard.until(lambda: len(began) > 1, 590.0)  # ten times its lease
    assert began == [job.id]


async def test_a_step_whose_lease_is_lost_is_ended_and_what_it_did_is_not_committed(yard: Yard) -> None:
    job = await yard.job(State.FINISHING)
    began: list[str] = []
    ended: list[str] = []

    async def step(job: Job) -> Change:
        began.append(job.id)
        if len(began) == 1:
            try:
                await yard.clock.sleep(1000.0)
            except asyncio.CancelledError:
                ended.append("cancelled")
                raise
        ended.append("done")
        return forward(job, yard.clock.now())

    async with serving(yard.lane(step)):
        await yard.until(lambda: bool(began))
        await yard.store.release_all()  # what a worker elsewhere sees as expired
        await yard.until(lambda: len(ended) == 2, 10)  # it hears of it within a few seconds
        await yard.until(lambda: not yard.busy.running)
    assert sorted(ended) == ["cancelled", "done"]
    causes = [event.cause for event in await yard.store.events(job.id)]
    assert causes.count(Cause.STORED) == 1


async def test_a_result_that_comes_after_its_lease_was_taken_changes_nothing(yard: Yard) -> None:
    job = await yard.job(State.FINISHING)
    results: list[str] = []

    async def slow(job: Job) -> Change:
        await yard.clock.sleep(1.0)  # the lane has found nothing more by then, and does not take it before the other
        await yard.store.release_all()
        other = await yard.store.claim(ACCOUNT, (0, 1, 2), yard.clock.now(), 900.0)
        assert other is not None
        results.append(other.lease_token)
        return forward(job, yard.clock.now())

    async with serving(yard.lane(slow)):
        await yard.until(lambda: bool(results))
        with pytest.raises(TimeoutError):
            await yard.until(lambda: len(results) > 1, 60)
    row = await yard.row(job)
    assert (row.state, row.lease_token) == (State.FINISHING, results[0])


# --- what goes wrong ----------------------------------------------------------------------------------------------


async def test_a_cancellation_ends_the_step_under_way_and_is_seen_by_the_next(yard: Yard) -> None:
    job = await yard.job(State.WAITING)
    seen: list[str] = []

    async def step(job: Job) -> Change:
        seen.append(job.cancel_by)
        if job.cancel_by:
            return stage_of(job).cancel(yard.clock.now())  # type: ignore[union-attr]  # it waits
        await yard.clock.sleep(1000.0)
        raise AssertionError("nobody ended the step")

    async with serving(yard.lane(step)):
        await yard.until(lambda: bool(seen))
        assert await yard.store.request_cancel(job.id, "U9", yard.clock.now())
        await yard.until(lambda: len(seen) == 2, 30)
        await yard.until(lambda: not yard.busy.running)
    row = await yard.row(job)
    assert seen == ["", "U9"]
    assert (row.state, row.outcome) == (State.REPLYING, Outcome.CANCELLED)


async def test_a_rate_limit_holds_the_account_for_every_job_of_it(tmp_path: Path) -> None:
    async with open_yard(tmp_path, Pace(per_minute=6000, burst=10)) as yard:
        limited, other = await yard.job(State.FINISHING), await yard.job()
        began = yard.clock.now()
        sent: list[tuple[str, float]] = []

        async def step(job: Job) -> Change:
            if job.id == other.id:
                await yard.clock.sleep(1.0)
            await yard.budget.spend()
            sent.append((job.id, yard.clock.now() - began))
            if len(sent) == 1:
                raise RateLimited("too many calls", 40.0)
            return forward(job, yard.clock.now())

        async with serving(yard.lane(step)):
            await yard.until(lambda: len(sent) >= 3)
        assert sent[0] == (limited.id, 0.0)
        assert all(at >= 40.0 for _, at in sent[1:])


async def test_what_fails_for_a_while_is_tried_again_and_counted(yard: Yard) -> None:
    job = await yard.job(State.WAITING)
    tries: list[int] = []

    async def step(job: Job) -> Change:
        tries.append(job.attempts)
        if len(tries) < 4:
            raise Transient("no connection")
        return forward(job, yard.clock.now())

    async with serving(yard.lane(step)):
        await yard.until(
            lambda: any(isinstance(each, StepEnded) and each.cause is Cause.RESULT_READY for each in yard.happened)
        )
    assert tries[:4] == [0, 1, 2, 3]
    retries = [event.detail for event in await yard.store.events(job.id) if event.cause is Cause.RETRY]
    assert retries == ["no connection"] * 3
    assert (await yard.row(job)).last_error == ""


async def test_what_fails_for_good_is_answered_in_the_providers_name(yard: Yard) -> None:
    yard.retries = RetryPolicy(attempts=3)
    job = await yard.job(State.WAITING)

    async def step(job: Job) -> Change:
        raise Transient("no connection")

    async with serving(yard.lane(step)):
        await yard.until(lambda: len(yard.happened) == 6)  # three tries, each with its end
    row = await yard.row(job)
    assert (row.state, row.outcome) == (State.REPLYING, Outcome.REFUSED)
    assert row.problem == Problem(ProblemCode.PROVIDER_DOWN, {"provider": "Xosum"})


async def test_a_refusal_is_final_and_keeps_its_reason(yard: Yard) -> None:
    job = await yard.job()

    async def step(job: Job) -> Change:
        raise Rejected(Problem(ProblemCode.TOO_LONG, {"minutes": "900"}))

    async with serving(yard.lane(step)):
        await yard.until(lambda: len(yard.happened) == 2)
    assert (await yard.row(job)).problem == Problem(ProblemCode.TOO_LONG, {"minutes": "900"})


async def test_a_bug_costs_one_attempt_of_one_job_and_is_reported_with_its_trace(yard: Yard) -> None:
    faulty, fine = await yard.job(State.WAITING), await yard.job(State.WAITING)
    done: list[str] = []

    async def step(job: Job) -> Change:
        if job.id == faulty.id and job.state is State.WAITING and not job.attempts:
            raise ZeroDivisionError
        done.append(job.id)
        return forward(job, yard.clock.now())

    async with serving(yard.lane(step)):
        await yard.until(lambda: {faulty.id, fine.id} <= set(done))
    (bug,) = (each for each in yard.happened if isinstance(each, StepFailed))
    assert isinstance(bug.bug, ZeroDivisionError)


@pytest.mark.parametrize("error", [ZeroDivisionError(), InternalFault("TypeError in the audio child")])
async def test_a_bug_that_stays_is_tried_a_few_times_and_then_said_to_be_ours(yard: Yard, error: Exception) -> None:
    yard.retries = RetryPolicy(attempts=None)  # Slack's: a bug ends all the same
    job = await yard.job(State.SUBMITTING)

    async def step(job: Job) -> Change:
        raise error

    async with serving(yard.lane(step)):
        await yard.until(
            lambda: any(isinstance(each, StepEnded) and each.job.state is State.REPLYING for each in yard.happened)
        )
    failures = [each for each in yard.happened if isinstance(each, StepFailed) and each.job.state is State.SUBMITTING]
    assert len(failures) == FAULT_RETRIES.attempts
    assert all(failure.bug is error for failure in failures)
    assert (await yard.row(job)).problem == Problem(ProblemCode.BOT_FAILED)


async def test_a_broken_account_parks_its_jobs_is_told_of_once_and_resumes_by_itself(yard: Yard) -> None:
    jobs = [await yard.job(State.WAITING) for _ in range(3)]
    probes: list[float] = []
    began = yard.clock.now()

    async def works() -> bool:
        probes.append(yard.clock.now())
        if len(probes) == 1:
            raise Transient("not to be reached")
        return len(probes) == 3

    async def step(job: Job) -> Change:
        if len(probes) < 3:
            raise Misconfigured(ACCOUNT, "the key is wrong")
        return forward(job, yard.clock.now())

    supervisor, wakeups = Supervisor(yard.clock), Wakeups(yard.store, yard.clock)
    accounts = Accounts(yard.store, yard.clock, {ACCOUNT: works}, yard.happened.append, wakeups, supervisor)
    lane = replace(yard.lane(step, on_misconfigured=accounts.broke), wakeups=wakeups)
    async with serving(lane):
        await yard.until(lambda: any(isinstance(each, AccountRecovered) for each in yard.happened))
        assert accounts.broken == ()
        await yard.until(
            lambda: sum(isinstance(each, StepEnded) and each.cause is Cause.RESULT_READY for each in yard.happened) == 3
        )
    await supervisor.stop()
    assert len([each for each in yard.happened if isinstance(each, AccountBroke)]) == 1
    assert probes[0] - began >= PROBE_SECONDS
    for job in jobs:
        causes = [event.cause for event in await yard.store.events(job.id)]
        parked = causes.index(Cause.PARKED)
        assert causes[parked + 1 : parked + 3] == [Cause.FIXED, Cause.RESULT_READY]


async def test_a_database_that_refuses_is_reported_once_and_waited_out(yard: Yard) -> None:
    job = await yard.job(State.FINISHING)
    step = Ended(yard)
    yard.sql("CREATE TRIGGER refuse BEFORE UPDATE ON job BEGIN SELECT RAISE(ABORT, 'refused'); END")
    async with serving(yard.lane(step)):
        with pytest.raises(TimeoutError):
            await yard.until(lambda: bool(step.order), 60)
        assert [type(each) for each in yard.happened] == [StoreFailed]
        yard.sql("DROP TRIGGER refuse")
        await yard.until(lambda: bool(step.order), 60)
        await yard.until(lambda: not yard.busy.running)
    assert isinstance(stage_of(await yard.row(job)), Replying)


async def test_a_refused_upload_url_counts_as_expired_whatever_the_words_are(yard: Yard) -> None:
    job = await yard.job()
    job = await yard.store.apply(Submitting(job).created(yard.clock.now(), RemoteJob("r", "https://upload.example")))

    async def step(job: Job) -> Change:
        raise UploadUrlRefused("any words")

    async with serving(yard.lane(step)):
        await yard.until(lambda: any(isinstance(each, StepFailed) for each in yard.happened))
        await yard.until(lambda: not yard.busy.running)
    row = await yard.row(job)
    assert row.remote is not None
    assert row.remote.expires_at is not None
    assert row.remote.expires_at <= yard.clock.now()
    assert row.attempts >= 1


# --- the end ------------------------------------------------------------------------------------------------------


async def test_a_stop_lets_the_step_under_way_end_and_begins_no_other(yard: Yard) -> None:
    first, second = await yard.job(), await yard.job()
    release = asyncio.Event()
    began: list[str] = []

    async def step(job: Job) -> Change:
        began.append(job.id)
        await release.wait()
        return forward(job, yard.clock.now())

    lane = yard.lane(step, heavy=1)
    task = asyncio.create_task(lane.serve())
    await yard.until(lambda: bool(began))
    stopping = asyncio.create_task(lane.stop(60.0))
    await asyncio.sleep(0)
    release.set()
    await stopping
    await task
    assert began == [first.id]
    row = await yard.row(first)
    assert (row.remote is not None, row.lease_token) == (True, "")
    assert (await yard.row(second)).lease_token == ""


async def test_a_step_that_outlasts_the_grace_is_ended_and_its_lease_given_back(yard: Yard) -> None:
    job = await yard.job()
    began: list[str] = []

    async def step(job: Job) -> Change:
        began.append(job.id)
        await asyncio.Event().wait()
        raise AssertionError("it never came")

    lane = yard.lane(step)
    task = asyncio.create_task(lane.serve())
    await yard.until(lambda: bool(began))
    assert (await yard.row(job)).lease_token
    await lane.stop(0.01)
    await task
    row = await yard.row(job)
    assert (row.state, row.lease_token, row.attempts) == (State.SUBMITTING, "", 0)
