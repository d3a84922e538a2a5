"""What is deleted, and when: retention, deletion by a user, what is left of ended jobs."""

import json
from collections.abc import Sequence

from storage.content.search import StoredSearch
from storage.engines.transaction import (
    Database,
    Row,
    Transaction,
    execute,
    integer,
    reads_once,
    text,
    writes,
)
from storage.seal import Seal

DAY = 86400.0
_PURGED_AT_ONCE = 200  # jobs in one transaction, so that others get their turn to write


class StoredRetention(StoredSearch):
    """Purges content; rows stay."""

    _db: Database
    _seal: Seal

    async def purge(self, now: float, days: float | None, longest: float | None = None) -> int:
        """Delete old content, as the port says. Returns how many jobs lost content."""
        total = 0
        if days is not None:
            before = now - days * DAY
            total += await self._purge_all("jobs_to_purge", now, before=before)
            total += await self._purge_all("leftovers_to_purge", now, before=before)
        for team_id, channel_id, own_days in await self._channels_with_retention():
            limits = [limit for limit in (own_days or None, longest) if limit is not None]
            if limits:
                before = now - min(limits) * DAY
                total += await self._purge_all(
                    "jobs_to_purge_in_channel", now, team_id=team_id, channel_id=channel_id, before=before
                )
        for team_id, own_days in await self._workspaces_with_retention():
            if own_days:
                total += await self._purge_all(
                    "jobs_to_purge_in_workspace", now, team_id=team_id, before=now - own_days * DAY
                )
        total += await self._purge_all("deleted_jobs_to_purge", now)
        if await self.discard_ended() or total:
            self._residue = True
        await self._purge_leftovers(now - DAY)
        await self.overwrite_deleted()
        return total

    async def _purge_all(self, which: str, now: float, **values: str | float) -> int:
        total = 0
        while count := await self._purge_some(which, now, values):
            total += count
        return total

    @writes
    def _purge_some(self, which: str, now: float, values: dict[str, str | float]) -> Transaction[int]:
        rows = yield from execute(which, count=_PURGED_AT_ONCE, **values)
        if rows:
            yield from purge_jobs(*_ids_and_sources(rows), now)
        return len(rows)

    @reads_once
    def _channels_with_retention(self) -> Transaction[list[tuple[str, str, int]]]:
        rows = yield from execute("channels_with_retention")
        return [(text(row, "team_id"), text(row, "channel_id"), integer(row, "retention_days")) for row in rows]

    @reads_once
    def _workspaces_with_retention(self) -> Transaction[list[tuple[str, int]]]:
        rows = yield from execute("workspaces_with_retention")
        return [(text(row, "team_id"), integer(row, "retention_days")) for row in rows]

    @writes
    def _purge_leftovers(self, before: float) -> Transaction[None]:
        """Webhooks that no job claimed within a day, leases of tasks that ended, and who acted in a group message."""
        yield from execute("purge_inbox", before=before)
        yield from execute("purge_tasks", before=before)
        yield from execute("purge_processes", before=before)
        yield from execute("purge_pace", before=before)
        yield from execute("purge_acts", before=f"{before:.6f}")

    async def purge_job(self, job_id: str, now: float) -> None:
        """Delete the content of one job; a transcript that another job shares stays readable there only.

        Nobody finds its words from now on; `purge` (or closing) also overwrites them in SQLite's files.
        """
        await self._purge_job(job_id, now)
        self._residue = True

    @writes
    def _purge_job(self, job_id: str, now: float) -> Transaction[None]:
        rows = yield from execute("job_to_purge", job_id=job_id)
        if rows:
            yield from purge_jobs(*_ids_and_sources(rows), now)

    async def discard_ended(self) -> int:
        """Delete blocks and webhooks of jobs that are over; returns how many rows."""
        return await self._discard_ended()

    @writes
    def _discard_ended(self) -> Transaction[int]:
        dropped = len((yield from execute("drop_blocks_of_ended")))
        dropped += len((yield from execute("drop_pieces_of_ended")))
        dropped += len((yield from execute("discard_webhooks_of_ended", nothing=b"")))
        return dropped


def _ids_and_sources(rows: Sequence[Row]) -> tuple[list[str], list[str]]:
    return [text(row, "id") for row in rows], [text(row, "reuses") for row in rows]


def purge_jobs(job_ids: Sequence[str], sources: Sequence[str], now: float) -> Transaction[None]:
    """Delete the content of these jobs within a transaction; `sources` are the jobs whose transcripts they share.

    The last job that shares a purged transcript takes it along.
    """
    ids = json.dumps(list(job_ids))
    yield from execute("purge_jobs", ids=ids, now=now, nothing=b"")
    yield from execute("purge_events", ids=ids)
    yield from execute("purge_transcripts", ids=json.dumps(list({*job_ids, *sources} - {""})))
    yield from execute("purge_speaker_names", ids=ids)
    yield from execute("purge_index", ids=ids)
    yield from execute("purge_blocks", ids=ids)
    yield from execute("purge_pieces", ids=ids)
    yield from execute("purge_inbox_of", ids=ids, nothing=b"")
