"""`threadscribe migrate-store`, as its operator runs it: all of it arrives, and nothing else is touched."""

import json
import signal
import sqlite3
from collections.abc import Callable
from itertools import count
from pathlib import Path

import asyncpg
import pytest

from bot.domain.errors import StoreError
from bot.ports.store import JobStore
from simulators.slack.file_store import Upload
from storage import open_store
from storage.engines.sqlite import open_sqlite
from storage.maintenance.copy import duplicate
from storage.maintenance.database import open_exclusively
from storage.maintenance.sealed_columns import INDEX, SEALED_COLUMNS, TABLES
from storage.sql.migrate import known_migrations
from tests.storage.conftest import fresh_database
from tests.storage.maintenance.filled import ABLE, command, fill, only_line, opened, run, searched, told
from tests.storage.samples import KEY, NOW
from tests.support.audio.recordings import record, tone
from tests.support.harnesses.bot import fast_xosum, open_place, shown

Place = Callable[[str], str]


@pytest.fixture
def fresh(tmp_path: Path, request: pytest.FixtureRequest) -> Place:
    """Makes the URL of a database that is not there yet, or is empty."""

    numbers = count(1)

    def make(kind: str) -> str:
        if kind == "postgres":
            return fresh_database(request.getfixturevalue("server"))
        return f"sqlite:///{tmp_path}/store{next(numbers)}.db"

    return make


async def filled(url: str, key: bytes | None = None, transcripts: int = 3) -> dict[str, object]:
    async with opened(url, key) as store:
        await fill(store, transcripts)
        return await told(store)


async def readable(url: str, key: bytes | None = None) -> dict[str, object]:
    async with opened(url, key) as store:
        return await told(store)


async def next_number(store: JobStore, key: str) -> int:
    """The number that the next push gets."""
    await store.put_inbox("hook", key, "numbered", b"x", NOW, NOW)
    return (await store.inbox_for("hook", "numbered"))[-1].id


@pytest.mark.parametrize(
    ("source", "target", "key"),
    [
        ("sqlite", "postgres", None),
        pytest.param("postgres", "sqlite", None, marks=pytest.mark.slow),
        ("sqlite", "sqlite", KEY),
    ],
)
async def test_everything_arrives_and_the_source_is_left_as_it_was(
    fresh: Place, tmp_path: Path, source: str, target: str, key: bytes | None
) -> None:
    old = fresh(source)
    async with opened(old, key) as store:
        await fill(store)
        last = await next_number(store, "last")
        await store.purge(NOW + 10**6, 1)  # takes rows away, but not their numbers
        await fill(store)
        gone = await next_number(store, "gone")
    assert gone > last
    await forget_push(old, gone)
    before = await readable(old, key)
    files = files_in(tmp_path)

    new = fresh(target)
    bot = await run(tmp_path, old, "migrate-store", "--to", new)
    assert bot.process.returncode == 0, bot.lines
    assert bot.out[0].endswith(" and compared them: every one is there.")
    assert bot.out[1] == f"Set this next, and leave STORAGE_KEY as it is: DATABASE_URL={new}"
    assert bot.lines[0].startswith("copied ")
    assert bot.lines[-1].startswith("compared ")
    assert bot.lines[-1].endswith(" (100 %)")
    assert files.items() <= files_in(tmp_path).items()
    assert await readable(old, key) == before
    assert await readable(new, key) == before
    async with opened(new, key) as arrived:
        assert len(await searched(arrived, ABLE)) == 3
        assert await next_number(arrived, "next") == gone + 1
        await fill(arrived)  # and it can be worked with
        assert len(await searched(arrived, ABLE)) == 6


def files_in(folder: Path) -> dict[str, bytes]:
    """The databases that lie there."""
    return {path.name: path.read_bytes() for path in folder.glob("*.db")}


async def forget_push(url: str, number: int) -> None:
    """Delete the newest row behind the store's back."""
    if url.startswith("sqlite"):
        db = sqlite3.connect(url.removeprefix("sqlite:///"))
        with db:
            db.execute("DELETE FROM inbox WHERE id = ?", (number,))
        db.close()
    else:
        connection = await asyncpg.connect(url)
        await connection.execute("DELETE FROM inbox WHERE id = $1", number)
        await connection.close()


