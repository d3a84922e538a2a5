"""The bare aiosqlite script beside the job path: the same rows in the same schema, one commit for each step.

`python -m bench.rivals.bare_path DATABASE JOBS`; prints what it took, without making the database. It claims nothing,
checks nothing, and does one job after the other, as a script would.
"""

import asyncio
import json
import resource
import sys
import time
from pathlib import Path

import aiosqlite

from bot.domain.machine import FAR_FUTURE
from storage import open_store

_ADD = """
INSERT INTO job (id, team_id, enterprise_id, channel_id, thread_ts, message_ts, file_id, user_id, state, lane, rank,
    person, created_at, updated_at, due_at, file_name, file_mimetype, file_filetype, file_size, file_subtype,
    expected_audio, provider, account, attempts, client_ref, hook_token, waited_seconds, version,
    parked_for, cancel_by, reuses)
VALUES (:id, 'T1', '', :channel, :ts, :ts, :file, :user, 'received', 'slack', 2, 'T1:' || :user, :now, :now, :now,
    x'00636c69702e6d7033', 'audio/mpeg', 'mp3', 1000, '', 1, '', '', 0, :ref, :token, 0, 1, '', '', '')
"""
_MOVE = "UPDATE job SET state = ?, lane = ?, rank = ?, updated_at = ?, due_at = ? WHERE id = ?"
_CREATED = "UPDATE job SET remote_ref = ?, remote_url = ?, updated_at = ? WHERE id = ?"
_EVENT = "INSERT INTO job_event (job_id, revision, at, source, target, cause) VALUES (?, ?, ?, ?, ?, ?)"
_TRANSCRIPT = "INSERT INTO transcript (job_id, body, stored_at) VALUES (?, ?, ?)"
_LATENCY = "INSERT OR REPLACE INTO latency (account, id, audio_seconds, took_seconds) VALUES ('instant', ?, 30, 0)"
BODY = b'{"segments": [["Good morning. The patient is well and comes again in May.", 0.0, 4.0]], "title": "A visit"}'


async def main(database: Path, jobs: int) -> dict[str, float]:
    """Take jobs through all states: seconds by the wall and of the processor."""
    store = await open_store(f"sqlite:///{database}")
    await store.close()
    async with aiosqlite.connect(database) as db:
        await db.execute("PRAGMA synchronous = FULL")
        await db.commit()
        used, begun = _cpu(), time.perf_counter()
        for number in range(jobs):
            await _one(db, number)
        return {"wall": time.perf_counter() - begun, "cpu": _cpu() - used}


async def _one(db: aiosqlite.Connection, number: int) -> None:
    job, now = f"job{number}", time.time()
    values = {
        "id": job,
        "channel": f"C{number % 40}",
        "ts": f"{number}.0",
        "file": f"F{number}",
        "user": f"U{number % 20}",
        "now": now,
        "ref": f"ref{number}",
        "token": f"token{number}",
    }
    await db.execute(_ADD, values)
    await db.execute(_EVENT, (job, 1, now, None, "received", "file seen"))
    await db.commit()
    await _move(db, job, 2, "received", "submitting", "instant", 2)
    await db.execute(_CREATED, (f"remote-{number}", b"https://upload.example/1", time.time(), job))
    await db.execute(_EVENT, (job, 3, time.time(), "submitting", "submitting", "remote job created"))
    await db.commit()
    await _move(db, job, 4, "submitting", "waiting", "instant", 1)
    await db.execute(_TRANSCRIPT, (job, BODY, time.time()))
    await db.commit()
    await _move(db, job, 5, "waiting", "finishing", "instant", 0)
    await db.execute(_LATENCY, (number % 50,))
    await db.commit()
    await _move(db, job, 6, "finishing", "replying", "slack", 0)
    await _move(db, job, 7, "replying", "done", "slack", 2, FAR_FUTURE)


async def _move(
    db: aiosqlite.Connection, job: str, revision: int, source: str, target: str, lane: str, rank: int, due: float = 0.0
) -> None:
    now = time.time()
    await db.execute(_MOVE, (target, lane, rank, now, due or now, job))
    await db.execute(_EVENT, (job, revision, now, source, target, "moved"))
    await db.commit()


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))), flush=True)
