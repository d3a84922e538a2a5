"""Opens a whole database for maintenance while no bot runs on it, and has the statements for that.

They are made from the lists of tables and columns, and kept apart from the statements of `storage.sql`, which the bot
reads at each start.
"""

# ruff: noqa: S608 - the statements are put together from the names in storage.maintenance.sealed_columns, never from what somebody typed

import secrets
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from bot.domain.errors import StoreBusy, StoreError
from storage.engines.address import PROGRAM, open_database, sqlite_file
from storage.engines.sqlite import check_place, lock_of
from storage.engines.transaction import Database, Query, Row, Transaction, Value, execute, integer, number
from storage.maintenance.sealed_columns import COPYING, INDEX, SEALED_COLUMNS, TABLES, UNFINISHED, SealedColumn, Table
from storage.sql.statements import Dialect, Statement, statement

TOGETHER = 20  # rows that are added by one statement
_BATCH = 20  # sealed values that are read in one go


class MaintenanceDatabase(Database, Protocol):
    """A database that is ours alone for a while."""

    async def compact(self, tables: tuple[str, ...]) -> None:
        """Rewrite these tables, so that nothing of what was deleted or replaced stays in their files."""
        ...


@asynccontextmanager
async def open_exclusively(url: str, *, new: bool = False) -> AsyncIterator[MaintenanceDatabase]:
    """Open a database that no bot has open; its schema must be the present one, or is made if `new`.

    Raises `StoreBusy` while a bot is connected, or another `StoreError`. A PostgreSQL server cannot keep a bot from
    starting afterwards; a SQLite file can.
    """
    file = sqlite_file(url)
    lock = None
    if file is not None and not new:
        check_place(file, file=True)
        lock = lock_of(file)
    try:
        dialect: Dialect = "postgres" if file is None else "sqlite"
        name = f"{PROGRAM} upkeep {secrets.token_hex(4)}"
        database = await open_database(url, exclusive=new, more=statements_for(dialect), program=name)
        try:
            if await database.read(_others):
                raise StoreBusy("Another Threadscribe is connected to this database: stop it first.")
            if not new and await database.read(marked):
                raise StoreError(UNFINISHED)
            yield database
        finally:
            await database.close()
    finally:
        if lock is not None:
            lock.release()


def _others() -> Transaction[int]:
    rows = yield from execute("others")
    return integer(rows[0], "others")


def marked() -> Transaction[bool]:
    """Whether this is an unfinished copy."""
    return bool((yield from execute("cursor", name=COPYING)))


def all_rows() -> Transaction[int]:
    """How many rows there are in all tables that are copied."""
    total = 0
    for table in TABLES:
        total += integer((yield from execute(f"count {table.name}"))[0], "rows")
    return total


def last_number(table: Table) -> Transaction[int]:
    """The last number that a table has given to a row; 0: none."""
    rows = yield from execute(f"last of {table.name}")
    return int(number(rows[0], "last")) if rows and rows[0]["last"] is not None else 0


def statements_for(dialect: Dialect) -> Mapping[str, Statement]:
    """The statements by name."""
    found: dict[str, Statement] = {}
    for name, sql in _statements(dialect):
        found[name] = statement(sql, dialect)
    return found


def _statements(dialect: Dialect) -> Iterator[tuple[str, str]]:
    postgres = dialect == "postgres"
    for cell in SEALED_COLUMNS:
        yield from _of_cell(cell)
    for table in TABLES:
        yield from _of_table(table, postgres)
    place = "array_to_tsvector(ARRAY[place])"  # PostgreSQL keeps it among the words
    words = f"CAST(CAST(:vector AS TEXT) AS TSVECTOR) || {place}" if postgres else ":words"
    nothing = place if postgres else "''"
    yield (
        "reindex",
        f"UPDATE transcript_index SET sealed = :sealed, words = {words} WHERE source = :source RETURNING id",
    )
    yield "unindex", f"UPDATE transcript_index SET sealed = 1, words = {nothing} WHERE sealed = 0"
    yield "words of", "SELECT body FROM transcript WHERE job_id = :source"
    yield "forget key", "DELETE FROM seal_key WHERE key_id = :key_id RETURNING key_id"
    yield "begin copy", "INSERT INTO cursor (name, value) VALUES (:name, :value) RETURNING name"
    yield "end copy", "DELETE FROM cursor WHERE name = :name RETURNING name"
    if postgres:
        mine = "application_name = current_setting('application_name')"
        ours = f"datname = current_database() AND application_name LIKE '{PROGRAM}%'"
        yield "others", f"SELECT COUNT(*) AS others FROM pg_stat_activity WHERE {ours} AND NOT {mine}"
    else:
        yield "others", "SELECT 0 AS others"  # the lock file keeps them out