async def test_killed_in_the_middle_it_begins_anew_when_told_to_and_nobody_starts_on_half_of_it(
    fresh: Place, tmp_path: Path
) -> None:
    old, new = fresh("postgres"), fresh("sqlite")
    before = await filled(old)
    killed = await run(tmp_path, old, "migrate-store", "--to", new, points="database.write.after=kill:5")
    assert killed.process.returncode == -signal.SIGKILL
    with pytest.raises(StoreError, match="unfinished copy"):
        await open_store(new)
    with pytest.raises(StoreError, match="unfinished copy"):
        async with open_exclusively(new):
            pass
    refused = await run(tmp_path, old, "migrate-store", "--to", new)
    assert refused.process.returncode == 1
    assert "--again" in only_line(refused)
    again = await run(tmp_path, old, "migrate-store", "--to", new, "--again")
    assert again.process.returncode == 0, again.lines
    assert await readable(new) == before
    assert await readable(old) == before


@pytest.mark.parametrize("target", ["sqlite", "postgres"])
async def test_a_database_that_holds_something_is_never_written_to(fresh: Place, tmp_path: Path, target: str) -> None:
    old, new = fresh("sqlite"), fresh(target)
    await filled(old)
    async with opened(new) as store:
        await store.put_cursor("catchup", "1.0")
    bot = await run(tmp_path, old, "migrate-store", "--to", new, "--again")
    assert bot.process.returncode == 1
    assert "is not empty (cursor: " in only_line(bot)
    async with opened(new) as store:
        assert await store.cursor("catchup") == "1.0"


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_it_is_refused_while_a_bot_has_the_source(fresh: Place, tmp_path: Path, kind: str) -> None:
    old = fresh(kind)
    async with opened(old):
        bot = await run(tmp_path, old, "migrate-store", "--to", fresh("sqlite"))
    assert bot.process.returncode == 1
    assert "stop it first" in only_line(bot)


async def test_one_database_at_two_addresses_is_recognised(fresh: Place, tmp_path: Path) -> None:
    old = fresh("postgres")
    async with opened(old):
        pass
    await empty(old)
    async with open_exclusively(old) as source:
        with pytest.raises(StoreError, match="the same database"):
            await duplicate(source, source, False, lambda doing, done, total: None)
    async with opened(old) as store:  # no mark was left, and nothing is missing
        await store.ping()


async def empty(url: str) -> None:
    """As a database that has never been used."""
    connection = await asyncpg.connect(url)
    await connection.execute("DELETE FROM cursor")
    await connection.close()


async def test_a_damaged_transcript_moves_as_it_is_and_the_others_are_found(fresh: Place, tmp_path: Path) -> None:
    old, new = fresh("sqlite"), f"sqlite:///{tmp_path}/new.db"
    await filled(old, transcripts=6)
    db = sqlite3.connect(old.removeprefix("sqlite:///"))
    with db:
        (broken,) = db.execute("SELECT job_id FROM transcript ORDER BY stored_at DESC, rowid DESC LIMIT 1").fetchone()
        db.execute("UPDATE transcript SET body = x'007b7b' WHERE job_id = ?", (broken,))
    db.close()
    async with open_exclusively(old) as source, open_exclusively(new, new=True) as target:
        await duplicate(source, target, False, lambda doing, done, total: None)
    async with opened(new) as store:
        assert len(await searched(store, ABLE)) >= 5
        with pytest.raises(StoreError, match="damaged"):
            await store.transcript(broken)


async def test_what_changes_meanwhile_is_noticed(fresh: Place, tmp_path: Path) -> None:
    old, new = fresh("sqlite"), f"sqlite:///{tmp_path}/new.db"
    await filled(old)
    altered: list[int] = []

    def alter(doing: str, done: int, total: int) -> None:
        if doing == "compared" and not altered:
            db = sqlite3.connect(old.removeprefix("sqlite:///"))
            with db:
                altered.append(db.execute("UPDATE channel_settings SET settings = '{}'").rowcount)
            db.close()

    async with open_exclusively(old) as source, open_exclusively(new, new=True) as target:
        with pytest.raises(StoreError, match="table channel_settings has 1 rows"):
            await duplicate(source, target, False, alter)
    assert altered == [1]
    with pytest.raises(StoreError, match="unfinished copy"):
        await open_store(new)


