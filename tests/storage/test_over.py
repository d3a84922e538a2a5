"""Over is over, deleted is deleted: later writes respect both, whatever they race with."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.errors import LostLease, Problem, ProblemCode
from bot.domain.job import Job, Outcome, State
from bot.domain.machine import Deleted, Finishing, Received, Replying, Submitting, Waiting, stage_of, waited
from bot.domain.transcript import Segment, Transcript
from bot.ports.store import JobStore, SpeakerNames
from tests.storage.samples import HOW, NOW, Opener, added, claimed, done, finishing, submitting, waiting

SAID = Transcript((Segment("unmistakable words"),), provider="xosum")
DAY = 86400.0


async def test_a_job_that_is_over_takes_no_content(store: JobStore) -> None:
    over = await done(store)
    assert not await store.put_transcript(over.id, SAID, NOW)
    assert not await store.put_block(over.id, 1, SAID.segments, "en")
    assert await store.transcript(over.id) is None
    assert await store.blocks(over.id) == []
    assert not await store.put_transcript("nobody", SAID, NOW)


async def test_a_worker_that_lost_its_lease_stores_nothing(store: JobStore) -> None:
    await submitting(store)
    job = await claimed(store, "xosum")
    assert not await store.put_transcript(job.id, SAID, NOW, "another")
    assert await store.put_transcript(job.id, SAID, NOW, job.lease_token)
    await store.release(job)
    assert not await store.put_transcript(job.id, SAID, NOW, job.lease_token)


async def test_an_unfinished_job_that_is_deleted_is_due_and_loses_its_content(store: JobStore) -> None:
    job = await waiting(store, due_at=NOW + 500)
    await store.put_block(job.id, 1, SAID.segments, "en")
    await store.put_transcript(job.id, SAID, NOW)
    assert await store.mark_deleted(job.id, NOW + 1)
    assert not await store.mark_deleted(job.id, NOW + 2)
    found = await store.job(job.id)
    assert found is not None
    assert (found.state, found.deleted_at, found.due_at) == (State.WAITING, NOW + 1, NOW + 1)
    assert await store.transcript(job.id) is None
    assert await store.blocks(job.id) == []
    assert not await store.put_transcript(job.id, SAID, NOW + 1)
    assert not await store.put_block(job.id, 2, SAID.segments, "en")
    assert (await claimed(store, "xosum", NOW + 1)).id == job.id


@pytest.mark.parametrize("ending", ["replied", "undeliverable"])
async def test_a_deleted_job_ends_as_deleted_whatever_the_worker_says(store: JobStore, ending: str) -> None:
    await store.apply(Finishing(await finishing(store)).stored(NOW))
    job = await claimed(store, "slack")
    await store.mark_deleted(job.id, NOW + 1)
    stage = Replying(job)
    change = stage.replied(NOW + 2) if ending == "replied" else stage.undeliverable(NOW + 2, "left")
    ended = await store.apply(change)
    assert ended.state is State.DELETED
    assert isinstance(stage_of(ended), Deleted)
    assert (await store.events(job.id))[-1].target is State.DELETED
    assert await store.count_by_state() == {state: int(state is State.DELETED) for state in State}


async def test_an_answered_job_that_is_deleted_can_not_be_tried_again(store: JobStore) -> None:
    job = await done(store, said=SAID)
    retry = stage_of(job)
    assert await store.save_speaker_names(job.id, SpeakerNames({"1": "Ani"}, {}, 1))
    assert await store.mark_deleted(job.id, NOW + 1)
    found = await store.job(job.id)
    assert found is not None
    assert found.state is State.DELETED
    assert await store.transcript(job.id) is None
    assert not await store.save_speaker_names(job.id, SpeakerNames({"1": "Ani"}, {}, 1))
    assert await store.find_reusable("T1", job.origin.file_id, "xosum", HOW) is None
    with pytest.raises(LostLease):
        await store.apply(retry.retry(NOW + 2, True))  # type: ignore[union-attr, call-arg]  # it had ended


async def test_a_parked_job_that_is_deleted_is_claimed_to_be_ended(store: JobStore) -> None:
    job = await submitting(store)
    await store.apply(Submitting(job).park(NOW, "401", "xosum"))
    await store.mark_deleted(job.id, NOW)
    parked = await claimed(store, "slack")
    stage = stage_of(parked)
    moved = await store.apply(stage.delete(NOW))  # type: ignore[union-attr]  # it is parked
    assert (moved.state, moved.outcome) == (State.REPLYING, Outcome.DELETED)
    assert (await store.apply(Replying(moved).replied(NOW))).state is State.DELETED


async def test_a_result_and_a_deletion_at_once_leave_no_word(reopen: Opener, url: str) -> None:
    stores = [await reopen()] * 2 if url.startswith("sqlite") else [await reopen(), await reopen()]
    for number in range(20):
        job = await waiting(stores[0])
        works = [
            stores[0].put_transcript(job.id, SAID, NOW),
            stores[1].mark_deleted(job.id, NOW),
            stores[0].put_block(job.id, 1, SAID.segments, "en"),
        ]
        if number % 2:
            works.reverse()
        await asyncio.gather(*works)
        await stores[0].purge(NOW, None)
        assert await stores[0].transcript(job.id) is None
        assert await stores[0].blocks(job.id) == []


async def test_what_is_left_of_ended_jobs_is_discarded(store: JobStore) -> None:
    job, busy = await waiting(store), await waiting(store)
    for each in (job, busy):
        await store.put_block(each.id, 1, SAID.segments, "en")
        assert each.remote is not None
        await store.put_inbox("hook", each.id, f"xosum:{each.remote.ref}", b"result", NOW, NOW)
    await _refused(store, job)
    assert await store.discard_ended() == 2
    assert await store.discard_ended() == 0
    assert await store.blocks(job.id) == []
    assert len(await store.blocks(busy.id)) == 1
    assert [item.key for item in await store.inbox_due("hook", NOW)] == [busy.id]


async def _refused(store: JobStore, job: Job) -> Job:
    job = await store.apply(Waiting(job).refuse(NOW, Problem(ProblemCode.DEADLINE), "too long"))
    return await store.apply(Replying(job).replied(NOW))


async def test_jobs_that_no_lane_serves_are_listed(store: JobStore) -> None:
    gone, fine = await submitting(store, NOW, account="gone"), await submitting(store, NOW + 1)
    parked = await store.apply(Submitting(await submitting(store, NOW + 2)).park(NOW + 2, "401", "gone"))
    await added(store)
    found = await store.jobs_of_unknown_lanes(("slack", "xosum"))
    assert [job.id for job in found] == [gone.id, parked.id]
    assert fine.id not in {job.id for job in found}


async def test_seconds_waited_outlive_the_process(reopen: Opener) -> None:
    store = await reopen()
    job = await waiting(store, NOW, due_at=NOW + 100)
    job = await store.apply(Waiting(job).still_pending(NOW + 110, NOW + 150, None))
    await store.close()
    store = await reopen()
    found = await store.job(job.id)
    assert found is not None
    assert found.waited_seconds == 110.0
    assert waited(found, NOW + 140) == 140.0
    assert waited(found, NOW + DAY) == 110.0 + 40 + 60  # the bot was away: no more than was planned, and a minute
    assert waited(replace(found, state=State.FINISHING), NOW + DAY) == 110.0
    job = await store.apply(Waiting(found).retry(NOW + 160, NOW + 170, "down"))
    assert job.waited_seconds == 160.0
    job = await store.apply(Waiting(job).resubmit(NOW + 170, "lost"))
    job = await store.apply(Submitting(job).submitted(NOW + 180, NOW + 200))
    assert job.waited_seconds == 170.0  # in vain: the deadline counts it, so that this cannot go on forever


async def test_an_ignored_file_counts_among_the_ended(store: JobStore) -> None:
    await store.apply(Received(await added(store)).ignore(NOW))
    assert (await store.count_by_state())[State.DONE] == 1
