"""`backup`, `restore` and `export` on a real database, while a bot has it open where that is allowed."""

import json
import stat
from pathlib import Path

from bot.domain.job import FileFacts, Origin
from bot.domain.machine import Finishing, Replying
from bot.domain.transcript import Segment, Transcript
from bot.ports.store import JobStore, NewJob
from storage import open_store
from tests.cli.commands import count_jobs, run
from tests.storage.samples import NOW, finishing

WORDS = "The results came back on Monday."


async def answered(store: JobStore, at: float) -> None:
    """A job that is done, with a transcript."""
    job = await finishing(store, at)
    await store.put_transcript(job.id, Transcript((Segment(WORDS, 0.0, 3.0),), "en", 3.0), at)
    job = await store.apply(Finishing(job).stored(at))
    await store.apply(Replying(job).replied(at))


def listed(directory: Path, pattern: str = "*") -> list[Path]:
    return sorted(directory.glob(pattern))


async def fill(database: Path) -> None:
    store = await open_store(f"sqlite:///{database}")
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


async def test_a_restore_keeps_what_was_there(database: Path, tmp_path: Path) -> None:
    await fill(database)
    assert (await run("backup", "copy.db"))[0] == 0
    store = await open_store(f"sqlite:///{database}")
    await store.add_job(NewJob(Origin("T1", "C1", "2.1", "2.1", "F2", "U1"), FileFacts("later.mp3")), NOW + 1)
    code, said = await run("restore", "copy.db")
    assert (code, "Stop the bot first" in said) == (1, True)
    await store.close()
    code, said = await run("restore", "copy.db")
    assert code == 0, said
    assert await count_jobs(database) == 1
    (kept,) = listed(tmp_path, "threadscribe-before-restore-*.db")
    assert await count_jobs(kept) == 2


async def test_what_is_no_backup_changes_nothing(database: Path, tmp_path: Path) -> None:
    await fill(database)
    (tmp_path / "notes.txt").write_text("not a database at all, only words " * 50)
    code, said = await run("restore", "notes.txt")
    assert code == 1
    assert "cannot be restored" in said
    assert await count_jobs(database) == 1


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
