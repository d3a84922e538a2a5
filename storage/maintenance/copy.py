"""Copies a database into an empty one (SQLite or PostgreSQL) and verifies every row.

The copy is marked as unfinished until it is verified, so that no bot starts on half of it; only a copy with that mark
is ever emptied. Sealed values are copied as they are: no key is needed. The search index is made again, because each
database keeps it in a form of its own.
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b

from bot.domain.errors import StoreError
from bot.text.search import indexed
from storage.content.search import word_values
from storage.content.stored_json import load_transcript
from storage.engines.transaction import Query, Row, Transaction, blob, execute, integer, text
from storage.maintenance.database import TOGETHER, MaintenanceDatabase, all_rows, last_number, marked, page_of
from storage.maintenance.sealed_columns import COPYING, INDEX, TABLES, Table
from storage.seal import Seal

Report = Callable[[str, int, int], None]  # what is being done, and how many rows it was done to, of how many

_SUM = 2**256


@dataclass(frozen=True, slots=True)
class Digest:
    """How many rows a table has, and a sum over all of them that does not depend on their order."""

    rows: int = 0
    sum: int = 0


async def duplicate(source: MaintenanceDatabase, target: MaintenanceDatabase, again: bool, report: Report) -> int:
    """Copy all rows into `target`, which must be empty, or with `again` an unfinished copy; how many there were.

    Raises `StoreError`; the copy is then unfinished, or was not begun.
    """
    if await source.read(_schema) != await target.read(_schema):
        raise StoreError("The two databases have different schemas: start `threadscribe serve` on the source once.")
    await _begin(source, target, again)
    total = await source.read(all_rows)
    done = 0
    for table in TABLES:
        if table.derived:
            await target.write(partial(execute, f"empty {table.name}"))
        async for rows in _pages(source, table):
            if table is INDEX:
                await _copy_index(source, target, rows)
            else:
                await target.write(partial(_add, table, rows))
            done += len(rows)
            report("copied", done, max(total, done))
    for table in TABLES:
        if table.counted:
            last = await source.read(partial(last_number, table))
            await target.write(partial(_go_on, table, last))
    await _verify(source, target, done, report)
    await target.write(lambda: execute("end copy", name=COPYING))
    return done


def _schema() -> Transaction[int]:
    rows = yield from execute("schema_number")
    return integer(rows[0], "number")


async def _begin(source: MaintenanceDatabase, target: MaintenanceDatabase, again: bool) -> None:
    """Mark the target as an unfinished copy, empty but for the mark."""
    if await target.read(marked):
        if not again:
            raise StoreError("An earlier copy into this database was not finished: give --again to start over.")
    elif filled := await target.read(_filled):
        raise StoreError(
            f"The database given with --to is not empty ({filled}), and what is in it was not put there by this "
            "command. Give a new one."
        )
    else:
        await target.write(_mark)
    if await source.read(marked):
        await target.write(lambda: execute("end copy", name=COPYING))
        raise StoreError("DATABASE_URL and --to are the same database: give a new one.")
    await target.write(_empty)


def _filled() -> Transaction[str]:
    """The first table that has rows a new database has not; "" if there is none."""
    for table in TABLES:
        rows = integer((yield from execute(f"count {table.name}"))[0], "rows")
        if rows > (table.name == "heartbeat"):
            return f"{table.name}: {rows} row{'' if rows == 1 else 's'}"
    return ""


def _empty() -> Transaction[None]:
    for table in reversed(TABLES):
        yield from execute(f"empty {table.name}")
    yield from _mark()


def _mark() -> Transaction[None]:
    yield from execute("begin copy", name=COPYING, value="unfinished")


async def _pages(database: MaintenanceDatabase, table: Table) -> AsyncIterator[Sequence[Row]]:
    """All rows of a table, some at a time, but for the mark of a copy."""
    last: Row | None = None
    while rows := await database.read(partial(page_of, table.name, table.key, last)):
        last = rows[-1]
        yield [row for row in rows if table.name != "cursor" or row["name"] != COPYING]


def _add(table: Table, rows: Sequence[Row]) -> Transaction[None]:
    at = 0
    while at < len(rows):
        count = TOGETHER if len(rows) - at >= TOGETHER else 1
        values = {
            f"{column}_{number}": row[column]
            for number, row in enumerate(rows[at : at + count])
            for column in table.columns
        }
        yield Query(f"add {count} {table.name}", values)
        at += count


async def _copy_index(source: MaintenanceDatabase, target: MaintenanceDatabase, rows: Sequence[Row]) -> None:
    bodies = await source.read(lambda: _bodies(rows))
    spoken = await asyncio.to_thread(lambda: [_words(body) for body in bodies])
    await target.write(lambda: _add_index(rows, spoken))


def _bodies(rows: Sequence[Row]) -> Transaction[list[bytes | None]]:
    """The transcripts that search finds these rows by; None where it opens them when somebody asks."""
    found: list[bytes | None] = []
    for row in rows:
        bodies = [] if integer(row, "sealed") else (yield from execute("words of", source=text(row, "source")))
        found.append(blob(bodies[0], "body") if bodies else None)
    return found


def _words(body: bytes | None) -> list[str]:
    if body is None:
        return []
    try:
        return indexed(load_transcript(Seal().decrypt(body, "")))
    except StoreError:  # sealed, or damaged: it is copied as it is, and nobody finds it
        return []


def _add_index(rows: Sequence[Row], spoken: Sequence[list[str]]) -> Transaction[None]:
    for row, words in zip(rows, spoken, strict=True):
        yield Query("add transcript_index", {column: row[column] for column in INDEX.columns} | word_values(words))


def _go_on(table: Table, last: int) -> Transaction[None]:
    """Let the target number its rows where the source left off, so that no number is given twice."""
    yield from execute(f"forget {table.name}")
    if last:
        yield from execute(f"go on {table.name}", last=last)


async def _verify(source: MaintenanceDatabase, target: MaintenanceDatabase, total: int, report: Report) -> None:
    """Read both again, and compare. Raises `StoreError`."""
    proved = 0
    for table in TABLES:
        ours, theirs = await _digest(source, table), await _digest(target, table)
        if ours != theirs:
            raise StoreError(
                f"The copy is not the same: table {table.name} has {ours.rows} rows in the source and {theirs.rows} in "
                "the copy, or other values. Did something write meanwhile? Stop it, then run this again with --again."
            )
        proved += ours.rows
        report("compared", proved, max(total, proved))


async def _digest(database: MaintenanceDatabase, table: Table) -> Digest:
    count = total = 0
    async for rows in _pages(database, table):
        count += len(rows)
        total += await asyncio.to_thread(_sum, table, rows)
    return Digest(count, total % _SUM)


def _sum(table: Table, rows: Sequence[Row]) -> int:
    return sum(int.from_bytes(_digest_of(row, table.columns)) for row in rows)


def _digest_of(row: Row, columns: Sequence[str]) -> bytes:
    digest = blake2b(digest_size=32)
    for column in columns:
        match row[column]:
            case None:
                digest.update(b"-")
                continue
            case str() as value:
                kind, data = b"s", value.replace("\x00", "�").encode()  # as PostgreSQL keeps it
            case bytes() as value:
                kind, data = b"b", value
            case float() as value:
                kind, data = b"f", struct.pack(">d", value)
            case value:
                kind, data = b"i", str(value).encode()
        digest.update(kind + struct.pack(">Q", len(data)))
        digest.update(data)
    return digest.digest()
