"""Loops that must go on: started again when they break, said so once, and part of readiness."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable

import pytest
from structlog.testing import capture_logs

from bot.domain.errors import StoreUnavailable
from bot.supervisor import BROKEN_AFTER, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, WELL_AFTER_SECONDS, Supervisor
from tests.support.virtual_time import Busy, VirtualClock, drive


class Supervised:
    """A supervisor in virtual time."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.supervisor = Supervisor(self.clock)

    async def until(self, done: Callable[[], bool], limit: float = 10_000.0) -> None:
        await drive(self.clock, Busy(), done, limit)


@pytest.fixture
async def at_work() -> AsyncIterator[Supervised]:
    found = Supervised()
    yield found
    await found.supervisor.stop()


async def test_a_loop_that_breaks_is_started_again_after_growing_pauses(at_work: Supervised) -> None:
    started: list[float] = []

    async def breaks() -> None:
        started.append(at_work.clock.now())
        raise ZeroDivisionError

    at_work.supervisor.run("breaking", breaks)
    await at_work.until(lambda: len(started) == 10)
    pauses = [later - earlier for earlier, later in itertools.pairwise(started)]
    assert pauses[0] == pytest.approx(FIRST_PAUSE_SECONDS)
    assert pauses == sorted(pauses)
    assert pauses[-1] == pytest.approx(LONGEST_PAUSE_SECONDS)


async def test_it_is_logged_once_when_it_breaks_and_once_when_it_works_again(at_work: Supervised) -> None:
    broken = True
    tries = 0

    async def sometimes() -> None:
        nonlocal tries
        tries += 1
        if broken:
            raise StoreUnavailable("the disk is full")
        await asyncio.Event().wait()

    with capture_logs() as logs:
        at_work.supervisor.run("sometimes", sometimes)
        await at_work.until(lambda: tries == 4)
        broken = False
        await at_work.until(lambda: tries == 5)
        since = at_work.clock.now()
        await at_work.until(lambda: at_work.clock.now() > since + WELL_AFTER_SECONDS + 1)
    assert [(log["event"], log["log_level"]) for log in logs] == [
        ("loop_failed", "warning"),
        ("loop_recovered", "info"),
    ]
    assert logs[0]["detail"] == "the disk is full"


async def test_readiness_fails_after_some_failures_in_a_row_and_returns(at_work: Supervised) -> None:
    tries = 0

    async def act() -> None:
        nonlocal tries
        tries += 1
        if tries <= BROKEN_AFTER:
            raise ZeroDivisionError

    at_work.supervisor.every("tidying", 3600.0, act)
    await at_work.until(lambda: tries == BROKEN_AFTER - 1)
    assert at_work.supervisor.faults() == []
    await at_work.until(lambda: tries == BROKEN_AFTER)
    assert "tidying" in at_work.supervisor.faults()[0]
    await at_work.until(lambda: tries == BROKEN_AFTER + 1)
    assert at_work.supervisor.faults() == []


async def test_a_loop_that_ends_by_itself_is_not_started_again(at_work: Supervised) -> None:
    tries = 0

    async def ends() -> None:
        nonlocal tries
        tries += 1

    await at_work.supervisor.run("ending", ends)
    assert tries == 1
    assert at_work.supervisor.faults() == []


async def test_a_stop_ends_every_loop(at_work: Supervised) -> None:
    tasks = [at_work.supervisor.run(str(number), asyncio.Event().wait) for number in range(3)]
    await asyncio.sleep(0)
    await at_work.supervisor.stop()
    assert all(task.cancelled() for task in tasks)
