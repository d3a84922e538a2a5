"""Several machines on one PostgreSQL: leases and due times are the database's, however wrong a machine's clock is."""

import time

import pytest

from bot.clock import DatabaseClock, SystemClock, shared_clock
from bot.domain.errors import StoreUnavailable
from bot.ports.clock import Clock
from bot.ports.provider import Pace
from bot.ports.store import JobStore
from storage import open_store
from tests.storage.samples import Opener, submitting, waiting
from tests.support.virtual_time import VirtualClock

TEN_MINUTES = 600.0
CLOSE = 5.0  # seconds that a busy machine may take between two questions


@pytest.fixture
def url(postgres_url: str) -> str:
    return postgres_url


async def clock_of(store: JobStore, wrong: float) -> DatabaseClock:
    """The clock of a process on a machine whose own clock is `wrong` seconds ahead."""
    machine = VirtualClock(time.time() + wrong)
    clock = DatabaseClock(store.clock_offset, machine, machine.now)
    await clock.sync()
    return clock


@pytest.mark.parametrize("wrong", [TEN_MINUTES, -TEN_MINUTES])
async def test_a_wrong_clock_takes_no_job_early_and_no_lease_from_the_living(reopen: Opener, wrong: float) -> None:
    store = await reopen()
    clock = await clock_of(store, wrong)
    right = await clock_of(store, 0.0)
    later = await waiting(store, right.now(), due_at=right.now() + 60)
    assert await store.claim("xosum", (0, 1, 2), clock.now(), 60) is None, "it is due in a minute"
    job = await submitting(store, right.now() - 1)
    held = await store.claim("xosum", (0, 1, 2), right.now(), 60)
    assert held is not None
    assert held.id == job.id
    assert await store.claim("xosum", (0, 1, 2), clock.now(), 60) is None, "its worker lives"
    await store.release(held)
    mine = await store.claim("xosum", (0, 1, 2), clock.now(), 60)
    assert mine is not None
    assert mine.id == job.id
    assert mine.id != later.id
    taken = await store.claim("xosum", (0, 1, 2), right.now() + 60 + CLOSE, 60)
    again = await store.claim("xosum", (0, 1, 2), right.now() + 60 + CLOSE, 60)
    assert taken is not None, "it keeps nothing longer than a lease"
    assert again is not None
    assert {taken.id, again.id} == {mine.id, later.id}


async def test_processes_with_different_clocks_share_a_budget(reopen: Opener) -> None:
    store = await reopen()
    clocks = [await clock_of(store, wrong) for wrong in (0.0, TEN_MINUTES, -TEN_MINUTES)]
    taken = 0
    for _ in range(6):
        for clock in clocks:
            now = clock.now()
            taken += await store.reserve("xosum", Pace(56, 4), now) <= now
    assert taken == 4


async def test_a_clock_that_is_set_while_the_bot_runs_changes_nothing(reopen: Opener) -> None:
    """What counts on between two questions is a timer that nobody sets; the wall clock is not asked at all."""
    store = await reopen()
    clock = await shared_clock(store.clock_offset, several=True)
    offset = await store.clock_offset(time.time())
    assert abs(clock.now() - (time.time() + offset)) < CLOSE
    assert isinstance(clock, DatabaseClock)


async def test_the_time_goes_on_while_the_database_is_away(reopen: Opener) -> None:
    store = await reopen()
    machine = VirtualClock(1000.0)
    clock = DatabaseClock(store.clock_offset, machine, machine.now)
    await clock.sync()
    before = clock.now()
    await store.close()
    with pytest.raises(StoreUnavailable):
        await clock.sync()
    machine.advance(1030.0)
    assert clock.now() == before + 30.0


async def test_small_differences_do_not_turn_the_time_back() -> None:
    answers = iter([500.0] * 3 + [499.95] * 3 + [470.0] * 3)

    async def offset(_: float) -> float:
        return next(answers)

    machine = VirtualClock(0.0)
    clock = DatabaseClock(offset, machine, machine.now)
    await clock.sync()
    await clock.sync()
    assert clock.now() == 500.0
    await clock.sync()  # somebody has set the database's clock: it is followed
    assert clock.now() == 470.0


async def test_a_database_of_one_process_leaves_the_time_to_the_machine(tmp_path: object) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/jobs.db")
    try:
        clock: Clock = await shared_clock(store.clock_offset, several=False)
        assert isinstance(clock, SystemClock)
        assert await store.clock_offset(5.0) == 0.0
    finally:
        await store.close()
