"""SQLite: one connection that writes, one that reads, each on aiosqlite's thread.

A transaction is one trip to the thread. aiosqlite's public way to run something there is `commit`, so `Session`
gives that verb its work: transactions are handed in, and `commit` runs what has been handed in. Those that queued
up while the disk was busy share one commit (and one fsync), each in a savepoint of its own; when any of them meets
a database error, all are rolled back and run again one by one.
"""

import asyncio
import os
import sqlite3
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import aiosqlite

from bot.domain.errors import StoreBusy, StoreError, StoreUnavailable
from storage.engines.lockfile import LockFile
from storage.engines.transaction import Query, Row, Transaction, storable
from storage.sql.migrate import REGISTER, Migration, pending, refuse_outdated
from storage.sql.statements import Statement, statements

BUSY_SECONDS = 5.0
READ, WRITE = "BEGIN", "BEGIN IMMEDIATE"
_TOGETHER = 64  # transactions that share a commit at most

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Errand(Generic[T]):
    """A transaction that was handed in, and who waits for it."""

    script: Callable[[], Transaction[T]]
    waiter: asyncio.Future[T]
    result: T | None = None
    error: BaseException | None = None

    def deliver(self) -> None:
        """Tell who waits, unless they went away."""
        if self.waiter.done():
            return
        if self.error is not None:
            self.waiter.set_exception(self.error)
        else:
            self.waiter.set_result(self.result)  # type: ignore[arg-type]  # T may be None itself


@dataclass(slots=True, eq=False)
class Desk:
    """Where a connection's errands lie until its thread takes them."""

    begin: str
    path: Path
    loop: asyncio.AbstractEventLoop
    statements: Mapping[str, Statement]
    errands: deque[Errand[Any]] = field(default_factory=deque)
    done: deque[Errand[Any]] = field(default_factory=deque)


class Session(sqlite3.Connection):
    """SQLite's connection, whose `commit` runs the errands of its desk; used on one thread only."""

    desk: Desk

    def commit(self) -> None:
        """Run what has been handed in. Never raises: each errand has its own error."""
        errands: list[Errand[Any]] = []
        while self.desk.errands and len(errands) < _TOGETHER:
            errand = self.desk.errands.popleft()
            if not errand.waiter.cancelled():
                errands.append(errand)
        if len(errands) == 1 or not self._together(errands):
            for errand in errands:
                self._alone(errand)
        self.desk.done.extend(errands)

    def _alone(self, errand: Errand[Any]) -> None:
        errand.error = None
        try:
            self.execute(self.desk.begin)
            errand.result = self._play(errand.script())
            self.execute("COMMIT")
        except sqlite3.Error as error:
            errand.error = explain(error, self.desk.path)
        except BaseException as error:  # whatever it is belongs to whoever handed the errand in
            errand.error = error
        finally:
            self._undo()

    def _together(self, errands: Sequence[Errand[Any]]) -> bool:
        """One commit for all; False when they have to be run one by one."""
        try:
            self.execute(self.desk.begin)
        except sqlite3.Error as error:
            for errand in errands:
                errand.error = explain(error, self.desk.path)
            return True
        try:
            writing = self.desk.begin != READ
            for errand in errands:
                if writing:
                    self.execute("SAVEPOINT errand")
                try:
                    errand.result = self._play(errand.script())
                except sqlite3.Error:
                    raise
                except BaseException as error:  # as in _alone
                    errand.error = error
                    if writing:
                        self.execute("ROLLBACK TO errand")
                if writing:
                    self.execute("RELEASE errand")
            self.execute("COMMIT")
        except sqlite3.Error:
            return False
        finally:
            self._undo()
        return True

    def _undo(self) -> None:
        if self.in_transaction:
            self.execute("ROLLBACK")

    def _play(self, script: Transaction[T]) -> T:
        try:
            request = next(script)
            while True:
                request = script.send(self._rows(request))
        except StopIteration as stop:
            result: T = stop.value
            return result

    def _rows(self, request: Query) -> Sequence[Row]:
        sql = self.desk.statements[request.name].sql
        try:
            cursor = self.execute(sql, request.values)
        except UnicodeEncodeError:  # half of a surrogate pair in a name or an error text
            cursor = self.execute(sql, {name: storable(value) for name, value in request.values.items()})
        return cursor.fetchall()


