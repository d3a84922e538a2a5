"""SQLite: one connection that writes (`sqlite_writer`) and one that reads."""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import aiosqlite

from bot.domain.errors import StoreUnavailable
from storage.engines.lockfile import LockFile
from storage.engines.sqlite_session import BUSY_SECONDS, Session, explain
from storage.engines.sqlite_writer import Writer
from storage.engines.transaction import Transaction
from storage.sql.migrate import NOTED_SINCE, REGISTER, Migration, pending, refuse_outdated
from storage.sql.statements import Statement, statements

T = TypeVar("T")


class Reader:
    """The connection that reads. Each statement sees what is committed when it runs."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._closed = False

    async def run(self, transaction: Callable[[], Transaction[T]]) -> T:
        """Read. Raises `StoreError`."""
        if self._closed:
            raise StoreUnavailable(f"The database {self._session.path} is closed.")
        try:
            return await self._session.play(transaction())
        except sqlite3.Error as error:
            raise explain(error, self._session.path) from error

    async def close(self) -> None:
        """Disconnect."""
        if not self._closed:
            self._closed = True
            await self._session.connection.close()


LOG_BYTES = 16 * 1024 * 1024  # the write-ahead log shrinks to it once nobody reads what is older


class SQLite:
    """A database file: transactions that write run on one connection, those that read on another."""

    def __init__(self, writer: Writer, reader: Reader, lock: LockFile | None) -> None:
        self._writer = writer
        self._reader = reader
        self._lock = lock

    async def write(self, transaction: Callable[[], Transaction[T]], *, once: bool = False, urgent: bool = False) -> T:
        """Run and commit; durable when this returns. One queue for all: nothing is more urgent than what came first."""
        return await self._writer.run(transaction)

    async def read(self, transaction: Callable[[], Transaction[T]], *, once: bool = False, urgent: bool = False) -> T:
        """Run without waiting for a writer."""
        return await self._reader.run(transaction)

    async def listen(self, on_wake: Callable[[str], None]) -> None:
        """One process has the file, and wakes its lanes itself. Waits until cancelled."""
        await asyncio.Event().wait()

    async def truncate_log(self) -> bool:
        """Copy the write-ahead log into the file and empty it; False if another program's reader forbids it."""
        return await self._writer.truncate_log()

    async def compact(self, tables: Sequence[str]) -> None:
        """Rewrite the file (needs room for another) without a trace of what was deleted or replaced in `tables`.

        SQLite does it for all tables at once; none may be in use meanwhile.
        """
        await self._writer.compact()

    async def close(self) -> None:
        """Finish what was asked and let the next process in."""
        try:
            await self._reader.close()
            await self._writer.close()
        finally:
            if self._lock is not None:
                self._lock.release()


async def open_sqlite(
    path: Path, known: Sequence[Migration], exclusive: bool, more: Mapping[str, Statement] | None = None
) -> SQLite:
    """Open the file, bring its schema up to date if `exclusive`; it also knows the statements in `more`.

    Raises `StoreError`.
    """
    lock = _take(path, exclusive)
    opened: list[Session] = []
    try:
        pragmas = ["synchronous = FULL", "foreign_keys = ON", "secure_delete = ON", "cache_size = -8000"]
        pragmas.append(f"journal_size_limit = {LOG_BYTES}")
        await _prepare(path, known, exclusive)
        can = {**statements("sqlite"), **(more or {})}
        opened.append(await Session.open(path, "IMMEDIATE", pragmas, can))
        opened.append(await Session.open(path, None, ["query_only = ON", "cache_size = -8000"], can))
    except BaseException:  # raised again: no connection and no lock stays behind
        for session in opened:
            await session.connection.close()
        if lock is not None:
            lock.release()
        raise
    return SQLite(Writer(opened[0]), Reader(opened[1]), lock)


async def _prepare(path: Path, known: Sequence[Migration], exclusive: bool) -> None:
    """Write-ahead log and schema."""
    try:
        sqlite3.connect(path).close()  # where this fails, the thread of aiosqlite would write a traceback as well
        async with aiosqlite.connect(path, timeout=BUSY_SECONDS, isolation_level=None) as db:
            if not exclusive:
                refuse_outdated(await _schema_number(db), known)
                return
            await db.execute_fetchall("PRAGMA auto_vacuum = INCREMENTAL")  # heard while the file is empty
            await db.execute_fetchall("PRAGMA journal_mode = WAL")
            await db.execute_fetchall("PRAGMA synchronous = FULL")
            for migration in pending(await _schema_number(db), known):
                await db.execute_fetchall("BEGIN IMMEDIATE")
                await db.execute_fetchall(REGISTER)
                for statement in migration.statements():
                    await db.execute_fetchall(statement)
                await db.execute_fetchall(
                    statements("sqlite")["add_migration"].sql,
                    {"number": migration.number, "name": migration.name},
                )
                if migration.number >= NOTED_SINCE:
                    await db.execute_fetchall(
                        statements("sqlite")["note_works_with"].sql,
                        {"number": migration.number, "works_with": migration.works_with},
                    )
                await db.execute_fetchall("COMMIT")  # closing without it rolls back
    except sqlite3.Error as error:
        raise explain(error, path) from error


async def _schema_number(db: aiosqlite.Connection) -> int:
    there = await db.execute_fetchall("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migration'")
    if not list(there):
        return 0
    rows = list(await db.execute_fetchall(statements("sqlite")["schema_number"].sql))
    return int(rows[0][0] or 0)


def lock_of(path: Path) -> LockFile:
    """Lock this database against other processes, whatever link they name it by. Raises `StoreError`."""
    check_place(path, file=False)
    real = Path(os.path.realpath(path))
    return LockFile(real.with_name(real.name + ".lock"))


def check_place(path: Path, *, file: bool) -> None:
    """Raises `StoreUnavailable` where the folder of a database is not there, or if `file`, the database itself."""
    try:
        if not path.parent.is_dir():
            raise StoreUnavailable(f"The folder {path.parent} of the database does not exist: make it.")
        if file and not path.exists():
            raise StoreUnavailable(f"There is no database {path} yet: `threadscribe serve` makes it.")
    except OSError as error:
        raise StoreUnavailable(f"The database {path} cannot be opened: {error.strerror}.") from error


def _take(path: Path, exclusive: bool) -> LockFile | None:
    """Lock the file and make it, readable by its owner only; a command that works beside a bot takes it as it is."""
    if not exclusive:
        check_place(path, file=True)
        return None
    lock = lock_of(path)
    try:  # the log that SQLite keeps beside it inherits the mode
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return lock  # not opened here: closing it would drop the locks of a connection of this process
    except OSError as error:
        lock.release()
        raise StoreUnavailable(f"The database {path} cannot be opened: {error.strerror}.") from error
    return lock
