"""Of several processes on one database, one purges at a time."""

import asyncio
from collections.abc import Mapping

import pytest

from bench.measures.jobs.path import InstantChat
from bench.rush import PassThrough
from bot.engine.hosted_audio import HostedAudio
from bot.engine.ownership import LEASE_SECONDS
from bot.engine.upkeep.cleanup import DAY, PURGE, Upkeep
from bot.ports.clock import Clock
from bot.ports.store import AuditFilter, JobStore
from tests.storage.samples import NOW, Opener, done
from tests.support.virtual_time import VirtualClock


@pytest.fixture
def url(postgres_url: str) -> str:
    return postgres_url


async def nothing() -> None:
    """No spool is part of this."""


def upkeep(store: JobStore, clock: Clock) -> Upkeep:
    hosted = HostedAudio(store, InstantChat(), PassThrough(), {}, clock)
    return Upkeep(store, clock, {}, hosted, nothing, retention_days=1, alone=False)


async def purges(store: JobStore) -> list[Mapping[str, str]]:
    return [entry.details for entry in await store.audit(AuditFilter())]


async def test_two_processes_purge_what_is_old_once(reopen: Opener) -> None:
    one, two = await reopen(), await reopen()
    for _ in range(3):
        await done(one)
    clock = VirtualClock(NOW + 2 * DAY)
    first, second = upkeep(one, clock), upkeep(two, clock)
    await asyncio.gather(first.purge(), second.purge())
    assert await purges(one) == [{"jobs": "3"}]
    await done(one)
    assert await two.claim_task(PURGE, "a third", clock.now(), LEASE_SECONDS)
    await asyncio.gather(first.purge(), second.purge())
    assert await purges(one) == [{"jobs": "3"}], "another process purges"
    clock.advance(clock.now() + LEASE_SECONDS)
    await first.purge()
    assert await purges(one) == [{"jobs": "3"}, {"jobs": "1"}], "it was killed, and its lease has ended"
    assert await two.claim_task(PURGE, "a third", clock.now(), LEASE_SECONDS), "it was given back"
