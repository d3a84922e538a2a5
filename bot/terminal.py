"""The bar of one recording on a terminal: one share over all its stages, and about how long it still takes."""

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from bot.domain.job import FINAL, Job, State
from bot.ports.provider import Provider
from bot.text.durations import human

_STAGES: Mapping[State, tuple[str, float, float]] = {  # what is done, and which part of the whole it is
    State.RECEIVED: ("looking at the file", 0.0, 0.02),
    State.SUBMITTING: ("handing it over", 0.02, 0.15),
    State.WAITING: ("transcribing", 0.15, 0.97),
    State.FINISHING: ("writing", 0.97, 0.99),
    State.REPLYING: ("writing", 0.99, 1.0),
}
_PARKED = "waiting: the provider's account does not work"
TICK_SECONDS = 0.5  # between two drawings of the estimate
_MEASURED = 0.05  # of a stage, after which its own speed tells when it ends


@dataclass(slots=True)
class Course:
    """How far a recording is, from the first byte to the last word: a share (0..1) that never falls.

    `expected` is how many seconds its transcription should take; it stands in where a provider reports no progress.
    """

    expected: float | None = None
    share: float = 0.0
    seconds_left: float | None = None
    _state: State | None = None
    _since: float = 0.0  # of the present stage (monotonic seconds)
    _reported: tuple[float, float] | None = field(default=None)  # the newest progress, and when it came

    def advance(self, job: Job, now: float) -> None:
        """Take what is known of the job at `now` (monotonic seconds)."""
        if job.state not in _STAGES:
            return
        if job.state is not self._state:
            self._state, self._since, self._reported, self.seconds_left = job.state, now, None, None
        if job.progress is not None and (self._reported is None or job.progress > self._reported[0]):
            self._reported = (job.progress, now)
        _, first, last = _STAGES[job.state]
        self.share = max(self.share, first + (last - first) * self._part(now))

    def _part(self, now: float) -> float:
        """The share of the present stage; the estimate falls between two reports, too."""
        waited = now - self._since
        if self._state is not State.WAITING:
            return self._reported[0] if self._reported else 0.0
        if self._reported is not None and self._reported[0] >= _MEASURED:
            done, at = self._reported
            self.seconds_left = _positive((at - self._since) * (1 - done) / done - (now - at))
            return done
        if self.expected is None:
            return 0.0
        self.seconds_left = _positive(self.expected - waited)
        return waited / (waited + max(1.0, self.expected))  # slower and slower: when it ends is not known


class JobBar:
    """Draws the bar on standard error while it is open; nothing where that is no terminal."""

    def __init__(self, console: Console | None = None) -> None:
        console = console or Console(stderr=True)
        left = TextColumn("{task.fields[left]}")
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
        self.progress = Progress(
            *columns,
            TimeElapsedColumn(),
            left,
            console=console,
            transient=True,
            disable=not console.is_terminal,
            redirect_stdout=sys.stdout.isatty(),  # what is piped elsewhere must not turn up on the terminal
        )
        self.course = Course()
        self._task: TaskID = self.progress.add_task("starting", total=1.0, left="")

    def show(self, job: Job, expected: float | None = None) -> None:
        """Move the bar to where the job is now; what did not work and is tried again is said beside it."""
        if job.state in FINAL:
            return
        if expected is not None:
            self.course.expected = expected
        self.course.advance(job, time.monotonic())
        doing = _STAGES[job.state][0] if job.state in _STAGES else _PARKED
        text = f"trying again ({escape(job.last_error)})" if job.attempts else doing
        self.progress.update(
            self._task, description=text, completed=self.course.share, left=_left(self.course.seconds_left)
        )


def expected_seconds(providers: Mapping[str, Provider], job: Job) -> float | None:
    """How long the job's provider takes as a rule; None while it has none, or while the length is not known."""
    provider = providers.get(job.provider)
    if provider is None or job.file.seconds is None:
        return None
    base, share = provider.capabilities.latency
    return base + share * job.file.seconds


def _positive(seconds: float) -> float | None:
    """An estimate that has run out says nothing."""
    return seconds if seconds >= 1 else None


def _left(seconds: float | None) -> str:
    return "" if seconds is None else f"about {human(seconds)} left"
