"""What is at the place of a SQLite file: its rights, its name, and what is refused there with a sentence."""

import asyncio
import sqlite3
import stat
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from bot.domain.errors import StoreBusy, StoreError, StoreUnavailable
from bot.ports.store import JobStore
from storage import open_store
from storage.engines.sqlite_session import explain

ROOT = Path(__file__).parents[3]


async def test_the_file_can_be_read_by_its_owner_only(store: JobStore, path: Path) -> None:
    await store.ping()
    for file in path.parent.glob("jobs.db*"):
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file


async def test_a_file_that_is_no_database_is_named_and_not_kept_locked(tmp_path: Path) -> None:
    (tmp_path / "jobs.db").write_bytes(b"recipes" * 1000)
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="no SQLite database"):
            await open_store(f"sqlite:///{tmp_path}/jobs.db")


async def test_a_link_to_an_open_database_is_refused_too(store: JobStore, path: Path) -> None:
    link = path.with_name("link.db")
    link.symlink_to(path)
    with pytest.raises(StoreBusy):
        await open_store(f"sqlite:///{link}")
    await store.ping()


async def test_a_lock_that_cannot_be_written_is_no_other_process(path: Path) -> None:
    script = (
        "import asyncio, resource\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        "from storage import open_store\n"
        f"asyncio.run(open_store('sqlite:///{path}'))\n"
    )
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", script, cwd=ROOT, stderr=PIPE)
    said = (await child.communicate())[1].decode().strip().splitlines()[-1]
    assert said.startswith("bot.domain.errors.StoreUnavailable: The lock file "), said


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="does not exist"):
        await open_store(f"sqlite:///{tmp_path}/no/jobs.db")


@pytest.mark.parametrize("url", ["", "jobs.db", "sqlite://", "sqlite:///", "sqlite:jobs.db", "mysql://h/d"])
async def test_a_url_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(StoreError, match="DATABASE_URL"):
        await open_store(url)


async def test_odd_characters_in_the_path_are_part_of_the_name(tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/a%20b %2523#?mode=ro.db")
    await store.ping()
    await store.close()
    assert (tmp_path / "a b %23#?mode=ro.db").exists()


def test_a_read_only_database_is_named(path: Path) -> None:
    sqlite3.connect(path).execute("CREATE TABLE t (a)").connection.close()
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    with pytest.raises(sqlite3.OperationalError) as caught:
        db.execute("INSERT INTO t VALUES (1)")
    db.close()
    assert isinstance(explained := explain(caught.value, path), StoreUnavailable)
    assert "read-only" in str(explained)
