"""Encrypts all sealed values again: with another key, with a first one, or with none.

Values already in the new form are left alone, so it can be stopped anywhere and run again. The new key is noted
before the first value is sealed with it and an old one forgotten after the last, so that at any moment a bot that
lacks a key is refused.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bot.domain.errors import StoreError
from bot.text.search import indexed
from storage.content.search import word_values
from storage.content.stored_json import load_transcript
from storage.engines.transaction import Query, Row, Transaction, blob, execute, integer, text
from storage.maintenance.database import MaintenanceDatabase, cell_name, page_of
from storage.maintenance.sealed_columns import INDEX, SEALED_COLUMNS, TRANSCRIPTS, SealedColumn
from storage.seal import PLAIN, Seal

Report = Callable[[int, int], None]  # how many values are in the new form, of how many

_PASSES = 5  # over all values, while another process writes


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """How many values were changed and how many needed no change, and the places of those that do not open."""

    changed: int
    already: int
    damaged: tuple[str, ...] = ()


@dataclass(slots=True)
class _Batch:
    """What became of some rows of a column, and the last of them; None: that was all."""

    changed: int
    damaged: list[str]
    last: Row | None


async def rekey(database: MaintenanceDatabase, seal: Seal, report: Report) -> Rekeyed:
    """Bring every sealed value into the form that `seal` writes; it must know the keys of all of them.

    Raises `StoreError` before anything is changed if it does not.
    """
    heads = await database.read(_survey)
    lacking = sorted({name for head in heads if (name := Seal.key_of(head)) and not seal.knows(name)})
    if lacking:
        raise StoreError(
            f"Nothing was changed: content was sealed with a key (id {', '.join(lacking)}) that is neither "
            "STORAGE_KEY nor in STORAGE_KEY_OLD. Set STORAGE_KEY_OLD to the key that was used before."
        )
    if seal.newest:
        await database.write(lambda: execute("add_seal_key", key_id=seal.newest))
    elif any(blob(row, "tokens") for row in await database.read(lambda: execute("installations"))):
        raise StoreError(
            "Nothing was changed: tokens of workspaces are stored sealed only. First remove the app there."
        )
    total, already = heads.total(), heads[seal.head]
    changed, damaged = 0, list[str]()
    report(already, total)
    for _ in range(_PASSES):
        damaged = []
        for cell in SEALED_COLUMNS:
            batch = _Batch(0, [], None)
            while (batch := await database.write(partial(_batch, cell, batch.last, seal))).last is not None:
                changed += batch.changed
                damaged += batch.damaged
                if batch.changed:
                    report(already + changed, max(total, already + changed))
        heads = await database.read(_survey)
        if heads.total() - heads[seal.head] <= len(damaged):
            break
    else:
        raise StoreError("Others go on writing with another key: stop every Threadscribe, then run this again.")
    if seal.newest:
        await database.write(lambda: execute("unindex"))
    await _compact(database)
    await database.write(lambda: _forget_keys(seal.newest, heads))
    return Rekeyed(changed, already, tuple(damaged))


def _survey() -> Transaction[Counter[bytes]]:
    """How many values begin in which way."""
    heads = Counter[bytes]()
    for cell in SEALED_COLUMNS:
        for row in (yield from execute(f"heads of {cell_name(cell)}", plain=PLAIN)):
            heads[blob(row, "head")] += integer(row, "cells")
    return heads


def _batch(cell: SealedColumn, last: Row | None, seal: Seal) -> Transaction[_Batch]:
    name = cell_name(cell)
    rows = yield from page_of(name, cell.key, last, {"head": seal.head, "size": len(seal.head)})
    batch = _Batch(0, [], rows[-1] if rows else None)
    for row in rows:
        place = cell.place.format(**{column: row[column] for column in cell.names})
        try:
            content = seal.decrypt(blob(row, "body"), place)
            words = [] if cell is not TRANSCRIPTS or seal.newest else indexed(load_transcript(content))
        except StoreError:
            batch.damaged.append(place)
            continue
        keys = {key: row[key] for key in cell.key}
        put = {"sealed": seal.encrypt(content, place), "before": row["body"]}
        if (yield Query(f"put {name}", keys | put)):
            batch.changed += 1
            if cell is TRANSCRIPTS:
                sealed = int(bool(seal.newest))
                yield from execute("reindex", source=text(row, "job_id"), sealed=sealed, **word_values(words))
    return batch


async def _compact(database: MaintenanceDatabase) -> None:
    try:
        await database.compact(tuple(dict.fromkeys((*(cell.table for cell in SEALED_COLUMNS), INDEX.name))))
    except StoreError as error:
        raise StoreError(
            f"Every value is in its new form, but the old ones may still lie in the database's files: {error} "
            "Fix that, then run this again."
        ) from error


def _forget_keys(newest: str, heads: Counter[bytes]) -> Transaction[None]:
    needed = {newest, *(Seal.key_of(head) for head in heads)}
    for row in (yield from execute("seal_keys")):
        if text(row, "key_id") not in needed:
            yield from execute("forget key", key_id=text(row, "key_id"))
