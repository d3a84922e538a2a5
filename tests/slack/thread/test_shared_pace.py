"""Slack's limits belong to the workspace: processes that share it take their turns together."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import StoreUnavailable
from bot.ports.store import JobStore
from bot.slack.api.client import open_client
from bot.slack.api.methods import Method
from bot.slack.api.pacing import RequestPacing
from storage import open_store
from tests.storage.samples import NOW
from tests.support.harnesses.slack import workplace
from tests.support.virtual_time import Busy, VirtualClock, drive

CLOSE = 1e-4  # seconds; times are doubles


class Rows:
    """The rows of a store, counted; `away`: what they raise instead."""

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self.asked = 0
        self.away: Exception | None = None
        self.held = asyncio.Event()

    async def reserve_pace(self, wanted: Mapping[str, float], now: float) -> Mapping[str, float]:
        if self.away:
            raise self.away
        self.asked += 1
        return await self._store.reserve_pace(wanted, now)

    async def hold_pace(self, key: str, until: float) -> None:
        await self._store.hold_pace(key, until)
        self.held.set()


class Several:
    """Processes that pace themselves by one store, in virtual time."""

    def __init__(self, store: JobStore, count: int) -> None:
        self.clock, self.busy = VirtualClock(NOW), Busy()
        self.rows = Rows(store)
        self.processes = [RequestPacing(self.clock) for _ in range(count)]
        for process in self.processes:
            process.share(self.busy.watch(self.rows), "T1:")
        self.begun: dict[str, list[float]] = {}

    async def call(self, process: int, key: str, seconds: float) -> None:
        await self.processes[process].turn(key, seconds)
        self.begun.setdefault(key, []).append(self.clock.now())

    async def run(self, *calls: tuple[int, str, float]) -> None:
        tasks = [asyncio.create_task(self.call(*call)) for call in calls]
        await drive(self.clock, self.busy, lambda: all(task.done() for task in tasks), 10_000)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[JobStore]:
    store = await open_store(f"sqlite:///{tmp_path}/jobs.db")
    yield store
    await store.close()


def apart(times: list[float], seconds: float) -> bool:
    return all(later - sooner >= seconds - CLOSE for sooner, later in pairwise(times))


async def test_turns_of_several_processes_are_apart_and_none_is_wasted(store: JobStore) -> None:
    several = Several(store, 3)
    await several.run(*((number % 3, "C1", 1.0) for number in range(24)), (0, "C2", 1.0), (2, "chat.update", 1.2))
    times = several.begun["C1"]
    assert apart(times, 1.0)
    assert times[-1] - times[0] == pytest.approx(23.0, abs=CLOSE)
    assert several.begun["C2"] == several.begun["chat.update"] == [NOW]
    assert several.rows.asked <= 6, "those who wait at one moment share a statement"


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["C1", "C2"])), max_size=30))
def test_no_order_of_calls_brings_two_of_a_key_closer(calls: list[tuple[int, str]]) -> None:
    async def run() -> None:
        with TemporaryDirectory() as folder:
            store = await open_store(f"sqlite:///{folder}/jobs.db")
            several = Several(store, 3)
            for number in range(0, len(calls), 7):
                await several.run(*((process, key, 1.0) for process, key in calls[number : number + 7]))
            assert all(apart(times, 1.0) for times in several.begun.values())
            await store.close()

    asyncio.run(run())


async def test_a_pause_that_slack_asks_one_for_is_kept_by_all(store: JobStore) -> None:
    several = Several(store, 2)
    several.processes[0].hold("C1", 30.0)
    await several.rows.held.wait()
    await several.run((1, "C1", 1.0))
    assert several.begun["C1"] == [pytest.approx(NOW + 30.0, abs=CLOSE)]


async def test_each_workspace_has_its_own_limits(store: JobStore) -> None:
    several = Several(store, 2)
    several.processes.append(several.processes[0].of("T2:"))
    await several.run((0, "chat.update", 1.2), (1, "chat.update", 1.2), (2, "chat.update", 1.2))
    assert sorted(several.begun["chat.update"]) == [NOW, NOW, pytest.approx(NOW + 1.2, abs=CLOSE)]


@pytest.mark.parametrize("away", [StoreUnavailable("away"), ValueError("a bug")], ids=["away", "broken"])
async def test_while_the_database_is_away_each_paces_itself(store: JobStore, away: Exception) -> None:
    several = Several(store, 1)
    several.rows.away = away
    await several.run(*((0, "C1", 1.0) for _ in range(4)))
    assert apart(several.begun["C1"], 1.0)
    several.rows.away = None
    await several.run(*((0, "C1", 1.0) for _ in range(2)))
    assert len(several.begun["C1"]) == 6


@pytest.mark.parametrize("shared", [True, False])
async def test_two_processes_cause_no_429_that_one_would_not_have_had(tmp_path: Path, shared: bool) -> None:
    """Without the rows Slack refuses: the test can tell."""
    async with workplace(tmp_path, start=False, rate_limits=True) as place:
        async with open_client(place.settings, place.clock) as one, open_client(place.settings, place.clock) as two:
            clients = [one, two]
            for client in clients:
                if shared:
                    client.pace.share(place.store, "T1:")

            async def post(number: int) -> None:
                client = clients[number % 2]
                await client.pace.turn("C0CLINIC")
                await client.call(Method.POST, channel="C0CLINIC", text=f"number {number}")

            count = 10 if shared else 16  # twice as many as Slack allows, also while a busy machine takes longer
            await asyncio.gather(*(post(number) for number in range(count)), return_exceptions=True)
        refused = [entry for entry in place.slack.ledger.of("chat.postMessage") if entry.error == "ratelimited"]
        assert bool(refused) is not shared
