"""What becomes of a job when its step goes wrong."""

from dataclasses import replace
from itertools import pairwise
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
from bot.domain.transcript import Segment
from bot.engine.accounts import PROBE_SECONDS, Accounts
from bot.engine.events import AccountBroke, AccountRecovered, StepEnded, StepFailed, StoreFailed
from bot.engine.retry import FAULT_RETRIES, RetryPolicy
from bot.engine.wakeups import Wakeups
from bot.ports.provider import Pace
from bot.supervisor import Supervisor
from tests.engine.lane.serving import Ended, serving
from tests.support.harnesses.lane import ACCOUNT, LaneHarness, forward, open_lane


async def test_a_cancellation_ends_the_step_under_way_and_is_seen_by_the_next(harness: LaneHarness) -> None:
    job = await harness.job(State.WAITING)
    seen: list[str] = []

    async def step(job: Job) -> Change:
        seen.append(job.cancel_by)
        if job.cancel_by:
            return stage_of(job).cancel(harness.clock.now())  # type: ignore[union-attr]  # it waits
        await harness.clock.sleep(1000.0)
        raise AssertionError("nobody ended the step")

    async with serving(harness.lane(step)):
        await harness.until(lambda: bool(seen))
        assert await harness.store.request_cancel(job.id, "U9", harness.clock.now())
        await harness.until(lambda: len(seen) == 2, 30)
        await harness.until(lambda: not harness.busy.running)
    row = await harness.row(job)
    assert seen == ["", "U9"]
    assert (row.state, row.outcome) == (State.REPLYING, Outcome.CANCELLED)


async def test_a_rate_limit_holds_the_account_for_every_job_of_it(tmp_path: Path) -> None:
    async with open_lane(tmp_path, Pace(per_minute=6000, burst=10)) as harness:
        limited, other = await harness.job(State.FINISHING), await harness.job()
        began = harness.clock.now()
        sent: list[tuple[str, float]] = []

        async def step(job: Job) -> Change:
            if job.id == other.id:
                await harness.clock.sleep(1.0)
            await harness.budget.spend()
            sent.append((job.id, harness.clock.now() - began))
            if len(sent) == 1:
                raise RateLimited("too many calls", 40.0)
            return forward(job, harness.clock.now())

        async with serving(harness.lane(step)):
            await harness.until(lambda: len(sent) >= 3)
        assert sent[0] == (limited.id, 0.0)
        assert all(at >= 40.0 for _, at in sent[1:])


async def test_a_service_that_only_ever_says_too_many_calls_is_given_up_after_growing_pauses(
    harness: LaneHarness,
) -> None:
    job = await harness.job(State.WAITING)
    tries: list[float] = []

    async def step(job: Job) -> Change:
        tries.append(harness.clock.now())
        raise RateLimited("too many calls", 0.0)  # `Retry-After: 0`

    async with serving(harness.lane(step)):
        await harness.until(
            lambda: any(isinstance(each, StepEnded) and each.job.state is State.REPLYING for each in harness.happened),
            86400.0,
        )
    assert len(tries) == harness.retries.attempts
    assert min(later - sooner for sooner, later in pairwise(tries)) >= harness.retries.floor
    assert tries[-1] - tries[0] > 3600.0
    assert (await harness.row(job)).problem == Problem(ProblemCode.PROVIDER_DOWN, {"provider": "Xosum"})


async def test_what_fails_for_a_while_is_tried_again_and_counted(harness: LaneHarness) -> None:
    job = await harness.job(State.WAITING)
    tries: list[int] = []

    async def step(job: Job) -> Change:
        tries.append(job.attempts)
        if len(tries) < 4:
            raise Transient("no connection")
        return forward(job, harness.clock.now())

    async with serving(harness.lane(step)):
        await harness.until(
            lambda: any(isinstance(each, StepEnded) and each.cause is Cause.RESULT_READY for each in harness.happened)
        )
    assert tries[:4] == [0, 1, 2, 3]
    retries = [event.detail for event in await harness.store.events(job.id) if event.cause is Cause.RETRY]
    assert retries == ["no connection"] * 3
    assert (await harness.row(job)).last_error == ""


