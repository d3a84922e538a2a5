"""PostgreSQL, for several machines: the same scripts, an await at each statement, rows locked instead of a file.

A transaction runs to its end even when its caller is cancelled, and again from its start when PostgreSQL asks for
that (a deadlock, or two servers that took the same number).
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from bot.domain.errors import StoreBusy, StoreError, StoreUnavailable
from storage.engines.transaction import Query, Row, Transaction, Value, storable
from storage.sql.migrate import REGISTER, Migration, pending, refuse_outdated
from storage.sql.statements import Statement, statements

try:
    import asyncpg
except ImportError as missing:
    raise StoreError("PostgreSQL needs the extra: pip install 'threadscribe[postgres]'") from missing

if TYPE_CHECKING:
    from asyncpg import Connection, Pool

T = TypeVar("T")

CONNECTIONS = 8
LOCK_SECONDS = 20
_COMPACT_SECONDS = 86400.0
_ATTEMPTS = 10
_PAUSE_SECONDS = 0.005  # before a conflict is tried again, at random up to this, doubled each time
_MIGRATION_LOCK = 7_305_718_224  # any number that other programs in the same database do not use

_AGAIN = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.UniqueViolationError)
_GONE = (
    OSError,  # refused, reset, timed out
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that was cut while it lay in the pool
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
)


class Postgres:
    """A pool of connections; each script is one transaction on one of them."""

    def __init__(self, pool: "Pool", known: Mapping[str, Statement]) -> None:
        self._pool = pool
        self._statements = known
        self._running: set[asyncio.Task[object]] = set()
        self._closed = False

    async def write(self, script: Callable[[], Transaction[T]]) -> T:
        """Run and commit; durable when this returns."""
        return await self._shielded(script, "read_committed", readonly=False)

    async def read(self, script: Callable[[], Transaction[T]]) -> T:
        """Run on one consistent snapshot."""
        return await self._shielded(script, "repeatable_read", readonly=True)

    async def _shielded(self, script: Callable[[], Transaction[T]], isolation: str, readonly: bool) -> T:
        if self._closed:
            raise StoreUnavailable("The database is closed.")
        running = asyncio.create_task(self._attempts(script, isolation, readonly))
        self._running.add(running)
        running.add_done_callback(self._forget)
        return await asyncio.shield(running)

    def _forget(self, task: "asyncio.Task[object]") -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # its caller may be gone: then nobody else asks, and asyncio would complain

    async def _attempts(self, script: Callable[[], Transaction[T]], isolation: str, readonly: bool) -> T:
        for attempt in range(_ATTEMPTS):
            try:
                async with (
                    self._pool.acquire() as connection,
                    connection.transaction(isolation=isolation, readonly=readonly),
                ):
                    return await self._play(connection, script())
            except _AGAIN as error:
                if attempt + 1 == _ATTEMPTS:
                    raise StoreBusy(f"PostgreSQL could not settle a conflict: {error}") from error
                pause = random.uniform(0, _PAUSE_SECONDS * 2**attempt)  # noqa: S311  # no secret: it parts who collided
                await asyncio.sleep(pause)
            except (asyncpg.PostgresError, *_GONE) as error:
                raise explain(error) from error
        raise AssertionError("unreachable")

    async def _play(self, connection: "Connection", script: Transaction[T]) -> T:
        try:
            request = next(script)
            while True:
                request = script.send(await self._rows(connection, request))
        except StopIteration as stop:
            result: T = stop.value
            return result

    async def _rows(self, connection: "Connection", request: Query) -> Sequence[Row]:
        statement = self._statements[request.name]
        rows: Sequence[Row] = await connection.fetch(
            statement.sql, *(_storable(request.values[name]) for name in statement.parameters)
        )
        return rows

    async def compact(self, tables: Sequence[str]) -> None:
        """Write these tables anew, without a trace of what was deleted or replaced; nobody can use them meanwhile."""
        try:
            async with self._pool.acquire() as connection:
                for table in tables:
                    await connection.execute(f"VACUUM (FULL, ANALYZE) {table}", timeout=_COMPACT_SECONDS)
                # Where the planner keeps samples of values; skipped with a warning for a role that owns no database.
                await connection.execute("VACUUM (FULL) pg_statistic", timeout=_COMPACT_SECONDS)
        except (asyncpg.PostgresError, *_GONE) as error:
            raise explain(error) from error

    async def truncate_log(self) -> bool:
        """Nothing to do: the log is PostgreSQL's own affair."""
        return True

    async def close(self) -> None:
        """Finish what was asked, then disconnect."""
        if self._closed:
            return
        self._closed = True
        while self._running:
            await asyncio.wait(tuple(self._running))
        await self._pool.close()


