"""Leases: who works on which job, and in what order; waking jobs."""

import asyncio
import secrets
from collections.abc import Sequence

from bot.domain.errors import LostLease
from bot.domain.job import Job
from storage.engines.transaction import Database, Row, Transaction, execute, maybe_number, reads, text, writes
from storage.jobs import BEGINNING, mark_turn_of
from storage.rows import job_of
from storage.seal import Seal


class StoredLeases:
    """Claiming jobs and waking them."""

    _db: Database
    _seal: Seal

    async def claim(self, lane: str, ranks: Sequence[int], now: float, lease_seconds: float) -> Job | None:
        """Lease the next due job of `lane` whose rank is listed.

        Lower ranks first; rank 0 and 1 by `due_at`; rank 2 by the person served longest ago, then by `created_at`.
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

    @writes
    def _claim(self, lane: str, ranks: Sequence[int], now: float, lease_seconds: float) -> Transaction[Job | None]:
        token = secrets.token_urlsafe(16)
        until = now + lease_seconds
        for rank in ranks:
            if rank == BEGINNING:
                row = yield from _claim_by_turn(lane, now, token, until)
            else:
                rows = yield from execute("claim_due", lane=lane, rank=rank, now=now, token=token, until=until)
                row = rows[0] if rows else None
            if row is not None:
                return job_of(row, self._seal)
        return None

    @reads
    def next_due(self, lane: str) -> Transaction[float | None]:
        """When the earliest unleased job (or the earliest lease to expire) of the lane wants attention."""
        rows = yield from execute("next_due", lane=lane)
        return maybe_number(rows[0], "at")

    @writes
    def renew(self, job: Job, now: float, lease_seconds: float) -> Transaction[None]:
        """Prolong the lease. Raises `LostLease`."""
        rows = yield from execute("renew", id=job.id, token=job.lease_token, until=now + lease_seconds)
        if not rows:
            raise LostLease(f"the lease of job {job.id} is lost")

    @writes
    def release(self, job: Job) -> Transaction[None]:
        """Give the lease back unused; the job stays as it is. Silent if it is lost already."""
        rows = yield from execute("release", id=job.id, token=job.lease_token)
        for row in rows:
            yield from mark_turn_of(row)

    @writes
    def release_all(self, beyond: float = 0.0) -> Transaction[int]:
        """Void every lease, and every claim in the inbox, that ends later than `beyond` (Unix seconds).

        Returns how many leases.

        All of them only where a process has the database to itself; else those that lie too far ahead to be true.
        """
        rows = yield from execute("release_all", beyond=beyond)
        for row in rows:
            yield from mark_turn_of(row)
        yield from execute("release_inbox", beyond=beyond)
        return len(rows)

    @writes
    def wake(self, job_id: str, now: float) -> Transaction[bool]:
        """Make an unfinished job due now; False if there is none. A leased one is looked at again afterwards.

        A parked one is only noted: it is due when it is resumed.
        """
        rows = yield from execute("wake", id=job_id, now=now)
        for row in rows:
            yield from mark_turn_of(row)
        return bool(rows)

    @writes
    def request_cancel(self, job_id: str, user_id: str, now: float) -> Transaction[bool]:
        """Note who wants it cancelled and wake it, a parked one too; False if it is already replying or over."""
        rows = yield from execute("request_cancel", id=job_id, user_id=user_id, now=now)
        for row in rows:
            yield from mark_turn_of(row)
        return bool(rows)


def _claim_by_turn(lane: str, now: float, token: str, until: float) -> Transaction[Row | None]:
    """The oldest due job of the user served longest ago.

    `fair_turn` is a hint that may be early: a user who turns out to have nothing to claim is not ready until they have.
    """
    yield from execute("ready_turns", lane=lane, now=now)
    while True:
        people = yield from execute("next_turn", lane=lane)
        if not people:
            return None
        person = text(people[0], "person")
        rows = yield from execute("claim_of_person", lane=lane, person=person, now=now, token=token, until=until)
        if rows:
            yield from execute("serve_turn", lane=lane, person=person)
            return rows[0]
        yield from execute("rest_turn", lane=lane, person=person)
