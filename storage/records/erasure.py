"""Erasing jobs with their rows, and the holds that forbid it."""

import json
from collections.abc import Sequence

from bot.domain.errors import StoreError
from bot.domain.job import FINAL, Job, State
from bot.domain.machine import FAR_FUTURE
from bot.ports.store import ErasedJob, EraseFilter, Hold, HoldKind, Phase
from storage.engines.transaction import (
    Database,
    Transaction,
    blob,
    execute,
    number,
    reads_once,
    text,
    writes,
    writes_once,
)
from storage.outbox import message_of
from storage.records.retention import StoredRetention
from storage.rows import job_of
from storage.seal import Seal

_ERASED_AT_ONCE = 50


class StoredErasure(StoredRetention):
    """Erases, and holds."""

    _db: Database
    _seal: Seal

    async def erase(self, which: EraseFilter) -> Sequence[ErasedJob]:
        """Delete jobs that match, with everything that belongs to them. Raises `StoreError` for an empty filter."""
        if which == EraseFilter():
            raise StoreError("Nothing says what to erase.")
        erased: list[ErasedJob] = []
        while some := await self._erase_some(which):
            erased += some
        if erased:
            self._residue = True
        await self.overwrite_deleted()
        return erased

    async def forget_history(self, before: float) -> int:
        """Delete the rows of jobs that ended before then and have no content any more. Returns how many jobs."""
        total = 0
        for state in FINAL:
            while count := await self._forget_some(state, before):
                total += count
        return total

    @writes
    def _forget_some(self, state: State, before: float) -> Transaction[int]:
        rows = yield from execute("jobs_to_forget", state=state.value, before=before, count=_ERASED_AT_ONCE)
        if rows:
            yield from self._delete_rows([job_of(row, self._seal) for row in rows])
        return len(rows)

    @writes
    def _erase_some(self, which: EraseFilter) -> Transaction[list[ErasedJob]]:
        rows = yield from execute(
            "jobs_to_erase",
            team_id=which.team_id,
            user_id=which.user_id,
            channel_id=which.channel_id,
            job_id=which.job_id,
            before=FAR_FUTURE if which.before is None else which.before,
            count=_ERASED_AT_ONCE,
        )
        jobs = [job_of(row, self._seal) for row in rows]
        erased = []
        for job in jobs:
            messages = [message_of(row) for row in (yield from execute("outbox_of_job", job_id=job.id))]
            there = tuple(message for message in messages if message.phase != Phase.GONE and message.ts)
            remote = job.remote.ref if job.remote else ""
            erased.append(ErasedJob(job.id, job.origin, job.provider, remote, there))
        if jobs:
            yield from self._delete_rows(jobs)
        return erased

    def _delete_rows(self, jobs: Sequence[Job]) -> Transaction[None]:
        ids = json.dumps([job.id for job in jobs])
        for name in ("purge_speaker_names", "purge_index", "purge_blocks", "purge_pieces"):
            yield from execute(name, ids=ids)
        yield from execute("purge_inbox_of", ids=ids, nothing=b"")
        yield from execute("erase_outbox", ids=ids)
        yield from execute("erase_events", ids=ids)
        for job in jobs:
            yield from self._hand_on(job.id, {each.id for each in jobs})
        yield from execute("erase_transcripts", ids=ids)
        yield from execute("erase_jobs", ids=ids)

    def _hand_on(self, job_id: str, erased: set[str]) -> Transaction[None]:
        """Give a transcript to the oldest of the jobs that share it and are not erased with it."""
        sharing = [text(row, "id") for row in (yield from execute("heirs", job_id=job_id))]
        heir = next((each for each in sharing if each not in erased), "")
        rows = yield from execute("own_transcript", job_id=job_id)
        if heir and rows:
            content = self._seal.decrypt(blob(rows[0], "body"), f"transcript:{job_id}")
            body = self._seal.encrypt(content, f"transcript:{heir}")
            yield from execute("give_transcript", job_id=heir, body=body, stored_at=number(rows[0], "stored_at"))
            yield from execute("take_over", job_id=job_id, heir=heir)
            yield from execute("take_over_index", job_id=job_id, heir=heir)

    @writes_once
    def place_hold(self, hold: Hold) -> Transaction[None]:
        """Keep content from purge and erasure."""
        yield from execute(
            "place_hold", kind=hold.kind.value, ref=hold.ref, placed_by=hold.placed_by, placed_at=hold.placed_at
        )

    @writes_once
    def end_hold(self, kind: str, ref: str) -> Transaction[bool]:
        """End a hold; False if there was none."""
        return bool((yield from execute("end_hold", kind=str(kind), ref=ref)))

    @reads_once
    def holds(self) -> Transaction[Sequence[Hold]]:
        """All holds, oldest first."""
        rows = yield from execute("holds")
        return [
            Hold(HoldKind(text(row, "kind")), text(row, "ref"), text(row, "placed_by"), number(row, "placed_at"))
            for row in rows
        ]
