"""SQLite: one connection that writes and one that reads, each behind a queue.

Transactions that queued up while the disk was busy share one commit, and so one fsync. When one of them fails after it
has written something, or the commit does, all are rolled back and run again one by one.
"""

import asyncio
import os
import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import aiosqlite

from bot.domain.errors import StoreBusy, StoreError, StoreUnavailable
from storage.engines.lockfile import LockFile
from storage.engines.transaction import Query, Row, Transaction, storable
from storage.sql.migrate import REGISTER, Migration, pending, refuse_outdated
from storage.sql.statements import Statement, statements

BUSY_SECONDS = 5.0
_TOGETHER = 64  # transactions that share a commit at most

T = TypeVar("T")
IsolationLevel = Literal["IMMEDIATE"] | None


@dataclass(slots=True, eq=False)
class Pending(Generic[T]):
    """A queued transaction and its caller's future."""

    transaction: Callable[[], Transaction[T]]
    caller: asyncio.Future[T]
    command: Callable[[], Awaitable[T]] | None = None  # runs alone, outside any transaction
    result: T | None = None
    error: BaseException | None = None
    ended: bool = False

    def end(self, result: T | None, error: BaseException | None = None) -> None:
        """Note the outcome; it counts when the commit has succeeded."""
        self.result, self.error, self.ended = result, error, True

    def deliver(self, otherwise: BaseException) -> None:
        """Give the outcome to the caller, or `otherwise` if there is none."""
        if self.caller.done():
            return  # cancelled
        error = self.error if self.ended else otherwise
        if error is not None:
            self.caller.set_exception(error)
        else:
            self.caller.set_result(self.result)  # type: ignore[arg-type]  # T may be None itself


class Session:
    """One connection, and the statements it knows."""

    def __init__(self, connection: aiosqlite.Connection, path: Path, known: Mapping[str, Statement]) -> None:
        self.connection = connection
        self.path = path
        self._statements = known

    @classmethod
    async def open(
        cls, path: Path, isolation: IsolationLevel, pragmas: Sequence[str], known: Mapping[str, Statement]
    ) -> "Session":
        """Connect. Raises `StoreError`."""
        try:
            connection = await aiosqlite.connect(
                f"file:{_quoted(path)}?mode=rw",
                uri=True,
                timeout=BUSY_SECONDS,
                isolation_level=isolation,
                cached_statements=256,
            )
        except sqlite3.Error as error:
            raise explain(error, path) from error
        try:
            connection.row_factory = sqlite3.Row
            for pragma in pragmas:
                await connection.execute_fetchall(f"PRAGMA {pragma}")
        except sqlite3.Error as error:
            await connection.close()
            raise explain(error, path) from error
        return cls(connection, path, known)

    async def play(self, transaction: Transaction[T]) -> T:
        """Run the statements of a transaction, whatever transaction the connection is in. Raises `sqlite3.Error`."""
        try:
            request = next(transaction)
            while True:
                request = transaction.send(await self._rows(request))
        except StopIteration as stop:
            result: T = stop.value
            return result

    async def _rows(self, request: Query) -> Sequence[Row]:
        sql = self._statements[request.name].sql
        if not sql:
            return ()
        try:
            rows = await self.connection.execute_fetchall(sql, request.values)
        except UnicodeEncodeError:  # half of a surrogate pair in a name or an error text
            values = {name: storable(value) for name, value in request.values.items()}
            rows = await self.connection.execute_fetchall(sql, values)
        return list(rows)


