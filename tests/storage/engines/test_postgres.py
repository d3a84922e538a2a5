"""What only PostgreSQL can show: several servers at once, a server that goes away."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from bot.domain.errors import LostLease, SchemaTooNew, StoreError, StoreUnavailable
from bot.domain.job import FileFacts, RemoteJob
from bot.domain.machine import Received, Submitting
from bot.ports.provider import Pace
from bot.ports.store import JobStore, NewJob
from storage import open_store
from storage.engines.postgres import CONNECTIONS, IDLE_SECONDS, Address, open_postgres
from storage.sql.migrate import Migration, known_migrations
from storage.sql.statements import statements
from tests.storage.samples import NOW, Opener, added, origin, submit, submitting
from tests.support.machine import postgres


@pytest.fixture
def url(postgres_url: str) -> str:
    return postgres_url


@pytest.fixture
async def db(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


async def test_servers_that_start_together_migrate_once(reopen: Opener) -> None:
    stores = await asyncio.gather(*(reopen() for _ in range(4)))
    for store in stores:
        await store.ping()


async def test_servers_that_claim_at_once_never_share_a_job(reopen: Opener) -> None:
    one, two = await reopen(), await reopen()
    ids = {(await submitting(one, user=f"U{i % 3}")).id for i in range(60)}
    got: list[str] = []

    async def worker(store: JobStore) -> None:
        misses = 0
        while misses < 3:
            job = await store.claim("xosum", (0, 1, 2), NOW, 60)
            if job is None:
                misses += 1
            else:
                got.append(job.id)

    await asyncio.gather(*(worker(store) for store in (one, two) for _ in range(6)))
    assert sorted(got) == sorted(ids)


async def test_servers_share_one_budget(reopen: Opener) -> None:
    stores = [await reopen(), await reopen()]
    answers = await asyncio.gather(*(stores[i % 2].reserve("xosum", Pace(56, 4), NOW) for i in range(40)))
    assert sum(answer <= NOW for answer in answers) == 4


async def test_one_event_delivered_to_two_servers_is_one_job(reopen: Opener) -> None:
    stores = [await reopen(), await reopen()]
    for _ in range(10):
        new = NewJob(origin())
        answers = await asyncio.gather(*(stores[i % 2].add_job(new, NOW) for i in range(6)))
        assert len({job.id for job, _ in answers}) == 1
        assert sum(made for _, made in answers) == 1


async def test_nobody_is_forgotten_when_servers_move_jobs_of_the_same_people(reopen: Opener) -> None:
    """Turns are hints that may be early, never late: whatever is due can be claimed, however the servers interleave."""
    stores = [await reopen(), await reopen()]
    chance = random.Random(5)
    made = [await added(stores[0], user=f"U{i % 2}") for i in range(40)]

    async def mover(store: JobStore) -> None:
        for _ in range(60):
            job = await store.claim("slack", (2,), NOW, 60)
            if job is None:
                await store.wake(chance.choice(made).id, NOW)
            elif chance.random() < 0.5:
                await store.release(job)
            else:
                await store.apply(Received(job).retry(NOW, NOW + chance.choice((0, 0, 500)), "x"))

    await asyncio.gather(*(mover(store) for store in stores for _ in range(4)))
    claimed = set()
    while job := await stores[0].claim("slack", (2,), NOW + 1000, 60):
        claimed.add(job.id)
    assert claimed == {job.id for job in made}


async def test_a_change_is_won_by_one_server(reopen: Opener) -> None:
    stores = [await reopen(), await reopen()]
    job = await added(stores[0])
    outcomes = await asyncio.gather(*(stores[i % 2].apply(submit(job, NOW)) for i in range(6)), return_exceptions=True)
    assert sum(isinstance(outcome, LostLease) for outcome in outcomes) == 5
    assert len(await stores[0].events(job.id)) == 2


async def test_a_zero_character_is_stored_readably(store: JobStore) -> None:
    job, _ = await store.add_job(NewJob(origin(), FileFacts(mimetype="a\x00b \ud83d")), NOW)
    assert job.file.mimetype == "a�b ?"


async def test_callers_cancelled_at_any_moment_leave_each_change_whole(store: JobStore, db: asyncpg.Connection) -> None:
    chance = random.Random(3)
    for _ in range(30):
        tasks = [asyncio.ensure_future(submitting(store)) for _ in range(3)]
        await asyncio.sleep(0)
        for _ in range(chance.randint(0, 30)):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await store.close()
    torn = await db.fetch(
        "SELECT id FROM job WHERE revision <> (SELECT COUNT(*) FROM job_event WHERE job_event.job_id = job.id)"
    )
    assert not torn
    assert not await db.fetch("SELECT 1 FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")


async def test_a_database_of_a_later_program_is_refused(reopen: Opener, db: asyncpg.Connection) -> None:
    with pytest.raises(StoreError, match="serve"):
        await reopen(exclusive=False)
    await (await reopen()).close()
    await (await reopen(exclusive=False)).ping()
    await db.execute("INSERT INTO migration (number, name, applied_at) VALUES (9999, 'future', 0)")
    with pytest.raises(SchemaTooNew, match="schema 9999"):
        await reopen()


async def test_connections_cut_by_the_server_are_an_error_once_and_then_replaced(
    store: JobStore, db: asyncpg.Connection
) -> None:
    job = await added(store)
    await db.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    for _ in range(10):  # each dead connection of the pool may be met once
        try:
            assert await store.job(job.id) == job
        except StoreUnavailable:
            continue
        break
    await store.ping()


async def test_a_server_that_is_not_there_or_not_ours_is_named_without_the_password(server: Path) -> None:
    for url in (
        "postgresql://postgres:hunter2@127.0.0.1:1/x",
        f"postgresql://postgres:hunter2@/nowhere?host={server}",
        f"postgresql://nobody:hunter2@/postgres?host={server}",
        "postgresql://postgres:hunter2@host:port/x",
    ):
        with pytest.raises(StoreError) as caught:
            await open_store(url)
        assert "hunter2" not in str(caught.value)


async def test_a_server_that_stops_is_said_to_be_out_of_reach(caplog: pytest.LogCaptureFixture) -> None:
    with postgres.running_or_left_out() as (_, home):
        url = f"postgresql://postgres@/postgres?host={home}"
        store = await open_store(url)
        job = await added(store)
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await store.ping()
        with pytest.raises(StoreUnavailable):
            await store.job(job.id)
    await store.close()
    assert [record for record in caplog.records if record.name.startswith("asyncpg")] == [], "we say so, once"


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("next_due", "job_queue"),
        ("release_all", "job_queue"),
        ("backlog", "job_queue"),
        ("backlog", "job_parked"),
        ("job_by_ref", "job_remote"),
        ("job_by_hook_token", "job_hook"),
        ("jobs_in_state", "job_state"),
        ("outbox_to_verify", "outbox_verify"),
        ("inbox_for", "inbox_ref"),
        ("inbox_due", "inbox_due"),
        ("jobs_to_purge", "job_kept"),
    ],
)
async def test_a_statement_finds_its_rows_by_the_index_made_for_it(
    reopen: Opener, db: asyncpg.Connection, name: str, index: str
) -> None:
    await (await reopen()).close()
    statement = statements("postgres")[name]
    await db.execute("SET enable_seqscan = off; SET enable_bitmapscan = off; SET plan_cache_mode = force_generic_plan")
    kinds = await db.prepare(statement.sql)
    sample = {"text": "'x'", "float8": "1", "int4": "1", "int8": "1", "bytea": "''"}
    values = ", ".join(sample[kind.name] for kind in kinds.get_parameters())
    await db.execute(f"PREPARE it AS {statement.sql.rstrip(';')}")
    plan = "\n".join(row[0] for row in await db.fetch(f"EXPLAIN EXECUTE it({values})"))
    assert index in plan, plan


async def test_a_migration_that_fails_leaves_nothing_of_itself(url: str, db: asyncpg.Connection) -> None:
    first = known_migrations()[0]
    broken = replace(first, sql=first.sql + "INSERT INTO nowhere VALUES (1);")
    with pytest.raises(StoreError, match="nowhere"):
        await open_postgres(url, [broken], exclusive=True)
    assert await db.fetchval("SELECT to_regclass('job')") is None


async def test_an_index_that_a_crash_left_unfinished_is_made_again_while_others_write(
    reopen: Opener, url: str, db: asyncpg.Connection
) -> None:
    store = await reopen()
    first = await added(store)
    index = "CREATE INDEX CONCURRENTLY IF NOT EXISTS job_later ON job (person);"
    newest = known_migrations()[-1].number
    later = Migration(newest + 1, "later", f"-- works with: {newest}\n", concurrent=f"-- a note; no more\n{index}\n")
    known = [*known_migrations(), later]
    state = "SELECT indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relname = 'job_later'"
    async with db.transaction():  # making an index waits for this to end
        await db.execute("UPDATE job SET progress = 0.5 WHERE id = $1", first.id)
        making = asyncio.create_task(open_postgres(url, known, exclusive=True))
        while (valid := await db.fetchval(state)) is None:
            assert not making.done()
            await asyncio.sleep(0.02)
        assert valid is False
        await added(store)  # meanwhile others write
        assert await store.schema_fault() == ""
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%job_later%' AND pid <> $1"
        await db.execute(cut, await db.fetchval("SELECT pg_backend_pid()"))
        with pytest.raises(StoreUnavailable):
            await making
    assert await db.fetchval(state) is False
    assert await db.fetchval("SELECT MAX(number) FROM migration") == newest
    together = await asyncio.gather(*(open_postgres(url, known, exclusive=True) for _ in range(3)))
    assert await db.fetchval(state) is True
    assert await db.fetchval("SELECT MAX(number) FROM migration") == later.number
    for database in together:
        await database.close()


async def test_claims_renewals_and_kept_leases_touch_no_index(url: str, db: asyncpg.Connection) -> None:
    """PostgreSQL then writes a heap-only tuple: no entry in any of the dozen indexes of `job`."""
    store = await open_store(url)
    await submitting(store)
    before = await db.fetchval("SELECT ctid FROM job")
    job = await store.claim("xosum", (0, 1, 2), NOW, 60)
    assert job is not None
    await store.renew(job, NOW, 60)
    await store.release(job)
    assert await db.fetchval("SELECT ctid FROM job") != before
    await store.close()

    async def counts() -> tuple[int, int]:
        row = await db.fetchrow("SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'job'")
        assert row is not None
        return row[0], row[1]

    async with asyncio.timeout(60):
        # A session reports its counters when it ends; the first update was `submit`.
        while (await counts())[0] < 4:  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.02)
    updates, hot = await counts()
    assert updates - hot == 1


async def test_a_process_that_stands_still_in_a_transaction_does_not_stop_the_others(
    reopen: Opener, db: asyncpg.Connection
) -> None:
    """It holds the turn of a user and the job of another; what is free is claimed at once, and the server ends it."""
    store = await reopen()
    held, free = await submitting(store, user="U1"), await submitting(store, user="U2")
    await db.execute("BEGIN")
    await db.execute("SELECT 1 FROM job WHERE id = $1 FOR UPDATE", held.id)
    await db.execute("SELECT 1 FROM fair_turn WHERE person = 'T1:U1' FOR UPDATE")
    async with asyncio.timeout(60):  # nothing ends the other's transaction yet
        claimed = await store.claim("xosum", (0, 1, 2), NOW, 60)
        assert claimed is not None
        assert claimed.id == free.id
        assert await store.claim("xosum", (0, 1, 2), NOW, 60) is None
    await db.execute("SET LOCAL idle_in_transaction_session_timeout = '1s'")
    async with asyncio.timeout(60):
        while (found := await store.claim("xosum", (0, 1, 2), NOW, 60)) is None:  # noqa: ASYNC110  # only asking tells
            await asyncio.sleep(0.1)
    assert found.id == held.id


async def test_what_slack_waits_for_has_connections_of_its_own(store: JobStore, db: asyncpg.Connection) -> None:
    job = await added(store)
    await db.execute("BEGIN")
    await db.execute("LOCK TABLE cursor IN ACCESS EXCLUSIVE MODE")
    waiting = [asyncio.ensure_future(store.put_cursor(f"c{n}", "x")) for n in range(2 * CONNECTIONS)]
    async with asyncio.timeout(30):
        await store.add_job(NewJob(origin()), NOW)
        assert await store.put_inbox("hook", "k", "r", b"x", NOW, NOW)
        assert await store.wake(job.id, NOW)
    await db.execute("COMMIT")
    await asyncio.gather(*waiting)


async def test_a_step_of_a_job_is_one_statement_each(reopen: Opener, db: asyncpg.Connection, server: Path) -> None:
    """Claim, change with its event, lease, budget: no BEGIN, no COMMIT, no reset of the session."""
    await db.execute(f"ALTER DATABASE {await db.fetchval('SELECT current_database()')} SET log_statement = 'all'")
    store = await reopen()
    log = server / "pg_ctl.log"

    async def step() -> list[str]:
        await submitting(store)
        before = log.stat().st_size
        job = await store.claim("xosum", (0, 1, 2), NOW, 60)
        assert job is not None
        await store.renew(job, NOW, 60)
        job = await store.apply(Submitting(job).created(NOW, RemoteJob(f"r-{job.id}")), keep_lease=True)
        await store.apply(Submitting(job).submitted(NOW, NOW))
        return [line for line in log.read_bytes()[before:].decode().splitlines() if "LOG:  " in line]

    await step()  # the driver asks for the types of a connection once
    said = await step()
    assert len(said) == 4, said
    assert all("LOG:  execute" in line for line in said)


async def test_idle_connections_are_held_and_given_back(url: str, db: asyncpg.Connection) -> None:
    """More at once than there are connections wait in the pool, and none that is idle is kept from them."""
    store = await open_store(url)
    kept = (store.put_inbox("hook", f"k{n}", "r", b"x", NOW, NOW) for n in range(10 * CONNECTIONS))
    assert all(await asyncio.gather(*kept))
    assert len(await store.inbox_for("hook", "r")) == 10 * CONNECTIONS
    ours = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    assert 1 <= await db.fetchval(f"SELECT COUNT(*) {ours}") <= CONNECTIONS
    await store.close()
    async with asyncio.timeout(30):
        while await db.fetchval(f"SELECT COUNT(*) {ours}"):  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("query", ["?pgbouncer=transaction", "&pgbouncer=transaction"])
async def test_behind_pgbouncer_sessions_keep_nothing(url: str, query: str) -> None:
    address = Address("postgresql://u@h/db" + ("?x=1" if query[0] == "&" else "") + query)
    assert address.pooled
    assert "pgbouncer" not in address.url
    assert address.settings("p") == {"application_name": "p"}
    assert f"SET LOCAL idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'" in address.bounds
    joined = url + ("&" if "?" in url else "?") + "pgbouncer=transaction"
    store = await open_store(joined)
    job = await submitting(store)
    assert await store.claim("xosum", (2,), NOW, 60) == replace(job, lease_token=(await _token(store, job.id)))
    await store.purge(NOW, 1)
    await store.close()


async def _token(store: JobStore, job_id: str) -> str:
    job = await store.job(job_id)
    assert job is not None
    return job.lease_token


async def test_a_lane_that_one_process_wakes_wakes_the_others(reopen: Opener, db: asyncpg.Connection) -> None:
    here, there = await reopen(), await reopen()
    woken: asyncio.Queue[str] = asyncio.Queue()
    listening = asyncio.create_task(here.listen(woken.put_nowait))
    first, other = await added(there), await submitting(there, user="U2")
    while woken.empty():  # it takes a moment until it listens
        await there.wake(first.id, NOW)
        await asyncio.sleep(0.05)
    await there.wake(other.id, NOW)
    while (lane := await woken.get()) == "slack":  # the wakes of before; they come in the order of their commits
        pass
    assert lane == "xosum"
    job = await submitting(there)
    assert await woken.get() == "slack"  # it was added
    assert await there.request_cancel(job.id, "U1", NOW)
    assert await woken.get() == "xosum"
    assert await there.mark_deleted(job.id, NOW)
    assert await woken.get() == "xosum"
    await db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
    with pytest.raises(StoreUnavailable):
        await listening
