"""Databases with many jobs, made fast: one job is moved by the store to where it should stand, and copied in SQL."""

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from bot.domain.job import FileFacts, Job, Options, Origin, RemoteJob
from bot.domain.machine import FAR_FUTURE, Finishing, Received, Replying, Submitting, Waiting
from bot.domain.transcript import Segment, Transcript
from bot.ports.store import JobStore, NewJob
from storage import open_store

FILE = FileFacts("visit notes.mp3", "audio/mpeg", "mp3", 2_000_000, 60.0)
PEOPLE = ("U0ALICE", "U0BOB")
TEAM = "T0LOCAL"


async def populate(
    database: Path,
    *,
    waiting: int = 0,
    done: int = 0,
    channels: Sequence[str] = ("C0BENCH0",),
    account: str = "xosum",
) -> None:
    """Add jobs whose provider works on them for another hour, and answered ones of the past month."""
    store = await open_store(f"sqlite:///{database}")
    try:
        models = []
        if waiting:
            models.append((await _waiting(store, account), waiting))
        if done:
            models.append((await _done(store, account), done))
    finally:
        await store.close()
    with closing(sqlite3.connect(database)) as db:
        for job, count in models:
            _copy(db, job, count - 1, channels)
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


async def _submitting(store: JobStore, name: str, account: str) -> Job:
    now = time.time()
    origin = Origin(TEAM, "C0BENCH0", f"{name}.0", f"{name}.0", f"F0{name}", "U0ALICE")
    job, _ = await store.add_job(NewJob(origin, FILE), now)
    return await store.apply(Received(job).submit(now, FILE, account, account, Options()))


async def _waiting(store: JobStore, account: str) -> Job:
    now = time.time()
    job = await store.apply(Submitting(await _submitting(store, "WAITING", account)).created(now, RemoteJob("remote")))
    return await store.apply(Submitting(job).submitted(now, now + 3600))


async def _done(store: JobStore, account: str) -> Job:
    now = time.time()
    job = await store.apply(Submitting(await _submitting(store, "DONE", account)).created(now, RemoteJob("remote")))
    job = await store.apply(Submitting(job).submitted(now, now))
    job = await store.apply(Waiting(job).ready(now))
    said = Transcript(
        (Segment("The patient is well and comes again in May.", 0.0, 3.0),), "en", 3.0, "A visit", "Well."
    )
    await store.put_transcript(job.id, said, now)
    job = await store.apply(Finishing(job).stored(now))
    return await store.apply(Replying(job).replied(now))


def _copy(db: sqlite3.Connection, job: Job, count: int, channels: Sequence[str]) -> None:
    """`count` more of one job, each with an identity and a time of its own, over people and channels."""
    month = 30 * 86400.0
    final = job.due_at >= FAR_FUTURE
    age = f"(number * {month / max(count, 1)!r})" if final else "(number * 0.001)"
    places = " ".join(f"WHEN {number} THEN '{channel}'" for number, channel in enumerate(channels))
    people = " ".join(f"WHEN {number} THEN '{person}'" for number, person in enumerate(PEOPLE))
    person = f"CASE number % {len(PEOPLE)} {people} END"
    fresh = {
        "id": f"'{job.id}-' || number",
        "file_id": "file_id || number",
        "thread_ts": "thread_ts || number",
        "message_ts": "message_ts || number",
        "hook_token": "hook_token || number",
        "client_ref": "client_ref || number",
        "remote_ref": "remote_ref || number",
        "user_id": person,
        "person": f"team_id || ':' || {person}",
        "channel_id": f"CASE number % {len(channels)} {places} END",
        "created_at": f"created_at - {age}",
        "updated_at": f"updated_at - {age}",
        "submitted_at": f"submitted_at - {age}",
        "finished_at": f"finished_at - {age}",
        "due_at": "due_at" if final else "due_at + number * 0.001",
    }
    own = {"job_id": fresh["id"]}
    tables = {
        "job": ("id", fresh),
        "job_event": ("job_id", own),
        "transcript": ("job_id", own),
        "transcript_index": (
            "job_id",
            own | {"source": fresh["id"], "place": f"replace(place, 'C0BENCH0', {fresh['channel_id']})"},
        ),
    }
    numbers = "WITH RECURSIVE n(number) AS (VALUES (1) UNION ALL SELECT number + 1 FROM n WHERE number < ?)"
    for table, (key, values) in tables.items():
        given = ("transcript_index", "id")
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if (table, row[1]) != given]
        chosen = ", ".join(values.get(column, column) for column in columns)
        db.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) {numbers} "
            f"SELECT {chosen} FROM n CROSS JOIN {table} WHERE {table}.{key} = ?",
            (count, job.id),
        )
