"""PostgreSQL, for several processes: a pool of connections, rows locked instead of a file.

A transaction of one statement is one round trip, and nothing stays locked while we wait for the network. Longer ones
are bounded: the server ends a transaction whose process stands still. A transaction runs to its end even when its
caller is cancelled, and again from its start when PostgreSQL asks for that (a deadlock, a number that was taken twice).
"""

import asyncio
import os
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from bot.domain.errors import StoreBusy, StoreError, StoreUnavailable
from storage.engines.postgres_schema import prepare
from storage.engines.transaction import Query, Row, Transaction, Value, storable
from storage.sql.migrate import Migration
from storage.sql.statements import Statement, statements

try:
    import asyncpg
except ImportError as missing:
    raise StoreError("PostgreSQL needs the extra: pip install 'threadscribe[postgres]'") from missing

if TYPE_CHECKING:
    from asyncpg import Connection, Pool
    from asyncpg.pool import PoolConnectionProxy

T = TypeVar("T")

CONNECTIONS = 8
URGENT = 2  # of them, for what Slack or a provider waits for
ACQUIRE_SECONDS = 10.0  # for a connection of the pool
LOCK_SECONDS = 20
STATEMENT_SECONDS = 30
IDLE_SECONDS = 5  # a transaction whose process stands still for this long is ended by the server
_HELD_SECONDS = 60.0  # an idle connection is held for the next transaction; then the pool has it, and closes it in time
_ATTEMPTS = 10
_PAUSE_SECONDS = 0.005  # before a conflict is tried again, at random up to this, doubled each time
_CHANNEL = "threadscribe"  # of NOTIFY; also in the statements
_BOUNDS = {
    "lock_timeout": f"{LOCK_SECONDS}s",
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
}
_KEEPALIVES = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}
_BEGIN_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_BEGIN_WRITE = "BEGIN"

_AGAIN = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.UniqueViolationError)
_PLAN_CHANGED = (asyncpg.InvalidCachedStatementError, asyncpg.FeatureNotSupportedError)
_GONE = (
    OSError,  # refused, reset, timed out
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that was cut while it lay in the pool
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)


