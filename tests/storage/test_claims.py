"""Claims beside those of jobs: messages of ours, deferred work, named tasks. One process at a time has each."""

import asyncio
from dataclasses import replace

import pytest

from bot.ports.store import JobStore, OutboxMessage, Phase
from tests.storage.samples import NOW, Opener

MESSAGE = OutboxMessage("reply:abc:0", "abc", "C1", "1.0", Phase.INTENT, NOW)


async def test_one_of_two_processes_claims_a_message(store: JobStore) -> None:
    first = await store.claim_outbox(MESSAGE, "one", NOW, 60)
    assert first is not None
    assert (first.owner, first.claimed_until, first.revision) == ("one", NOW + 60, 1)
    assert await store.claim_outbox(MESSAGE, "two", NOW, 60) is None  # it thinks that there is no row
    seen = await store.outbox_message(MESSAGE.key)
    assert seen == first
    assert await store.claim_outbox(seen, "two", NOW + 59, 60) is None
    again = await store.claim_outbox(seen, "one", NOW + 30, 60)
    assert again is not None
    assert (again.revision, again.claimed_until) == (2, NOW + 90)


async def test_a_process_that_slept_past_its_claim_writes_nothing(store: JobStore) -> None:
    first = await store.claim_outbox(MESSAGE, "one", NOW, 60)
    assert first is not None
    second = await store.claim_outbox(first, "two", NOW + 61, 60)
    assert second is not None
    assert await store.update_outbox(replace(first, phase=Phase.INTENT, intent_at=NOW + 62), release=False) is None
    posted = await store.update_outbox(replace(second, phase=Phase.POSTED, ts="5.5"))
    assert posted is not None
    assert (posted.owner, posted.claimed_until, posted.revision) == ("", 0.0, 3)
    assert await store.update_outbox(replace(first, phase=Phase.POSTED, ts="6.6")) is None
    assert await store.outbox_message(MESSAGE.key) == posted


async def test_a_claim_is_kept_until_it_is_released(store: JobStore) -> None:
    first = await store.claim_outbox(MESSAGE, "one", NOW, 60)
    assert first is not None
    intent = await store.update_outbox(replace(first, intent_at=NOW + 5), release=False)
    assert intent is not None
    assert (intent.owner, intent.claimed_until) == ("one", NOW + 60)
    assert await store.claim_outbox(intent, "two", NOW + 6, 60) is None


async def test_a_message_that_is_not_stored_is_added_once(store: JobStore) -> None:
    added = await store.update_outbox(MESSAGE)
    assert added is not None
    assert added.revision == 1
    assert await store.update_outbox(MESSAGE) is None
    gone = replace(MESSAGE, key="never:stored", revision=4)
    assert await store.claim_outbox(gone, "one", NOW, 60) is None
    assert await store.outbox_message(gone.key) is None


async def test_a_verification_is_taken_by_one_and_keeps_nobody_from_posting(store: JobStore) -> None:
    row = await store.update_outbox(replace(MESSAGE, verify_at=NOW))
    assert row is not None
    assert await store.outbox_to_verify(NOW) == [row]
    taken = await store.update_outbox(replace(row, verify_at=NOW + 60), release=False)
    assert taken is not None
    assert await store.update_outbox(replace(row, verify_at=NOW + 60), release=False) is None  # another process
    assert await store.outbox_to_verify(NOW + 59) == []
    claimed = await store.claim_outbox(taken, "one", NOW, 60)
    assert claimed is not None
    assert await store.update_outbox(replace(taken, verify_at=None)) is None  # what was posted since counts


async def test_deferred_work_is_claimed_postponed_and_dropped(store: JobStore) -> None:
    for number in (2, 0, 1):
        await store.put_inbox("mention", f"k{number}", "", b"x", NOW, NOW + number)
    mine = await store.claim_inbox("mention", NOW + 1, 60)
    assert [item.key for item in mine] == ["k0", "k1"]
    assert all(item.claim for item in mine)
    assert await store.claim_inbox("mention", NOW + 1, 60) == []
    assert await store.postpone_inbox(mine[0], NOW + 100)
    assert not await store.postpone_inbox(mine[0], NOW + 100)
    assert await store.drop_inbox(mine[1].id, mine[1].claim)
    assert not await store.drop_inbox(mine[1].id, mine[1].claim)
    assert [item.key for item in await store.claim_inbox("mention", NOW + 99, 60)] == ["k2"]
    (later,) = await store.claim_inbox("mention", NOW + 100, 60)
    assert (later.key, later.attempts) == ("k0", 1)


async def test_work_of_a_process_that_died_is_claimed_by_another(store: JobStore) -> None:
    await store.put_inbox("mention", "k", "", b"x", NOW, NOW)
    (dead,) = await store.claim_inbox("mention", NOW, 60)
    assert await store.claim_inbox("mention", NOW + 59, 60) == []
    (alive,) = await store.claim_inbox("mention", NOW + 60, 60)
    assert not await store.drop_inbox(dead.id, dead.claim)
    assert await store.drop_inbox(alive.id, alive.claim)


async def test_a_task_is_one_process_s_until_its_lease_ends(store: JobStore) -> None:
    assert await store.claim_task("purge", "one", NOW, 60)
    assert not await store.claim_task("purge", "two", NOW + 59, 60)
    assert await store.claim_task("purge", "one", NOW + 59, 60)
    assert not await store.claim_task("purge", "two", NOW + 100, 60)
    assert await store.claim_task("catch-up", "two", NOW, 60)
    await store.release_task("purge", "two")
    assert not await store.claim_task("purge", "two", NOW + 100, 60)
    await store.release_task("purge", "one")
    assert await store.claim_task("purge", "two", NOW + 100, 60)


@pytest.mark.parametrize("url", ["postgres"], indirect=True)
async def test_processes_that_claim_at_once_share_nothing(reopen: Opener) -> None:
    stores = [await reopen() for _ in range(3)]
    for number in range(30):
        await stores[0].put_inbox("mention", f"k{number}", "", b"x", NOW, NOW)
    items = await asyncio.gather(*(store.claim_inbox("mention", NOW, 60, 8) for store in stores * 2))
    keys = [item.key for some in items for item in some]
    assert len(keys) == len(set(keys)) == 30
    won = await asyncio.gather(*(store.claim_task("catch-up", f"p{n}", NOW, 60) for n, store in enumerate(stores * 4)))
    assert sum(won) == 1
    claims = await asyncio.gather(
        *(store.claim_outbox(MESSAGE, f"p{n}", NOW, 60) for n, store in enumerate(stores * 4))
    )
    (row,) = (claim for claim in claims if claim is not None)
    taken = await asyncio.gather(*(store.update_outbox(replace(row, verify_at=NOW + 60)) for store in stores * 4))
    assert sum(each is not None for each in taken) == 1
