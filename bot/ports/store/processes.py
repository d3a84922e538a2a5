"""The processes of one installation, and the pace towards Slack that they share."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ProcessFacts:
    """A process as it reports itself. `facts` is JSON without content; `spool` names the directory of its audio."""

    id: str
    host: str
    role: str
    version: str
    spool: str
    started_at: float
    seen_at: float
    facts: str


@dataclass(frozen=True, slots=True)
class LaneBacklog:
    """What a lane has to do: unfinished jobs, those that are due (worked on or not), when the oldest was made."""

    lane: str
    jobs: int
    due: int
    oldest_at: float


@dataclass(frozen=True, slots=True)
class BudgetState:
    """When the next call of an account may leave, and until when the account is paused (Unix seconds)."""

    account: str
    arrival_at: float
    held_until: float


class Paces(Protocol):
    """When calls to Slack may leave, by key, over all processes."""

    async def reserve_pace(self, wanted: Mapping[str, float], now: float) -> Mapping[str, float]:
        """Take as many seconds of each key as are wanted; when (Unix seconds) those of each key begin."""
        ...

    async def hold_pace(self, key: str, until: float) -> None:
        """No further call of this key before `until`."""
        ...


class Processes(Paces, Protocol):
    """Who works on this database."""

    async def report_process(self, process: ProcessFacts) -> None:
        """Say that it lives."""
        ...

    async def forget_process(self, process_id: str) -> None:
        """It has ended."""
        ...

    async def processes(self, since: float) -> Sequence[ProcessFacts]:
        """Those that were seen since then, oldest first."""
        ...

    async def backlog(self, now: float) -> Sequence[LaneBacklog]:
        """What each lane has to do."""
        ...

    async def budgets(self) -> Sequence[BudgetState]:
        """The rate budgets of all accounts."""
        ...

    async def unfinished(self, job_ids: Collection[str]) -> Collection[str]:
        """Which of these jobs still need their audio: neither answered, nor deleted, nor unknown."""
        ...
