"""Notices when the wall clock jumps (set by hand, or after sleep) and corrects due times and leases.

Set back, every date in the rows lies too far ahead: jobs would sleep for as long as the clock was set back. Set
forward, everything is due at once, which harms nobody; deadlines count in the row only what was waited for
(`machine.waited`).
"""

from collections.abc import Awaitable, Callable

from bot.domain.job import State
from bot.ports.clock import Clock
from bot.ports.store import JobFilter, Jobs

CHECK_SECONDS = 5.0
JUMP_SECONDS = 60.0  # a smaller step is the clock being kept right, or a busy machine
_OPEN = (State.RECEIVED, State.SUBMITTING, State.WAITING, State.FINISHING, State.REPLYING)
_PAGE = 500


async def watch_for_jumps(clock: Clock, on_set: Callable[[float], Awaitable[None]]) -> None:
    """Compare the wall clock with the loop's own timer until cancelled. `on_set` gets the seconds it was set by."""
    while True:
        before = clock.now()
        await clock.sleep(CHECK_SECONDS)
        by = clock.now() - before - CHECK_SECONDS
        if abs(by) > JUMP_SECONDS:
            await on_set(by)


async def reschedule_after_jump(store: Jobs, now: float, lease_seconds: float) -> int:
    """Make every job due whose row was written later than now: its dates are of another time. Returns how many.

    A lease that ends later than any can is of another time too. Its worker may be dead; a living one has renewed it by
    the present clock, or claims the job again.
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