class Line:
    """A connection that runs scripts, one after the other or together."""

    def __init__(self, connection: aiosqlite.Connection, desk: Desk) -> None:
        self._connection = connection
        self._desk = desk
        self._pump: asyncio.Task[None] | None = None
        self._closed = False

    @classmethod
    async def open(cls, path: Path, begin: str, pragmas: Sequence[str], known: Mapping[str, Statement]) -> "Line":
        """Connect; the scripts may ask what is `known`. Raises `StoreError`."""
        desk = Desk(begin, path, asyncio.get_running_loop(), known)

        def session(*args: Any, **kwargs: Any) -> Session:  # sqlite3.connect's own arguments
            made = Session(*args, **kwargs)
            made.desk = desk
            made.row_factory = sqlite3.Row
            return made

        try:
            connection = await aiosqlite.connect(
                f"file:{_quoted(path)}?mode=rw",
                uri=True,
                timeout=BUSY_SECONDS,
                isolation_level=None,
                cached_statements=256,
                factory=session,
            )
        except sqlite3.Error as error:
            raise explain(error, path) from error
        try:
            for pragma in pragmas:
                await connection.execute_fetchall(f"PRAGMA {pragma}")
        except sqlite3.Error as error:
            await connection.close()
            raise explain(error, path) from error
        return cls(connection, desk)

    async def run(self, script: Callable[[], Transaction[T]]) -> T:
        """One transaction. A caller that is cancelled leaves it whole: done, or not begun."""
        if self._closed:
            raise StoreUnavailable(f"The database {self._desk.path} is closed.")
        waiter: asyncio.Future[T] = self._desk.loop.create_future()
        self._desk.errands.append(Errand(script, waiter))
        self._start()
        return await waiter

    def _start(self) -> None:
        if self._pump is None or self._pump.done():
            self._pump = self._desk.loop.create_task(self._serve(), name=f"database {self._desk.begin.lower()}")

    async def _serve(self) -> None:
        while self._desk.errands:
            await self._connection.commit()
            while self._desk.done:
                self._desk.done.popleft().deliver()

    async def compact(self) -> None:
        """What `SQLite.compact` says."""
        try:
            await self._connection.execute_fetchall("INSERT INTO transcript_fts (transcript_fts) VALUES ('rebuild')")
            await self._connection.execute_fetchall("VACUUM")
            (outcome,) = await self._connection.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
        except asyncio.CancelledError:
            await self._connection.interrupt()
            raise
        except sqlite3.Error as error:
            raise explain(error, self._desk.path) from error
        if outcome[0]:
            raise StoreBusy(f"Another program still reads the database {self._desk.path}.")

    async def truncate_log(self) -> bool:
        """What `Database.truncate_log` says."""
        try:
            (outcome,) = await self._connection.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise explain(error, self._desk.path) from error
        return not outcome[0]

    async def close(self) -> None:
        """Finish what was handed in, then disconnect."""
        if self._closed:
            return
        self._closed = True
        if self._pump is not None:
            await self._pump
        await self._connection.close()


class SQLite:
    """A database file: scripts that write run on one connection, scripts that read on another."""

    def __init__(self, writer: Line, reader: Line, lock: LockFile | None) -> None:
        self._writer = writer
        self._reader = reader
        self._lock = lock

    async def write(self, script: Callable[[], Transaction[T]]) -> T:
        """Run and commit; durable when this returns."""
        return await self._writer.run(script)

    async def read(self, script: Callable[[], Transaction[T]]) -> T:
        """Run on one consistent snapshot, without waiting for a writer."""
        return await self._reader.run(script)

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
    opened: list[Line] = []
    try:
        pragmas = ["synchronous = FULL", "foreign_keys = ON", "secure_delete = ON", "cache_size = -8000"]
        await _prepare(path, known, exclusive)
        can = {**statements("sqlite"), **(more or {})}
        opened.append(await Line.open(path, WRITE, pragmas, can))
        opened.append(await Line.open(path, READ, ["query_only = ON", "cache_size = -8000"], can))
    except BaseException:
        for line in opened:
            await line.close()
        if lock is not None:
            lock.release()
        raise
    return SQLite(opened[0], opened[1], lock)


async def _prepare(path: Path, known: Sequence[Migration], exclusive: bool) -> None:
    """Write-ahead log and schema."""
    try:
        async with aiosqlite.connect(path, timeout=BUSY_SECONDS, isolation_level=None) as db:
            if not exclusive:
                refuse_outdated(await _schema_number(db), known)
                return
            await db.execute_fetchall("PRAGMA journal_mode = WAL")
            await db.execute_fetchall("PRAGMA synchronous = FULL")
            for migration in pending(await _schema_number(db), known):
                await db.execute_fetchall(WRITE)
                await db.execute_fetchall(REGISTER)
                for statement in migration.statements():
                    await db.execute_fetchall(statement)
                await db.execute_fetchall(
                    statements("sqlite")["add_migration"].sql,
                    {"number": migration.number, "name": migration.name},
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


def explain(error: sqlite3.Error, path: Path) -> StoreError:
    """What a database error means, and what to do."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code
    match code:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreBusy(f"Another program keeps the database {path} locked.")
        case sqlite3.SQLITE_FULL:
            return StoreUnavailable(f"Nothing was stored: the disk of {path} is full.")
        case sqlite3.SQLITE_READONLY:
            return StoreUnavailable(f"Nothing was stored: {path} is read-only. Check its owner and permissions.")
        case sqlite3.SQLITE_IOERR:
            return StoreUnavailable(f"Nothing was stored: reading or writing {path} failed. Check the disk ({error}).")
        case sqlite3.SQLITE_CANTOPEN:
            return StoreUnavailable(f"The database {path} cannot be opened. Check the folder and its permissions.")
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return StoreUnavailable(f"The file {path} is damaged or no SQLite database: restore it from a backup.")
        case _:
            return StoreError(f"The database {path} refused: {error}")


def lock_of(path: Path) -> LockFile:
    """Have this database to ourselves. Raises `StoreBusy`."""
    return LockFile(path.with_name(path.name + ".lock"))


def _take(path: Path, exclusive: bool) -> LockFile | None:
    """Lock the file and make it, readable by its owner only; those who look in beside take it as it is."""
    if not path.parent.is_dir():
        raise StoreUnavailable(f"The folder {path.parent} of the database does not exist: make it.")
    if not exclusive:
        if not path.exists():
            raise StoreUnavailable(f"There is no database {path} yet: `threadscribe serve` makes it.")
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


def _quoted(path: Path) -> str:
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
