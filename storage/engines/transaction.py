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
    """What runs scripts: one transaction each. Raises `StoreError` when nothing was written."""

    async def write(self, script: Callable[[], Transaction[T]]) -> T:
        """Run and commit; durable when this returns. What the script raises rolls it back and comes out here."""
        ...

    async def read(self, script: Callable[[], Transaction[T]]) -> T:
        """Run on one consistent snapshot, without waiting for a writer."""
        ...

    async def truncate_log(self) -> bool:
        """Leave nothing of what was deleted in SQLite's write-ahead log; False if another program's reader forbids it.

        PostgreSQL's log is its own affair: True.
        """
        ...

    async def close(self) -> None:
        """Let go of the database once what was asked is done."""
        ...


class HasDatabase(Protocol):
    """A part of the store."""

    _db: Database


S = TypeVar("S", bound=HasDatabase)


def execute(name: str, /, **values: Value) -> Transaction[Sequence[Row]]:
    """Run one statement, for use with `yield from`; its rows."""
    rows = yield Query(name, values)
    return rows


def writes(
    script: Callable[Concatenate[S, P], Transaction[T]],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """Make a method that is one writing transaction out of its script."""

    async def method(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._db.write(lambda: script(self, *args, **kwargs))

    update_wrapper(method, script)
    return method


def reads(
    script: Callable[Concatenate[S, P], Transaction[T]],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """Make a method that is one reading transaction out of its script."""

    async def method(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._db.read(lambda: script(self, *args, **kwargs))

    update_wrapper(method, script)
    return method


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
