"""What a user asks of a job by button, command or mention: another try, or its end."""

from collections.abc import Callable

from bot.domain.errors import LostLease
from bot.domain.job import Job, State
from bot.domain.machine import Cause, Ended, Parked, stage_of
from bot.ports.store import JobStore, Phase
from bot.slack.outbox_keys import ReplyKey, read_key


async def erased(store: JobStore, job: Job) -> bool:
    """Whether a person deleted the job's last reply. What was purged for its age is still to be read in the thread."""
    rows = [(read_key(row.key), row) for row in await store.outbox_of_job(job.id)]
    replies = {key.turn: row for key, row in rows if isinstance(key, ReplyKey) and key.part == 0}
    last = replies.get(max(replies, default=0))
    return last is not None and last.phase == Phase.GONE and bool(last.ts)


async def restart(store: JobStore, job: Job, now: float, notify: Callable[[str], None]) -> Job | None:
    """The job on its way again, or None when there is nothing to try: it is under way, or was answered."""
    stage = stage_of(job)
    if isinstance(stage, Ended) and (job.state is not State.DONE or await erased(store, job)):
        change = stage.retry(now, await store.transcript(job.id) is not None)
    elif isinstance(stage, Parked):
        change = stage.resume(now, Cause.TRIED_AGAIN)
    else:
        return None
    try:
        moved = await store.apply(change)
    except LostLease:
        return None  # somebody else was quicker
    notify(moved.lane)
    return moved


async def stop(store: JobStore, job: Job, user_id: str, now: float, notify: Callable[[str], None]) -> bool:
    """Have a job cancelled, a parked one too; False if it is over already."""
    if not await store.request_cancel(job.id, user_id, now):
        return False
    notify(job.lane)
    return True
