"""What was said: transcripts, blocks and the names of speakers, sealed when there is a key."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.errors import StoreError
from bot.domain.job import Options
from bot.domain.transcript import Segment, Transcript
from bot.ports.store import SpeakerNames
from bot.text.search import indexed
from storage.content.search import word_values
from storage.content.stored_json import (
    dump_block,
    dump_speaker_names,
    dump_transcript,
    load_block,
    load_speaker_names,
    load_transcript,
)
from storage.engines.transaction import (
    Database,
    Query,
    Transaction,
    Value,
    blob,
    execute,
    integer,
    maybe_blob,
    reads_once,
    text,
    writes_once,
)
from storage.seal import Seal

_SHARES = 10  # how far a transcript is followed from job to job
_SMALL = 64 * 1024  # bytes of a stored transcript that is read on the loop: about a quarter of an hour


class StoredTranscripts:
    """Transcripts, apart from the job rows so that listing stays slim."""

    _db: Database
    _seal: Seal

    async def put_transcript(self, job_id: str, transcript: Transcript, now: float, lease_token: str = "") -> bool:
        """Store (sealed) what was said, if the job still wants it; replaces an earlier one of this job."""
        body, spoken = await asyncio.to_thread(self._packed, job_id, transcript)
        return await self._put_transcript(job_id, body, now, lease_token, spoken)

    def _packed(self, job_id: str, transcript: Transcript) -> tuple[bytes, Mapping[str, Value]]:
        """What is stored, and the words that search finds: tens of milliseconds for some hours of speech."""
        body = self._seal.encrypt(dump_transcript(transcript), f"transcript:{job_id}")
        words = [] if self._seal.newest else indexed(transcript)
        return body, {"sealed": int(bool(self._seal.newest)), **word_values(words)}

    @writes_once
    def _put_transcript(
        self, job_id: str, body: bytes, now: float, lease_token: str, spoken: Mapping[str, Value]
    ) -> Transaction[bool]:
        stored: dict[str, Value] = {"job_id": job_id, "body": body, "now": now, "lease": lease_token}
        if not (yield Query("put_transcript", {**stored, **spoken})):
            return False
        yield Query("index_transcript", {"job_id": job_id, **spoken})
        yield Query("index_shares", {"job_id": job_id, **spoken})
        return True

    async def transcript(self, job_id: str) -> Transcript | None:
        """What was said, following `reuses`; None if there is none or it was purged."""
        source = job_id
        for _ in range(_SHARES):
            found = await self._transcript_of(source, job_id)
            if found is None:
                return None
            if not isinstance(found, str):
                body, names = found
                if len(body) < _SMALL:
                    return self._unpacked(source, job_id, body, names)
                return await asyncio.to_thread(self._unpacked, source, job_id, body, names)
            source = found
        raise StoreError(f"Job {job_id} shares its transcript in a circle.")

    @reads_once
    def _transcript_of(self, source: str, job_id: str) -> Transaction[tuple[bytes, bytes | None] | str | None]:
        """What is stored for `source`, with the names that `job_id` shows; or the job whose transcript it shares."""
        rows = yield from execute("transcript", job_id=source, asked=job_id)
        if not rows:
            return None
        row = rows[0]
        if source == job_id and (row["purged_at"] is not None or row["deleted_at"] is not None):
            return None
        body = maybe_blob(row, "body")
        if body is None:
            return text(row, "reuses") or None
        return body, maybe_blob(row, "names")

    def _unpacked(self, source: str, job_id: str, body: bytes, names: bytes | None) -> Transcript:
        found = load_transcript(self._seal.decrypt(body, f"transcript:{source}"))
        return replace(found, speaker_names={**found.speaker_names, **self._named(job_id, names)[0]})

    def _named(self, job_id: str, body: bytes | None) -> tuple[dict[str, str], dict[str, str]]:
        """The names in use, and those before them."""
        return ({}, {}) if body is None else load_speaker_names(self._seal.decrypt(body, f"speaker_names:{job_id}"))

    @reads_once
    def speaker_names(self, job_id: str) -> Transaction[SpeakerNames]:
        """What people call the speakers of this job."""
        rows = yield from execute("speaker_names", job_id=job_id)
        if not rows:
            return SpeakerNames()
        names, before = self._named(job_id, blob(rows[0], "body"))
        return SpeakerNames(names, before, integer(rows[0], "revision"))

    @writes_once
    def save_speaker_names(self, job_id: str, speaker_names: SpeakerNames) -> Transaction[bool]:
        """Store them (sealed); False if the `revision` is not the next one, or the content is gone."""
        body = self._seal.encrypt(
            dump_speaker_names(speaker_names.names, speaker_names.before), f"speaker_names:{job_id}"
        )
        return bool(
            (yield from execute("save_speaker_names", job_id=job_id, body=body, revision=speaker_names.revision))
        )

    @reads_once
    def find_reusable(self, team_id: str, file_id: str, provider: str, options: Options) -> Transaction[str | None]:
        """Id of a job that has a stored transcript of this file, by the same provider and options."""
        rows = yield from execute(
            "find_reusable",
            team_id=team_id,
            file_id=file_id,
            provider=provider,
            language=options.language or "",
            recording_type=options.recording_type or "",
            speakers=options.speakers or "",
            vocabulary=options.vocabulary or "",
        )
        return text(rows[0], "id") if rows else None

    @writes_once
    def put_block(
        self, job_id: str, number: int, segments: Sequence[Segment], language: str | None
    ) -> Transaction[bool]:
        """Store one finished block of a local transcription, if the job still wants it."""
        body = self._seal.encrypt(dump_block(segments, language), f"block:{job_id}:{number}")
        return bool((yield from execute("put_block", job_id=job_id, number=number, body=body)))

    @reads_once
    def blocks(self, job_id: str) -> Transaction[Sequence[tuple[int, Sequence[Segment], str | None]]]:
        """The stored blocks in order."""
        rows = yield from execute("blocks", job_id=job_id)
        found: list[tuple[int, Sequence[Segment], str | None]] = []
        for row in rows:
            number = integer(row, "number")
            segments, language = load_block(self._seal.decrypt(blob(row, "body"), f"block:{job_id}:{number}"))
            found.append((number, segments, language))
        return found

    @writes_once
    def drop_blocks(self, job_id: str) -> Transaction[None]:
        """Delete them: they are of other audio, or the work was given up."""
        yield from execute("drop_blocks", job_id=job_id)

    @writes_once
    def discard_inputs(self, job_id: str, kind: str, *refs: str, keep_pieces: bool = False) -> Transaction[None]:
        """The transcript is whole and stored: delete the blocks, pieces and webhooks (`refs`) it was made of."""
        values: dict[str, Value] = {"job_id": job_id, "kind": kind, "ids": json.dumps(refs), "nothing": b""}
        yield Query("discard_inputs", {**values, "keep_pieces": int(keep_pieces)})
        if not keep_pieces:
            yield Query("discard_pieces", values)
        if refs:
            yield Query("discard_webhooks", values)
