"""Of several processes on one database, one owns a task at a time, and one probes a broken account."""

import pytest

from bot.domain.errors import Misconfigured, StoreError, Transient
from bot.engine.accounts import PROBE_SECONDS, Accounts, Probe
from bot.engine.events import AccountBroke, AccountRecovered, EngineEvent
from bot.engine.ownership import LEASE_SECONDS, Ownership
from bot.engine.wakeups import Wakeups
from bot.supervisor import Supervisor
from tests.support.harnesses.lane import LaneHarness


async def test_one_process_asks_whether_an_account_works_again_and_all_hear_of_it(harness: LaneHarness) -> None:
    asked: dict[str, list[float]] = {"one": [], "two": []}
    seen: dict[str, list[EngineEvent]] = {"one": [], "two": []}
    works = False

    def probe(process: str) -> Probe:
        async def ask() -> bool:
            asked[process].append(harness.clock.now())
            if not works:
                raise Transient("the key is still wrong")
            return True

        return ask

    supervisors = {}
    for process in ("one", "two"):
        supervisor = supervisors[process] = Supervisor(harness.clock)
        wakeups = Wakeups(harness.store, harness.clock)
        watch = seen[process].append
        accounts = Accounts(harness.store, harness.clock, {"xosum": probe(process)}, watch, wakeups, supervisor)
        accounts.broke(Misconfigured("xosum", "401"))
    began = harness.clock.now()
    await harness.until(lambda: harness.clock.now() >= began + 10 * PROBE_SECONDS)
    counts = sorted(len(times) for times in asked.values())
    assert counts[0] == 0, "the other passes while one asks"
    assert counts[1] >= 9
    works = True
    await harness.until(lambda: all(isinstance(events[-1], AccountRecovered) for events in seen.values()))
    assert [type(event) for event in seen["two"]] == [AccountBroke, AccountRecovered]
    for supervisor in supervisors.values():
        await supervisor.stop()
    assert await harness.store.claim_task("probe xosum", "a third", harness.clock.now(), 1.0), "it was given back"


async def test_a_task_is_kept_while_its_work_goes_on_and_given_back_after_it(harness: LaneHarness) -> None:
    mine, other = Ownership(harness.store, harness.clock), Ownership(harness.store, harness.clock)
    async with mine.during("work") as ours:
        assert ours
        began = harness.clock.now()
        await harness.until(lambda: harness.clock.now() >= began + 3 * LEASE_SECONDS)
        async with other.during("work") as theirs:
            assert not theirs
    assert await other.take("work")
    await other.give_back("work")
    with pytest.raises(StoreError):
        async with mine.during("work"):
            raise StoreError("the work failed")
    assert await other.take("work")
