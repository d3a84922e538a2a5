"""Migrations: each whole or not at all, a newer schema refused, an older one brought up to date."""

import sqlite3
from pathlib import Path

import pytest

from bot.domain.errors import SchemaTooNew, StoreError
from storage.engines.sqlite import open_sqlite
from storage.sql.migrate import Migration, known_migrations
from tests.storage.samples import Opener, done


def applied(path: Path) -> list[int]:
    db = sqlite3.connect(path)
    numbers = [row[0] for row in db.execute("SELECT number FROM migration ORDER BY number")]
    db.close()
    return numbers


def test_migrations_are_numbered_without_a_gap() -> None:
    assert [migration.number for migration in known_migrations()] == list(range(1, len(known_migrations()) + 1))


async def test_a_new_database_gets_every_migration_once(reopen: Opener, path: Path) -> None:
    for _ in range(2):
        await (await reopen()).close()
        assert applied(path) == [migration.number for migration in known_migrations()]


async def test_a_database_of_a_later_program_is_refused_and_left_alone(reopen: Opener, path: Path) -> None:
    await (await reopen()).close()
    db = sqlite3.connect(path)
    db.execute("INSERT INTO migration (number, name, applied_at) VALUES (9999, 'future', 0)")
    db.commit()
    db.close()
    for exclusive in (True, False):
        with pytest.raises(SchemaTooNew, match="schema 9999"):
            await reopen(exclusive=exclusive)


async def test_an_older_database_is_brought_up_to_date_with_its_rows(reopen: Opener, path: Path) -> None:
    store = await reopen()
    job = await done(store)
    await store.close()
    later = [
        *known_migrations(),
        Migration(len(known_migrations()) + 1, "later", "CREATE TABLE later (a TEXT);\nALTER TABLE job ADD b TEXT;"),
    ]
    database = await open_sqlite(path, later, exclusive=True)
    await database.close()
    db = sqlite3.connect(path)
    assert db.execute("SELECT id, b FROM job").fetchall() == [(job.id, None)]
    db.close()
    assert applied(path) == [migration.number for migration in later]
    with pytest.raises(SchemaTooNew):
        await reopen()


async def test_a_migration_that_fails_leaves_nothing_of_itself(reopen: Opener, path: Path) -> None:
    await (await reopen()).close()
    broken = Migration(
        len(known_migrations()) + 1, "broken", "CREATE TABLE half (a TEXT);\nINSERT INTO nowhere VALUES (1);"
    )
    with pytest.raises(StoreError, match="nowhere"):
        await open_sqlite(path, [*known_migrations(), broken], exclusive=True)
    db = sqlite3.connect(path)
    assert not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'half'").fetchall()
    db.close()
    await (await reopen()).ping()


def test_a_migration_is_cut_into_its_statements() -> None:
    sql = "-- a; b\nCREATE TABLE a (b TEXT);\nCREATE TRIGGER t AFTER INSERT ON a BEGIN\n SELECT 1;\nEND;\n"
    assert [s.strip().splitlines()[-1] for s in Migration(1, "x", sql).statements()] == [
        "CREATE TABLE a (b TEXT);",
        "END;",
    ]
