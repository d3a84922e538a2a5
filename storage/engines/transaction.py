"""A transaction as a generator that yields statements and is sent their rows.

The same generator runs on SQLite and on PostgreSQL. It may be run again from its start when a transaction has to be
repeated, so it has no effects but its statements.
"""

from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from functools import update_wrapper
from typing import Any, Concatenate, NamedTuple, ParamSpec, Protocol, TypeVar

from bot.domain.errors import StoreError

Value = str | int | float | bytes | None


class Row(Protocol):
    """A row of either database, by column name."""

    def __getitem__(self, column: str, /) -> Value:
        """The value of a column."""
        ...


class Query(NamedTuple):
    """A named statement and its parameters."""

    name: str
    values: Mapping[str, Value]


T = TypeVar("T")
P = ParamSpec("P")
Transaction = Generator[Query, Sequence[Row], T]


class Database(Protocol):
    """Runs transactions. Raises `StoreError` when nothing was written."""

    async def write(self, transaction: Callable[[], Transaction[T]], *, once: bool = False, urgent: bool = False) -> T:
        """Run and commit; durable when this returns. What the transaction raises rolls it back and comes out here.

        `once`: it is one statement, which needs no BEGIN. `urgent`: Slack or a provider waits for it; on PostgreSQL
        it has connections of its own.
        """
        ...

    async def read(self, transaction: Callable[[], Transaction[T]], *, once: bool = False, urgent: bool = False) -> T:
        """Run without waiting for a writer; otherwise as `write`. On PostgreSQL all statements see one snapshot."""
        ...

    async def listen(self, on_wake: Callable[[str], None]) -> None:
        """Call `on_wake` with the name of each lane that a process wakes, until cancelled or cut (`StoreError`)."""
        ...

    async def truncate_log(self) -> bool:
        """Leave nothing of what was deleted in SQLite's write-ahead log; False if another program's reader forbids it.

        PostgreSQL's log is its own affair: True.
        """
        ...

    async def close(self) -> None:
        """Finish what was asked, then disconnect."""
        ...


class HasDatabase(Protocol):
    """A part of the store."""

    _db: Database


S = TypeVar("S", bound=HasDatabase)


def execute(name: str, /, **values: Value) -> Transaction[Sequence[Row]]:
    """Run one statement, for use with `yield from`; its rows."""
    rows = yield Query(name, values)
    return rows


class _Method(Protocol):
    """Makes a method that is one transaction out of a generator of its statements."""

    def __call__(
        self, statements: Callable[Concatenate[S, P], Transaction[T]], /
    ) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
        """The method."""
        ...


def _method(*, write: bool, once: bool = False, urgent: bool = False) -> _Method:
    def decorated(
        statements: Callable[Concatenate[S, P], Transaction[T]],
    ) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
        async def method(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
            run = self._db.write if write else self._db.read
            return await run(lambda: statements(self, *args, **kwargs), once=once, urgent=urgent)

        update_wrapper(method, statements)
        return method

    return decorated


reads = _method(write=False)
reads_once = _method(write=False, once=True)
urgent_reads_once = _method(write=False, once=True, urgent=True)
writes = _method(write=True)
writes_once = _method(write=True, once=True)
urgent_writes = _method(write=True, urgent=True)
urgent_writes_once = _method(write=True, once=True, urgent=True)


def storable(value: Value) -> Value:
    """Text that can be encoded: what cannot is shown as a question mark."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value


def text(row: Row, column: str) -> str:
    """A column that always holds text."""
    value = row[column]
    if isinstance(value, str):
        return value
    raise _unexpected(column, value)


def maybe_text(row: Row, column: str) -> str | None:
    """A column that holds text or nothing."""
    return None if row[column] is None else text(row, column)


def number(row: Row, column: str) -> float:
    """A column that always holds a number."""
    value = row[column]
    if isinstance(value, float):
        return value
    if isinstance(value, int):
        return float(value)
    raise _unexpected(column, value)


def maybe_number(row: Row, column: str) -> float | None:
    """A column that holds a number or nothing."""
    return None if row[column] is None else number(row, column)


def integer(row: Row, column: str) -> int:
    """A column that always holds a whole number."""
    value = row[column]
    if isinstance(value, int):
        return value
    raise _unexpected(column, value)


def blob(row: Row, column: str) -> bytes:
    """A column that always holds bytes."""
    value = row[column]
    if isinstance(value, bytes):
        return value
    raise _unexpected(column, value)


def maybe_blob(row: Row, column: str) -> bytes | None:
    """A column that holds bytes or nothing."""
    return None if row[column] is None else blob(row, column)


def _unexpected(column: str, value: Value) -> StoreError:
    return StoreError(f"The database holds a {type(value).__name__} in the column {column}: it was changed by hand.")
