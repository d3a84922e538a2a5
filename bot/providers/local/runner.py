"""One job through the engine: from the blocks that are stored already to the last one, over crashes and restarts."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import structlog

from bot.audio.decoding.lengths import longest
from bot.domain.errors import ProblemCode
from bot.domain.transcript import Segment
from bot.providers.local.job_files import BlockNote, JobFiles, Outcome, Request
from bot.providers.local.messages import (
    BlockDone,
    Done,
    NameSpeakers,
    ProgressReport,
    SpeakersNamed,
    Transcribe,
    Unusable,
    from_row,
    to_row,
)
from bot.providers.local.pool import ModelChoice, Pool
from bot.subprocesses.child import Child, ChildDiedError, ChildStalledError

_log = structlog.get_logger(__name__)

_SILENCE_SECONDS = 900.0  # a child that has not even finished one clip by then hangs
_CRASHES = 2  # on one block, before the job is given up
_UNKNOWN_LENGTH = 3600.0  # seconds that a recording without a known length counts as, when turns are taken


class Blocks(Protocol):
    """The part of the store that keeps finished blocks (see `bot.ports.store.Transcripts`)."""

    async def put_block(self, job_id: str, number: int, segments: Sequence[Segment], language: str | None) -> bool:
        """Store one finished block; False if the job does not want it any more."""
        ...

    async def blocks(self, job_id: str) -> Sequence[tuple[int, Sequence[Segment], str | None]]:
        """The stored blocks in order."""
        ...

    async def drop_blocks(self, job_id: str) -> None:
        """Forget them."""
        ...


class JobRunner:
    """Works jobs off, each as its `Request` says."""

    def __init__(
        self,
        pool: Pool,
        store: Blocks,
        job_files: JobFiles,
        keep_block: Callable[[str, int, BlockNote, bytes], Awaitable[None]] | None = None,  # for other machines
        max_seconds: float | None = None,  # of a recording
    ) -> None:
        self._pool = pool
        self._store = store
        self._job_files = job_files
        self._keep_block = keep_block
        self._max_seconds = max_seconds

    async def transcribe(self, job_id: str, choice: ModelChoice, report: Callable[[float], None]) -> Outcome:
        """Work a job off, block by block, each when it is its turn and stored as soon as it is finished.

        `report` is told the share that is done (0..1). Raises `StoreError`, `ModelUnusableError`, and what
        `keep_block` raises. Cancelling it ends the child at once if it works for this job.
        """
        asked = await asyncio.to_thread(self._job_files.asked, job_id) or Request(0, None, None)
        most = longest(asked.size, asked.seconds)
        if self._max_seconds is not None:
            most = min(most, self._max_seconds + 1)  # a recording may end in a few samples of silence
        crashes: Counter[int] = Counter()
        number, before = 0, None
        reached = 0.0
        try:
            for stored, _, language in await self._store.blocks(job_id):
                number, before = stored + 1, language or before
            while True:
                request = Transcribe(
                    str(self._job_files.audio(job_id)),
                    most,
                    number,
                    asked.language,
                    before,
                    asked.vocabulary,
                    asked.speakers != "none",
                )
                remaining = max(0.0, (asked.seconds or _UNKNOWN_LENGTH) - reached)
                try:
                    async with self._pool.child(choice, job_id, remaining) as child:
                        answer, reached = await self._block(child, request, asked, report)
                    match answer:
                        case Done():
                            return await self._finished(job_id, choice, answer, before, asked.speakers)
                        case Unusable(code, detail):
                            return Outcome(code=code, detail=detail)
                except (ChildDiedError, ChildStalledError) as error:
                    if isinstance(error, ChildDiedError) and not error.crashed:
                        _log.error(
                            "local_engine_failed", job=job_id, block=number, output=error.output
                        )  # its traceback
                    crashes[number] += 1
                    if crashes[number] >= _CRASHES:
                        return Outcome(code=ProblemCode.ENGINE_CRASHED.value, detail=f"block {number}: {error}")
                    continue
                note = BlockNote(answer.confidence, answer.speech, answer.separate)
                await asyncio.to_thread(self._job_files.put_block, job_id, number, note, answer.blob)
                if self._keep_block is not None:
                    await self._keep_block(job_id, number, note, answer.blob)
                segments = [from_row(row) for row in answer.rows]
                if not await self._store.put_block(job_id, number, segments, answer.language):
                    return Outcome(code=ProblemCode.FILE_GONE.value, detail="the job is over")
                number, before = number + 1, answer.language or before
        finally:
            self._pool.forget(job_id)

    async def _block(
        self, child: Child, request: Transcribe, asked: Request, report: Callable[[float], None]
    ) -> tuple[BlockDone | Done | Unusable, float]:
        """The answer for one block, and the time in the recording that was reached."""
        await child.send(request)
        reached = 0.0
        while True:
            match await child.receive(_SILENCE_SECONDS):
                case ProgressReport(seconds, total):
                    reached = seconds
                    if known := total or asked.seconds:
                        report(min(1.0, seconds / known))
                case (BlockDone() | Done() | Unusable()) as answer:
                    return answer, reached
                case other:
                    raise ChildDiedError(f"unexpected answer {type(other).__name__}", False, "")

    async def _finished(
        self, job_id: str, choice: ModelChoice, done: Done, language: str | None, speakers: str
    ) -> Outcome:
        """All blocks are stored: name the speakers, say how sure the language is."""
        blocks = await self._store.blocks(job_id)
        notes = [await asyncio.to_thread(self._job_files.block, job_id, number) for number, _, _ in blocks]
        voices = b"".join(voices for _, voices in notes)
        if voices and speakers != "none":
            count = int(speakers) if speakers.isdigit() else None
            await self._name_speakers(job_id, choice, blocks, voices, count)
        weighed = [(note.confidence, note.speech) for note, _ in notes if note.confidence is not None]
        speech = sum(seconds for _, seconds in weighed)
        confidence = sum(sure * seconds for sure, seconds in weighed) / speech if speech else None
        return Outcome(blocks=done.blocks, seconds=done.seconds, language=language, confidence=confidence)

    async def _name_speakers(
        self,
        job_id: str,
        choice: ModelChoice,
        blocks: Sequence[tuple[int, Sequence[Segment], str | None]],
        voices: bytes,
        count: int | None,
    ) -> None:
        """Store the blocks again, with speakers. Repeating it after a crash gives the same result."""
        rows = [to_row(segment) for _, segments, _ in blocks for segment in segments]
        owners = [place for place, (_, segments, _) in enumerate(blocks) for _ in segments]
        try:
            async with self._pool.child(choice, job_id) as child:
                await child.send(NameSpeakers(rows, count, voices))
                answer = await child.receive(_SILENCE_SECONDS)
        except (ChildDiedError, ChildStalledError) as error:
            _log.warning("speakers_not_named", job=job_id, detail=str(error))
            return  # the words are there; speakers are an extra
        if not isinstance(answer, SpeakersNamed):
            return
        named: list[list[Segment]] = [[] for _ in blocks]
        for row, origin in zip(answer.rows, answer.origins, strict=True):
            named[owners[origin]].append(from_row(row))
        for (number, segments, language), labelled in zip(blocks, named, strict=True):
            if list(segments) != labelled:
                await self._store.put_block(job_id, number, labelled, language)
