"""What a provider is handed: bytes that pass straight through, or a file in the spool."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.audio.disk import read_file
from bot.audio.sniff import is_html
from bot.domain.errors import Problem, ProblemCode, Rejected, Transient
from bot.ports.audio import SourceFile


@dataclass(frozen=True, slots=True)
class StreamedPayload:
    """The source as it is, of exactly the announced length or not at all."""

    source: SourceFile
    name: str
    mime: str
    size: int
    seconds: float | None
    path: Path | None = None

    @asynccontextmanager
    async def stream(self, start: int = 0, end: int | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
        """Chunks of bytes [start, end).

        The first chunk has been read and looked at before this returns, so that a login page or a vanished file
        raises here and not in the middle of a PUT. A stretch that ends short raises `Transient`, one that goes on
        too long `Rejected`: a PUT with Content-Length then breaks off and the provider drops it.
        """
        stop = self.size if end is None else min(end, self.size)
        async with self.source.stream(start, end) as chunks:
            iterator = aiter(chunks)
            first = await anext(iterator, b"")
            if start == 0 and is_html(first[:1024]):
                raise Rejected(Problem(ProblemCode.FILE_WITHHELD), "a web page came in place of the file")
            yield _exactly(max(0, stop - start), first, iterator)


async def _exactly(expected: int, first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    seen = 0
    chunk = first
    while chunk:
        seen += len(chunk)
        if seen > expected:
            raise Rejected(Problem(ProblemCode.FILE_CHANGED), f"more than the announced {expected} bytes came")
        yield chunk
        chunk = await anext(rest, b"")
    if seen < expected:
        raise Transient(f"the file ended after {seen} of {expected} bytes")


@dataclass(frozen=True, slots=True)
class SpooledPayload:
    """A file in the spool; it goes with the context that made it."""

    file: Path
    name: str
    mime: str
    size: int
    seconds: float | None

    @property
    def path(self) -> Path | None:
        """Where it lies."""
        return self.file

    def stream(self, start: int = 0, end: int | None = None) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Chunks of bytes [start, end)."""
        return read_file(self.file, start, end)
