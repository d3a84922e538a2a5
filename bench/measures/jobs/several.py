"""Several processes on one PostgreSQL beside one on SQLite, and the statements that read much with a million jobs.

    python -m bench.measures.jobs.several [--jobs 1000] [--rounds 1] [--million 1000000]

Not part of `make bench`: it starts a PostgreSQL server of its own and takes minutes. Slack and the provider answer at
once inside each process, as in `path`; what is left is claims, changes, events, transcripts and commits.
"""

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg

from bench.measures.jobs.path import InstantChat, InstantProvider, cost
from bench.measures.jobs.path import run as run_on_sqlite
from bench.rush import PassThrough
from bot.clock import SystemClock
from bot.configuration import load_settings
from bot.domain.job import FileFacts, Origin, State
from bot.ports.provider import Provider
from bot.ports.store import NewJob
from storage import open_store
from storage.sql.statements import statements
from tests.support.harnesses.engine import end, new_engine
from tests.support.machine import postgres

PROCESSES = (1, 2, 4)
TICKS = os.sysconf("SC_CLK_TCK")
REPEATS = 30
WAITING = 10_000  # of the million; the rest has ended

FILL = """
INSERT INTO job (id, team_id, file_id, channel_id, thread_ts, version, enterprise_id, message_ts, user_id, person,
    created_at, state, lane, rank, updated_at, due_at, file_name, file_mimetype, file_filetype, file_size, file_subtype,
    expected_audio, provider, account, attempts, client_ref, hook_token, remote_ref, waited_seconds, parked_for,
    cancel_by, reuses)
SELECT 'j' || n, 'T1', 'F' || n, 'C' || n % 500, n || '.0', 0, '', n || '.0', 'U' || n % 2000, 'T1:U' || n % 2000,
    1800000000 - ($1 - n) * 30, CASE WHEN n > $1 - $2 THEN 'waiting' ELSE 'done' END,
    CASE WHEN n > $1 - $2 THEN 'xosum' ELSE 'slack' END, 1, 1800000000,
    CASE WHEN n > $1 - $2 THEN 1800000000 + n % 600 ELSE 253402300799 END, 'clip', 'audio/mpeg', 'mp3', 1000, '', 0,
    'xosum', 'xosum', 0, 'c' || n, 'h' || n, 'r' || n, 0, '', '', ''
FROM generate_series(1, $1) AS n
"""
MANY: dict[str, dict[str, object]] = {
    "count_by_state": {},
    "oldest_in_state": {"state": "waiting"},
    "backlog": {"now": 1_800_000_000.0},
    "count_ahead": {"lane": "xosum", "created_at": 1_800_000_000.0, "most": 100},
    "jobs_of_user": {"user_id": "U7", "before": 2e9, "team_id": "", "channels": "", "states": "", "count": 20},
    "next_due": {"lane": "xosum"},
}


@contextmanager
def server() -> Iterator[tuple[Path, int]]:
    """A PostgreSQL with its defaults that counts statements: its socket's folder, and its process id."""
    folder = postgres.binaries()
    if folder is None:
        raise SystemExit("PostgreSQL is not installed here.")
    with postgres.running(folder) as home:
        owner = "postgres" if os.geteuid() == 0 else None
        settings = "shared_preload_libraries = 'pg_stat_statements'\nfsync = on\nsynchronous_commit = on\n"
        with (home / "data" / "postgresql.conf").open("a") as file:
            file.write(settings)
        options = f"-k {home} -c listen_addresses="
        restart: list[str | Path] = [folder / "pg_ctl", "-D", home / "data", "-w", "-o", options, "restart"]
        subprocess.run(restart, check=True, user=owner, cwd=home, stdout=subprocess.DEVNULL)
        pid = int((home / "data" / "postmaster.pid").read_text().splitlines()[0])
        yield home, pid


def new_database(home: Path, name: str) -> str:
    """The URL of an empty database."""
    folder = postgres.binaries()
    assert folder is not None
    subprocess.run([folder / "createdb", "-h", home, "-U", "postgres", name], check=True)
    return f"postgresql://postgres@/{name}?host={home}"


def server_cpu(pid: int) -> float:
    """Processor seconds of the server and all that it started, ended ones included."""

    def used(process: int, fields: Sequence[int]) -> float:
        try:
            stat = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return 0.0
        return sum(int(stat[field]) for field in fields) / TICKS

    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return used(pid, (11, 12, 13, 14)) + sum(used(int(child), (11, 12)) for child in children)


async def work(url: str, total: int) -> float:
    """One process: serve all lanes until the database says that everything is done. Its processor seconds."""
    store = await open_store(url)
    provider: Provider = InstantProvider()
    engine = new_engine(
        settings=load_settings({"POLL_MIN_SECONDS": "0.000001"}, env_file=None),
        store=store,
        clock=SystemClock(),
        chat=InstantChat(),
        preparer=PassThrough(),
        providers={"instant": provider},
    )
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    before = _cpu()
    try:
        await engine.start()
        while (await store.count_by_state()).get(State.DONE, 0) < total:  # noqa: ASYNC110 - others do them, too
            await asyncio.sleep(0.1)
        return _cpu() - before
    finally:
        await end(engine, 5.0)
        await store.close()


