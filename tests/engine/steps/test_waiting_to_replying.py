"""From the hand-over to the reply: the change that each step returns, and what it must not repeat."""

from dataclasses import replace

import pytest

from bot.domain.errors import Ambiguous, LostLease, Problem, ProblemCode, RateLimited, Rejected, Transient
from bot.domain.job import Job, Outcome, State
from bot.domain.transcript import Transcript
from bot.engine.events import SummaryFailed
from bot.engine.release import HOOK_INBOX
from bot.engine.retry import ENRICH_ATTEMPTS
from bot.ports.provider import Failed, Pending, Succeeded
from tests.engine.steps.stepping import SETTINGS, WORDS, Bench, problem_of

# --- waiting


async def test_a_job_that_is_not_ready_is_polled_again_later(bench: Bench) -> None:
    job = await bench.until(State.WAITING)
    change = await bench.run(job)
    assert change.after.state is State.WAITING
    assert change.after.due_at > bench.clock.now()


async def test_audio_that_never_arrived_is_handed_over_again(bench: Bench) -> None:
    job = await bench.until(State.WAITING)
    bench.provider.result = Pending(uploaded=False)
    assert (await bench.run(job)).after.state is State.SUBMITTING


async def test_audio_that_never_shows_is_handed_over_a_few_times_and_then_given_up(bench: Bench) -> None:
    job = await bench.until(State.WAITING)
    bench.provider.result = Pending(uploaded=False)
    began = bench.clock.now()

    async def until_given_up(job: Job) -> None:
        while True:
            bench.clock.true.advance(max(job.due_at, bench.clock.now()))
            job = await bench.store.apply(await bench.run(job))

    with pytest.raises(Rejected) as caught:
        await until_given_up(job)
    assert problem_of(caught) is ProblemCode.DEADLINE
    assert 3 < len(bench.provider.uploads) < 30
    assert bench.clock.now() - began < 2 * SETTINGS.job_deadline_minutes * 60


async def test_a_failure_of_the_provider_is_a_refusal(bench: Bench) -> None:
    job = await bench.until(State.WAITING)
    bench.provider.result = Failed(Problem(ProblemCode.PROVIDER_FAILED, {"provider": "xosum", "detail": ""}))
    with pytest.raises(Rejected) as caught:
        await bench.run(job)
    assert problem_of(caught) is ProblemCode.PROVIDER_FAILED


async def test_a_deadline_counts_what_was_waited_for(bench: Bench) -> None:
    job = await bench.until(State.WAITING)
    with pytest.raises(Rejected) as caught:
        await bench.steps.run(replace(await bench.claimed(job), waited_seconds=181 * 60.0))
    assert problem_of(caught) is ProblemCode.DEADLINE


async def test_a_pushed_result_is_taken_where_the_poll_has_none_yet(bench: Bench) -> None:
    job = await bench.until(State.WAITING)
    now = bench.clock.now()
    await bench.store.put_inbox(HOOK_INBOX, "xosum:k", "xosum:remote-1", b"pushed", now, now)
    bench.provider.pushed = WORDS
    change = await bench.run(job)
    assert change.after.state is State.FINISHING
    assert await bench.store.transcript(job.id) == WORDS


async def test_a_result_for_a_job_that_was_deleted_meanwhile_is_dropped(bench: Bench) -> None:
    job = await bench.claimed(await bench.until(State.WAITING))
    bench.provider.result = Succeeded(WORDS)
    await bench.store.mark_deleted(job.id, bench.clock.now())
    with pytest.raises(LostLease):
        await bench.steps.run(job)
    assert await bench.store.transcript(job.id) is None


# --- finishing


async def test_a_result_is_fetched_enriched_and_stored(bench: Bench) -> None:
    job = await bench.until(State.FINISHING)
    change = await bench.run(job)
    assert (change.after.state, change.after.outcome) == (State.REPLYING, Outcome.TRANSCRIPT)
    stored = await bench.store.transcript(job.id)
    assert stored is not None
    assert stored.title == "A title"


async def test_a_result_that_is_not_there_after_all_is_waited_for(bench: Bench) -> None:
    job = await bench.until(State.FINISHING)
    bench.provider.fetched = Ambiguous("not there")
    assert (await bench.run(job)).after.state is State.WAITING


async def test_a_summary_is_not_worth_holding_the_transcript_back(bench: Bench) -> None:
    job = await bench.until(State.FINISHING)
    bench.provider.enriched = Transient("the summary service is away")
    claimed = await bench.claimed(job)
    with pytest.raises(Transient):
        await bench.steps.run(claimed)
    assert bench.happened == []
    change = await bench.steps.run(replace(claimed, attempts=ENRICH_ATTEMPTS - 1))
    assert change is not None
    assert change.after.state is State.REPLYING
    assert [each.detail for each in bench.happened if isinstance(each, SummaryFailed)] == [
        "the summary service is away"
    ]  # the operator reads of it


async def test_no_pause_of_the_summary_service_is_waited_for_that_is_longer_than_a_minute(bench: Bench) -> None:
    job = await bench.until(State.FINISHING)
    bench.provider.enriched = RateLimited("too many calls", 3600.0)
    assert (await bench.run(job)).after.outcome is Outcome.TRANSCRIPT


async def test_a_summary_that_was_stored_before_the_step_was_killed_is_not_paid_for_again(bench: Bench) -> None:
    job = await bench.until(State.FINISHING)
    claimed = await bench.claimed(job)
    await bench.store.put_transcript(job.id, replace(WORDS, summary="It is paid for."), 0.0, claimed.lease_token)
    bench.provider.enriched = AssertionError("asked again")
    assert await bench.steps.run(claimed)


async def test_a_length_that_a_provider_made_up_does_not_spoil_what_is_learnt(bench: Bench) -> None:
    bench.provider.fetched = replace(WORDS, seconds=1e300)
    for number in range(6):
        bench.provider.result = Pending(uploaded=True)
        await bench.until(State.REPLYING, await bench.job(file_id=f"F{number}"))
    known = await bench.store.latency("xosum")
    assert known is not None
    assert 0 <= known[0] < 1e6


# --- replying, and what anybody may ask for


async def test_an_answer_that_cannot_be_delivered_ends_the_job_and_keeps_the_transcript(bench: Bench) -> None:
    job = await bench.until(State.REPLYING)

    async def gone(job: Job, transcript: Transcript | None) -> None:
        raise Rejected(Problem(ProblemCode.FILE_GONE), "channel_not_found")

    bench.thread.reply = gone  # type: ignore[method-assign]  # the channel was deleted
    change = await bench.run(job)
    assert change.after.state is State.FAILED
    assert await bench.store.transcript(job.id) is not None


@pytest.mark.parametrize("state", [State.RECEIVED, State.SUBMITTING, State.WAITING, State.FINISHING])
async def test_a_cancellation_is_heard_in_every_unfinished_state(bench: Bench, state: State) -> None:
    job = await bench.until(state)
    await bench.store.request_cancel(job.id, "U2", bench.clock.now())
    change = await bench.run(job)
    assert (change.after.state, change.after.outcome) == (State.REPLYING, Outcome.CANCELLED)


@pytest.mark.parametrize("state", [State.RECEIVED, State.SUBMITTING, State.WAITING, State.FINISHING, State.REPLYING])
async def test_a_deletion_wins_over_everything(bench: Bench, state: State) -> None:
    job = await bench.until(state)
    await bench.store.mark_deleted(job.id, bench.clock.now())
    change = await bench.run(job)
    assert change.after.outcome is Outcome.DELETED
