"""One process at a time: an advisory lock on a file beside the database.

A POSIX record lock: the kernel drops it when the process ends in whatever way, and a forked child does not inherit
it (a `flock` would live on in an engine process whose parent was killed). It does not keep a process from itself,
so this one remembers what it holds. The file stays; only the lock on it counts.
"""

import fcntl
import os
from pathlib import Path

from bot.domain.errors import StoreBusy, StoreUnavailable

_held: set[str] = set()


class LockFile:
    """Holds `path` until `release`. Raises `StoreBusy` when another process (or this one) has it, or `StoreError`."""

    def __init__(self, path: Path) -> None:
        try:
            self._name = os.path.realpath(path)
            if self._name in _held:
                raise StoreBusy(f"This process has {path.stem} open already.")
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreUnavailable(f"The lock file {path} cannot be opened: {error.strerror}.") from error
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode("ascii"), 0)
        except (BlockingIOError, PermissionError) as error:
            owner = os.pread(self._file, 20, 0).decode("ascii", "replace").strip()
            os.close(self._file)
            raise StoreBusy(
                f"Another Threadscribe (process {owner or 'unknown'}) has the database {path.stem} open: "
                "stop it first, or give this one another DATABASE_URL."
            ) from error
        except OSError as error:  # the disk is full, or keeps no locks
            os.close(self._file)
            raise StoreUnavailable(f"The lock file {path} cannot be used: {error.strerror}.") from error
        _held.add(self._name)

    def release(self) -> None:
        """Let others in."""
        if self._name in _held:
            _held.discard(self._name)
            os.close(self._file)
