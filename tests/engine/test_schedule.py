"""When to look and when to try again: pure arithmetic with its bounds."""

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.engine.polling import CHECK_SECONDS, POLL_SHARE, next_poll, predicted_finish
from bot.engine.retry import RetryPolicy
from bot.ports.audio import InputLimits
from bot.ports.provider import Capabilities, Pace

TRAITS = Capabilities("Any", InputLimits(frozenset()), poll_seconds=(5.0, 60.0))
PACED = replace(TRAITS, pace=Pace(56.0, 4))


@given(st.floats(0, 1e6), st.floats(0, 1e4), st.floats(0.1, 30), st.integers(0, 5000))
def test_polls_are_never_closer_than_the_minimum(waited: float, finish: float, poll_min: float, waiting: int) -> None:
    assert next_poll(waited, finish, PACED, poll_min, waiting) >= poll_min


@given(st.floats(0, 1e6), st.floats(0, 1e4), st.floats(0.1, 30))
def test_at_low_load_no_job_goes_long_without_a_poll(waited: float, finish: float, poll_min: float) -> None:
    assert next_poll(waited, finish, PACED, poll_min, waiting=3) <= CHECK_SECONDS


@given(st.floats(0, 1e6), st.floats(0, 1e4), st.integers(0, 140))
def test_overdue_jobs_take_no_more_than_the_polls_share_of_the_rate(waited: float, over: float, waiting: int) -> None:
    gap = next_poll(waited + over, waited, PACED, 5.0, waiting)
    assert waiting * 60.0 / gap <= 56.0 * POLL_SHARE + 1e-6


@given(st.floats(0, 1e5), st.floats(0, 1e5), st.integers(0, 5000))
def test_the_longer_a_job_is_overdue_the_longer_the_gap(one: float, other: float, waiting: int) -> None:
    shorter, longer = sorted((one, other))
    assert next_poll(shorter, 0.0, PACED, 5.0, waiting) <= next_poll(longer, 0.0, PACED, 5.0, waiting)


def test_the_first_poll_is_at_the_predicted_finish() -> None:
    assert predicted_finish(200.0, (10.0, 0.1)) == 30.0
    assert next_poll(0.0, 30.0, TRAITS, 5.0, waiting=1) == 30.0
    assert next_poll(0.0, 1.0, TRAITS, 5.0, waiting=1) == 5.0


def test_under_load_a_job_is_not_polled_before_its_predicted_finish() -> None:
    assert next_poll(0.0, 600.0, PACED, 5.0, waiting=1) == CHECK_SECONDS
    assert next_poll(0.0, 600.0, PACED, 5.0, waiting=3000) == 600.0


def test_a_provider_that_works_when_polled_is_polled_at_once() -> None:
    working = Capabilities("Any", InputLimits(frozenset()), works_when_polled=True)
    assert next_poll(600.0, 10.0, working, 5.0, waiting=1) == 0.0


@given(st.integers(0, 10_000), st.integers())
def test_a_delay_is_jittered_within_its_bounds(attempt: int, seed: int) -> None:
    policy = RetryPolicy(first=2.0, cap=300.0)
    delay = policy.delay(attempt, random.Random(seed))
    assert 0.5 <= delay <= min(300.0, 2.0 * 2 ** min(attempt, 30))


def test_a_bounded_policy_gives_up_and_an_unbounded_one_does_not() -> None:
    assert RetryPolicy(attempts=3).exhausted(2)
    assert not RetryPolicy(attempts=3).exhausted(1)
    assert not RetryPolicy(attempts=None).exhausted(10**9)


@given(st.floats(0, 10_000), st.floats(1, 10_000), st.integers(0, 5))
def test_a_provider_that_reports_progress_is_asked_from_the_start(waited: float, finish: float, waiting: int) -> None:
    reporting = replace(TRAITS, reports_progress=True, poll_seconds=(5.0, 12.0))
    assert 5.0 <= next_poll(waited, finish, reporting, 5.0, waiting) <= 12.0