async def open_postgres(
    url: str,
    known: Sequence[Migration],
    exclusive: bool,
    more: Mapping[str, Statement] | None = None,
    program: str = "threadscribe",
) -> Postgres:
    """Connect, and bring the schema up to date if `exclusive`; it also knows the statements in `more`.

    `program` is the name that others see us by. Raises `StoreError`.
    """
    try:
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=CONNECTIONS,
            command_timeout=60.0,
            timeout=10.0,
            server_settings={"application_name": program, "lock_timeout": f"{LOCK_SECONDS}s"},
        )
    except (asyncpg.PostgresError, ValueError, *_GONE) as error:
        raise explain(error) from error
    try:
        async with pool.acquire() as connection:
            if exclusive:
                await _migrate(connection, known)
            else:
                refuse_outdated(await _schema_number(connection), known)
    except (asyncpg.PostgresError, *_GONE) as error:
        await pool.close()
        raise explain(error) from error
    except BaseException:
        await pool.close()
        raise
    return Postgres(pool, {**statements("postgres"), **(more or {})})


async def _migrate(connection: "Connection", known: Sequence[Migration]) -> None:
    for migration in pending(await _schema_number(connection), known):
        async with connection.transaction():
            # Servers that start together: one migrates, the others wait and find it done.
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _MIGRATION_LOCK)
            if migration not in pending(await _schema_number(connection), known):
                continue
            await connection.execute(REGISTER)
            await connection.execute(migration.postgres())
            note = statements("postgres")["add_migration"]
            values: dict[str, Value] = {"number": migration.number, "name": migration.name}
            await connection.fetch(note.sql, *(values[name] for name in note.parameters))


async def _schema_number(connection: "Connection") -> int:
    # Not to_regclass: that may remember a table as missing which another server made since.
    there = "SELECT 1 FROM pg_catalog.pg_tables WHERE tablename = 'migration' AND schemaname = current_schema()"
    if await connection.fetchval(there) is None:
        return 0
    number: int | None = await connection.fetchval(statements("postgres")["schema_number"].sql)
    return number or 0


def explain(error: BaseException) -> StoreError:
    """What a database error means, and what to do; never the password of the URL."""
    if isinstance(error, asyncpg.LockNotAvailableError):
        return StoreBusy(f"Another server kept a row of the database locked for {LOCK_SECONDS} s.")
    if isinstance(error, asyncpg.InsufficientResourcesError):
        return StoreUnavailable(f"Nothing was stored: PostgreSQL is out of resources ({error}).")
    if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
        return StoreUnavailable("Nothing was stored: this PostgreSQL server is read-only (a standby?).")
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError | asyncpg.InvalidCatalogNameError):
        return StoreError(f"PostgreSQL refused the connection: {error}. Check DATABASE_URL.")
    if isinstance(error, ValueError) and not isinstance(error, UnicodeError):
        return StoreError("DATABASE_URL is no PostgreSQL address: postgresql://user:password@host:5432/name.")
    if isinstance(error, _GONE):
        return StoreUnavailable(f"PostgreSQL cannot be reached: {type(error).__name__}.")
    return StoreError(f"PostgreSQL refused: {error}")


def _storable(value: Value) -> Value:
    """PostgreSQL's text holds everything but the zero character."""
    return str(storable(value)).replace("\x00", "�") if isinstance(value, str) else value
