"""The SQLite file: one owner, whole after any death, clear about what is wrong."""

import asyncio
import os
import random
import signal
import sqlite3
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from bot.domain.errors import LostLease, StoreBusy, StoreError, StoreUnavailable
from bot.domain.job import State
from bot.domain.machine import Received, Submitting
from bot.ports.store import JobFilter, JobStore, NewJob
from storage import open_store
from storage.engines.sqlite import open_sqlite
from storage.engines.transaction import Transaction, execute
from storage.sql.migrate import known_migrations
from storage.sql.statements import Statement
from tests.storage.samples import NOW, Opener, added, claimed, origin, submit, submitting

ROOT = Path(__file__).parents[3]
Spawn = Callable[[str], Awaitable[Process]]


@pytest.fixture
async def spawn(url: str) -> AsyncIterator[Spawn]:
    """Starts a child with a verb of `tests.storage.engines.child`; kills it at the end."""
    children: list[Process] = []

    async def start(verb: str) -> Process:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.storage.engines.child", verb, url, cwd=ROOT, stdout=PIPE
        )
        children.append(child)
        return child

    yield start
    for child in children:
        if child.returncode is None:
            child.kill()
            await child.wait()


async def line_of(child: Process) -> str:
    assert child.stdout is not None
    return (await child.stdout.readline()).decode().strip()


async def all_lines(child: Process) -> list[str]:
    assert child.stdout is not None
    return (await child.stdout.read()).decode().split("\n")[:-1]


def check_file(path: Path) -> None:
    """The file is sound, and every job has as many events as changes that were told."""
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert not db.execute("PRAGMA foreign_key_check").fetchall()
    torn = db.execute(
        "SELECT id FROM job WHERE revision <> (SELECT COUNT(*) FROM job_event WHERE job_event.job_id = job.id)"
    ).fetchall()
    db.close()
    assert not torn


async def test_a_second_process_is_refused_with_a_sentence_until_the_first_is_gone(
    spawn: Spawn, reopen: Opener
) -> None:
    owner = await spawn("hold")
    assert await line_of(owner) == "open"
    second = await spawn("hold")
    said = await line_of(second)
    assert said.startswith(f"StoreBusy Another Threadscribe (process {owner.pid}) has the database jobs.db open")
    with pytest.raises(StoreBusy):
        await reopen()
    owner.send_signal(signal.SIGKILL)
    await owner.wait()
    await (await reopen()).ping()


async def test_a_process_is_refused_what_it_has_open_itself(reopen: Opener) -> None:
    store = await reopen()
    with pytest.raises(StoreBusy):
        await reopen()
    await store.ping()
    await store.close()
    await (await reopen()).ping()


async def test_a_forked_child_that_outlives_its_parent_does_not_keep_the_lock(url: str, reopen: Opener) -> None:
    script = (
        "import asyncio, os, sys, time\n"
        "from storage import open_store\n"
        f"asyncio.run(open_store({url!r}))\n"
        "if os.fork() == 0:\n    os.close(1); time.sleep(30); os._exit(0)\n"
        "print('forked', flush=True); time.sleep(30)\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, cwd=ROOT, stdout=PIPE, start_new_session=True
    )
    assert await line_of(parent) == "forked"
    parent.kill()
    await parent.wait()
    try:
        await (await reopen()).ping()
    finally:
        os.killpg(parent.pid, signal.SIGKILL)


async def test_an_operator_looks_in_and_writes_a_little_beside_the_owner(reopen: Opener) -> None:
    owner = await reopen()
    job = await submitting(owner)
    beside = await reopen(exclusive=False)
    assert await beside.job(job.id) == job
    assert len(await beside.jobs(JobFilter())) == 1
    assert await beside.request_cancel(job.id, "operator", NOW)
    seen = await owner.job(job.id)
    assert seen is not None
    assert seen.cancel_by == "operator"
    await asyncio.gather(*(store.ping() for store in (owner, beside) for _ in range(20)))


async def test_looking_in_needs_a_database_with_the_present_schema(reopen: Opener, path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="no database"):
        await reopen(exclusive=False)
    sqlite3.connect(path).execute("VACUUM").connection.close()
    with pytest.raises(StoreError, match="serve"):
        await reopen(exclusive=False)


