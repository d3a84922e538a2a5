"""One bar from upload to end: its share never falls, its estimate falls between reports, and it never claims an end."""

import io
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bot.domain.job import FileFacts, Job, Origin, State
from bot.terminal import Course, JobBar

RUNNING = [State.RECEIVED, State.SUBMITTING, State.WAITING, State.FINISHING, State.REPLYING]
SHARES = st.none() | st.floats(0, 1)


def job(state: State, progress: float | None = None) -> Job:
    origin = Origin("local", "local", "1", "1", "talk.mp3", "operator")
    made = Job("k7m2pq9xw4", origin, state, 0.0, 0.0, 0.0, file=FileFacts(name="talk.mp3", seconds=600.0))
    return replace(made, progress=progress)


@given(st.lists(st.tuples(st.sampled_from(RUNNING), SHARES, st.floats(0, 100))), st.none() | st.floats(0, 1000))
def test_the_share_never_falls_and_stays_within_the_whole(
    course: list[tuple[State, float | None, float]], expected: float | None
) -> None:
    seen, now, before = Course(expected), 0.0, 0.0
    for state, progress, wait in course:
        now += wait
        seen.advance(job(state, progress), now)
        assert before <= seen.share <= 1.0
        assert seen.seconds_left is None or seen.seconds_left >= 1
        before = seen.share


def test_the_stages_lie_one_after_the_other() -> None:
    seen, shares = Course(), []
    for now, state in enumerate(RUNNING):
        for progress in (0.0, 1.0):
            seen.advance(job(state, progress), float(now))
            shares.append(seen.share)
    assert shares == sorted(shares)
    assert (shares[3], shares[5], shares[-1]) == (0.15, 0.97, 1.0)  # handed over, transcribed, written


def test_the_estimate_comes_from_the_engine_and_falls_between_its_reports() -> None:
    seen = Course(expected=20.0)
    seen.advance(job(State.WAITING), 100.0)
    assert seen.seconds_left == 20.0  # as a rule, while the engine says nothing
    seen.advance(job(State.WAITING, 0.25), 130.0)
    assert seen.seconds_left == 90.0  # a quarter took 30 s
    seen.advance(job(State.WAITING, 0.25), 140.0)
    assert seen.seconds_left == 80.0


def test_a_recording_that_takes_longer_than_expected_moves_on_and_has_no_estimate() -> None:
    seen = Course(expected=10.0)
    shares = []
    for now in (0.0, 10.0, 60.0, 600.0):
        seen.advance(job(State.WAITING), now)
        shares.append(seen.share)
    assert shares == sorted(set(shares))
    assert shares[-1] < 0.97
    assert seen.seconds_left is None


def test_the_bar_is_drawn_on_a_terminal_only() -> None:
    for terminal in (True, False):
        out = io.StringIO()
        bar = JobBar(Console(file=out, force_terminal=terminal, width=120))
        with bar.progress:
            bar.show(job(State.SUBMITTING, 1.0))
            bar.show(job(State.WAITING), expected=300.0)
            bar.progress.refresh()
        assert ("15%" in out.getvalue()) is terminal
        assert ("about 5 min left" in out.getvalue()) is terminal
