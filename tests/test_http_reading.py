"""What HTTP is read from: the pause that an answer asks for, and the target of an address."""

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.http import retry_after
from bot.http.client import as_written


@given(st.text(max_size=40), st.floats(0, 1e9))
def test_any_retry_after_gives_a_pause_between_nothing_and_an_hour(text: str, now: float) -> None:
    assert 0.0 <= retry_after({"retry-after": text}, now, 5.0) <= 3600.0


@given(st.integers(0, 3600), st.integers(1_000_000_000, 2_000_000_000), st.integers(-80_000, 80_000))
def test_a_date_is_measured_by_the_senders_own_clock(pause: int, now: int, skew: int) -> None:
    headers = {"retry-after": formatdate(now + skew + pause, usegmt=True), "date": formatdate(now + skew, usegmt=True)}
    assert retry_after(headers, float(now), 5.0) == pause
    del headers["date"]
    assert retry_after(headers, float(now + skew), 5.0) == pause


@pytest.mark.parametrize("text", ["", "nan", "inf", "-inf", "soon", "Wed, 99 Foo 2025 00:00:00 GMT"])
def test_an_unreadable_retry_after_means_the_default(text: str) -> None:
    assert retry_after({"retry-after": text}, 0.0, 5.0) == 5.0


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://s/k%2f1?sig=a%2Fb", b"/k%2f1?sig=a%2Fb"),
        ("http://http/k", b"/k"),
        ("https://[::1]:9000?sig=a", b"/?sig=a"),
        ("https://user:word@host/k#part", b"/k"),
    ],
)
def test_the_target_is_what_follows_the_host(url: str, target: bytes) -> None:
    assert as_written(url)["target"] == target
