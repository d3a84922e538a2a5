"""One job through the engine: from the blocks that are stored already to the last one, over crashes and restarts."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from bot.domain.errors import ProblemCode
from bot.domain.transcript import Segment, Word
from bot.providers.local.job_files import JobFiles, Outcome, Request
from bot.providers.local.messages import BlockDone, Done, ProgressReport, Said, Transcribe, Unusable
from bot.providers.local.pool import Pool
from bot.subprocesses.child import ChildDiedError, ChildStalledError

_log = structlog.get_logger(__name__)

_SILENCE_SECONDS = 900.0  # a child that has not even finished one window of 30 s by then hangs
_CRASHES = 2  # on one block, before the job is given up


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
    """Where jobs are worked off. `word_times` asks the model for the time of each word."""

    def __init__(self, pool: Pool, store: Blocks, job_files: JobFiles, word_times: bool) -> None:
        self._pool = pool
        self._store = store
        self._job_files = job_files
        self._word_times = word_times

    async def transcribe(self, job_id: str, model: str, report: Callable[[float], None]) -> Outcome:
        """Work a job off: each finished block is stored at once, `report` is told the share that is done (0..1).

        Raises `StoreError`. Cancelling it ends the child at once.
        """
        asked = await asyncio.to_thread(self._job_files.asked, job_id) or Request(0, None, None)
        crashes: Counter[int] = Counter()
        while True:
            stored = await self._store.blocks(job_id)
            language = asked.language or next((known for _, _, known in stored if known), None)
            listen = Transcribe(
                str(self._job_files.audio(job_id)), language, [n for n, _, _ in stored], self._word_times
            )
            at = len(stored)
            try:
                async with self._pool.child(model) as child:
                    await child.send(listen)
                    while True:
                        match await child.receive(_SILENCE_SECONDS):
                            case ProgressReport(number, seconds, total):
                                at = number
                                if known := total or asked.seconds:
                                    report(min(1.0, seconds / known))
                            case BlockDone(number, said, language):
                                block = [_segment(one) for one in said]
                                if not await self._store.put_block(job_id, number, block, language):
                                    return Outcome(code=ProblemCode.FILE_GONE.value, detail="the job is over")
                                at = number + 1
                            case Done(seconds, count):
                                return Outcome(blocks=count, seconds=seconds, language=language)
                            case Unusable(code, detail):
                                return Outcome(code=code, detail=detail)
            except (ChildDiedError, ChildStalledError) as error:
                if isinstance(error, ChildDiedError) and not error.crashed:
                    _log.error("local_engine_failed", job=job_id, block=at, output=error.output)  # its traceback
                crashes[at] += 1
                if crashes[at] >= _CRASHES:
                    return Outcome(code=ProblemCode.ENGINE_CRASHED.value, detail=f"block {at}: {error}")


def _segment(said: Said) -> Segment:
    text, start, end, words = said
    assert isinstance(text, str)  # noqa: S101 - our own child wrote it
    assert isinstance(words, list)  # noqa: S101 - as above
    return Segment(
        text, _time(start), _time(end), None, tuple(Word(str(w[0]), float(w[1]), float(w[2])) for w in words)
    )


def _time(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
