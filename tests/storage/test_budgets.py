"""Budgets: no minute ever holds more than rate and burst; speed learnt from finished jobs."""

import asyncio
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.ports.provider import Pace
from bot.ports.store import JobStore
from storage.budgets import CLOCK_GRACE, BudgetRow, fit, take
from tests.storage.samples import NOW, Opener

DAY = 86400.0
PACE = Pace(56, 4)


def most_in_a_minute(calls: list[float]) -> int:
    """The most calls that any closed window of 60 seconds holds."""
    return max((sum(1 for other in calls if start <= other <= start + 60.0) for start in calls), default=0)


@given(
    per_minute=st.floats(0.5, 300),
    burst=st.integers(0, 10),
    gaps=st.lists(st.one_of(st.just(0.0), st.floats(0, 5), st.floats(0, 90)), max_size=400),
)
@example(per_minute=56, burst=4, gaps=[0.0] * 400)
@example(per_minute=60, burst=0, gaps=[0.0] * 200)
def test_no_minute_holds_more_than_rate_and_burst(per_minute: float, burst: int, gaps: list[float]) -> None:
    pace, now, standing, calls = Pace(per_minute, burst), NOW, BudgetRow(), []
    for gap in gaps:
        now += gap
        standing, free_at = take(standing, pace, now)
        if free_at > now:  # an eager caller comes back at the first moment it may
            now = free_at
            standing, free_at = take(standing, pace, now)
        assert free_at <= now
        calls.append(now)
    assert most_in_a_minute(calls) <= per_minute + max(burst, 0 if per_minute >= 1 else 1)


def test_a_patient_account_gets_its_whole_rate() -> None:
    now, standing, calls = NOW, BudgetRow(), 0
    while now < NOW + 600:
        standing, free_at = take(standing, PACE, now)
        calls += free_at <= now
        now = max(free_at, now)
    assert 56 * 10 <= calls <= 56 * 10 + 4


@given(st.floats(-2 * DAY, 2 * DAY), st.floats(0, 3600), st.integers(0, 60))
def test_a_clock_that_jumps_never_shuts_the_account_for_longer_than_it_was(
    jump: float, hold: float, calls: int
) -> None:
    now, standing = NOW, BudgetRow()
    for _ in range(calls + 1):
        standing, free_at = take(standing, PACE, now)
        now = max(now, free_at)
    held = BudgetRow(standing.arrival_at, now + hold, standing.asked_at)
    _, before = take(held, PACE, now)
    _, after = take(held, PACE, now + jump)
    assert after - (now + jump) <= max(before - now, 0.0) + CLOCK_GRACE + 1.0


def test_a_clock_set_back_does_not_refill_the_budget() -> None:
    now, standing = NOW, BudgetRow()
    for _ in range(4):
        standing, free_at = take(standing, PACE, now)
        assert free_at <= now
    standing, free_at = take(standing, PACE, now - DAY)
    assert free_at > now - DAY
    standing, free_at = take(standing, PACE, free_at)
    assert free_at < now


async def test_a_refused_call_takes_nothing_and_says_when_to_come_back(store: JobStore) -> None:
    for _ in range(4):
        assert await store.reserve("xosum", PACE, NOW) <= NOW
    first = await store.reserve("xosum", PACE, NOW)
    assert NOW < first <= NOW + 60 / 56 + 0.001
    assert await store.reserve("xosum", PACE, NOW) == first
    assert await store.reserve("xosum", PACE, first) <= first
    assert await store.reserve("invox", PACE, NOW) <= NOW


async def test_calls_reserved_at_once_share_one_budget(store: JobStore) -> None:
    answers = await asyncio.gather(*(store.reserve("xosum", PACE, NOW) for _ in range(50)))
    assert sum(answer <= NOW for answer in answers) == 4


async def test_a_hold_stops_everybody_and_is_not_shortened(store: JobStore) -> None:
    await store.reserve("xosum", PACE, NOW)
    await store.hold("xosum", NOW + 30)
    await store.hold("xosum", NOW + 10)
    assert await store.reserve("xosum", PACE, NOW + 1) == NOW + 30
    assert await store.reserve("xosum", PACE, NOW + 30) <= NOW + 30


async def test_a_hold_before_the_first_call_counts_and_survives_a_clock_set_back(store: JobStore) -> None:
    await store.hold("xosum", NOW + 30)
    assert await store.reserve("xosum", PACE, NOW) == NOW + 30
    assert await store.reserve("xosum", PACE, NOW - DAY) == pytest.approx(NOW - DAY + 30)


async def test_a_budget_survives_a_restart(reopen: Opener) -> None:
    store = await reopen()
    for _ in range(4):
        await store.reserve("xosum", PACE, NOW)
    await store.close()
    assert await (await reopen()).reserve("xosum", PACE, NOW) > NOW


async def test_speed_is_known_after_five_jobs_and_learnt_from_the_last_fifty(store: JobStore) -> None:
    for seconds in (10.0, 20.0, 30.0, 40.0):
        await store.record_latency("xosum", seconds, 1000.0)
    assert await store.latency("xosum") is None
    for seconds in range(1, 51):
        await store.record_latency("xosum", float(seconds), 5.0 + 0.3 * seconds)
    learnt = await store.latency("xosum")
    assert learnt is not None
    assert learnt[0] == pytest.approx(5.0)
    assert learnt[1] == pytest.approx(0.3)
    await store.record_latency("xosum", math.nan, 1.0)
    await store.record_latency("xosum", -1.0, 1.0)
    assert await store.latency("xosum") == learnt
    assert await store.latency("invox") is None


@given(st.lists(st.tuples(st.floats(0, 36000), st.floats(0, 36000)), min_size=1, max_size=50))
@example([(10.0, 5.0)] * 5)
@example([(0.0, 5.0)] * 5)
@example([(10.0, 50.0), (20.0, 10.0)])
@example([(10.0, 1.0), (20.0, 100.0)])
def test_a_fit_is_never_negative(samples: list[tuple[float, float]]) -> None:
    a, b = fit(samples)
    assert a >= 0.0
    assert b >= 0.0
    assert math.isfinite(a)
    assert math.isfinite(b)
