"""`backup`, `restore` and `export` on a real database, while a bot has it open where that is allowed."""

import asyncio
import json
import sqlite3
import stat
import threading
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from bot.domain.job import FileFacts, Origin
from bot.domain.machine import Finishing, Received, Replying
from bot.domain.transcript import Segment, Transcript
from bot.ports.store import JobStore, NewJob
from storage import open_store
from tests.cli.commands import count_jobs, run
from tests.storage.samples import NOW, done

WORDS = "The results came back on Monday."


async def answered(store: JobStore, at: float) -> None:
    """A job that is done, with a transcript."""
    await done(store, at, Transcript((Segment(WORDS, 0.0, 3.0),), "en", 3.0))


def listed(directory: Path, pattern: str = "*") -> list[Path]:
    return sorted(directory.glob(pattern))


async def fill(database: Path) -> None:
    store = await open_store(f"sqlite:///{quote(str(database))}")
    try:
        await store.add_job(NewJob(Origin("T1", "C1", "1.1", "1.1", "F1", "U1"), FileFacts("visit.mp3")), NOW)
    finally:
        await store.close()


async def test_a_backup_is_made_beside_a_running_bot_and_is_private(database: Path, tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{database}")
    try:
        await store.add_job(NewJob(Origin("T1", "C1", "1.1", "1.1", "F1", "U1"), FileFacts("visit.mp3")), NOW)
        code, said = await run("backup", "copy.db")
    finally:
        await store.close()
    assert code == 0, said
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    assert await count_jobs(tmp_path / "copy.db") == 1
    code, said = await run("backup", "copy.db")
    assert (code, "exists already" in said) == (2, True)


async def test_a_backup_ends_while_the_bot_writes_without_a_pause(database: Path) -> None:
    await fill(database)
    with closing(sqlite3.connect(database)) as db, db:
        db.execute("INSERT INTO cursor (name, value) VALUES ('much', zeroblob(60000000))")
    done, begun = threading.Event(), threading.Event()

    def write() -> None:
        until = time.monotonic() + 60.0
        with closing(sqlite3.connect(database, isolation_level=None)) as db:
            db.execute("PRAGMA synchronous = OFF")
            while not done.is_set() and time.monotonic() < until:
                db.execute("UPDATE heartbeat SET beats = beats + 1")
                begun.set()

    writing = asyncio.create_task(asyncio.to_thread(write))
    await asyncio.to_thread(begun.wait)
    code, said = await run("backup", "copy.db")
    ended_beside_the_writer = not writing.done()
    done.set()
    await writing
    assert (code, ended_beside_the_writer) == (0, True), said


@pytest.mark.parametrize("name", ["odd#name.db", "50%25.db", "what?.db"])
async def test_a_database_with_an_odd_name_is_backed_up_and_restored(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{quote(name)}")
    await fill(tmp_path / name)
    assert (await run("backup", f"copy of {name}"))[0] == 0
    (tmp_path / name).unlink()
    code, said = await run("restore", f"copy of {name}")
    assert code == 0, said
    assert await count_jobs(tmp_path / name) == 1


async def test_a_database_behind_a_link_is_restored_where_it_is(database: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / database.name).symlink_to(tmp_path / "disk" / "real.db")
    await fill(database)
    assert (await run("backup", "copy.db"))[0] == 0
    code, said = await run("restore", "copy.db")
    assert code == 0, said
    assert (tmp_path / database.name).is_symlink()
    assert await count_jobs(tmp_path / "disk" / "real.db") == 1
    (kept,) = listed(tmp_path / "disk", "real-before-restore-*.db")
    assert await count_jobs(kept) == 1


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("file/copy.db", "cannot be made: Not a directory"),
        ("nowhere/copy.db", "cannot be made: No such file"),
        ("x" * 300, "cannot be made: File name too long"),
        ("link.db", "exists already"),
    ],
)
async def test_a_backup_that_cannot_be_made_is_a_sentence_and_removes_nothing(
    database: Path, tmp_path: Path, target: str, reason: str
) -> None:
    await fill(database)
    (tmp_path / "file").touch()
    (tmp_path / "link.db").symlink_to(tmp_path / "elsewhere.db")
    code, said = await run("backup", target)
    assert (code, reason in said) == (2, True), said
    assert (tmp_path / "link.db").is_symlink()


async def test_a_restore_keeps_what_was_there(database: Path, tmp_path: Path) -> None:
    await fill(database)
    assert (await run("backup", "copy.db"))[0] == 0
    store = await open_store(f"sqlite:///{database}")
    await store.add_job(NewJob(Origin("T1", "C1", "2.1", "2.1", "F2", "U1"), FileFacts("later.mp3")), NOW + 1)
    code, said = await run("restore", "copy.db")
    assert (code, "open already" in said) == (1, True)
    await store.close()
    code, said = await run("restore", "copy.db")
    assert code == 0, said
    assert await count_jobs(database) == 1
    (kept,) = listed(tmp_path, "threadscribe-before-restore-*.db")
    assert await count_jobs(kept) == 2


