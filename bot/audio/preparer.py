"""`AudioPreparer`: the `Preparer` of the engine. It decides between passing through, spooling and converting."""

import asyncio
import errno
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.audio.decoding.lengths import is_believable, longest
from bot.audio.formats import FORMS, MP3, WAV, Form, file_name
from bot.audio.messages import AUDIO_WIRE, Refused, Step, Transcode, Transcoded
from bot.audio.payloads import SpooledPayload, StreamedPayload
from bot.audio.prober import ONE_THREAD, WORKER, Prober, fault_of, rejection, verdict
from bot.audio.spool import Spool
from bot.domain.errors import Problem, ProblemCode, Rejected
from bot.ports.audio import AudioFacts, InputLimits, Payload, Progress, SourceFile
from bot.subprocesses.child import Child, ChildDiedError, ChildStalledError

_STALL_SECONDS = 120.0  # a conversion that says nothing for this long hangs
_SPOOL_SHARE = 0.4  # of the progress, when a conversion follows
_MB = 1024 * 1024


class AudioPreparer:
    """Turns what people drop into what a provider takes. `spool_dir` is made private (0700)."""

    def __init__(self, spool_dir: Path) -> None:
        self._spool = Spool(spool_dir)
        self._prober = Prober()

    async def sweep(self) -> int:
        """Remove what killed processes left in the spool; returns how many folders. Call it at start."""
        return await asyncio.to_thread(self._spool.sweep)

    async def inspect(self, source: SourceFile) -> AudioFacts:
        """Look at the head (and tail) of the bytes. Raises `Rejected` when this is not usable audio."""
        return await self._prober.probe(source)

    @asynccontextmanager
    async def prepare(
        self, job_id: str, source: SourceFile, facts: AudioFacts, accepts: InputLimits, progress: Progress
    ) -> AsyncIterator[Payload]:
        """The payload: streamed through when it fits, else spooled and converted. Spool files go with the context.

        Raises `Rejected` for what exceeds the limits (before a byte is sent) or cannot be converted; `Transient` when
        the disk is taken by other jobs; `InternalFault` for an error of ours.
        """
        size, name = source.facts.size, source.facts.name
        if size <= 0:
            raise Rejected(Problem(ProblemCode.EMPTY_FILE))
        _check_length(facts.seconds, accepts)
        form = _form_for(facts, size, accepts)
        if form is None and not accepts.on_disk:
            yield StreamedPayload(source, file_name(name, facts.mime), facts.mime, size, facts.seconds)
            return
        if form is not None and facts.seconds is not None and not is_believable(size, facts.seconds):
            raise Rejected(Problem(ProblemCode.TOO_LONG), f"{facts.seconds:.0f} s announced in {size} bytes")
        needed = size if form is None else size + _estimate(facts, size, form)
        async with self._spool.folder(job_id, needed) as folder:
            original = folder / "source"
            share = 1.0 if form is None else _SPOOL_SHARE
            await self._spool.fill(source, original, size, lambda done: progress(done * share))
            if form is None:
                self._spool.written(folder)
                yield SpooledPayload(original, file_name(name, facts.mime), facts.mime, size, facts.seconds)
                return
            target = folder / f"payload.{form.extension}"
            most = longest(size, facts.seconds)
            if accepts.max_seconds is not None:
                most = min(most, accepts.max_seconds + 1)  # a conversion may end in a few samples of silence
            order = Transcode(
                str(original), str(target), form.name, facts.seconds, most, accepts.max_bytes, self._spool.floor
            )
            try:
                made = await _convert(order, progress)
            except Rejected as rejected:
                if rejected.problem.code is ProblemCode.NO_SPACE:
                    raise self._spool.full(OSError(errno.ENOSPC, rejected.detail)) from rejected
                raise
            original.unlink()
            _check_length(made.seconds, accepts)
            _check_size(made.size, accepts)
            self._spool.written(folder)
            yield SpooledPayload(target, file_name(name, form.mime), form.mime, made.size, made.seconds)

    async def close(self) -> None:
        """End the child and remove this process's part of the spool."""
        await self._prober.close()
        await asyncio.to_thread(self._spool.close)


def _form_for(facts: AudioFacts, size: int, accepts: InputLimits) -> Form | None:
    """What to convert into, None to leave the file as it is. Raises `Rejected` for what can never be handed over."""
    fits = (not accepts.mimes or facts.mime in accepts.mimes) and (accepts.video or not facts.has_video)
    if fits and (accepts.max_bytes is None or size <= accepts.max_bytes):
        return None
    takes = [form for form in FORMS if not accepts.mimes or form.mime in accepts.mimes]
    if not takes:
        raise Rejected(Problem(ProblemCode.NOT_CONVERTIBLE), f"nothing we can make is among {sorted(accepts.mimes)}")
    estimate = _estimate(facts, size, takes[0])
    if fits and (facts.seconds is None or estimate > size * 0.9):
        _check_size(size, accepts)  # too large as it is, and converting would not help
    if facts.seconds is not None:
        _check_size(estimate, accepts)
    return takes[0]


def _estimate(facts: AudioFacts, size: int, form: Form) -> int:
    if facts.seconds is not None:
        return int(facts.seconds * form.bytes_per_second) + 4096
    return size * (2 if form is MP3 else 12) if form in (MP3, WAV) else size


def _check_length(seconds: float | None, accepts: InputLimits) -> None:
    if accepts.max_seconds is not None and seconds is not None and seconds > accepts.max_seconds:
        limit, minutes = accepts.max_seconds / 60, math.ceil(seconds / 60)
        raise Rejected(Problem(ProblemCode.TOO_LONG, {"limit_minutes": f"{limit:g}", "minutes": str(minutes)}))


def _check_size(size: int, accepts: InputLimits) -> None:
    if accepts.max_bytes is not None and size > accepts.max_bytes:
        limit, found = accepts.max_bytes / _MB, math.ceil(size / _MB)
        raise Rejected(Problem(ProblemCode.TOO_LARGE, {"limit_mb": f"{limit:g}", "size_mb": str(found)}))


async def _convert(order: Transcode, progress: Progress) -> Transcoded:
    """Convert in a child of its own, and in a second one if the first dies."""
    try:
        return await _convert_once(order, progress)
    except (ChildDiedError, ChildStalledError):
        pass
    try:
        return await _convert_once(order, progress)
    except (ChildDiedError, ChildStalledError) as error:
        raise verdict(error, ProblemCode.NOT_CONVERTIBLE) from error


async def _convert_once(order: Transcode, progress: Progress) -> Transcoded:
    folder = str(Path(order.target).parent)
    child = await Child.start(WORKER, AUDIO_WIRE, (folder,), ONE_THREAD)
    try:
        await child.send(order)
        while True:
            match await child.receive(_STALL_SECONDS):
                case Step(done):
                    await progress(_SPOOL_SHARE + (1 - _SPOOL_SHARE) * done)
                case Transcoded() as made:
                    await progress(1.0)
                    return made
                case Refused() as refused:
                    raise rejection(refused)
                case answer:
                    raise fault_of(answer)
    finally:
        await child.kill()
