"""Brings the schema of a PostgreSQL database up to date, one process at a time.

A migration is one transaction, so that it is there whole or not at all. Before it come the statements that PostgreSQL
runs only outside of one: indexes of large tables are made and dropped CONCURRENTLY, while others read and write. Each
of those can be run again, and an index that a crash left unfinished is made again.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from storage.engines.transaction import Value
from storage.sql.migrate import NOTED_SINCE, REGISTER, Migration, pending, refuse_outdated
from storage.sql.statements import statements

if TYPE_CHECKING:
    from asyncpg import Connection

Connect = Callable[[], Awaitable["Connection"]]

LOCK = 7_305_718_224  # any number that other programs in the same database do not use
_TRY_SECONDS = 0.2
_COMMENT = re.compile(r"--.*")
_INDEX = re.compile(r"CREATE (?:UNIQUE )?INDEX CONCURRENTLY IF NOT EXISTS (\w+)")


async def prepare(connect: Connect, known: Sequence[Migration], exclusive: bool) -> None:
    """Migrate if `exclusive`, else refuse a schema that is not this program's. `connect` gives an unbounded connection.

    Raises `SchemaTooNew`, `StoreError` and what asyncpg raises.
    """
    connection = await connect()
    try:
        if not exclusive:
            applied = await _schema_number(connection)
            refuse_outdated(applied, known, await _works_with(connection, applied, known))
        elif await _pending(connection, known):
            async with _alone(connect):
                for migration in await _pending(connection, known):  # another process may have done them meanwhile
                    await _apply(connection, migration)
    finally:
        with suppress(Exception):  # cut: there is nothing left to close
            await connection.close()


@asynccontextmanager
async def _alone(connect: Connect) -> AsyncIterator[None]:
    """Processes that start together: one migrates, the others wait.

    The lock belongs to an open transaction, so that it holds through PgBouncer and ends with the process. It is tried
    and not waited for: to make an index, PostgreSQL waits for every transaction that reads, also for one that waits.
    """
    guard = await connect()
    try:
        while not await _locked(guard):  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(_TRY_SECONDS)
        yield
    finally:
        with suppress(Exception):  # cut: then the lock is gone, too
            await guard.execute("COMMIT")
            await guard.close()


async def _locked(guard: "Connection") -> bool:
    """Begin a transaction that holds the lock; False, and none is open, if another process has it."""
    await guard.execute("BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0")
    got: bool = await guard.fetchval("SELECT pg_try_advisory_xact_lock($1)", LOCK)
    await guard.execute("SELECT 1" if got else "ROLLBACK")  # either way its query, which counts as reading, is over
    return got


async def _apply(connection: "Connection", migration: Migration) -> None:
    for statement in migration.concurrently():
        if (index := _INDEX.search(statement)) and await _is_unfinished(connection, index[1]):
            await connection.execute(f"DROP INDEX CONCURRENTLY {index[1]}")
        await connection.execute(statement)
    async with connection.transaction():
        await connection.execute(REGISTER)
        if _COMMENT.sub("", migration.postgres()).strip():
            await connection.execute(migration.postgres())
        values: dict[str, Value] = {
            "number": migration.number,
            "name": migration.name,
            "works_with": migration.works_with,
        }
        for name in ("add_migration", "note_works_with") if migration.number >= NOTED_SINCE else ("add_migration",):
            note = statements("postgres")[name]
            await connection.fetch(note.sql, *(values[name] for name in note.parameters))


async def _is_unfinished(connection: "Connection", index: str) -> bool:
    """Whether an index is there that PostgreSQL does not use: its making was broken off."""
    found = await connection.fetchval(
        """SELECT NOT (pg_index.indisvalid AND pg_index.indisready) FROM pg_index
        JOIN pg_class ON pg_class.oid = pg_index.indexrelid
        WHERE pg_class.relname = $1 AND pg_class.relnamespace = current_schema()::regnamespace""",
        index,
    )
    return bool(found)


async def _pending(connection: "Connection", known: Sequence[Migration]) -> Sequence[Migration]:
    applied = await _schema_number(connection)
    return pending(applied, known, await _works_with(connection, applied, known))


async def _works_with(connection: "Connection", applied: int, known: Sequence[Migration]) -> int | None:
    newest = known[-1].number if known else 0
    if applied <= newest:
        return None
    number: int | None = await connection.fetchval(statements("postgres")["works_with"].sql, newest)
    return number


async def _schema_number(connection: "Connection") -> int:
    # Not to_regclass: that may remember a table as missing which another process has made since.
    there = "SELECT 1 FROM pg_catalog.pg_tables WHERE tablename = 'migration' AND schemaname = current_schema()"
    if await connection.fetchval(there) is None:
        return 0
    number: int | None = await connection.fetchval(statements("postgres")["schema_number"].sql)
    return number or 0