class Postgres:
    """A pool of connections; each transaction runs on one of them."""

    def __init__(self, pool: "Pool", known: Mapping[str, Statement], address: "Address", program: str) -> None:
        self._pool = pool
        self._statements = known
        self._address = address
        self._program = program
        self._places = asyncio.Semaphore(CONNECTIONS - URGENT)
        self._idle: list[tuple[PoolConnectionProxy, float]] = []  # with the loop's time of the last use; oldest first
        self._asking = 0  # transactions that wait for a connection of the pool
        self._running: set[asyncio.Task[Any]] = set()
        self._closed = False

    async def write(self, transaction: Callable[[], Transaction[T]], *, once: bool = False, urgent: bool = False) -> T:
        """Run and commit; durable when this returns."""
        return await self._shielded(transaction, "" if once else _BEGIN_WRITE, urgent)

    async def read(self, transaction: Callable[[], Transaction[T]], *, once: bool = False, urgent: bool = False) -> T:
        """Run on one consistent snapshot."""
        return await self._shielded(transaction, "" if once else _BEGIN_READ, urgent)

    async def _shielded(self, transaction: Callable[[], Transaction[T]], begin: str, urgent: bool) -> T:
        if self._closed:
            raise StoreUnavailable("The database is closed.")
        running = asyncio.create_task(self._attempts(transaction, begin, urgent))
        self._running.add(running)
        running.add_done_callback(self._forget)
        return await asyncio.shield(running)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # its caller may be gone: then nobody else asks, and asyncio would complain

    async def _attempts(self, transaction: Callable[[], Transaction[T]], begin: str, urgent: bool) -> T:
        for attempt in range(_ATTEMPTS):
            try:
                connection = await self._take(urgent)
                try:
                    if not begin:
                        return await self._play(connection, transaction(), once=True)
                    return await self._whole(connection, transaction(), begin)
                finally:
                    await self._put_back(connection, urgent)
            except _AGAIN as error:
                if attempt + 1 == _ATTEMPTS:
                    raise StoreBusy(f"PostgreSQL could not settle a conflict: {error}") from error
                pause = random.uniform(0, _PAUSE_SECONDS * 2**attempt)  # noqa: S311  # no secret: it parts who collided
                await asyncio.sleep(pause)
            except _PLAN_CHANGED as error:  # a later version has changed a table under a plan that was kept
                if attempt:
                    raise explain(error) from error
            except (asyncpg.PostgresError, *_GONE) as error:
                raise explain(error) from error
        raise AssertionError("unreachable")

    async def _take(self, urgent: bool) -> "PoolConnectionProxy":
        """A connection. Raises `StoreBusy` or `StoreUnavailable` when none becomes free in time.

        The pool is asked only when no idle connection is held here: each of its releases costs a task and a turn of the
        event loop, a third of what a short statement costs this process.
        """
        if not urgent:
            await self._place()
        try:
            while self._idle:
                connection, _ = self._idle.pop()
                if _is_open(connection):
                    return connection
                await self._pool.release(connection)
            self._asking += 1
            try:
                return await self._pool.acquire(timeout=ACQUIRE_SECONDS)
            except TimeoutError as error:
                raise StoreUnavailable("PostgreSQL gave no connection in time.") from error
            finally:
                self._asking -= 1
        except BaseException:  # raised again: the place is free
            if not urgent:
                self._places.release()
            raise

    async def _put_back(self, connection: "PoolConnectionProxy", urgent: bool) -> None:
        """Hold it for the next transaction, unless somebody waits for the pool; give back what nobody has needed."""
        try:
            if self._asking or not _is_open(connection):
                await self._pool.release(connection)
                return
            now = asyncio.get_running_loop().time()
            self._idle.append((connection, now))
            if now - self._idle[0][1] > _HELD_SECONDS:
                await self._pool.release(self._idle.pop(0)[0])
        finally:
            if not urgent:
                self._places.release()

    async def _place(self) -> None:
        """Take one of the places for what nobody waits for at Slack's or a provider's end. Raises `StoreBusy`."""
        if not self._places.locked():
            await self._places.acquire()  # at once: a time limit would cost a task and a timer for each statement
            return
        try:
            await asyncio.wait_for(self._places.acquire(), ACQUIRE_SECONDS)
        except TimeoutError as error:
            raise StoreBusy("All connections to PostgreSQL are busy.") from error

    async def _whole(self, connection: "Connection", transaction: Transaction[T], begin: str) -> T:
        await connection.execute(begin + self._address.bounds)
        try:
            result = await self._play(connection, transaction, once=False)
            await connection.execute("COMMIT")
        except BaseException:  # raised again: also a cancelled transaction is rolled back
            try:
                if not connection.is_closed():
                    await connection.execute("ROLLBACK")
            except (asyncpg.PostgresError, *_GONE):
                connection.terminate()
            raise
        return result

    async def _play(self, connection: "Connection", transaction: Transaction[T], once: bool) -> T:
        sent = False
        try:
            request = next(transaction)
            while True:
                statement = self._statements[request.name]
                rows: Sequence[Row] = ()
                if statement.sql:
                    if once and sent:
                        raise AssertionError(f"{request.name} would be the second statement of a transaction of one")
                    sent = True
                    rows = await self._rows(connection, statement, request)
                request = transaction.send(rows)
        except StopIteration as stop:
            result: T = stop.value
            return result

    async def _rows(self, connection: "Connection", statement: Statement, request: Query) -> Sequence[Row]:
        rows: Sequence[Row] = await connection.fetch(
            statement.sql, *(_storable(request.values[name]) for name in statement.parameters)
        )
        return rows

    async def compact(self, tables: Sequence[str]) -> None:
        """Rewrite these tables without a trace of what was deleted or replaced; nobody can use them meanwhile."""
        try:
            connection = await _unbounded(self._address, self._program)
            try:
                for table in tables:
                    await connection.execute(f"VACUUM (FULL, ANALYZE) {table}")
                # Where the planner keeps samples of values; skipped with a warning for a role that owns no database.
                await connection.execute("VACUUM (FULL) pg_statistic")
            finally:
                await connection.close()
        except (asyncpg.PostgresError, *_GONE) as error:
            raise explain(error) from error

    async def listen(self, on_wake: Callable[[str], None]) -> None:
        """Call `on_wake` with the name of each lane that a process wakes. Raises `StoreUnavailable` when cut.

        PgBouncer in transaction mode passes no notifications on: then this waits until cancelled, and lanes poll.
        """
        if self._address.pooled:
            await asyncio.Event().wait()
        cut = asyncio.Event()
        try:
            connection = await _unbounded(self._address, self._program)
            try:
                connection.add_termination_listener(lambda _: cut.set())
                await connection.add_listener(_CHANNEL, lambda _, __, ___, lane: on_wake(str(lane)))
                await cut.wait()
            finally:
                with suppress(asyncpg.PostgresError, *_GONE):
                    await connection.close(timeout=5.0)
        except (asyncpg.PostgresError, *_GONE) as error:
            raise explain(error) from error
        raise StoreUnavailable("The connection to PostgreSQL that listens for wake-ups was cut.")

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
        while self._idle:
            await self._pool.release(self._idle.pop()[0])
        await self._pool.close()


