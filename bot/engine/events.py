"""Events that the engine emits for the log and the metrics. No content."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.domain.job import Job, State
from bot.domain.machine import Cause


@dataclass(frozen=True, slots=True)
class StepEnded:
    """One step of a job ran for `seconds` and moved it from `source` to `job.state`."""

    job: Job
    source: State
    seconds: float
    cause: Cause | None


@dataclass(frozen=True, slots=True)
class StepFailed:
    """One step did not succeed; `kind` is the error's class, `detail` is for the operator."""

    job: Job
    seconds: float
    kind: str
    detail: str
    bug: BaseException | None = None  # set when the error was not one of ours


@dataclass(frozen=True, slots=True)
class SummaryFailed:
    """The provider gave no summary of its own; the transcript goes out without it."""

    job: Job
    detail: str


@dataclass(frozen=True, slots=True)
class AccountBroke:
    """An account stopped working; reported once."""

    account: str
    detail: str


@dataclass(frozen=True, slots=True)
class AccountRecovered:
    """It works again; reported once."""

    account: str


@dataclass(frozen=True, slots=True)
class StoreFailed:
    """The database refused a write or a read; nothing was changed."""

    detail: str


@dataclass(frozen=True, slots=True)
class ClockSet:
    """The machine's clock was set by this many seconds (negative: back), or the machine slept."""

    by: float


EngineEvent = StepEnded | StepFailed | SummaryFailed | AccountBroke | AccountRecovered | StoreFailed | ClockSet
Watch = Callable[[EngineEvent], None]
