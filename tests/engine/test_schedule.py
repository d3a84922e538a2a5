"""When to look and when to try again: pure arithmetic with its bounds."""

import random

from hypothesis import given
from hypothesis import strategies as st

from bot.engine.retry import RetryPolicy
from bot.engine.schedule import first_look, next_look
from bot.ports.audio import InputLimits
from bot.ports.provider import Capabilities

TRAITS = Capabilities("Any", InputLimits(frozenset()), poll_seconds=(5.0, 60.0))
PUSHING = Capabilities("Any", InputLimits(frozenset()), pushes=True, push_patience=900.0)


@given(st.floats(0, 1e6), st.floats(0.1, 30))
def test_polls_are_never_closer_than_the_minimum_nor_further_apart_than_the_longest_gap(
    waited: float, poll_min: float
) -> None:
    gap = next_look(waited, TRAITS, poll_min)
    assert max(5.0, poll_min) <= gap <= max(60.0, poll_min)


@given(st.floats(0, 1e5), st.floats(0, 1e5))
def test_the_longer_a_job_has_waited_the_longer_the_gap(one: float, other: float) -> None:
    shorter, longer = sorted((one, other))
    assert next_look(shorter, TRAITS, 5.0) <= next_look(longer, TRAITS, 5.0)


def test_the_first_look_is_at_the_predicted_finish() -> None:
    assert first_look(600.0, TRAITS, (10.0, 0.1), 5.0) == 70.0
    assert first_look(0.0, TRAITS, (1.0, 0.1), 5.0) == 5.0


def test_a_provider_that_pushes_is_left_alone_for_as_long_as_it_is_trusted_to() -> None:
    assert first_look(600.0, PUSHING, (10.0, 0.1), 5.0) == 900.0


def test_a_provider_that_works_when_polled_is_polled_at_once() -> None:
    working = Capabilities("Any", InputLimits(frozenset()), works_when_polled=True)
    assert first_look(600.0, working, (10.0, 0.1), 5.0) == 0.0
    assert next_look(600.0, working, 5.0) == 0.0


@given(st.integers(0, 10_000), st.integers())
def test_a_delay_is_jittered_within_its_bounds(attempt: int, seed: int) -> None:
    policy = RetryPolicy(first=2.0, cap=300.0)
    delay = policy.delay(attempt, random.Random(seed))
    assert 0.5 <= delay <= min(300.0, 2.0 * 2 ** min(attempt, 30))


def test_a_bounded_policy_gives_up_and_an_unbounded_one_does_not() -> None:
    assert RetryPolicy(attempts=3).exhausted(2)
    assert not RetryPolicy(attempts=3).exhausted(1)
    assert not RetryPolicy(attempts=None).exhausted(10**9)
