"""What is deleted makes room: rows of old recordings, and space in SQLite's file."""

import random
import sqlite3
from pathlib import Path

import pytest

from bot.configuration import load_settings
from bot.domain.transcript import Segment, Transcript
from bot.ports.store import Hold, HoldKind, JobStore
from bot.settings import SettingsError
from storage import open_store
from storage.engines.sqlite import LOG_BYTES
from tests.storage.samples import NOW, done, waiting

DAY = 86_400.0
CHANCE = random.Random(7)


def long(words: int = 4_000) -> Transcript:
    """A transcript that does not compress into nothing."""
    text = " ".join(f"w{CHANCE.randrange(10**6)}" for _ in range(words))
    return Transcript((Segment(text, 0.0, 60.0),), "en", 60.0)


async def test_rows_go_when_their_content_went_and_they_are_old(store: JobStore) -> None:
    old, kept, held = [await done(store, NOW, said=long(10)) for _ in range(3)]
    recent = await done(store, NOW + 300 * DAY, said=long(10))
    open_ = await waiting(store, NOW)
    await store.place_hold(Hold(HoldKind.JOB, held.id, "U1", NOW))
    assert await store.forget_history(NOW + 400 * DAY) == 0, "they have content"
    await store.purge(NOW + 300 * DAY, 30)
    assert await store.forget_history(NOW + 100 * DAY) == 2
    assert [await store.job(job.id) for job in (old, kept)] == [None, None]
    assert await store.events(old.id) == []
    for job in (held, recent, open_):
        assert await store.job(job.id) is not None
    assert sum((await store.count_by_state()).values()) == 3


async def test_sqlites_file_gives_back_what_a_purge_freed(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"
    store = await open_store(f"sqlite:///{path}")
    try:
        for _ in range(150):
            await done(store, NOW, said=long())
        await store.purge(NOW, 30)  # nothing is old enough; the log is emptied into the file
        full = path.stat().st_size
        assert await store.purge(NOW + 100 * DAY, 30) == 150
        assert path.stat().st_size < full / 3
    finally:
        await store.close()


async def test_the_log_that_grew_beside_a_long_reader_shrinks_when_that_is_gone(tmp_path: Path) -> None:
    path, log = tmp_path / "jobs.db", tmp_path / "jobs.db-wal"
    store = await open_store(f"sqlite:///{path}")
    try:
        reader = sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM job").fetchone()
        payload = bytes(1_000_000)
        for number in range(40):
            await store.put_inbox("hook", f"{number}", "", payload, NOW, NOW)
        assert log.stat().st_size > 2 * LOG_BYTES
        reader.execute("ROLLBACK")
        reader.close()
        for number in range(40, 44):
            await store.put_inbox("hook", f"{number}", "", payload, NOW, NOW)
        assert log.stat().st_size <= LOG_BYTES + 4_000_000
    finally:
        await store.close()


@pytest.mark.parametrize("days", ["1", "29", "-1"])
def test_history_is_kept_long_enough_for_a_repeated_event(days: str) -> None:
    with pytest.raises(SettingsError, match="HISTORY_DAYS"):
        load_settings({"HISTORY_DAYS": days}, env_file=None)
