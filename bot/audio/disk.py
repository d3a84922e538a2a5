"""A file on disk as a `SourceFile`: what `transcribe FILE` and the tests feed the audio tools with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.domain.errors import Problem, ProblemCode, Rejected, Transient
from bot.domain.job import FileFacts

CHUNK = 256 * 1024  # bytes


class DiskFile:
    """The file at `path`, read in pieces and off the event loop."""

    def __init__(self, path: Path, mimetype: str = "") -> None:
        self._path = path
        self._mimetype = mimetype

    @property
    def facts(self) -> FileFacts:
        """Name, announced type and present size; a file that is gone has size 0."""
        size = self._path.stat().st_size if self._path.is_file() else 0
        return FileFacts(self._path.name, self._mimetype, self._path.suffix.lstrip("."), size)

    @asynccontextmanager
    async def stream(self, start: int = 0, end: int | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
        """Chunks of bytes [start, end). Raises `Rejected` when there is no such file."""
        async with read_file(self._path, start, end) as chunks:
            yield chunks


@asynccontextmanager
async def read_file(path: Path, start: int = 0, end: int | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
    """Chunks of bytes [start, end) of a file. Raises `Rejected` (gone) or `Transient` (cannot be read)."""
    try:
        file = await asyncio.to_thread(path.open, "rb")
    except FileNotFoundError:
        raise Rejected(Problem(ProblemCode.FILE_GONE), "the file is gone") from None
    except OSError as error:
        raise Transient(f"cannot be read: {error.strerror}") from error

    async def chunks() -> AsyncIterator[bytes]:
        left = None if end is None else max(0, end - start)
        await asyncio.to_thread(file.seek, start)
        while left is None or left > 0:
            wanted = CHUNK if left is None else min(CHUNK, left)
            if not (chunk := await asyncio.to_thread(file.read, wanted)):
                return
            left = None if left is None else left - len(chunk)
            yield chunk

    try:
        yield chunks()
    finally:
        file.close()
