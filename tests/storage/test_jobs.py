"""Job rows: one per origin, moved by compare-and-set, listed newest first."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.errors import LostLease, Problem, ProblemCode
from bot.domain.job import FileFacts, Outcome, State
from bot.domain.machine import FAR_FUTURE, Cause, Ended, Finishing, Received, Replying, Submitting, Waiting
from bot.ports.store import JobEvent, JobFilter, JobStore, NewJob
from tests.storage.samples import (
    FILE,
    HOW,
    NOW,
    REMOTE,
    added,
    claimed,
    done,
    finishing,
    origin,
    submit,
    submitting,
    waiting,
)


async def test_a_new_job_is_received_due_at_once_and_keeps_what_intake_knew(store: JobStore) -> None:
    place = origin()
    job, made = await store.add_job(NewJob(place, FILE, HOW, False, "xosum"), NOW)
    assert made
    assert (job.origin, job.state, job.due_at, job.file) == (place, State.RECEIVED, NOW, FILE)
    assert (job.options, job.expected_audio, job.provider) == (HOW, False, "xosum")
    assert job.hook_token
    assert job.client_ref
    assert await store.job(job.id) == job


async def test_the_same_file_in_the_same_thread_is_one_job_however_often_it_comes(store: JobStore) -> None:
    place = origin()
    repeats = await asyncio.gather(*(store.add_job(NewJob(place), NOW + i) for i in range(11)))
    assert len({job.id for job, _ in repeats}) == 1
    assert sum(made for _, made in repeats) == 1
    other, made = await store.add_job(NewJob(replace(place, thread_ts="9.9")), NOW)
    assert made
    assert other.id != repeats[0][0].id


async def test_tokens_and_references_differ_between_jobs(store: JobStore) -> None:
    jobs = [await added(store) for _ in range(20)]
    for name in ("id", "client_ref", "hook_token"):
        assert len({getattr(job, name) for job in jobs}) == 20


async def test_a_change_is_stored_whole_and_told_in_the_timeline(store: JobStore) -> None:
    job = await waiting(store)
    job = await store.apply(
        Waiting(job).refuse(NOW + 5, Problem(ProblemCode.TOO_LARGE, {"limit_mb": "9", "size_mb": "10"}), "413")
    )
    assert await store.job(job.id) == job
    assert job.remote == replace(REMOTE, ref=f"remote-of-{job.id}")
    job = await store.apply(Replying(job).replied(NOW + 6))
    assert job.state is State.FAILED
    assert await store.job(job.id) == job
    assert await store.events(job.id) == [
        JobEvent(NOW, None, State.RECEIVED, Cause.RECEIVED),
        JobEvent(NOW, State.RECEIVED, State.SUBMITTING, Cause.ACCEPTED, "xosum"),
        JobEvent(NOW, State.SUBMITTING, State.SUBMITTING, Cause.REMOTE_CREATED),
        JobEvent(NOW, State.SUBMITTING, State.WAITING, Cause.HANDED_OVER),
        JobEvent(NOW + 5, State.WAITING, State.REPLYING, Cause.REFUSED, "too_large"),
        JobEvent(NOW + 6, State.REPLYING, State.FAILED, Cause.REPLIED),
    ]


async def test_a_change_without_a_cause_is_stored_and_not_told(store: JobStore) -> None:
    job = await waiting(store)
    told = await store.events(job.id)
    job = await store.apply(Waiting(job).still_pending(NOW + 1, NOW + 9, 0.5))
    found = await store.job(job.id)
    assert found is not None
    assert (found.progress, found.due_at) == (0.5, NOW + 9)
    assert await store.events(job.id) == told


async def test_a_change_from_a_state_that_is_over_is_refused_and_leaves_no_trace(store: JobStore) -> None:
    job = await added(store)
    moved = await store.apply(submit(job, NOW))
    with pytest.raises(LostLease):
        await store.apply(Received(job).refuse(NOW + 1, Problem(ProblemCode.CORRUPT)))
    assert await store.job(job.id) == moved
    assert len(await store.events(job.id)) == 2


async def test_whoever_lost_the_lease_cannot_change_the_job(store: JobStore) -> None:
    await added(store)
    slow = await claimed(store, "slack", NOW, lease_seconds=10)
    quick = await claimed(store, "slack", NOW + 11)
    assert quick.id == slow.id
    with pytest.raises(LostLease):
        await store.apply(submit(slow, NOW + 12))
    with pytest.raises(LostLease):
        await store.renew(slow, NOW + 12, 60)
    await store.release(slow)  # silent, and without effect
    assert (await store.apply(submit(quick, NOW + 13))).state is State.SUBMITTING


async def test_a_lease_is_kept_on_request_and_else_given_back(store: JobStore) -> None:
    await submitting(store)
    job = await claimed(store, "xosum")
    job = await store.apply(Submitting(job).created(NOW, REMOTE), keep_lease=True)
    assert await store.claim("xosum", (0, 1, 2), NOW, 60) is None
    job = await store.apply(Submitting(job).submitted(NOW, NOW + 30))
    assert job.lease_token == ""
    assert (await claimed(store, "xosum", NOW + 30)).id == job.id


async def test_a_job_woken_while_leased_does_not_sleep_past_now(store: JobStore) -> None:
    await waiting(store)
    job = await claimed(store, "xosum")
    assert await store.wake(job.id, NOW + 1)
    job = await store.apply(Waiting(job).still_pending(NOW + 2, NOW + 60, None))
    assert job.due_at == NOW + 2
    job = await claimed(store, "xosum", NOW + 2)  # this claim has seen the wake
    assert (await store.apply(Waiting(job).still_pending(NOW + 3, NOW + 60, None))).due_at == NOW + 60


async def test_a_wake_is_not_forgotten_by_the_earlier_changes_of_a_kept_lease(store: JobStore) -> None:
    await submitting(store)
    job = await claimed(store, "xosum")
    await store.wake(job.id, NOW + 1)
    job = await store.apply(Submitting(job).created(NOW + 2, REMOTE), keep_lease=True)
    job = await store.apply(Submitting(job).submitted(NOW + 3, NOW + 60))
    assert job.due_at == NOW + 3


async def test_a_wake_is_not_forgotten_by_a_worker_that_reads_the_row_again(store: JobStore) -> None:
    await waiting(store)
    job = await claimed(store, "xosum")
    await store.wake(job.id, NOW + 1)
    fresh = await store.job(job.id)
    assert fresh is not None
    assert (await store.apply(Waiting(fresh).retry(NOW + 2, NOW + 60, "x"))).due_at == NOW + 2


async def test_a_woken_job_that_ends_is_not_due_again(store: JobStore) -> None:
    await store.apply(Finishing(await finishing(store)).stored(NOW))
    job = await claimed(store, "slack")
    await store.wake(job.id, NOW + 1)
    assert (await store.apply(Replying(job).replied(NOW + 2))).due_at == FAR_FUTURE
    assert await store.next_due("slack") is None


async def test_waking_makes_an_unfinished_job_due_and_does_not_put_it_back_in_line(store: JobStore) -> None:
    job = await waiting(store, NOW, due_at=NOW + 60)
    assert await store.wake(job.id, NOW + 1)
    assert await store.next_due("xosum") == NOW + 1
    assert await store.wake(job.id, NOW + 2)
    assert await store.next_due("xosum") == NOW + 1
    over = await done(store)
    assert not await store.wake(over.id, NOW)
    assert not await store.wake("nobody", NOW)


async def test_who_cancels_is_noted_and_survives_a_change_made_without_knowing(store: JobStore) -> None:
    await waiting(store)
    job = await claimed(store, "xosum")
    assert await store.request_cancel(job.id, "U7", NOW + 1)
    job = await store.apply(Waiting(job).still_pending(NOW + 2, NOW + 60, None))
    assert (job.cancel_by, job.due_at) == ("U7", NOW + 2)
    found = await store.job(job.id)
    assert found is not None
    assert found.cancel_by == "U7"


async def test_another_try_forgets_who_cancelled_before(store: JobStore) -> None:
    job = await waiting(store)
    await store.request_cancel(job.id, "U7", NOW)
    job = await claimed(store, "xosum")
    job = await store.apply(Waiting(job).cancel(NOW))
    job = await store.apply(Replying(job).replied(NOW))
    assert job.state is State.CANCELLED
    job = await store.apply(Ended(job).retry(NOW + 1, transcript_stored=False))
    assert (job.state, job.cancel_by, job.outcome) == (State.WAITING, "", None)
    assert await store.job(job.id) == job


async def test_a_job_that_is_replying_or_over_cannot_be_cancelled(store: JobStore) -> None:
    job = await store.apply(Finishing(await finishing(store)).stored(NOW))
    assert not await store.request_cancel(job.id, "U7", NOW)
    parked = await store.apply(Replying(job).park(NOW, "missing_scope", "slack"))
    assert not await store.request_cancel(parked.id, "U7", NOW)
    assert not await store.request_cancel((await done(store)).id, "U7", NOW)


async def test_parked_jobs_of_an_account_resume_where_they_were_and_others_stay(store: JobStore) -> None:
    mine = [await store.apply(Waiting(await waiting(store)).park(NOW, "401", "xosum")) for _ in range(3)]
    slack = await store.apply(Submitting(await submitting(store)).park(NOW, "missing_scope", "slack"))
    assert await store.next_due("slack") is None
    assert not await store.claim("slack", (0, 1, 2), NOW + 1e9, 60)
    assert await store.resume_parked("xosum", NOW + 5) == 3
    for job in mine:
        found = await store.job(job.id)
        assert found is not None
        assert (found.state, found.due_at, found.parked_for) == (State.WAITING, NOW + 5, "")
    assert await store.resume_parked("xosum", NOW + 5) == 0
    assert await store.resume_parked("slack", NOW + 5) == 1
    found = await store.job(slack.id)
    assert found is not None
    assert found.state is State.SUBMITTING


async def test_waking_a_parked_job_does_not_make_it_due_but_cancelling_does(store: JobStore) -> None:
    job = await store.apply(Waiting(await waiting(store)).park(NOW, "401", "xosum"))
    assert await store.wake(job.id, NOW)
    assert await store.next_due("slack") is None
    assert await store.request_cancel(job.id, "U7", NOW)
    parked = await claimed(store, "slack")
    assert (parked.id, parked.state, parked.cancel_by) == (job.id, State.PARKED, "U7")


async def test_jobs_are_found_by_reference_token_message_and_file(store: JobStore) -> None:
    job = await waiting(store, ref="r-1")
    other = await waiting(store, account="invox", ref="r-1")
    assert (found := await store.job_by_ref("xosum", "r-1"))
    assert found.id == job.id
    assert (found := await store.job_by_ref("invox", "r-1"))
    assert found.id == other.id
    assert await store.job_by_ref("xosum", "r-2") is None
    assert (found := await store.job_by_hook_token(job.hook_token))
    assert found.id == job.id
    assert await store.job_by_hook_token("guess") is None
    assert await store.job("nobody") is None
    place = job.origin
    twin, _ = await store.add_job(NewJob(replace(place, file_id="F-twin")), NOW + 1)
    assert [j.id for j in await store.jobs_of_message("T1", place.channel_id, place.message_ts)] == [job.id, twin.id]
    assert not await store.jobs_of_message("T2", place.channel_id, place.message_ts)
    share, _ = await store.add_job(NewJob(replace(place, channel_id="C2")), NOW + 2)
    assert [j.id for j in await store.jobs_of_file("T1", place.file_id)] == [job.id, share.id]


async def test_listing_filters_and_pages_newest_first(store: JobStore) -> None:
    made = [
        await added(store, NOW + i, user=f"U{i % 3}", channel=f"C{i % 2}", team="T1" if i < 20 else "T2")
        for i in range(24)
    ]
    over = await done(store, NOW + 100)
    ids = [job.id for job in reversed(made)]

    async def listed(which: JobFilter) -> list[str]:
        return [job.id for job in await store.jobs(which)]

    assert await listed(JobFilter(limit=100)) == [over.id, *ids]
    assert await listed(JobFilter(limit=3)) == [over.id, *ids[:2]]
    assert await listed(JobFilter(limit=3, before=NOW + 22)) == ids[2:5]
    assert await listed(JobFilter(states=(State.DONE,))) == [over.id]
    assert await listed(JobFilter(states=(State.RECEIVED, State.WAITING), limit=100)) == ids
    assert await listed(JobFilter(team_id="T2")) == ids[:4]
    assert await listed(JobFilter(user_id="U2", limit=100)) == [j.id for j in reversed(made) if j.person[3:] == "U2"]
    in_c1 = [j.id for j in reversed(made) if j.origin.channel_id == "C1"]
    assert await listed(JobFilter(channel_ids=("C1",), states=(State.RECEIVED,), limit=100)) == in_c1
    assert await listed(JobFilter(channel_ids=("C1", "C0", "C1"), limit=100)) == [over.id, *ids]
    assert await listed(JobFilter(channel_ids=("C1",), user_id="U1", states=(State.DONE,))) == [over.id]
    assert (
        await listed(JobFilter(channel_ids=("C1",), user_id="U2", limit=2))
        == [j.id for j in reversed(made) if j.origin.channel_id == "C1" and j.origin.user_id == "U2"][:2]
    )


async def test_counting_by_state_names_every_state(store: JobStore) -> None:
    await added(store)
    await done(store)
    await store.apply(Received(await added(store)).park(NOW, "x", "slack"))
    counts = await store.count_by_state()
    assert set(counts) == set(State)
    assert {state: count for state, count in counts.items() if count} == {
        State.RECEIVED: 1,
        State.DONE: 1,
        State.PARKED: 1,
    }


async def test_the_oldest_unfinished_job_may_be_parked_but_not_over(store: JobStore) -> None:
    assert await store.oldest_unfinished() is None
    await done(store, NOW - 100)
    await added(store, NOW)
    assert await store.oldest_unfinished() == NOW
    await store.apply(Received(await added(store, NOW - 50)).park(NOW, "x", "slack"))
    assert await store.oldest_unfinished() == NOW - 50


async def test_how_many_are_ahead_counts_older_jobs_of_the_lane_only(store: JobStore) -> None:
    for i in range(4):
        await submitting(store, NOW + i)
    await submitting(store, NOW, account="invox")
    last = await submitting(store, NOW + 10)
    assert await store.count_ahead(last) == 4
    await store.apply(Submitting(last).submitted(NOW + 10, NOW + 99))
    assert await store.count_ahead(last) == 4


async def test_text_that_no_database_can_hold_is_stored_readably(store: JobStore) -> None:
    job, _ = await store.add_job(NewJob(origin(), FileFacts(name="half \ud83d of a face")), NOW)
    assert job.file.name == "half ? of a face"
    job = await store.apply(Received(job).retry(NOW, NOW + 1, "bad \udcff byte"))
    found = await store.job(job.id)
    assert found is not None
    assert found.last_error == "bad ? byte"


async def test_an_ignored_file_ends_without_a_word(store: JobStore) -> None:
    job = await store.apply(Received(await added(store)).ignore(NOW + 1))
    found = await store.job(job.id)
    assert found == job
    assert (job.state, job.outcome, job.finished_at) == (State.DONE, Outcome.SILENT, NOW + 1)
