"""Upgrades: the newest code on the schema before, and the version before beside it on the newest schema."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest

from bot.domain.errors import SchemaTooNew
from bot.domain.job import State
from bot.domain.machine import Finishing, Replying, Waiting
from bot.domain.transcript import Segment, Transcript
from bot.ports.provider import Pace
from bot.ports.store import JobStore, OutboxMessage, Phase
from storage import open_store
from storage.engines.postgres import open_postgres
from storage.seal import Seal
from storage.sql.migrate import Migration, known_migrations
from storage.store import Store
from tests.storage.conftest import fresh_database
from tests.storage.samples import NOW, Opener, added, done, submitting, waiting
from tests.support.statements_before import before

SAID = Transcript((Segment("Good morning.", 0.0, 1.0),), "en", 1.0)
MIGRATIONS = Path(__file__).parents[3] / "storage" / "sql" / "migrations"
# A migration that has landed is never edited: make a new one. (To add a line here is part of adding a migration.)
LANDED = {
    "0001_first.postgres.sql": "e2a972ae1a5a35e144fdb90a4df04e8ef8b41cd32ea8c1812c0cfd787e6f9f97",
    "0001_first.sql": "e2c37c8d25c0e35c1be79f745fb9612097f4eeb1c3f06dcf4031e831eb332fed",
    "0001_first.sqlite.sql": "88f04860af3ff6716ea9d1962ca4e4403502d7ab24fc1544c1a1968b214669be",
    "0002_workspaces.sql": "f4845e82bc0de8e1a14bef19871cc359200e7e05bafcde7f5132f6e1231cb6c7",
    "0003_processes.postgres.sql": "636d80d365f7e10e6cf93e3077155ff36b90d95dab7e708baa990d35fd34be96",
    "0003_processes.sql": "899609c1931ab2ea4f67dd9e8aa798f3cb7ae4a2c861d953e1752cb7c7dc0307",
    "0004_vocabulary.sql": "13885e092035adeda61a88106ce0d9a30a0930fd2901eb4f5ea25e3920bbc53c",
    "0005_oauth_states.sql": "695990ba5434e82bf056b213938f49e6ee40b74553d4c15b1948897301051bcd",
    "0006_lean_claims.concurrently.sql": "e7cac18a1133a081a2181f925837a6d760d9533bd6b06adc13e4065a5f3092be",
    "0006_lean_claims.postgres.sql": "9f18bb3476cdb11027b94c8f2086d6316983813488c2d64decb3a78095c9ccdb",
    "0006_lean_claims.sql": "bc9aa44dc5066f417e8670474b1a8cc7ccc71e6fdbbfb3b280a02338ff1919f7",
    "0006_lean_claims.sqlite.sql": "5d65674ffca2010a923fdfa6f612f50d818bf7dd3ba99f0bbcac27bfe65e3f45",
}


@pytest.fixture
def url(postgres_url: str) -> str:
    return postgres_url


@pytest.fixture
async def older(url: str) -> AsyncIterator[JobStore]:
    """The version before: its statements, on the newest schema."""
    _, statements = before()
    database = await open_postgres(url, known_migrations(), exclusive=True, more=statements)
    store = Store(database, Seal(()))
    yield store
    await store.close()


async def work(store: JobStore, other: JobStore, lane: str = "xosum") -> None:
    """What a recording needs from file to reply; each of the two does what the other has begun."""
    job = await submitting(store, account=lane)
    claimed = await other.claim(lane, (0, 1, 2), NOW, 60)
    assert claimed is not None
    assert claimed.id == job.id
    await other.renew(claimed, NOW, 60)
    await other.release(claimed)
    job = await waiting(other, account=lane)
    assert await store.put_inbox("hook", job.id, f"{lane}:{job.id}", b"{}", NOW, NOW)
    (item,) = await other.claim_inbox("hook", NOW, 60)
    assert await store.wake(job.id, NOW)
    held = await store.claim(lane, (0, 1), NOW, 60)
    assert held is not None
    job = await store.apply(Waiting(held).ready(NOW))
    assert await other.put_transcript(job.id, SAID, NOW, job.lease_token)
    await other.drop_inbox(item.id, item.claim)
    job = await other.apply(Finishing(job).stored(NOW))
    message = OutboxMessage(f"reply:{job.id}:0.0", job.id, "C1", "1.0", Phase.INTENT, NOW)
    claim = await store.claim_outbox(message, "one", NOW, 60)
    assert claim is not None
    assert (await other.outbox_message(message.key)) is not None
    job = await store.apply(Replying(job).replied(NOW))
    assert job.state is State.DONE
    assert await other.transcript(job.id) == await store.transcript(job.id)
    assert await other.reserve(lane, Pace(60, 4), NOW) <= NOW
    assert await store.claim_task(f"purge {lane}", "one", NOW, 60)
    assert not await other.claim_task(f"purge {lane}", "two", NOW, 60)
    await store.record_latency(lane, 60.0, 5.0)
    await other.ping()
    assert await other.count_by_state() == await store.count_by_state()
    assert await other.events(job.id) == await store.events(job.id)
    assert await other.mark_deleted(job.id, NOW)
    assert await store.transcript(job.id) is None
    assert await other.purge(NOW + 100 * 86_400, 30) >= 0


async def test_the_version_before_works_beside_the_newest_on_the_newest_schema(older: JobStore, url: str) -> None:
    newest = await open_store(url)
    try:
        await work(older, newest)
        await work(newest, older, "nabla")
    finally:
        await newest.close()


async def test_every_statement_of_the_version_before_fits_the_newest_schema(reopen: Opener, url: str) -> None:
    await reopen()
    connection = await asyncpg.connect(url)
    try:
        for name, statement in before()[1].items():
            if statement.sql:
                try:
                    await connection.prepare(statement.sql)
                except asyncpg.PostgresError as error:
                    raise AssertionError(f"{name}: {error}") from error
    finally:
        await connection.close()


async def copy_rows(source: str, target: str, *tables: str) -> None:
    """Copy what both databases have columns for."""
    one, two = await asyncpg.connect(source), await asyncpg.connect(target)
    try:
        for table in tables:
            named = (
                "SELECT column_name FROM information_schema.columns WHERE table_name = $1 AND table_schema = 'public'"
            )
            there = {row[0] for row in await two.fetch(named, table)}
            columns = [row[0] for row in await one.fetch(named, table) if row[0] in there]
            rows = await one.fetch(f"SELECT {', '.join(columns)} FROM {table}")
            await two.copy_records_to_table(table, records=[tuple(row) for row in rows], columns=columns)
    finally:
        await one.close()
        await two.close()


async def test_a_database_of_the_version_before_is_brought_up_to_date_and_goes_on(server: Path) -> None:
    schema, statements = before()
    scratch, url = fresh_database(server), fresh_database(server)
    store = await open_store(scratch)
    ended, open_, fresh = await done(store, said=SAID), await waiting(store, due_at=NOW + 1e6), await added(store)
    await store.close()
    known = [migration for migration in known_migrations() if migration.number <= schema]
    await (await open_postgres(url, known, exclusive=True, more=statements)).close()
    await copy_rows(scratch, url, "job", "job_event", "transcript")
    async with AsyncExitStack() as stack:
        newest = await open_store(url)
        stack.push_async_callback(newest.close)
        assert await newest.transcript(ended.id) == SAID
        for job in (ended, open_, fresh):
            found = await newest.job(job.id)
            assert found is not None
            assert (found.state, found.origin, found.file, found.due_at) == (
                job.state,
                job.origin,
                job.file,
                job.due_at,
            )
        older = Store(await open_postgres(url, known_migrations(), exclusive=False, more=statements), Seal(()))
        stack.push_async_callback(older.close)
        await work(older, newest, "nabla")


async def test_a_program_goes_on_only_beside_a_later_schema_that_says_so(reopen: Opener, url: str) -> None:
    known = known_migrations()
    newest = known[-1].number
    running = await reopen()
    soft = Migration(newest + 1, "soft", f"-- works with: {newest}\nALTER TABLE job ADD later_note TEXT;")
    await (await open_postgres(url, [*known, soft], exclusive=True)).close()
    assert await running.schema_fault() == ""
    await (await reopen()).ping()  # it may start again
    await submitting(running)
    hard = Migration(newest + 2, "hard", "ALTER TABLE job RENAME person TO somebody;")
    await (await open_postgres(url, [*known, soft, hard], exclusive=True)).close()
    assert f"schema {newest + 2}" in await running.schema_fault()
    with pytest.raises(SchemaTooNew):
        await reopen()


def test_no_landed_migration_was_edited() -> None:
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(MIGRATIONS.glob("*.sql"))}
    assert found | LANDED == found