async def test_what_fails_for_good_is_answered_in_the_providers_name(harness: LaneHarness) -> None:
    harness.retries = RetryPolicy(attempts=3)
    job = await harness.job(State.WAITING)

    async def step(job: Job) -> Change:
        raise Transient("no connection")

    async with serving(harness.lane(step)):
        await harness.until(lambda: len(harness.happened) == 6)  # three tries, each with its end
    row = await harness.row(job)
    assert (row.state, row.outcome) == (State.REPLYING, Outcome.REFUSED)
    assert row.problem == Problem(ProblemCode.PROVIDER_DOWN, {"provider": "Xosum"})


async def test_a_refusal_is_final_and_keeps_its_reason(harness: LaneHarness) -> None:
    job = await harness.job()

    async def step(job: Job) -> Change:
        raise Rejected(Problem(ProblemCode.TOO_LONG, {"minutes": "900"}))

    async with serving(harness.lane(step)):
        await harness.until(lambda: len(harness.happened) == 2)
    assert (await harness.row(job)).problem == Problem(ProblemCode.TOO_LONG, {"minutes": "900"})


async def test_a_bug_costs_one_attempt_of_one_job_and_is_reported_with_its_trace(harness: LaneHarness) -> None:
    faulty, fine = await harness.job(State.WAITING), await harness.job(State.WAITING)
    done: list[str] = []

    async def step(job: Job) -> Change:
        if job.id == faulty.id and job.state is State.WAITING and not job.attempts:
            raise ZeroDivisionError
        done.append(job.id)
        return forward(job, harness.clock.now())

    async with serving(harness.lane(step)):
        await harness.until(lambda: {faulty.id, fine.id} <= set(done))
    (bug,) = (each for each in harness.happened if isinstance(each, StepFailed))
    assert isinstance(bug.bug, ZeroDivisionError)


@pytest.mark.parametrize("error", [ZeroDivisionError(), InternalFault("TypeError in the audio child")])
async def test_a_bug_that_stays_is_tried_a_few_times_and_then_said_to_be_ours(
    harness: LaneHarness, error: Exception
) -> None:
    harness.retries = RetryPolicy(attempts=None)  # Slack's: a bug ends all the same
    job = await harness.job(State.SUBMITTING)

    async def step(job: Job) -> Change:
        raise error

    async with serving(harness.lane(step)):
        await harness.until(
            lambda: any(isinstance(each, StepEnded) and each.job.state is State.REPLYING for each in harness.happened)
        )
    failures = [
        each for each in harness.happened if isinstance(each, StepFailed) and each.job.state is State.SUBMITTING
    ]
    assert len(failures) == FAULT_RETRIES.attempts
    assert all(failure.bug is error for failure in failures)
    assert (await harness.row(job)).problem == Problem(ProblemCode.BOT_FAILED)


async def test_a_broken_account_parks_its_jobs_is_told_of_once_and_resumes_by_itself(harness: LaneHarness) -> None:
    jobs = [await harness.job(State.WAITING) for _ in range(3)]
    probes: list[float] = []
    began = harness.clock.now()

    async def works() -> bool:
        probes.append(harness.clock.now())
        if len(probes) == 1:
            raise Transient("not to be reached")
        return len(probes) == 3

    async def step(job: Job) -> Change:
        if len(probes) < 3:
            raise Misconfigured(ACCOUNT, "the key is wrong")
        return forward(job, harness.clock.now())

    supervisor, wakeups = Supervisor(harness.clock), Wakeups(harness.store, harness.clock)
    accounts = Accounts(harness.store, harness.clock, {ACCOUNT: works}, harness.happened.append, wakeups, supervisor)
    lane = replace(harness.lane(step, on_misconfigured=accounts.broke), wakeups=wakeups)
    async with serving(lane):
        await harness.until(lambda: any(isinstance(each, AccountRecovered) for each in harness.happened))
        assert accounts.broken == ()
        await harness.until(
            lambda: (
                sum(isinstance(each, StepEnded) and each.cause is Cause.RESULT_READY for each in harness.happened) == 3
            )
        )
    await supervisor.stop()
    assert len([each for each in harness.happened if isinstance(each, AccountBroke)]) == 1
    assert probes[0] - began >= PROBE_SECONDS
    for job in jobs:
        causes = [event.cause for event in await harness.store.events(job.id)]
        parked = causes.index(Cause.PARKED)
        assert causes[parked + 1 : parked + 3] == [Cause.FIXED, Cause.RESULT_READY]


