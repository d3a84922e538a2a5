"""The audit log: a chain of entries in which each hash covers the entry and the hash before it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace

from bot.ports.store import AuditAction, AuditEntry, AuditFilter
from storage.engines.transaction import (
    Database,
    Row,
    Transaction,
    execute,
    integer,
    number,
    reads_once,
    text,
    writes,
    writes_once,
)

_READ_AT_ONCE = 1_000


class StoredAudit:
    """Appends to the audit log, reads and checks it."""

    _db: Database

    @writes
    def record(self, entry: AuditEntry) -> Transaction[AuditEntry]:
        """Append an entry; it comes back with its number and hash.

        Two processes that append at once take the same number: one of them is refused, and repeats the transaction.
        """
        last = yield from execute("last_audit")
        previous = text(last[0], "hash") if last else ""
        entry = replace(entry, number=(integer(last[0], "number") if last else 0) + 1)
        entry = replace(entry, hash=_hash(entry, previous))
        yield from execute(
            "add_audit",
            number=entry.number,
            at=entry.at,
            actor=entry.actor,
            action=entry.action.value,
            origin=entry.origin,
            team_id=entry.team_id,
            channel_id=entry.channel_id,
            job_id=entry.job_id,
            details=json.dumps(dict(entry.details), sort_keys=True),
            previous_hash=previous,
            hash=entry.hash,
        )
        return entry

    @reads_once
    def audit(self, which: AuditFilter) -> Transaction[Sequence[AuditEntry]]:
        """Entries, oldest first."""
        rows = yield from execute(
            "audit",
            after=which.after,
            since=which.since,
            team_id=which.team_id,
            channel_id=which.channel_id,
            actor=which.actor,
            job_id=which.job_id,
            count=which.limit,
        )
        return [_entry_of(row) for row in rows]

    @reads_once
    def newest_audit(self, team_id: str, channel_id: str, before: int, limit: int) -> Transaction[Sequence[AuditEntry]]:
        """Entries about one channel with numbers below `before`, newest first."""
        rows = yield from execute("newest_audit", team_id=team_id, channel_id=channel_id, before=before, count=limit)
        return [_entry_of(row) for row in rows]

    async def verify_audit(self) -> int | None:
        """The number of the first entry whose hash does not follow from the one before; None if all do."""
        last: AuditEntry | None = None
        while rows := await self._page(last.number if last else 0):
            for row in rows:
                entry, previous = _entry_of(row), text(row, "previous_hash")
                if last is not None and (previous != last.hash or entry.number != last.number + 1):
                    return entry.number
                if entry.hash != _hash(entry, previous):
                    return entry.number
                last = entry
        return None

    @reads_once
    def _page(self, after: int) -> Transaction[Sequence[Row]]:
        nothing = {"team_id": "", "channel_id": "", "actor": "", "job_id": ""}
        return (yield from execute("audit", after=after, since=0.0, count=_READ_AT_ONCE, **nothing))

    @writes_once
    def purge_audit(self, before: float) -> Transaction[int]:
        """Delete entries older than that; the newest stays, so that the chain goes on. Returns how many."""
        return len((yield from execute("purge_audit", before=before)))


def _hash(entry: AuditEntry, previous: str) -> str:
    fields = [
        *(previous, entry.number, repr(entry.at), entry.actor, entry.action.value, entry.origin),
        *(entry.team_id, entry.channel_id, entry.job_id, dict(entry.details)),
    ]
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def _entry_of(row: Row) -> AuditEntry:
    details: dict[str, str] = json.loads(text(row, "details"))
    return AuditEntry(
        at=number(row, "at"),
        actor=text(row, "actor"),
        action=AuditAction(text(row, "action")),
        origin=text(row, "origin"),
        team_id=text(row, "team_id"),
        channel_id=text(row, "channel_id"),
        job_id=text(row, "job_id"),
        details=details,
        number=integer(row, "number"),
        hash=text(row, "hash"),
    )