class Address:
    """A URL, and how to talk to what answers there.

    `?pgbouncer=transaction` says that it is PgBouncer in transaction mode: then no session keeps settings or prepared
    statements, and the bounds are set in each transaction.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True)
        self.pooled = ("pgbouncer", "transaction") in query
        kept = [(name, value) for name, value in query if name != "pgbouncer"]
        self.url = urlunsplit(parts._replace(query=urlencode(kept))) if self.pooled else url
        self.bounds = (
            "".join(f"; SET LOCAL {name} = '{value}'" for name, value in _BOUNDS.items()) if self.pooled else ""
        )

    def settings(self, program: str, bounded: bool = True) -> dict[str, str]:
        """The settings of each session. Without bounds a statement may take as long as it needs."""
        name = {"application_name": program}
        if self.pooled:
            return name
        return name | _KEEPALIVES | (_BOUNDS if bounded else {})


def _is_open(connection: "PoolConnectionProxy") -> bool:
    """False for one that was closed or cut: asyncpg has taken that back into its pool by itself."""
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        return False


async def _no_reset(connection: "Connection") -> None:
    """Sessions are left as they were: asyncpg's own reset would be a round trip after each transaction."""


async def open_postgres(
    url: str,
    known: Sequence[Migration],
    exclusive: bool,
    more: Mapping[str, Statement] | None = None,
    program: str = "threadscribe",
    bounded: bool = True,
) -> Postgres:
    """Connect, and bring the schema up to date if `exclusive`; it also knows the statements in `more`.

    `program` is the name that others see us by; `bounded` limits how long a statement may take and a transaction may
    stand still (maintenance needs longer). Raises `StoreError`.
    """
    try:
        address = Address(url)
        await prepare(lambda: _unbounded(address, program), known, exclusive)
        pool = await asyncpg.create_pool(
            address.url,
            min_size=0,  # a floor is held with a traceback for each try while the server is away
            max_size=CONNECTIONS,
            command_timeout=60.0 if bounded else None,
            timeout=10.0,
            reset=_no_reset,
            statement_cache_size=0 if address.pooled else 200,
            server_settings=address.settings(program, bounded),
        )
    except (asyncpg.PostgresError, ValueError, OverflowError, *_GONE) as error:
        raise explain(error) from error
    return Postgres(pool, {**statements("postgres"), **(more or {})}, address, program)


async def _unbounded(address: Address, program: str) -> "Connection":
    """A connection whose statements may take as long as they need."""
    return await asyncpg.connect(
        address.url,
        timeout=10.0,
        statement_cache_size=0 if address.pooled else 100,
        server_settings={"application_name": program},
    )


def explain(error: BaseException) -> StoreError:
    """What a database error means, and what to do; never the password of the URL."""
    if isinstance(error, asyncpg.LockNotAvailableError):
        return StoreBusy(f"Another process kept a row of the database locked for {LOCK_SECONDS} s.")
    if isinstance(error, asyncpg.QueryCanceledError):
        return StoreBusy(f"PostgreSQL took longer than {STATEMENT_SECONDS} s.")
    if isinstance(error, asyncpg.InsufficientResourcesError):
        return StoreUnavailable(f"Nothing was stored: PostgreSQL is out of resources ({error}).")
    if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
        return StoreUnavailable("Nothing was stored: this PostgreSQL server is read-only (a standby?).")
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError | asyncpg.InvalidCatalogNameError):
        return StoreError(f"PostgreSQL refused the connection: {error}. Check DATABASE_URL.")
    if isinstance(error, ValueError | OverflowError) and not isinstance(error, UnicodeError):
        return StoreError("DATABASE_URL is no PostgreSQL address: postgresql://user:password@host:5432/name.")
    if isinstance(error, asyncpg.ProtocolViolationError | asyncpg.InvalidSQLStatementNameError):
        reason = str(error).partition("\n")[0]
        return StoreError(
            f"What answers at DATABASE_URL does not keep our settings or our statements ({reason}). "
            "Is it PgBouncer? Then add ?pgbouncer=transaction."
        )
    if isinstance(error, _GONE):
        return StoreUnavailable(f"PostgreSQL cannot be reached: {_why(error)}.")
    return StoreError(f"PostgreSQL refused: {error}")


def _why(error: BaseException) -> str:
    """The system's words: those of asyncio repeat the address, and an error of a name has a negative number."""
    if isinstance(error, OSError) and error.strerror:
        return os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
    return type(error).__name__


def _storable(value: Value) -> Value:
    """PostgreSQL's text holds everything but the zero character."""
    if not isinstance(value, str):
        return value
    return value.replace("\x00", "�") if value.isascii() else str(storable(value)).replace("\x00", "�")
