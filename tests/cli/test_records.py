"""`audit`, `erase` and `hold` on a real database."""

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from bot.domain.job import FileFacts, Job, Origin
from bot.domain.machine import Received, Replying
from bot.domain.transcript import Segment, Transcript
from bot.ports.store import ChannelSettings, JobStore, NewJob
from storage import open_store
from tests.cli.commands import count_jobs, run
from tests.storage.samples import done
from tests.support.machine.terminal import at_a_terminal

NOW = 1_790_000_000.0


async def jobs_of(database: Path, *users: str) -> list[str]:
    store = await open_store(f"sqlite:///{database}")
    try:
        found = []
        for number, user in enumerate(users):
            origin = Origin("T1", "C1", f"{number}.1", f"{number}.1", f"F{number}", user)
            job, _ = await store.add_job(NewJob(origin, FileFacts("visit-of-Anna.mp3")), NOW + number)
            found.append(job.id)
        return found
    finally:
        await store.close()


@asynccontextmanager
async def answered_job(database: Path) -> AsyncIterator[tuple[JobStore, Job]]:
    """The open store, and a job that was answered long ago."""
    store = await open_store(f"sqlite:///{database}")
    try:
        yield store, await done(store, NOW, Transcript((Segment("A quiet word.", 0.0, 1.0),), "en", 1.0))
    finally:
        await store.close()


async def test_an_operators_commands_are_in_the_log_and_the_log_is_whole(database: Path) -> None:
    (job,) = await jobs_of(database, "U1")
    assert (await run("cancel", job))[0] == 0
    assert (await run("purge"))[0] == 0
    code, said = await run("audit", "--json")
    assert code == 0
    entries = [json.loads(line) for line in said.splitlines()]
    assert [entry["details"]["command"] for entry in entries] == ["cancel", "purge"]
    assert [entry["number"] for entry in entries] == [1, 2]
    assert entries[0]["job"] == job
    assert "visit" not in said
    assert len((await run("audit", "--job", job))[1].splitlines()) == 1
    assert (await run("audit", "--verify"))[0] == 0


async def test_purging_by_an_age_of_ones_own_asks_first(database: Path, tmp_path: Path) -> None:
    """Channels may have chosen a longer time, and 0 days is everything."""
    asked = ("purge", "--older-than-days", "0")
    async with answered_job(database) as (store, job):
        code, said = await run(*asked)
        assert (code, "--yes" in said) == (2, True), said
        code, question, said = await at_a_terminal(tmp_path, {}, "n", *asked)
        assert (code, said) == (1, "threadscribe: nothing was changed.\n"), question
        assert "in all recordings that ended until now, whatever their channels chose" in question
        assert await store.transcript(job.id) is not None
        code, answer, said = await at_a_terminal(tmp_path, {}, "y", *asked)
        assert (code, "Purged the content of 1 job." in answer) == (0, True), said
        assert await store.transcript(job.id) is None


async def test_purging_for_a_script_does_not_ask(database: Path) -> None:
    async with answered_job(database) as (store, job):
        code, said = await run("purge", "--older-than-days", "0", "--yes")
        assert (code, "Purged the content of 1 job." in said) == (0, True), said
        assert await store.transcript(job.id) is None


async def test_purge_does_what_the_bot_does_also_where_only_channels_chose_a_time(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETENTION_DAYS", "0")
    async with answered_job(database) as (store, job):
        code, said = await run("purge")
        assert (code, "Purged the content of 0 jobs." in said, "RETENTION_DAYS is 0" in said) == (0, True, True), said
        await store.put_channel_settings(job.origin.team_id, job.origin.channel_id, ChannelSettings(retention_days=1))
        code, said = await run("purge")
        assert (code, "Purged the content of 1 job." in said) == (0, True), said


async def test_an_entry_that_was_changed_is_found(database: Path) -> None:
    jobs = await jobs_of(database, "U1", "U2")
    for job in jobs:
        await run("cancel", job)
    with closing(sqlite3.connect(database)) as db, db:
        db.execute("UPDATE audit SET actor = 'somebody else' WHERE number = 1")
    code, said = await run("audit", "--verify")
    assert (code, "entry 1" in said) == (1, True)


async def test_what_a_user_shared_is_erased_and_others_are_told_of(database: Path) -> None:
    await jobs_of(database, "U1", "U1", "U2")
    code, said = await run("erase", "--user", "U1")
    assert (code, "--yes" in said) == (2, True)
    code, said = await run("erase", "--user", "U1", "--yes")
    assert (code, "Erased 2 recordings" in said) == (0, True), said
    assert "Slack still has the file F0" in said
    assert await count_jobs(database) == 1
    assert b"visit-of-Anna" in lying(database)  # of U2, who is still there
    assert (await run("erase", "--channel", "C1", "--yes"))[0] == 0
    assert await count_jobs(database) == 0
    assert b"visit-of-Anna" not in lying(database)


def lying(database: Path) -> bytes:
    """All bytes on the disk: the database and its log."""
    log = database.with_name(f"{database.name}-wal")
    return database.read_bytes() + (log.read_bytes() if log.exists() else b"")


async def test_what_is_held_is_not_erased(database: Path) -> None:
    (job,) = await jobs_of(database, "U1")
    assert (await run("hold", "job", job))[0] == 0
    assert job in (await run("hold"))[1]
    await run("erase", "--job", job, "--yes")
    assert await count_jobs(database) == 1
    assert (await run("hold", "job", job, "--end"))[0] == 0
    assert (await run("hold", "job", job, "--end"))[0] == 1
    await run("erase", "--job", job, "--yes")
    assert await count_jobs(database) == 0


async def test_a_hold_on_a_job_that_is_not_there_is_no_hold(database: Path) -> None:
    await jobs_of(database, "U1")
    code, said = await run("hold", "job", "kkkkkkkkkk")
    assert (code, "there is no job kkkkkkkkkk" in said) == (1, True), said
    assert (await run("hold"))[1] == "Nothing is held.\n"


async def test_a_deleted_recording_is_not_said_to_be_tried_again(database: Path) -> None:
    (job_id,) = await jobs_of(database, "U1")
    store = await open_store(f"sqlite:///{database}")
    try:
        job = await store.job(job_id)
        assert job is not None
        job = await store.apply(Received(job).delete(NOW))
        await store.apply(Replying(job).replied(NOW))
    finally:
        await store.close()
    code, said = await run("retry", job_id)
    assert (code, "was deleted" in said) == (1, True), said
    assert (await run("audit"))[1] == "No entries.\n"
    assert (await run("audit", "--json"))[1] == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["erase"],
        ["erase", "--before", "soon", "--yes"],
        ["hold", "planet", "x"],
        ["hold", "job"],
        ["hold", "--end"],
        ["audit", "--since", "x"],
    ],
)
async def test_a_wrong_argument_changes_nothing(database: Path, arguments: list[str]) -> None:
    await jobs_of(database, "U1")
    code, said = await run(*arguments)
    assert code == 2, said
    assert await count_jobs(database) == 1