async def test_an_account_that_breaks_again_whenever_its_probe_is_well_is_tried_less_and_less_often(
    harness: LaneHarness,
) -> None:
    await harness.job(State.WAITING)
    broke: list[float] = []

    async def works() -> bool:
        return True

    async def step(job: Job) -> Change:
        broke.append(harness.clock.now())
        raise Misconfigured(ACCOUNT, "the model may not be used")

    supervisor, wakeups = Supervisor(harness.clock), Wakeups(harness.store, harness.clock)
    accounts = Accounts(harness.store, harness.clock, {ACCOUNT: works}, harness.happened.append, wakeups, supervisor)
    lane = replace(harness.lane(step, on_misconfigured=accounts.broke), wakeups=wakeups)
    async with serving(lane):
        await harness.until(lambda: len(broke) == 8, limit=7200.0)
    await supervisor.stop()
    pauses = [later - earlier for earlier, later in pairwise(broke)]
    assert pauses == pytest.approx([60, 120, 240, 480, 960, 960, 960], abs=10)


@pytest.mark.parametrize(("account", "held"), [("", True), (ACCOUNT, True), ("slack", False)])
async def test_only_a_pause_of_the_lanes_own_account_holds_its_calls(
    harness: LaneHarness, account: str, held: bool
) -> None:
    await harness.job(State.WAITING)

    async def step(job: Job) -> Change:
        raise RateLimited("too many calls", 300.0, account)

    async with serving(harness.lane(step)):
        await harness.until(lambda: len(harness.happened) == 2)
        if held:
            with pytest.raises(RateLimited):  # it has no pace, so nobody waits in line
                await harness.budget.spend()
        else:
            await harness.budget.spend()
    harness.clock.advance(harness.clock.now() + 301.0)
    await harness.budget.spend()


async def test_a_database_that_refuses_is_reported_once_and_waited_out(harness: LaneHarness) -> None:
    job = await harness.job(State.FINISHING)
    step = Ended(harness)
    harness.sql("CREATE TRIGGER refuse BEFORE UPDATE ON job BEGIN SELECT RAISE(ABORT, 'refused'); END")
    async with serving(harness.lane(step)):
        with pytest.raises(TimeoutError):
            await harness.until(lambda: bool(step.order), 60)
        assert [type(each) for each in harness.happened] == [StoreFailed]
        harness.sql("DROP TRIGGER refuse")
        await harness.until(lambda: bool(step.order), 60)
        await harness.until(lambda: not harness.busy.running)
    assert isinstance(stage_of(await harness.row(job)), Replying)


async def test_content_that_cannot_be_read_is_tried_a_few_times_and_then_said_to_be_our_fault(
    harness: LaneHarness,
) -> None:
    job, other = await harness.job(State.FINISHING), await harness.job(State.FINISHING)
    await harness.store.put_block(job.id, 0, (Segment("Good morning."),), None)
    harness.sql("UPDATE block SET body = x'00'")

    async def step(job: Job) -> Change:
        await harness.store.blocks(job.id)
        return forward(job, harness.clock.now())

    async with serving(harness.lane(step)):
        await harness.until(
            lambda: {job.id, other.id} <= {each.job.id for each in harness.happened if isinstance(each, StepEnded)}
        )
        await harness.until(
            lambda: any(
                isinstance(each, StepEnded) and each.job.id == job.id and each.job.state is State.REPLYING
                for each in harness.happened
            )
        )
    assert not [each for each in harness.happened if isinstance(each, StoreFailed)]
    assert (await harness.row(job)).problem == Problem(ProblemCode.BOT_FAILED)


async def test_a_refused_upload_url_counts_as_expired_whatever_the_words_are(harness: LaneHarness) -> None:
    job = await harness.job()
    job = await harness.store.apply(
        Submitting(job).created(harness.clock.now(), RemoteJob("r", "https://upload.example"))
    )

    async def step(job: Job) -> Change:
        raise UploadUrlRefused("any words")

    async with serving(harness.lane(step)):
        await harness.until(lambda: any(isinstance(each, StepFailed) for each in harness.happened))
        await harness.until(lambda: not harness.busy.running)
    row = await harness.row(job)
    assert row.remote is not None
    assert row.remote.expires_at is not None
    assert row.remote.expires_at <= harness.clock.now()
    assert row.attempts >= 1