async def test_a_restore_leaves_nothing_beside_the_copy_whatever_its_name(database: Path, tmp_path: Path) -> None:
    await fill(database)
    name = "before #2, 100 %.db"  # of these, # and % mean something in SQLite's addresses
    assert (await run("backup", name))[0] == 0
    code, said = await run("restore", name)
    assert code == 0, said
    assert await count_jobs(database) == 1
    assert listed(tmp_path, f"{name}*") == [tmp_path / name]


async def test_what_lies_only_in_the_log_beside_a_copy_is_restored(database: Path, tmp_path: Path) -> None:
    """A database that was set aside after a crash, for example."""
    await fill(database)
    store = await open_store(f"sqlite:///{database}")
    try:
        await store.add_job(NewJob(Origin("T1", "C1", "2.1", "2.1", "F2", "U1"), FileFacts("later.mp3")), NOW + 1)
        for ending in ("", "-wal"):  # as a killed process leaves them
            (tmp_path / f"crashed.db{ending}").write_bytes((tmp_path / f"threadscribe.db{ending}").read_bytes())
    finally:
        await store.close()
    assert (tmp_path / "crashed.db-wal").stat().st_size
    code, said = await run("restore", "crashed.db")
    assert code == 0, said
    assert await count_jobs(database) == 2


async def test_what_is_no_backup_changes_nothing(database: Path, tmp_path: Path) -> None:
    await fill(database)
    (tmp_path / "notes.txt").write_text("not a database at all, only words " * 50)
    code, said = await run("restore", "notes.txt")
    assert code == 1
    assert "cannot be restored" in said
    assert await count_jobs(database) == 1


async def test_a_restore_that_fails_midway_leaves_the_database_where_it_is(database: Path, tmp_path: Path) -> None:
    await fill(database)
    assert (await run("backup", "copy.db"))[0] == 0
    (tmp_path / "threadscribe.db.restoring").mkdir()  # no copy can be written
    code, said = await run("restore", "copy.db")
    assert (code, "the database is as it was" in said) == (1, True), said
    assert await count_jobs(database) == 1


async def test_an_empty_or_foreign_database_is_not_restored(database: Path, tmp_path: Path) -> None:
    await fill(database)
    (tmp_path / "empty.db").touch()
    with closing(sqlite3.connect(tmp_path / "foreign.db")) as db, db:
        db.execute("CREATE TABLE job (id TEXT)")
    for name in ("empty.db", "foreign.db"):
        code, said = await run("restore", name)
        assert (code, "is no database of Threadscribe" in said) == (1, True), said
    assert await count_jobs(database) == 1


async def test_recordings_with_the_same_long_name_are_files_of_their_own(database: Path, tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{database}")
    try:
        for number in range(2):
            facts = FileFacts(f"{'weekly conference of the cardiology department ' * 3}{number}.m4a")
            job, _ = await store.add_job(NewJob(Origin("T1", "C1", "1.1", "1.1", f"F{number}", "U1"), facts), NOW)
            job = await store.apply(Received(job).reuse(NOW, facts, "local", "local", ""))
            await store.put_transcript(job.id, Transcript((Segment(WORDS, 0.0, 3.0),), "en", 3.0), NOW)
            job = await store.apply(Finishing(job).stored(NOW))
            await store.apply(Replying(job).replied(NOW))
    finally:
        await store.close()
    code, said = await run("export", "--to", "out")
    assert (code, "Wrote 2 transcripts" in said) == (0, True), said
    assert len(listed(tmp_path / "out", "*.txt")) == 2


async def test_a_file_that_cannot_be_written_out_is_a_sentence(database: Path, tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{database}")
    try:
        await answered(store, NOW)
    finally:
        await store.close()
    assert (await run("export", "--to", "out"))[0] == 0
    for path in listed(tmp_path / "out"):
        path.unlink()
        path.mkdir()
    code, said = await run("export", "--to", "out")
    assert (code, "cannot be written: Is a directory" in said) == (1, True), said


async def test_transcripts_are_written_out_by_day(database: Path, tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{database}")
    try:
        for at in (NOW - 10 * 86400, NOW):
            await answered(store, at)
    finally:
        await store.close()
    code, said = await run("export", "--to", "out")
    assert (code, "Wrote 2 transcripts" in said) == (0, True), said
    assert len(listed(tmp_path / "out")) == 4
    code, said = await run("export", "--to", "late", "--since", "2027-01-10")
    assert (code, "Wrote 1 transcript " in said) == (0, True), said
    found = listed(tmp_path / "late")
    assert [path.suffix for path in found] == [".json", ".txt"]
    assert json.loads(found[0].read_text())["segments"][0]["text"] == WORDS
    assert WORDS in found[1].read_text()
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in found)