async def race(home: Path, pid: int, name: str, processes: int, jobs: int) -> dict[str, float]:
    """This many processes take these jobs through every state."""
    url = new_database(home, name)
    store = await open_store(url)
    now = SystemClock().now()
    for number in range(jobs):
        origin = Origin("T1", f"C{number % 40}", f"{number}.0", f"{number}.0", f"F{number}", f"U{number % 20}")
        await store.add_job(NewJob(origin, FileFacts("clip.mp3", "audio/mpeg", "mp3", 1000), provider="instant"), now)
    await store.close()
    command = [sys.executable, "-m", "bench.measures.jobs.several", "--work", url, "--jobs", str(jobs)]
    pipe = asyncio.subprocess.PIPE
    children = [await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe) for _ in range(processes)]
    db = await asyncpg.connect(url)
    try:
        for child in children:
            assert child.stdout is not None
            await child.stdout.readline()
        await db.execute("ANALYZE job, fair_turn")  # autovacuum does it within a minute; plans are poor before
        await db.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        await db.execute("SELECT pg_stat_statements_reset()")
        before, used, begun = await _counts(db), server_cpu(pid), time.perf_counter()
        for child in children:
            assert child.stdin is not None
            child.stdin.write(b"go\n")
            await child.stdin.drain()
        lines = [(await child.communicate())[0].decode().split() for child in children]
        wall, used = time.perf_counter() - begun, server_cpu(pid) - used
        await asyncio.sleep(1.0)  # the server's own counts come a moment later
        after = await _counts(db)
    finally:
        await db.close()
    changed = {key: after[key] - before[key] for key in after}
    return {
        "jobs_per_second": jobs / wall,
        "bot_ms": sum(float(words[-1]) for words in lines) / jobs * 1000,
        "server_ms": used / jobs * 1000,
        "statements": changed["statements"] / jobs,
        "commits": changed["commits"] / jobs,
        "rolled_back_per_1000": changed["rollbacks"] / jobs * 1000,
        "hot_share": changed["hot"] / max(1, changed["updates"]),
        "updates": changed["updates"] / jobs,
    }


async def _counts(db: asyncpg.Connection) -> dict[str, float]:
    row = await db.fetchrow(
        """SELECT xact_commit AS commits, xact_rollback AS rollbacks,
            (SELECT SUM(calls) FROM pg_stat_statements s WHERE s.dbid = d.datid) AS statements,
            (SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'job') AS updates,
            (SELECT n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'job') AS hot
        FROM pg_stat_database d WHERE datname = current_database()"""
    )
    assert row is not None
    return {key: float(value or 0) for key, value in row.items()}


async def million(home: Path, jobs: int) -> dict[str, float]:
    """Milliseconds inside the database of each statement that might read much; the median of some."""
    url = new_database(home, "million")
    await (await open_store(url)).close()
    db = await asyncpg.connect(url)
    try:
        await db.execute("ALTER TABLE job DISABLE TRIGGER USER")
        await db.execute(FILL, jobs, min(WAITING, jobs // 2), timeout=3600)
        await db.execute("ALTER TABLE job ENABLE TRIGGER USER")
        await db.execute("INSERT INTO ended_count SELECT state, 0, COUNT(*) FROM job WHERE state = 'done' GROUP BY 1")
        await db.execute("VACUUM ANALYZE", timeout=3600)
        found = {}
        for name, values in MANY.items():
            statement = statements("postgres")[name]
            arguments = [values[parameter] for parameter in statement.parameters]
            times = []
            for _ in range(REPEATS):
                plan = await db.fetchval(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement.sql}", *arguments)
                (explained,) = json.loads(plan)
                times.append(explained["Planning Time"] + explained["Execution Time"])
            found[name] = statistics.median(times)
        return found
    finally:
        await db.close()


async def main(jobs: int, rounds: int, many: int) -> None:
    """Print what came out, as JSON lines."""
    for _ in range(rounds):
        with TemporaryDirectory() as folder:
            used = await run_on_sqlite(Path(folder) / "jobs.db", jobs)
        alone = {"jobs_per_second": jobs / used["wall"], "bot_ms": cost(used, jobs)}
        print(json.dumps({"sqlite": 1, **_rounded(alone)}), flush=True)
        with server() as (home, pid):
            for processes in PROCESSES:
                found = await race(home, pid, f"race{processes}", processes, jobs)
                print(json.dumps({"postgres": processes, **_rounded(found)}), flush=True)
    if many:
        with server() as (home, _):
            print(json.dumps({"jobs": many, "ms": _rounded(await million(home, many))}), flush=True)


def _rounded(found: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in found.items()}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--million", type=int, default=1_000_000)
    parser.add_argument("--work", default="")
    asked = parser.parse_args()
    if asked.work:
        print(asyncio.run(work(asked.work, asked.jobs)), flush=True)
    else:
        asyncio.run(main(asked.jobs, asked.rounds, asked.million))
