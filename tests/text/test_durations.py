"""Durations and stamps, as people read them."""

import pytest

from bot.text.durations import clock, human, stamp


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (-3, "0 s"),
        (42.4, "42 s"),
        (59.6, "1 min"),
        (60, "1 min"),
        (185, "3 min 5 s"),
        (599.7, "10 min"),
        (3599, "1 h"),
        (3900, "1 h 5 min"),
        (7200, "2 h"),
        (86399, "1 d"),
        (183600, "2 d 3 h"),
    ],
)
def test_a_length_is_said_in_at_most_two_units(seconds: float, said: str) -> None:
    assert human(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "[00:00]"), (59.99, "[00:59]"), (3599, "[59:59]"), (3600, "[1:00:00]"), (36061, "[10:01:01]")],
)
def test_a_stamp_has_hours_from_the_first_hour_on(seconds: float, shown: str) -> None:
    assert stamp(seconds) == shown


def test_a_subtitle_clock_counts_hours_beyond_two_digits() -> None:
    assert clock(3_723_004) == "01:02:03.004"
    assert clock(360_000_000, ",") == "100:00:00,000"
