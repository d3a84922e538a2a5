"""What an auditor and a data-protection officer ask for: the audit log, retention, erasure, holds."""

from collections.abc import Sequence
from typing import Protocol

from bot.ports.store.values import AuditEntry, AuditFilter, ErasedJob, EraseFilter, Hold


class Audit(Protocol):
    """The audit log: append-only, each entry chained to the one before by a hash. No content."""

    async def record(self, entry: AuditEntry) -> AuditEntry:
        """Append an entry; it comes back with its number and hash."""
        ...

    async def audit(self, which: AuditFilter) -> Sequence[AuditEntry]:
        """Entries, oldest first."""
        ...

    async def newest_audit(self, team_id: str, channel_id: str, before: int, limit: int) -> Sequence[AuditEntry]:
        """Entries about one channel with numbers below `before`, newest first."""
        ...

    async def verify_audit(self) -> int | None:
        """The number of the first entry whose hash does not follow from the one before; None if all do."""
        ...

    async def purge_audit(self, before: float) -> int:
        """Delete entries older than that; how many. The chain goes on from the first that is kept."""
        ...


class Retention(Protocol):
    """What is deleted, when, and what must not be."""

    async def purge(self, now: float, days: float | None, longest: float | None = None) -> int:
        """Delete content of jobs that ended, or were parked, more than `days` ago; rows stay. None: content is kept.

        Content is transcripts, blocks, speakers' names, webhooks, last errors and what they quote, and file names but
        for their extension. A channel with `retention_days` of its own follows that, but
        keeps nothing longer than `longest` days (None: no limit). Webhooks that nobody used go
        after a day in any case, content of jobs under a hold never. Goes by what is stored, so a second run takes
        what a crash has left. Afterwards no deleted word is left in SQLite's files, its log included. Returns how
        many jobs lost content.
        """
        ...

    async def purge_job(self, job_id: str, now: float) -> None:
        """Delete the content of one job, as `purge`."""
        ...

    async def discard_ended(self) -> int:
        """For the start of a process: delete blocks and webhooks of jobs that are over; returns how many rows."""
        ...

    async def forget_history(self, before: float) -> int:
        """Delete the rows of jobs that ended before then and have no content any more, but for holds. How many jobs."""
        ...

    async def erase(self, which: EraseFilter) -> Sequence[ErasedJob]:
        """Delete jobs that match, with content, names, timeline and messages; what others still hold comes back.

        A transcript that a job outside the filter shares is handed on to that job. A job under a hold stays.
        Jobs under way are included: end them first, or their remote jobs go on.
        """
        ...

    async def place_hold(self, hold: Hold) -> None:
        """Keep content from purge and erasure."""
        ...

    async def end_hold(self, kind: str, ref: str) -> bool:
        """End a hold; False if there was none."""
        ...

    async def holds(self) -> Sequence[Hold]:
        """All holds, oldest first."""
        ...
