"""While files arrive in a rush, acknowledging goes before beginning; nothing is forgotten afterwards."""

import asyncio
from dataclasses import replace
from pathlib import Path

from bot.domain.job import Job, State
from bot.domain.machine import Change
from bot.engine.lane import Lane
from bot.engine.wakeups import BURST_SECONDS, BURST_SIZE, BurstDetector, Wakeups
from tests.support.harnesses.lane import forward, open_lane


class Hand:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def rushed(gap: float, count: int = BURST_SIZE) -> tuple[BurstDetector, Hand]:
    now = Hand()
    bursts = BurstDetector(now)
    for _ in range(count):
        now.at += gap
        bursts.note()
    return bursts, now


def test_many_arrivals_in_a_moment_are_a_rush_until_they_are_over() -> None:
    bursts, now = rushed(BURST_SECONDS / BURST_SIZE / 2)
    assert bursts.bursting
    now.at += BURST_SECONDS
    assert not bursts.bursting


def test_a_handful_at_once_is_no_rush() -> None:
    bursts, _ = rushed(0.0, BURST_SIZE - 1)
    assert not bursts.bursting


def test_a_steady_trickle_is_no_rush() -> None:
    bursts, _ = rushed(BURST_SECONDS / BURST_SIZE * 2, BURST_SIZE * 10)
    assert not bursts.bursting


async def test_a_rush_that_never_ends_keeps_no_result_waiting_and_forgets_no_job(tmp_path: Path) -> None:
    bursts, _ = rushed(0.0)
    async with open_lane(tmp_path) as harness:
        served: list[State] = []

        async def run(job: Job) -> Change:
            served.append(job.state)
            return forward(job, harness.clock.now())

        for state in (State.SUBMITTING, State.SUBMITTING, State.WAITING, State.WAITING):
            await harness.job(state)
        lane: Lane = replace(
            harness.lane(run),
            on_moved=lambda job: lane.notify(),
            wakeups=Wakeups(harness.store, harness.clock, bursts),
        )
        serving = asyncio.create_task(lane.serve())
        try:
            # made, then handed over: twice for each of the two
            await harness.until(lambda: served.count(State.SUBMITTING) >= 4)
        finally:
            await lane.stop(0.0)
            await serving
    last = [state for state in served if state is not State.SUBMITTING]
    assert last.count(State.WAITING) >= 2
    assert served.index(State.WAITING) < 2
