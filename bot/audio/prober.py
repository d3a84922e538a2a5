"""Probing from this side: one long-lived child looks, this process fetches the bytes that it asks for."""

import asyncio

from bot.audio.messages import AUDIO_WIRE, Facts, Failed, Need, Probe, Refused
from bot.domain.errors import InternalFault, Problem, ProblemCode, Rejected
from bot.ports.audio import AudioFacts, SourceFile
from bot.subprocesses.child import Child, ChildDiedError, ChildFailedError, ChildStalledError

WORKER = "bot.audio.worker"
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}  # numpy mixes channels only; a thread for each core would map much memory
_HEAD = 64 * 1024  # bytes that tell for almost every file
_STRETCH = 256 * 1024  # the first further stretch; each next one is four times as long
_NEAR_END = 1024 * 1024  # what is so close to the end is fetched to the end
_ROUNDS = 6  # at most about 22 MiB: the index of an MP4 of many hours
_ANSWER_SECONDS = 20.0
_IDLE_SECONDS = 30.0


class Prober:
    """Looks at files through a child that is started when needed and ended when idle."""

    def __init__(self) -> None:
        self._child: Child | None = None
        self._turn = asyncio.Lock()
        self._idle: asyncio.TimerHandle | None = None
        self._ending: asyncio.Task[None] | None = None

    async def probe(self, source: SourceFile) -> AudioFacts:
        """What the file is. Raises `Rejected`, `InternalFault` for an error of ours, and what the source raises."""
        head = await _read(source, 0, _HEAD)
        if not head:
            raise Rejected(Problem(ProblemCode.EMPTY_FILE))
        size = max(source.facts.size, len(head)) if len(head) >= _HEAD else len(head)
        parts: list[tuple[int, bytes]] = [(0, head)]
        stretch = _STRETCH
        for round_left in range(_ROUNDS - 1, -1, -1):
            match await self._ask(size, parts, last=round_left == 0):
                case Facts(container, codec, seconds, mime, has_video):
                    return AudioFacts(container, codec, seconds, mime, has_video)
                case Refused() as refused:
                    raise rejection(refused)
                case Need(start, end):
                    end = end or (size if size - start <= _NEAR_END else min(size, start + stretch))
                    stretch *= 4
                    parts = _joined(parts, start, await _read(source, start, end))
                case answer:
                    raise fault_of(answer)
        raise Rejected(Problem(ProblemCode.CORRUPT), "no end of its index")

    async def close(self) -> None:
        """End the child."""
        async with self._turn:
            await self._end()

    async def _ask(self, size: int, parts: list[tuple[int, bytes]], last: bool) -> object:
        request = Probe(size, [[at, len(data)] for at, data in parts], b"".join(data for _, data in parts), last)
        async with self._turn:
            for attempt in (1, 2):
                try:
                    child = await self._ready()
                    await child.send(request)
                    return await child.receive(_ANSWER_SECONDS)
                except (ChildDiedError, ChildStalledError) as error:
                    await self._end()
                    if attempt == 2:
                        raise verdict(error, ProblemCode.CORRUPT) from error
                except BaseException:
                    await self._end()  # cancelled in mid-conversation: its answer would be taken for the next one's
                    raise
        raise AssertionError("unreachable")

    async def _ready(self) -> Child:
        if self._idle:
            self._idle.cancel()
        loop = asyncio.get_running_loop()
        self._idle = loop.call_later(_IDLE_SECONDS, self._retire)
        if self._child is None or not self._child.alive:
            self._child = await Child.start(WORKER, AUDIO_WIRE, variables=ONE_THREAD)
        return self._child

    def _retire(self) -> None:
        self._ending = asyncio.get_running_loop().create_task(self.close())

    async def _end(self) -> None:
        if self._idle:
            self._idle.cancel()
        if self._child is not None:
            child, self._child = self._child, None
            await child.kill()


def verdict(error: ChildDiedError | ChildStalledError, code: ProblemCode) -> Rejected | InternalFault:
    """What it means that a second child in turn died, or hung, over the same bytes.

    Where a decoder crashed or hung, a retry would only repeat it, so the file is refused with `code`. A child that
    ended by itself has an error of its own.
    """
    if isinstance(error, ChildDiedError) and not error.crashed:
        fault = InternalFault(f"the audio child ended: {error}")
        fault.add_note(error.output)
        return fault
    return Rejected(Problem(code), f"the decoder gave up: {error}")


def rejection(refused: Refused) -> Rejected:
    """The refusal for the person who sent the file."""
    return Rejected(
        Problem(ProblemCode(refused.code), {"format": refused.format} if refused.format else {}), refused.detail
    )


def fault_of(answer: object) -> InternalFault:
    """The error behind an answer that is no result: an exception in the child, or a message out of place."""
    if isinstance(answer, Failed):
        fault = InternalFault(f"{answer.name} in the audio child")
        fault.__cause__ = ChildFailedError(answer.traceback)
        return fault
    return InternalFault(f"the audio child answered with {type(answer).__name__}")


async def _read(source: SourceFile, start: int, end: int) -> bytes:
    data = bytearray()
    async with source.stream(start, end) as chunks:
        async for chunk in chunks:
            data += chunk  # to the end of the stretch, also when all is here: what is left half read costs a connection
    return bytes(data[: end - start])


def _joined(parts: list[tuple[int, bytes]], start: int, data: bytes) -> list[tuple[int, bytes]]:
    """The parts and one more; what follows another without a gap becomes one with it."""
    for i, (at, known) in enumerate(parts):
        if at <= start <= at + len(known):
            return [*parts[:i], (at, known[: start - at] + data), *parts[i + 1 :]]
    return [*parts, (start, data)]