class Writer:
    """The connection that writes, and the queue in front of it. Python begins a transaction at the first change."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._connection = session.connection
        self._path = session.path
        self._queue: deque[Pending[Any]] = deque()
        self._pump: asyncio.Task[None] | None = None
        self._closed = False

    async def run(self, transaction: Callable[[], Transaction[T]]) -> T:
        """One transaction. A caller that is cancelled leaves it whole: done, or not begun."""
        return await self._queued(Pending(transaction, asyncio.get_running_loop().create_future()))

    async def command(self, command: Callable[[], Awaitable[T]]) -> T:
        """Run something that must not meet a transaction."""
        caller: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        return await self._queued(Pending(_nothing, caller, command))

    async def _queued(self, work: Pending[T]) -> T:
        if self._closed:
            raise StoreUnavailable(f"The database {self._path} is closed.")
        self._queue.append(work)
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._serve(), name="database writer")
        return await work.caller

    async def _serve(self) -> None:
        while self._queue:
            batch = self._next_batch()
            otherwise: BaseException = StoreUnavailable(f"The database {self._path} was closed meanwhile.")
            try:
                await self._run_batch(batch)
            except sqlite3.Error as error:  # not even rolling back works: the disk is gone
                otherwise = explain(error, self._path)
            finally:
                for work in batch:
                    work.deliver(otherwise)

    def _next_batch(self) -> list[Pending[Any]]:
        batch: list[Pending[Any]] = []
        while self._queue and len(batch) < _TOGETHER:
            if self._queue[0].command is not None and batch:
                break
            work = self._queue.popleft()
            if work.caller.cancelled():
                continue
            batch.append(work)
            if work.command is not None:
                break
        return batch

    async def _run_batch(self, batch: Sequence[Pending[Any]]) -> None:
        if len(batch) > 1 and await self._together(batch):
            return
        for work in batch:
            await self._alone(work)

    async def _alone(self, work: Pending[Any]) -> None:
        try:
            if work.command is not None:
                result = await work.command()
            else:
                result = await self._session.play(work.transaction())
                await self._commit()
            work.end(result)
        except sqlite3.Error as error:
            work.end(None, explain(error, self._path))
        except Exception as error:  # whatever it is belongs to the caller of this transaction
            work.end(None, error)
        finally:
            await self._roll_back()

    async def _together(self, batch: Sequence[Pending[Any]]) -> bool:
        """One commit for all; False when they have to be run one by one."""
        try:
            for work in batch:
                before = self._connection.total_changes
                try:
                    work.end(await self._session.play(work.transaction()))
                except sqlite3.Error:
                    return False
                except Exception as error:  # as in _alone; nothing was written, so the others can go on
                    if self._connection.total_changes != before:
                        return False
                    work.end(None, error)
            await self._commit()
        except sqlite3.Error:
            return False
        finally:
            await self._roll_back()
        return True

    async def _commit(self) -> None:
        if self._connection.in_transaction:  # one that has only read began none
            await self._connection.commit()

    async def _roll_back(self) -> None:
        if self._connection.in_transaction:
            await self._connection.rollback()

    async def truncate_log(self) -> bool:
        """What `Database.truncate_log` says."""

        async def checkpoint() -> bool:
            (outcome,) = await self._connection.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
            return not outcome[0]

        return await self.command(checkpoint)

    async def compact(self) -> None:
        """What `SQLite.compact` says."""

        async def rewrite() -> None:
            await self._connection.execute_fetchall("INSERT INTO transcript_fts (transcript_fts) VALUES ('rebuild')")
            await self._connection.commit()
            await self._connection.execute_fetchall("VACUUM")

        try:
            await self.command(rewrite)
        except asyncio.CancelledError:
            await self._connection.interrupt()
            raise
        if not await self.truncate_log():
            raise StoreBusy(f"Another program still reads the database {self._path}.")

    async def close(self) -> None:
        """Finish what was queued, then disconnect."""
        if self._closed:
            return
        self._closed = True
        if self._pump is not None:
            await self._pump
        await self._connection.close()


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


def _nothing() -> Transaction[Any]:
    """The transaction of a command."""
    yield from ()


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
        await _prepare(path, known, exclusive)
        can = {**statements("sqlite"), **(more or {})}
        opened.append(await Session.open(path, "IMMEDIATE", pragmas, can))
        opened.append(await Session.open(path, None, ["query_only = ON", "cache_size = -8000"], can))
    except BaseException:
        for session in opened:
            await session.connection.close()
        if lock is not None:
            lock.release()
        raise
    return SQLite(Writer(opened[0]), Reader(opened[1]), lock)


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
                await db.execute_fetchall("BEGIN IMMEDIATE")
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
    """Lock this database against other processes. Raises `StoreBusy`."""
    return LockFile(path.with_name(path.name + ".lock"))


def _take(path: Path, exclusive: bool) -> LockFile | None:
    """Lock the file and make it, readable by its owner only; a command that works beside a bot takes it as it is."""
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
