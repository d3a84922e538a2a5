"""The job rows: added by intake, moved by compare-and-set, read by everybody."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.domain.job import Job, State
from bot.domain.machine import Change
from bot.ports.store.values import JobEvent, JobFilter, NewJob


class Jobs(Protocol):
    """Jobs, their leases and their timelines."""

    async def add_job(self, new: NewJob, now: float) -> tuple[Job, bool]:
        """The job of this origin and whether this call made it (False: it was there)."""
        ...

    async def claim(self, lane: str, ranks: Sequence[int], now: float, lease_seconds: float) -> Job | None:
        """Lease the next due job of `lane` whose rank is listed.

        Lower ranks first; rank 0 and 1 by `due_at`; rank 2 by the user served longest ago, then by `created_at`.
        """
        ...

    async def next_due(self, lane: str) -> float | None:
        """When the earliest job of the lane that nobody has leased is due; None if there is none.

        A lease that ends unrenewed is not among them: who polls finds its job.
        """
        ...

    async def renew(self, job: Job, now: float, lease_seconds: float) -> None:
        """Prolong the lease. Raises `LostLease`."""
        ...

    async def release(self, job: Job) -> None:
        """Give the lease back unused; the job stays as it is. Silent if it is lost already."""
        ...

    async def release_all(self, beyond: float = 0.0) -> int:
        """Void every lease and claim (of jobs, messages, deferred work, tasks) that ends later than `beyond`.

        Returns how many jobs were leased. All of them only where a process has the database to itself; else those that
        lie too far ahead to be true (tasks then keep theirs: they may be long).
        """
        ...

    async def apply(self, change: Change, keep_lease: bool = False) -> Job:
        """Commit a move if id, state and lease token are still those of `change.before`; write its event.

        The lease is given back unless `keep_lease`. If the row was woken since it was claimed, a later `due_at`
        becomes `now` (a parked or final job stays undue). `cancel_by` is written only where the change alters it, and
        `deleted_at` never: see `mark_deleted`. A deleted job that ends, ends as `State.DELETED`, whatever the change
        says. A change without a cause writes no event. Raises `LostLease`.
        """
        ...

    async def job(self, job_id: str) -> Job | None:
        """One job, or None."""
        ...

    async def job_by_ref(self, account: str, ref: str) -> Job | None:
        """The job with this remote reference."""
        ...

    async def job_by_hook_token(self, token: str) -> Job | None:
        """The job with this hook token."""
        ...

    async def jobs(self, which: JobFilter) -> Sequence[Job]:
        """A page of jobs."""
        ...

    async def jobs_of_message(self, team_id: str, channel_id: str, message_ts: str) -> Sequence[Job]:
        """All jobs of one message, in the order they came."""
        ...

    async def jobs_of_file(self, team_id: str, file_id: str) -> Sequence[Job]:
        """All jobs of one file, oldest first."""
        ...

    async def jobs_of_unknown_lanes(self, lanes: Sequence[str], limit: int = 100) -> Sequence[Job]:
        """Unfinished jobs that no lane serves: those whose account, or the account they are parked for, is not among
        `lanes` (the Slack lane included). Their provider was removed from the settings, or renamed.

        Those that are not parked yet come first, so that many that are do not hide them; of one state by age.
        """
        ...

    async def count_ahead(self, job: Job, most: int = 100) -> int:
        """How many unfinished jobs of the same lane are older; counting stops at `most`."""
        ...

    async def events(self, job_id: str) -> Sequence[JobEvent]:
        """The timeline."""
        ...

    async def wake(self, job_id: str, now: float) -> bool:
        """Make an unfinished job due now; False if there is none. A leased one is due again after its step.

        A parked one is only noted: it is due when it is resumed.
        """
        ...

    async def request_cancel(self, job_id: str, user_id: str, now: float) -> bool:
        """Note who wants it cancelled and wake it, a parked one too; False if it is already replying or over."""
        ...

    async def mark_deleted(self, job_id: str, now: float) -> bool:
        """The recording or its message was deleted: from now on the job takes no result and no retry.

        In one transaction: `deleted_at` is set, all content of the job goes (as `purge_job`), a job that had ended
        becomes `State.DELETED`, and an unfinished one (parked, too) is due now, so that its lane releases everything
        and ends it by `delete`. Returns False if it was marked before, or there is no such job.
        """
        ...

    async def resume_parked(self, account: str, now: float) -> int:
        """Resume every job that is parked for this account (`parked_for`); returns how many."""
        ...

    async def count_by_state(self) -> Mapping[State, int]:
        """How many jobs are in each state."""
        ...

    async def oldest_unfinished(self) -> float | None:
        """`created_at` of the oldest job that is not final."""
        ...
