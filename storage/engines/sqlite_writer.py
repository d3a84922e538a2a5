"""The connection that writes to a SQLite file, and the queue in front of it.

Transactions that queued up while the disk was busy share one commit, and so one fsync. When one of them fails after it
has written something, or the commit does, all are rolled back and run again one by one.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bot.domain.errors import StoreBusy, StoreUnavailable
from storage.engines.sqlite_session import Session, explain
from storage.engines.transaction import Transaction

_TOGETHER = 64  # transactions that share a commit at most
_PAGES_AT_ONCE = 2_000  # of 4 KiB, given back to the disk before others have their turn
_KEPT_PAGES = 500  # free pages that stay: the next recordings use them

T = TypeVar("T")


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
        """Note the outcome, once the commit has succeeded or this transaction alone was rolled back."""
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
        outcomes: list[tuple[Any, Exception | None]] = []
        try:
            for work in batch:
                before = self._connection.total_changes
                try:
                    outcomes.append((await self._session.play(work.transaction()), None))
                except sqlite3.Error:
                    return False
                except Exception as error:  # as in _alone; nothing was written, so the others can go on
                    if self._connection.total_changes != before:
                        return False
                    outcomes.append((None, error))
            await self._commit()
        except sqlite3.Error:
            return False
        finally:
            await self._roll_back()
        for work, (result, fault) in zip(batch, outcomes, strict=True):
            work.end(result, fault)
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

        while await self.command(self._give_pages_back):
            pass  # others take their turns in between
        return await self.command(checkpoint)

    async def _give_pages_back(self) -> bool:
        """Give some free pages back to the disk; False when few are left, or the file was made without that."""
        (before,) = await self._connection.execute_fetchall("PRAGMA freelist_count")
        if before[0] <= _KEPT_PAGES:
            return False
        pages = min(_PAGES_AT_ONCE, before[0] - _KEPT_PAGES)
        await self._connection.execute_fetchall(f"PRAGMA incremental_vacuum({pages})")
        (after,) = await self._connection.execute_fetchall("PRAGMA freelist_count")
        return bool(after[0] < before[0])

    async def compact(self) -> None:
        """What `SQLite.compact` says."""

        async def rewrite() -> None:
            await self._connection.execute_fetchall("INSERT INTO transcript_fts (transcript_fts) VALUES ('rebuild')")
            await self._connection.commit()
            await self._connection.execute_fetchall("PRAGMA auto_vacuum = INCREMENTAL")  # of a file made without it
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


def _nothing() -> Transaction[Any]:
    """The transaction of a command."""
    yield from ()
