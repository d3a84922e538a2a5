"""Jobs whose provider is not set up any more (removed, renamed, a misspelt setting): nobody waits in silence.

They are parked, so that their thread says that they are paused; the operator is warned. Once the provider is set up
again they go on. After a day they are answered instead.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.errors import LostLease, Problem, ProblemCode
from bot.domain.job import Job
from bot.domain.machine import Finishing, Parked, Received, Replying, Submitting, Waiting, stage_of
from bot.ports.clock import Clock
from bot.ports.store import JobStore

ROUND_SECONDS = 60.0
OVERDUE_SECONDS = 60.0  # a job that nobody has served for this long
ANSWERED_AFTER_SECONDS = 86400.0
_PAGE = 100


@dataclass(slots=True)
class Orphans:
    """Finds them, once a minute. `lanes` are all that are served here; `on_moved` is called for each job it moves."""

    store: JobStore
    clock: Clock
    lanes: Sequence[str]
    on_moved: Callable[[Job], None]
    waiting: Mapping[str, int] = field(default_factory=dict)  # by the account that is not set up

    async def round(self) -> None:
        """Park what is new, answer what has waited for a day. Raises `StoreError`."""
        found = await self.store.jobs_of_unknown_lanes(self.lanes, _PAGE)
        waiting: Counter[str] = Counter()
        for job in found:
            waiting[_account(job)] += not await self._move(job)
        self.waiting = dict(+waiting)

    async def _move(self, job: Job) -> bool:
        """Take the next step for one of them; True if it is answered by it."""
        stage, now = stage_of(job), self.clock.now()
        problem = Problem(ProblemCode.NO_SUCH_PROVIDER, {"provider": _account(job)})
        match stage:
            case Parked() if now - job.updated_at >= ANSWERED_AFTER_SECONDS:
                change, answered = stage.refuse(now, problem), True
            case Received() | Submitting() | Waiting() | Finishing() if now - job.due_at >= OVERDUE_SECONDS:
                change, answered = stage.park(now, "its provider is not set up", _account(job)), False
            case _:
                return isinstance(stage, Replying)
        try:
            self.on_moved(await self.store.apply(change))
        except LostLease:
            return False  # somebody serves it after all
        return answered

    def warnings(self) -> list[str]:
        """A sentence for each account whose jobs wait."""
        return [
            f"{count} {'jobs wait' if count > 1 else 'job waits'} for {account}, which is not set up: "
            "put its settings back, or the jobs are answered with a refusal after a day."
            for account, count in self.waiting.items()
        ]


def _account(job: Job) -> str:
    return job.parked_for or job.account