async def test_two_processes_that_claim_at_once_never_share_a_job(reopen: Opener, spawn: Spawn) -> None:
    owner = await reopen()
    ids = {(await added(owner, user=f"U{i % 5}")).id for i in range(200)}
    children = [await spawn("claim") for _ in range(2)]
    lines = await asyncio.gather(*(all_lines(child) for child in children))
    got = [line for said in lines for line in said if line != "open"]
    assert sorted(got) == sorted(ids)


@pytest.mark.parametrize("seed", range(4))
async def test_a_process_killed_in_mid_write_leaves_every_committed_job_and_no_half_one(
    spawn: Spawn, reopen: Opener, path: Path, seed: int
) -> None:
    child = await spawn("write")
    assert child.stdout is not None
    committed = [await line_of(child) for _ in range(random.Random(seed).randint(2, 120))][1:]
    child.send_signal(signal.SIGKILL)
    committed += await all_lines(child)
    await child.wait()
    store = await reopen()
    for job_id in committed:
        job = await store.job(job_id)
        assert job is not None
        assert job.state is State.SUBMITTING
        assert await store.transcript(job_id) is not None
    await store.close()
    check_file(path)


@pytest.mark.parametrize("seed", range(4))
async def test_a_log_that_was_half_written_at_a_power_loss_loses_its_end_only(
    spawn: Spawn, reopen: Opener, path: Path, seed: int
) -> None:
    child = await spawn("write")
    for _ in range(60):
        await line_of(child)
    child.send_signal(signal.SIGKILL)
    await child.wait()
    log = path.with_name("jobs.db-wal")
    size = log.stat().st_size
    cut = random.Random(seed).randint(0, size)
    with log.open("r+b") as file:
        file.truncate(cut)
        file.seek(max(0, cut - 2000))
        file.write(os.urandom(min(cut, 500)))
    store = await reopen()
    await added(store)
    await store.close()
    check_file(path)


async def test_a_full_disk_refuses_loses_nothing_and_is_forgotten_when_there_is_room(
    spawn: Spawn, reopen: Opener, path: Path
) -> None:
    first, *kept = await all_lines(await spawn("full"))
    word, refused = first.split()
    assert (word, int(refused) > 0) == ("refused", True)
    store = await reopen()
    assert kept
    for job_id in kept[1:]:
        assert await store.transcript(job_id) is not None
    await store.close()
    check_file(path)


