"""Leases: who works on which job, and in what order; waking jobs."""

import asyncio
import secrets
from collections.abc import Sequence

from bot.domain.errors import LostLease
from bot.domain.job import Job
from storage.engines.transaction import (
    Database,
    Transaction,
    execute,
    maybe_number,
    reads_once,
    urgent_writes_once,
    writes,
    writes_once,
)
from storage.jobs import BEGINNING
from storage.rows import job_of
from storage.seal import Seal


class StoredLeases:
    """Claiming jobs and waking them."""

    _db: Database
    _seal: Seal

    async def claim(self, lane: str, ranks: Sequence[int], now: float, lease_seconds: float) -> Job | None:
        """Lease the next due job of `lane` whose rank is listed.

        Lower ranks first; rank 0 and 1 by `due_at`; rank 2 by the user served longest ago, then by `created_at`.
        A caller that is cancelled meanwhile leaves no lease behind.
        """
        claiming = asyncio.ensure_future(self._claim(lane, tuple(sorted(ranks)), now, lease_seconds))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            job = await claiming
            if job is not None:
                await self.release(job)
            raise

    @writes_once
    def _claim(self, lane: str, ranks: Sequence[int], now: float, lease_seconds: float) -> Transaction[Job | None]:
        wanted = {"first": 0 in ranks, "second": 1 in ranks, "third": BEGINNING in ranks}
        if BEGINNING in ranks:
            yield from execute("ready_turns", lane=lane, now=now)
        rows = yield from execute(
            "claim_job",
            lane=lane,
            now=now,
            token=secrets.token_urlsafe(16),
            until=now + lease_seconds,
            **{name: int(flag) for name, flag in wanted.items()},
        )
        if rows:
            return job_of(rows[0], self._seal)
        if BEGINNING in ranks:
            yield from execute("rest_turns", lane=lane)
        return None

    @reads_once
    def next_due(self, lane: str) -> Transaction[float | None]:
        """When the earliest job of the lane that nobody has leased is due; None if there is none.

        A lease that ends unrenewed is not among them: who polls finds its job.
        """
        rows = yield from execute("next_due", lane=lane)
        return maybe_number(rows[0], "at")

    @writes_once
    def renew(self, job: Job, now: float, lease_seconds: float) -> Transaction[None]:
        """Prolong the lease. Raises `LostLease`."""
        rows = yield from execute("renew", id=job.id, token=job.lease_token, until=now + lease_seconds)
        if not rows:
            raise LostLease(f"the lease of job {job.id} is lost")

    @writes_once
    def release(self, job: Job) -> Transaction[None]:
        """Give the lease back unused; the job stays as it is. Silent if it is lost already."""
        yield from execute("release", id=job.id, token=job.lease_token)

    @writes
    def release_all(self, beyond: float = 0.0) -> Transaction[int]:
        """Void every lease and claim that ends later than `beyond` (Unix seconds).

        Returns how many jobs were leased. All of them only where a process has the database to itself; else those that
        lie too far ahead to be true (tasks then keep theirs: they may be long).
        """
        rows = yield from execute("release_all", beyond=beyond)
        yield from execute("release_inbox", beyond=beyond)
        yield from execute("release_outbox", beyond=beyond)
        if not beyond:
            yield from execute("release_tasks")
        return len(rows)

    @urgent_writes_once
    def wake(self, job_id: str, now: float) -> Transaction[bool]:
        """Make an unfinished job due now; False if there is none. A leased one is due again after its step.

        A parked one is only noted: it is due when it is resumed.
        """
        rows = yield from execute("wake", id=job_id, now=now)
        return bool(rows)

    @urgent_writes_once
    def request_cancel(self, job_id: str, user_id: str, now: float) -> Transaction[bool]:
        """Note who wants it cancelled and wake it, a parked one too; False if it is already replying or over."""
        rows = yield from execute("request_cancel", id=job_id, user_id=user_id, now=now)
        return bool(rows)
