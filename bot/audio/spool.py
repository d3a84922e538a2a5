"""The private directory for temporary audio: one folder per process, swept when its owner is gone.

    <root> 0700 / run-<random> 0700 / owner (locked while the process lives)
                                    / <job>-<random> 0700 / source, payload.mp3

The lock dies with its process, however it dies, so a new process knows what was left behind from what another one uses.
"""

import asyncio
import errno
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.domain.errors import Problem, ProblemCode, Rejected, StepError, Transient
from bot.ports.audio import Progress, SourceFile

_MARGIN = 64 * 1024 * 1024  # bytes of the disk that are never used up
_BATCH = 1024 * 1024  # bytes between two writes
_SETTLED = 60.0  # seconds
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Spool:
    """Temporary audio of this process. `root` may be shared by several processes of one machine."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._run: Path | None = None
        self._lock_fd: int | None = None
        self._held: dict[Path, int] = {}  # bytes promised to each open folder

    @property
    def floor(self) -> int:
        """Bytes of the disk that are never used up."""
        return _MARGIN

    def sweep(self) -> int:
        """Remove what processes that are gone have left; returns how many folders. Blocking."""
        swept = 0
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for run in self._root.glob("run-*"):
            if run != self._run and _is_abandoned(run):
                shutil.rmtree(run, ignore_errors=True)
                swept += 1
        return swept

    @asynccontextmanager
    async def folder(self, job_id: str, needed: int) -> AsyncIterator[Path]:
        """An empty folder for `needed` bytes, removed with the context.

        Raises `Rejected` (NO_SPACE) when the disk cannot hold it, `Transient` when it could once other jobs are done.
        """
        run = await asyncio.to_thread(self._open)
        self._check_space(run, needed)
        path = Path(tempfile.mkdtemp(prefix=f"{_safe(job_id)}-", dir=run))
        self._held[path] = needed
        try:
            yield path
        finally:
            self._held.pop(path, None)
            # Unlinking a few files is quick; a thread would leave them behind when the loop is closing.
            shutil.rmtree(path, ignore_errors=True)

    def written(self, folder: Path) -> None:
        """Everything for this folder is written: what it was promised beyond that is free for others."""
        self._held[folder] = _used(folder)

    async def fill(self, source: SourceFile, target: Path, size: int, progress: Progress) -> None:
        """Write the whole source to `target`. Raises `StepError` if its length is not `size`, or the disk is full."""
        written = 0
        fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            async with source.stream() as chunks:
                batch = bytearray()
                async for chunk in chunks:
                    batch += chunk
                    if written + len(batch) > size:
                        raise Rejected(Problem(ProblemCode.FILE_CHANGED), f"more than the announced {size} bytes came")
                    if len(batch) >= _BATCH:
                        written += await asyncio.to_thread(_write, fd, bytes(batch))
                        batch.clear()
                        await progress(written / size)
                written += await asyncio.to_thread(_write, fd, bytes(batch))
        except OSError as error:
            raise self.full(error) from error
        finally:
            os.close(fd)
        if written < size:
            raise Transient(f"the file ended after {written} of {size} bytes")
        await progress(1.0)

    def full(self, error: OSError) -> StepError:
        """The failed step that an I/O error of the spool means."""
        if error.errno in _FULL and len(self._held) <= 1:
            return Rejected(Problem(ProblemCode.NO_SPACE), "the spool's disk is full")
        return Transient(f"spool: {error.strerror or type(error).__name__}")

    def close(self) -> None:
        """Remove this process's folder."""
        if self._run is not None and self._lock_fd is not None:
            shutil.rmtree(self._run, ignore_errors=True)
            os.close(self._lock_fd)
        self._run = self._lock_fd = None

    def _open(self) -> Path:
        if self._run is None or not self._run.is_dir():
            self.close()
            try:
                self.sweep()
                run = Path(tempfile.mkdtemp(prefix="run-", dir=self._root))
                self._lock_fd = os.open(run / "owner", os.O_RDWR | os.O_CREAT, 0o600)
            except OSError as error:
                raise self.full(error) from error
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX)
            self._run = run
        return self._run

    def _check_space(self, run: Path, needed: int) -> None:
        free = shutil.disk_usage(run).free - _MARGIN
        promised = sum(max(0, size - _used(path)) for path, size in self._held.items())
        if needed <= free - promised:
            return
        if needed <= free + sum(_used(path) for path in self._held):
            raise Transient("the spool's disk is taken by other jobs at present")
        raise Rejected(Problem(ProblemCode.NO_SPACE), f"{needed} bytes needed, {max(0, free)} free")


def _is_abandoned(run: Path) -> bool:
    try:
        fd = os.open(run / "owner", os.O_RDWR)
    except FileNotFoundError:
        # Killed between making the folder and the lock, or made this very moment by a neighbour.
        return run.is_dir() and run.stat().st_mtime < time.time() - _SETTLED
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(fd)


def _safe(job_id: str) -> str:
    return "".join(c for c in job_id if c.isalnum() or c in "-_")[:40] or "job"


def _used(path: Path) -> int:
    return sum(entry.stat().st_size for entry in os.scandir(path)) if path.is_dir() else 0


def _write(fd: int, data: bytes) -> int:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
    return len(data)