async def test_a_database_locked_by_another_program_is_busy_for_writers_only_and_then_works_again(
    store: JobStore, path: Path
) -> None:
    job = await added(store)
    locker = sqlite3.connect(path, isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    blocked = [asyncio.ensure_future(store.ping()) for _ in range(5)]
    assert await store.job(job.id) == job  # nobody who reads waits for the lock
    assert not any(task.done() for task in blocked)
    outcomes = await asyncio.gather(*blocked, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StoreBusy] * 5
    locker.execute("ROLLBACK")
    locker.close()
    await store.ping()


async def test_transactions_that_share_a_commit_fail_each_for_itself(store: JobStore) -> None:
    lost = await added(store)
    await store.apply(submit(lost, NOW))
    good = [await added(store) for _ in range(5)]
    moves = [submit(job, NOW) for job in (*good[:2], lost, *good[2:])]
    outcomes = await asyncio.gather(*(store.apply(move) for move in moves), return_exceptions=True)
    assert [type(o) is LostLease for o in outcomes] == [False, False, True, False, False, False]
    for job in good:
        assert len(await store.events(job.id)) == 2
    assert len(await store.events(lost.id)) == 2


@pytest.mark.parametrize("deferred", [False, True])
async def test_a_database_error_in_a_shared_commit_is_only_its_owners(path: Path, deferred: bool) -> None:
    """SQLite checks a deferred foreign key only when it commits: then the commit of the whole batch fails."""
    more = {
        "defer": Statement("PRAGMA defer_foreign_keys = ON", ()),
        "orphan": Statement(
            "INSERT INTO block (job_id, number, body) VALUES ('nobody', 1, x'00') RETURNING number", ()
        ),
    }
    database = await open_sqlite(path, known_migrations(), exclusive=True, more=more)

    def orphan() -> Transaction[None]:
        yield from execute("put_cursor", name="bad", value="x")
        if deferred:
            yield from execute("defer")
        yield from execute("orphan")

    def good(name: str) -> Transaction[str]:
        yield from execute("put_cursor", name=name, value="x")
        return name

    async with asyncio.timeout(60):
        outcomes = await asyncio.gather(
            database.write(partial(good, "one")),
            database.write(orphan),
            database.write(partial(good, "two")),
            return_exceptions=True,
        )
        assert await database.write(partial(good, "three")) == "three"
    assert [outcomes[0], outcomes[2]] == ["one", "two"]
    assert isinstance(outcomes[1], StoreError)
    await database.close()
    db = sqlite3.connect(path)
    assert sorted(db.execute("SELECT name FROM cursor")) == [("one",), ("three",), ("two",)]
    db.close()


async def test_a_transaction_that_breaks_off_leaves_nothing_whether_alone_or_in_company(path: Path) -> None:
    database = await open_sqlite(path, known_migrations(), exclusive=True)

    def mark(name: str, breaks: bool) -> Transaction[str]:
        yield from execute("put_cursor", name=name, value="x")
        if breaks:
            raise RuntimeError(name)
        return name

    names = ["broken-1", "good-1", "broken-2", "good-2"]
    outcomes = await asyncio.gather(
        *(database.write(partial(mark, name, "broken" in name)) for name in names), return_exceptions=True
    )
    assert [isinstance(outcome, RuntimeError) for outcome in outcomes] == [True, False, True, False]
    with pytest.raises(RuntimeError):
        await database.write(partial(mark, "broken-3", True))
    await database.close()
    db = sqlite3.connect(path)
    assert sorted(db.execute("SELECT name FROM cursor")) == [("good-1",), ("good-2",)]
    db.close()


async def test_a_shared_commit_that_was_broken_off_is_told_to_nobody_as_done(path: Path) -> None:
    database = await open_sqlite(path, known_migrations(), exclusive=True)

    def mark(name: str, breaks: bool = False) -> Transaction[str]:
        yield from execute("put_cursor", name=name, value="x")
        if breaks:
            pump = database._writer._pump
            assert pump is not None
            pump.cancel()  # as the end of an event loop does
        return name

    async with asyncio.timeout(60):
        outcomes = await asyncio.gather(
            *(database.write(partial(mark, f"lost-{n}", n == 1)) for n in range(3)), return_exceptions=True
        )
        assert await database.write(partial(mark, "kept")) == "kept"
    await database.close()
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 3
    db = sqlite3.connect(path)
    assert db.execute("SELECT name FROM cursor").fetchall() == [("kept",)]
    db.close()


async def test_callers_cancelled_at_any_moment_leave_each_change_whole_and_the_store_usable(
    store: JobStore, path: Path
) -> None:
    chance = random.Random(7)
    for _ in range(60):
        job = await added(store)
        tasks = [
            asyncio.ensure_future(store.apply(submit(job, NOW))),
            asyncio.ensure_future(store.add_job(NewJob(origin()), NOW)),
            asyncio.ensure_future(store.apply(Received(job).retry(NOW, NOW + 9, "x"))),
        ]
        for _ in range(chance.randint(0, 6)):
            await asyncio.sleep(0)
        for task in tasks:
            if chance.random() < 0.7:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await store.ping()
    await store.close()
    check_file(path)


async def test_work_handed_in_before_closing_is_done(reopen: Opener) -> None:
    store = await reopen()
    adding = [asyncio.ensure_future(added(store)) for _ in range(20)]
    await asyncio.sleep(0)
    await store.close()
    jobs = await asyncio.gather(*adding)
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.ping()
    again = await reopen()
    for job in jobs:
        assert await again.job(job.id) == job


async def test_an_event_loop_that_is_torn_down_in_mid_write_leaves_a_whole_file(path: Path, url: str) -> None:
    def run_and_abandon() -> None:
        async def main() -> None:
            store = await open_store(url)
            try:
                adding = [asyncio.ensure_future(submitting(store)) for _ in range(50)]
                await asyncio.wait(adding, return_when=asyncio.FIRST_COMPLETED)
                for task in asyncio.all_tasks() - {asyncio.current_task()}:
                    task.cancel()
            finally:
                await store.close()

        asyncio.run(main())

    await asyncio.to_thread(run_and_abandon)
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    db.close()


async def test_a_lease_outlives_neither_release_nor_a_restart_that_voids_it(reopen: Opener) -> None:
    store = await reopen()
    await submitting(store)
    job = await claimed(store, "xosum")
    await store.close()
    store = await reopen()
    assert await store.claim("xosum", (2,), NOW, 60) is None
    assert await store.release_all() == 1
    again = await claimed(store, "xosum")
    with pytest.raises(LostLease):
        await store.apply(Submitting(job).retry(NOW, NOW, "too late"))
    assert again.id == job.id
