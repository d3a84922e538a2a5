"""What was said: transcripts and blocks, sealed when there is a key, and their purge."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.errors import StoreError
from bot.domain.job import Options
from bot.domain.transcript import Segment, Transcript
from bot.ports.store import SpeakerNames
from bot.text.search import indexed
from storage.engines.transaction import Database, Transaction, blob, execute, integer, maybe_blob, reads, text, writes
from storage.seal import Seal
from storage.search import StoredSearch, index
from storage.transcript_json import (
    dump_block,
    dump_naming,
    dump_transcript,
    load_block,
    load_naming,
    load_transcript,
)

_PURGED_AT_ONCE = 200  # jobs in one transaction, so that others get their turn to write
_SHARES = 10  # how far a transcript is followed from job to job


class StoredContent(StoredSearch):
    """Transcripts, apart from the job rows so that listing stays slim."""

    _db: Database
    _seal: Seal

    async def put_transcript(self, job_id: str, transcript: Transcript, now: float) -> None:
        """Store (sealed) what was said; replaces an earlier one of this job."""
        body = self._seal.close(dump_transcript(transcript), f"transcript:{job_id}")
        sealed = bool(self._seal.newest)
        words = [] if sealed else await asyncio.to_thread(indexed, transcript)
        await self._put_transcript(job_id, body, now, sealed, words)

    @writes
    def _put_transcript(
        self, job_id: str, body: bytes, now: float, sealed: bool, words: Sequence[str]
    ) -> Transaction[None]:
        yield from execute("put_transcript", job_id=job_id, body=body, now=now)
        yield from execute("unpurge", job_id=job_id)
        yield from index(job_id, sealed, words)

    @reads
    def transcript(self, job_id: str) -> Transaction[Transcript | None]:
        """What was said, following `reuses`; None if there is none or it was purged."""
        source = job_id
        for _ in range(_SHARES):
            rows = yield from execute("transcript", job_id=source)
            if not rows or (source == job_id and rows[0]["purged_at"] is not None):
                return None
            body = maybe_blob(rows[0], "body")
            if body is not None:
                found = load_transcript(self._seal.open(body, f"transcript:{source}"))
                named = yield from self._named(job_id)
                return replace(found, speaker_names={**found.speaker_names, **named.names})
            source = text(rows[0], "reuses")
            if not source:
                return None
        raise StoreError(f"Job {job_id} shares its transcript in a circle.")

    def _named(self, job_id: str) -> Transaction[SpeakerNames]:
        rows = yield from execute("naming", job_id=job_id)
        if not rows:
            return SpeakerNames()
        names, before = load_naming(self._seal.open(blob(rows[0], "body"), f"naming:{job_id}"))
        return SpeakerNames(names, before, integer(rows[0], "revision"))

    @reads
    def speaker_names(self, job_id: str) -> Transaction[SpeakerNames]:
        """What people call the speakers of this job."""
        return (yield from self._named(job_id))

    @writes
    def save_speaker_names(self, job_id: str, speaker_names: SpeakerNames) -> Transaction[bool]:
        """Store it (sealed); False if its `revision` is not the next one: somebody was quicker."""
        there = yield from execute("naming", job_id=job_id)
        if speaker_names.revision != (integer(there[0], "revision") if there else 0) + 1:
            return False
        body = self._seal.close(dump_naming(speaker_names.names, speaker_names.before), f"naming:{job_id}")
        return bool(
            (yield from execute("save_speaker_names", job_id=job_id, body=body, revision=speaker_names.revision))
        )

    @reads
    def find_reusable(self, team_id: str, file_id: str, provider: str, options: Options) -> Transaction[str | None]:
        """Id of a job that has a stored transcript of this file, by the same provider and options."""
        rows = yield from execute(
            "find_reusable",
            team_id=team_id,
            file_id=file_id,
            provider=provider,
            language=options.language or "",
            recording_type=options.recording_type or "",
        )
        return text(rows[0], "id") if rows else None

    @writes
    def put_block(
        self, job_id: str, number: int, segments: Sequence[Segment], language: str | None
    ) -> Transaction[None]:
        """Store one finished block of a local transcription, so that a restart goes on from there."""
        body = self._seal.close(dump_block(segments, language), f"block:{job_id}:{number}")
        yield from execute("put_block", job_id=job_id, number=number, body=body)

    @reads
    def blocks(self, job_id: str) -> Transaction[Sequence[tuple[int, Sequence[Segment], str | None]]]:
        """The stored blocks in order."""
        rows = yield from execute("blocks", job_id=job_id)
        found: list[tuple[int, Sequence[Segment], str | None]] = []
        for row in rows:
            number = integer(row, "number")
            segments, language = load_block(self._seal.open(blob(row, "body"), f"block:{job_id}:{number}"))
            found.append((number, segments, language))
        return found

    @writes
    def drop_blocks(self, job_id: str) -> Transaction[None]:
        """Forget them: they are of other audio, or the work was given up."""
        yield from execute("drop_blocks", job_id=job_id)

    @writes
    def discard_inputs(self, job_id: str, kind: str, *refs: str) -> Transaction[None]:
        """The transcript is whole and stored: forget the blocks, pieces, and pushes for `refs`, that it was made of."""
        yield from execute("drop_blocks", job_id=job_id)
        yield from execute("drop_pieces", job_id=job_id)
        for ref in refs:
            yield from execute("use_inbox_for", kind=kind, ref=ref, nothing=b"")

    async def purge(self, older_than: float) -> int:
        """Delete content of jobs finished before, and pushes that came before; rows stay.

        A transcript that a younger job shares stays until that one is old too. Returns how many jobs lost content.
        """
        total = 0
        while count := await self._purge_some(older_than):
            total += count
        await self._purge_inbox(older_than)
        if total:
            self._residue = True
        await self.scrub()
        return total

    @writes
    def _purge_some(self, older_than: float) -> Transaction[int]:
        rows = yield from execute("jobs_to_purge", older_than=older_than, count=_PURGED_AT_ONCE)
        for row in rows:
            yield from _purge(text(row, "id"), text(row, "reuses"))
        return len(rows)

    @writes
    def _purge_inbox(self, older_than: float) -> Transaction[None]:
        yield from execute("purge_inbox", older_than=older_than)

    async def purge_job(self, job_id: str) -> None:
        """Delete the content of one job; a transcript that another job shares stays readable there only.

        Nobody finds its words from now on; `purge` (or closing) also overwrites them in the index.
        """
        await self._purge_job(job_id)
        self._residue = True

    @writes
    def _purge_job(self, job_id: str) -> Transaction[None]:
        rows = yield from execute("reuses", job_id=job_id)
        for row in rows:
            yield from _purge(job_id, text(row, "reuses"))


def _purge(job_id: str, source: str) -> Transaction[None]:
    yield from execute("purge_job", job_id=job_id, now=time.time())
    yield from execute("purge_transcript", job_id=job_id)
    yield from execute("purge_naming", job_id=job_id)
    yield from execute("forget_said", job_id=job_id)
    if source:  # the last to share a purged transcript takes it along
        yield from execute("purge_transcript", job_id=source)
    yield from execute("drop_blocks", job_id=job_id)
    yield from execute("drop_pieces", job_id=job_id)
    yield from execute("purge_inbox_of", job_id=job_id, nothing=b"")