@pytest.mark.parametrize(
    ("to", "code", "words"),
    [
        ("mysql://u:hunter2@h/d", 2, "--to must be sqlite:///file.db"),
        ("postgresql://u:hunter2@127.0.0.1:1/x", 1, "PostgreSQL cannot be reached: Connection refused"),
        ("postgresql://u:hunter2@h:port/x", 1, "--to is no PostgreSQL address"),
        ("sqlite:///store1.db", 1, "are the same database"),
    ],
)
async def test_a_bad_address_is_one_sentence_without_its_password(
    fresh: Place, tmp_path: Path, to: str, code: int, words: str
) -> None:
    old = fresh("sqlite")
    async with opened(old):
        pass
    bot = await run(tmp_path, old, "migrate-store", "--to", to)
    assert bot.process.returncode == code
    assert words in only_line(bot)
    assert "hunter2" not in only_line(bot)


async def test_ctrl_c_stops_it_with_a_sentence_and_the_password_stays_out_of_what_it_says(
    fresh: Place, tmp_path: Path
) -> None:
    old, new = fresh("sqlite"), fresh("postgres").replace("postgres@", "postgres:hunter2@")
    await filled(old)
    points = "database.write.after=hold,*=trace"
    bot = await command(tmp_path, old, "migrate-store", "--to", new, points=points)
    await bot.until(lambda: bot.reached("database.write.after"))
    bot.signal(signal.SIGINT)
    assert await bot.ends() == 130
    assert bot.lines[-1].endswith("Run it again with --again to start again.")
    done = await run(tmp_path, old, "migrate-store", "--to", new, "--again")
    assert done.out[1].startswith("Set this next (with the password in place of ***)")
    assert "DATABASE_URL=postgresql://postgres:***@/" in done.out[1]
    assert "hunter2" not in "\n".join([*bot.lines, *done.lines, *done.out])


async def test_a_bot_goes_on_in_the_database_that_it_was_moved_to(fresh: Place, tmp_path: Path) -> None:
    recording = record(tmp_path / "visit.mp3", tone(2.0), "mp3", "mp3")
    async with open_place(tmp_path, fast_xosum()) as place:
        first = await place.start()
        message = await place.upload(Upload("visit.mp3", recording))
        await place.answered(message)
        await place.settled(message, "done")
        new = fresh("postgres")
        assert await first.stop() == 0
        moved = await place.run("migrate-store", "--to", new)
        assert moved.process.returncode == 0, moved.lines
        await place.start(DATABASE_URL=new)
        listed = await place.run("jobs", "--json", DATABASE_URL=new)
        (job,) = json.loads("\n".join(listed.out))
        assert (job["state"], job["outcome"]) == ("done", "transcript")
        later = await place.upload(Upload("later.mp3", recording))
        (reply,) = await place.answered(later)
        assert "Xosum" in shown(reply)


async def test_every_table_and_column_is_known_to_maintenance(fresh: Place, tmp_path: Path) -> None:
    known = {table.name: set(table.columns) for table in TABLES}
    known["transcript_index"].add("words")
    database = await open_sqlite(tmp_path / "empty.db", known_migrations(), exclusive=True)
    await database.close()
    db = sqlite3.connect(tmp_path / "empty.db")
    there = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    inner = {"migration", "sqlite_sequence", *(name for name in there if name.startswith("transcript_fts"))}
    columns = {name: db.execute(f"PRAGMA table_info({name})").fetchall() for name in there if name not in inner}
    numbered = {row[0] for row in db.execute("SELECT name FROM sqlite_sequence")} | {
        "inbox",
        "latency",
        "transcript_index",
    }
    db.close()
    assert {name: {row[1] for row in rows} for name, rows in columns.items()} == known
    for table in TABLES:
        rows = columns[table.name]
        key = [row[1] for row in sorted(rows, key=lambda row: row[5]) if row[5]]
        assert list(table.key) == key, table.name
        assert bool(table.counted) == (table.name in numbered)
    sealed = {(table, row[1]) for table, rows in columns.items() for row in rows if row[2] == "BLOB"}
    assert {(cell.table, cell.column) for cell in SEALED_COLUMNS} == sealed
    assert all(set(cell.names) <= known[cell.table] for cell in SEALED_COLUMNS)
    assert INDEX in TABLES

    url = fresh("postgres")
    async with opened(url):
        pass
    connection = await asyncpg.connect(url)
    found: dict[str, set[str]] = {}
    for table, column in await connection.fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
    ):
        found.setdefault(table, set()).add(column)
    await connection.close()
    del found["migration"]
    assert found == known
