"""The store: every method of the port, over whichever database runs the transactions."""

import secrets
from collections.abc import Callable
from contextlib import suppress

from bot.domain.errors import StoreError
from bot.domain.job import Origin
from bot.ports.store import NewJob
from storage.budgets import StoredBudgets
from storage.content.pieces import StoredPieces
from storage.content.transcripts import StoredTranscripts
from storage.engines.transaction import (
    Database,
    Query,
    Transaction,
    execute,
    integer,
    number,
    reads,
    reads_once,
    text,
    urgent_writes,
    urgent_writes_once,
    writes_once,
)
from storage.inbox import StoredInbox
from storage.jobs import StoredJobs, new_job
from storage.leases import StoredLeases
from storage.maintenance.sealed_columns import COPYING, UNFINISHED
from storage.outbox import StoredOutbox
from storage.preferences import StoredPreferences
from storage.processes import StoredProcesses
from storage.records.audit import StoredAudit
from storage.records.erasure import StoredErasure
from storage.rows import job_values
from storage.seal import Seal
from storage.sql.migrate import newest_known, too_new
from storage.tasks import StoredTasks
from storage.workspaces import StoredWorkspaces


class _RehearsedError(Exception):
    """Everything went well, and is taken back."""


class Store(
    StoredJobs,
    StoredLeases,
    StoredTranscripts,
    StoredPieces,
    StoredErasure,
    StoredOutbox,
    StoredInbox,
    StoredTasks,
    StoredProcesses,
    StoredBudgets,
    StoredPreferences,
    StoredAudit,
    StoredWorkspaces,
):
    """Everything durable, in one database."""

    def __init__(self, database: Database, seal: Seal) -> None:
        self._db = database
        self._seal = seal
        self._reserving = {}

    async def check_key(self) -> None:
        """Refuse to start without a key that has sealed something here. Raises `StoreError`."""
        used = await self._seal_keys()
        for key_id in used:
            if not self._seal.knows(key_id):
                raise StoreError(
                    f"This database holds content that was sealed with another storage key (id {key_id}): "
                    "set STORAGE_KEY to that key, or STORAGE_KEY_OLD if it was replaced."
                )
        if self._seal.newest and self._seal.newest not in used:
            await self._add_seal_key()

    async def check_whole(self) -> None:
        """Refuse a copy that was not finished. Raises `StoreError`."""
        if await self.cursor(COPYING):
            raise StoreError(UNFINISHED)

    @reads_once
    def _seal_keys(self) -> Transaction[list[str]]:
        rows = yield from execute("seal_keys")
        return [text(row, "key_id") for row in rows]

    @writes_once
    def _add_seal_key(self) -> Transaction[None]:
        yield from execute("add_seal_key", key_id=self._seal.newest)

    @reads_once
    def clock_offset(self, now: float) -> Transaction[float]:
        """Seconds to add to this machine's clock to get the database's; 0.0 on SQLite."""
        rows = yield from execute("clock", now=now)
        return number(rows[0], "now") - now

    async def listen(self, on_wake: Callable[[str], None]) -> None:
        """Call `on_wake` with the name of each lane that another process wakes, until cancelled."""
        await self._db.listen(on_wake)

    @reads
    def schema_fault(self) -> Transaction[str]:
        """A sentence once a later program has changed the schema so that this one cannot work with it; else ""."""
        rows = yield from execute("schema_number")
        applied, newest = integer(rows[0], "number"), newest_known()
        if applied <= newest:
            return ""
        rows = yield from execute("works_with", newest=newest)
        return too_new(applied, integer(rows[0], "number"), newest)

    async def rehearse_event(self, now: float) -> None:
        """Store a recording and deferred work as an event of Slack's would, and take both back. Raises `StoreError`.

        What is taken back reaches no disk in SQLite, so a small commit follows: a full disk refuses it.
        """
        with suppress(_RehearsedError):
            await self._rehearse(now)
        await self.ping()

    @urgent_writes
    def _rehearse(self, now: float) -> Transaction[None]:
        mark = f"rehearsal-{secrets.token_hex(8)}"
        yield from execute(
            "put_inbox", team_id="", kind=mark, key=mark, ref="", payload=b"", now=now, due_at=now, before=now
        )
        job = new_job(NewJob(Origin("", "", mark, mark, mark, "")), now)
        yield Query("add_job", job_values(job, self._seal))
        raise _RehearsedError  # the transaction is rolled back

    @urgent_writes_once
    def ping(self) -> Transaction[None]:
        """Write and read one row. Raises `StoreError`."""
        rows = yield from execute("beat")
        if not rows:
            raise StoreError("The database has lost its heartbeat row: it was changed by hand.")

    async def close(self) -> None:
        """Close the database."""
        if self._residue:
            with suppress(StoreError):  # the next purge does it
                await self.overwrite_deleted()
        await self._db.close()
