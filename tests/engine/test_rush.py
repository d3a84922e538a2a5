"""A drop of hundreds of files on one account of 60 calls a minute: the real engine in virtual time.

The whole drop of 3,000 is `python -m bench rush`; a tenth of it shows the same order here.
"""

import pytest

from bench.rush import rush, sample


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_big_drop_is_paced_below_the_limit_and_starves_nobody() -> None:
    result = await rush(300, sample(), skew=17.0, colleague_after=120.0)
    assert result.refused == 0
    assert result.busiest_minute <= 60
    assert result.first <= 120
    assert result.colleague <= 180
    assert result.billed == 301
    assert result.doubled == 0
    assert result.violations == []
    assert result.failures == []


@pytest.mark.parametrize("skew", [0.0, 29.5, 59.9])
async def test_no_phase_of_the_providers_minute_sees_more_than_its_limit(skew: float) -> None:
    result = await rush(70, sample(), skew=skew, colleague_after=30.0)
    assert result.refused == 0
    assert result.busiest_minute <= 60
