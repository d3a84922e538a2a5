"""One aiosqlite connection, and what its errors mean."""

import logging
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeVar

import aiosqlite

from bot.domain.errors import StoreBusy, StoreError, StoreUnavailable
from storage.engines.transaction import Query, Row, Transaction, storable
from storage.sql.statements import Statement

BUSY_SECONDS = 5.0

logging.getLogger("aiosqlite").setLevel(logging.WARNING)  # below that it writes statements with their values

T = TypeVar("T")
IsolationLevel = Literal["IMMEDIATE"] | None


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
                uri_of(path, "mode=rw"),
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


def uri_of(path: Path, way: str) -> str:
    """A file's name as SQLite takes it with the `way` to open it, whatever characters are in the name."""
    return f"{path.absolute().as_uri()}?{way}"