def _of_cell(cell: SealedColumn) -> Iterator[tuple[str, str]]:
    """`heads of`, `first of`, `next of` and `put` for a column of sealed values."""
    name, table, column = cell_name(cell), cell.table, cell.column
    keys = ", ".join(cell.key)
    shown = ", ".join(dict.fromkeys((*cell.key, *cell.names)))
    yield (
        f"heads of {name}",
        f"SELECT CASE WHEN substr({column}, 1, 1) = :plain THEN :plain ELSE substr({column}, 1, 5) END AS head, "
        f"COUNT(*) AS cells FROM {table} WHERE length({column}) > 0 GROUP BY 1",
    )
    page = (
        f"SELECT {shown}, {column} AS body FROM {table} WHERE length({column}) > 0 "
        f"AND substr({column}, 1, :size) <> :head {{after}} ORDER BY {keys} LIMIT {_BATCH}"
    )
    yield f"first of {name}", page.format(after="")
    yield f"next of {name}", page.format(after=f"AND {_after(cell.key)}")
    same = " AND ".join(f"{key} = :{key}" for key in cell.key)
    yield (
        f"put {name}",
        f"UPDATE {table} SET {column} = :sealed WHERE {same} AND {column} = :before RETURNING {cell.key[0]}",
    )


def _of_table(table: Table, postgres: bool) -> Iterator[tuple[str, str]]:
    """`count`, `first of`, `next of`, `add`, `empty`; `last of` and `go on` where rows are numbered."""
    name = table.name
    yield f"count {name}", f"SELECT COUNT(*) AS rows FROM {name}"
    page = (
        f"SELECT {', '.join(table.columns)} FROM {name} {{after}} ORDER BY {', '.join(table.key)} LIMIT {table.at_once}"
    )
    yield f"first of {name}", page.format(after="")
    yield f"next of {name}", page.format(after=f"WHERE {_after(table.key)}")
    yield f"empty {name}", f"TRUNCATE {name} CASCADE" if postgres else f"DELETE FROM {name}"
    if table is INDEX:
        words = "CAST(CAST(:vector AS TEXT) AS TSVECTOR) || array_to_tsvector(ARRAY[CAST(:place AS TEXT)])"
        values = f"{', '.join(f':{column}' for column in table.columns)}, {words if postgres else ':words'}"
        yield f"add {name}", f"INSERT INTO {name} ({', '.join(table.columns)}, words) VALUES ({values}) RETURNING id"
    else:
        for count in (1, TOGETHER):
            rows = ", ".join(f"({', '.join(f':{column}_{row}' for column in table.columns)})" for row in range(count))
            yield f"add {count} {name}", f"INSERT INTO {name} ({', '.join(table.columns)}) VALUES {rows}"
    if table.counted and postgres:
        sequence = f"pg_get_serial_sequence('{name}', '{table.counted}')"
        yield f"last of {name}", f"SELECT pg_sequence_last_value(CAST({sequence} AS REGCLASS)) AS last"
        yield f"forget {name}", "SELECT 0 AS last"  # it is not kept in a row
        yield f"go on {name}", f"SELECT setval({sequence}, :last) AS last"
    elif table.counted:
        yield f"last of {name}", f"SELECT seq AS last FROM sqlite_sequence WHERE name = '{name}'"
        yield f"forget {name}", f"DELETE FROM sqlite_sequence WHERE name = '{name}'"
        yield f"go on {name}", f"INSERT INTO sqlite_sequence (name, seq) VALUES ('{name}', :last)"


def _after(key: tuple[str, ...]) -> str:
    return f"({', '.join(key)}) > ({', '.join(f':after_{column}' for column in key)})"


def cell_name(cell: SealedColumn) -> str:
    """How the statements of a column are named."""
    return f"{cell.table}.{cell.column}"


def page_of(
    name: str, key: tuple[str, ...], last: Row | None, values: Mapping[str, Value] | None = None
) -> Transaction[Sequence[Row]]:
    """The first rows of a table or column, or those that come after the `last` one."""
    if last is None:
        return (yield Query(f"first of {name}", values or {}))
    return (yield Query(f"next of {name}", {**(values or {}), **{f"after_{column}": last[column] for column in key}}))
