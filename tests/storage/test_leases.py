"""Claims: one worker per job, what was begun first, people in turn."""

import asyncio
from collections import Counter

import pytest

from bot.domain.errors import LostLease
from bot.domain.machine import Submitting, Waiting
from bot.ports.store import JobStore
from tests.storage.samples import NOW, REMOTE, added, claimed, done, finishing, submitting, waiting


async def drained(store: JobStore, lane: str, now: float, count: int) -> list[str]:
    """The next claims of a lane."""
    return [(await claimed(store, lane, now)).id for _ in range(count)]


async def test_concurrent_claims_never_share_a_job(store: JobStore) -> None:
    ids = {(await added(store)).id for _ in range(30)}
    claims = await asyncio.gather(*(store.claim("slack", (0, 1, 2), NOW, 60) for _ in range(40)))
    got = [job.id for job in claims if job]
    assert sorted(got) == sorted(ids)
    assert len({job.lease_token for job in claims if job}) == 30


async def test_a_lane_gives_only_its_own_due_jobs_of_the_ranks_asked_for(store: JobStore) -> None:
    await waiting(store, due_at=NOW + 30)
    assert await store.claim("xosum", (0, 1, 2), NOW + 29, 60) is None
    assert await store.claim("invox", (0, 1, 2), NOW + 30, 60) is None
    assert await store.claim("xosum", (0, 2), NOW + 30, 60) is None
    assert await store.claim("xosum", (1,), NOW + 30, 60) is not None


async def test_what_was_begun_is_finished_before_more_is_begun(store: JobStore) -> None:
    begin = await submitting(store, NOW)
    poll_later = await waiting(store, NOW, due_at=NOW + 2)
    poll = await waiting(store, NOW + 1, due_at=NOW + 1)
    fetch = await finishing(store, NOW + 1)
    assert await drained(store, "xosum", NOW + 5, 4) == [fetch.id, poll.id, poll_later.id, begin.id]


async def test_the_person_served_longest_ago_goes_first(store: JobStore) -> None:
    batch = [await submitting(store, NOW + i, user="U1") for i in range(5)]
    clip = await submitting(store, NOW + 100, user="U2")
    late = await submitting(store, NOW + 200, user="U3")
    order = await drained(store, "xosum", NOW + 300, 7)
    assert order == [batch[0].id, clip.id, late.id, *(job.id for job in batch[1:])]
    again = [await submitting(store, NOW + 305, user=user) for user in ("U1", "U3", "U2")]
    assert await drained(store, "xosum", NOW + 310, 3) == [again[2].id, again[1].id, again[0].id]


async def test_people_take_turns_in_each_lane_separately(store: JobStore) -> None:
    first = await submitting(store, NOW, user="U1")
    second = await submitting(store, NOW + 1, user="U2")
    await submitting(store, NOW + 2, user="U1", account="invox")
    await claimed(store, "invox", NOW + 5)
    assert await drained(store, "xosum", NOW + 5, 2) == [first.id, second.id]


async def test_a_person_whose_jobs_are_not_due_does_not_hold_up_others(store: JobStore) -> None:
    for i in range(3):
        job = await submitting(store, NOW + i, user="U1")
        await store.apply(Submitting(job).retry(NOW + i, NOW + 1000, "later"))
    other = await submitting(store, NOW + 9, user="U2")
    assert (await claimed(store, "xosum", NOW + 10)).id == other.id
    assert await store.claim("xosum", (2,), NOW + 10, 2000) is None
    assert (await claimed(store, "xosum", NOW + 1000)).origin.user_id == "U1"


async def test_a_clock_that_went_back_loses_nobody_their_turn(store: JobStore) -> None:
    job = await submitting(store, NOW + 100, user="U1")
    assert await store.claim("xosum", (2,), NOW, 60) is None
    assert (await claimed(store, "xosum", NOW + 100, lease_seconds=60)).id == job.id
    assert await store.claim("xosum", (2,), NOW + 120, 60) is None
    assert (await claimed(store, "xosum", NOW + 160)).id == job.id


async def test_a_released_job_is_claimed_again_at_once(store: JobStore) -> None:
    await submitting(store)
    job = await claimed(store, "xosum")
    assert await store.claim("xosum", (2,), NOW, 60) is None
    await store.release(job)
    assert (await claimed(store, "xosum")).id == job.id


async def test_a_renewed_lease_lasts_longer(store: JobStore) -> None:
    await submitting(store)
    job = await claimed(store, "xosum", NOW, 60)
    await store.renew(job, NOW + 50, 60)
    assert await store.claim("xosum", (2,), NOW + 70, 60) is None
    assert (await claimed(store, "xosum", NOW + 110)).id == job.id


async def test_a_job_nobody_holds_has_no_lease_to_renew(store: JobStore) -> None:
    with pytest.raises(LostLease):
        await store.renew(await submitting(store), NOW, 60)
    assert (await store.claim("xosum", (2,), NOW, 60)) is not None


async def test_voiding_all_leases_lets_every_job_be_claimed_again(store: JobStore) -> None:
    for i in range(3):
        await submitting(store, user=f"U{i}")
        await waiting(store)
    held = Counter([(await claimed(store, "xosum")).id for _ in range(6)])
    assert await store.next_due("xosum") is None
    assert await store.release_all(beyond=NOW + 60) == 0
    assert await store.release_all() == 6
    assert await store.release_all() == 0
    assert Counter([(await claimed(store, "xosum")).id for _ in range(6)]) == held


async def test_the_next_due_time_is_that_of_the_earliest_job_that_nobody_has_leased(store: JobStore) -> None:
    assert await store.next_due("xosum") is None
    await done(store)
    assert await store.next_due("slack") is None
    late = await waiting(store, NOW, due_at=NOW + 500)
    assert await store.next_due("xosum") == NOW + 500
    await submitting(store, NOW)
    assert await store.next_due("xosum") == NOW
    job = await claimed(store, "xosum", NOW, 60)
    assert await store.next_due("xosum") == NOW + 500
    job = await store.apply(Submitting(job).created(NOW, REMOTE), keep_lease=True)
    assert await store.next_due("xosum") == NOW + 500
    await store.apply(Submitting(job).submitted(NOW, NOW + 90))
    assert await store.next_due("xosum") == NOW + 90
    await store.wake(late.id, NOW + 5)
    assert await store.next_due("xosum") == NOW + 5


async def test_a_leased_job_with_a_later_due_time_is_not_wanted_before_it(store: JobStore) -> None:
    await waiting(store)
    job = await claimed(store, "xosum", NOW, 60)
    await store.apply(Waiting(job).still_pending(NOW, NOW + 300, None), keep_lease=True)
    assert await store.next_due("xosum") is None
    assert await store.claim("xosum", (0, 1, 2), NOW + 100, 60) is None
    assert await store.claim("xosum", (0, 1, 2), NOW + 300, 60) is not None


async def test_a_claimer_that_is_cancelled_leaves_no_lease_behind(store: JobStore) -> None:
    await submitting(store)
    for turns in range(12):
        claiming = asyncio.ensure_future(store.claim("xosum", (0, 1, 2), NOW, 60))
        for _ in range(turns):
            await asyncio.sleep(0)
        claiming.cancel()
        outcome = (await asyncio.gather(claiming, return_exceptions=True))[0]
        if not isinstance(outcome, BaseException) and outcome is not None:
            await store.release(outcome)
        free = await claimed(store, "xosum", NOW)
        await store.release(free)
