"""A wall clock that is set while the bot runs, or a machine that slept: noticed, and what depends on it put right.

Set back, every date in the rows lies too far ahead: jobs would sleep for as long as the clock was set back. Set
forward, everything is due at once, which harms nobody; but nobody has waited that long, so deadlines do not count it.
"""

from collections.abc import Awaitable, Callable

from bot.domain.job import State
from bot.ports.clock import Clock
from bot.ports.store import JobFilter, Jobs

CHECK_SECONDS = 5.0
JUMP_SECONDS = 60.0  # a smaller step is the clock being kept right, or a busy machine
_OPEN = (State.RECEIVED, State.SUBMITTING, State.WAITING, State.FINISHING, State.REPLYING)
_PAGE = 500


class ClockJumpMonitor:
    """Compares the wall clock with what the loop's own timer says. `on_set` is told by how many seconds it was set."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._forward: list[tuple[float, float]] = []  # when it was noticed, by how much
        self._started_at = clock.now()
        self._checked_at: float | None = None

    async def run(self, on_set: Callable[[float], Awaitable[None]]) -> None:
        """Watch until cancelled."""
        while True:
            before = self._checked_at = self._clock.now()
            await self._clock.sleep(CHECK_SECONDS)
            by = self._clock.now() - before - CHECK_SECONDS
            if abs(by) > JUMP_SECONDS:
                if by > 0:
                    self._forward = [*self._forward[-99:], (self._clock.now(), by)]
                else:
                    self._started_at += by
                await on_set(by)

    def waited(self, since: float) -> float:
        """Seconds that we have waited since `since`: without those that the clock jumped over, or that we were away."""
        now, since = self._clock.now(), max(since, self._started_at)
        jumped = sum(by for at, by in self._forward if since < at <= now)
        if self._checked_at is not None and self._checked_at >= since:
            by = now - self._checked_at - CHECK_SECONDS  # set since the last look
            jumped += by if by > JUMP_SECONDS else 0.0
        return max(0.0, now - since - jumped)


async def reschedule_after_jump(store: Jobs, now: float, lease_seconds: float) -> int:
    """Make every job due whose row was written later than now: its dates are of another time. Returns how many.

    A lease that ends later than any can is of another time too, and whoever took it may be dead; who lives has renewed
    it by the clock of now, or takes the job up again.
    """
    count, before = await store.release_all(now + lease_seconds + JUMP_SECONDS), None
    while True:
        page = await store.jobs(JobFilter(states=_OPEN, limit=_PAGE, before=before))
        for job in page:
            if job.updated_at > now + JUMP_SECONDS:
                count += await store.wake(job.id, now)
        if len(page) < _PAGE:
            return count
        before = page[-1].created_at
