"""`jobs`, `retry`, `cancel`, `purge`: the operator's view of the job table."""

import json

import typer
from rich.console import Console
from rich.table import Table

from bot.cli.common import OPERATOR, database_time, fail, record_command, time_of, with_store
from bot.domain.errors import LostLease
from bot.domain.job import Job, State
from bot.domain.machine import Cause, Deleted, Ended, Parked, stage_of
from bot.ports.store import JobFilter, JobStore
from bot.settings import Settings
from bot.text.printable import one_line


def run_jobs(settings: Settings, job_id: str, state: str, limit: int, as_json: bool, team: str = "") -> int:
    """List jobs, of one workspace if `team` is given, or show one; 2 for an unknown state, 1 for an unknown job."""
    if state and state not in tuple(State):
        return fail(f"--state is {state!r}: it must be one of {', '.join(State)}.", 2)

    async def act(store: JobStore) -> int:
        if job_id:
            job = await store.job(job_id)
            if job is None:
                return fail(f"there is no job {job_id}.", 1)
            await _show_one(store, job, as_json)
            return 0
        states = (State(state),) if state else ()
        _show_many(list(await store.jobs(JobFilter(team, states=states, limit=limit))), as_json)
        return 0

    return with_store(settings, act)


def _facts(job: Job) -> dict[str, object]:
    """What may be shown of a job: no content, no secrets."""
    return {
        "id": job.id,
        "state": job.state.value,
        "outcome": job.outcome.value if job.outcome else None,
        "problem": job.problem.code.value if job.problem else None,
        "provider": job.provider,
        "channel": job.origin.channel_id,
        "thread_ts": job.origin.thread_ts,
        "file": job.origin.file_id,
        "size": job.file.size,
        "seconds": job.file.seconds,
        "attempts": job.attempts,
        "last_error": job.last_error,
        "created_at": job.created_at,
        "due_at": job.due_at if job.due_at < 4e9 else None,
        "finished_at": job.finished_at,
    }


async def _show_one(store: JobStore, job: Job, as_json: bool) -> None:
    events = await store.events(job.id)
    if as_json:
        timeline = [
            {
                "at": event.at,
                "from": event.source.value if event.source else None,
                "to": event.target.value,
                "cause": event.cause,
                "detail": event.detail,
            }
            for event in events
        ]
        typer.echo(json.dumps({**_facts(job), "timeline": timeline}, ensure_ascii=False))
        return
    console = Console()
    for name, value in _facts(job).items():
        shown = time_of(value) if name.endswith("_at") and isinstance(value, float) else value
        if shown not in (None, ""):
            console.print(f"{name:12} {one_line(str(shown))}", markup=False, highlight=False)
    table = Table("time", "state", "cause", box=None, pad_edge=False)
    for event in events:
        cause = f"{event.cause}: {event.detail}" if event.detail else event.cause
        table.add_row(time_of(event.at), event.target.value, one_line(cause))
    console.print(table, markup=False)


def _show_many(jobs: list[Job], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([_facts(job) for job in jobs], ensure_ascii=False))
        return
    if not jobs:
        typer.echo("No jobs.")
        return
    table = Table("job", "state", "provider", "created", "tries", "last error", box=None, pad_edge=False)
    for job in jobs:
        shown = job.problem.code.value if job.problem else job.last_error
        table.add_row(
            job.id, job.state.value, job.provider, time_of(job.created_at), str(job.attempts), one_line(shown)
        )
    Console().print(table, markup=False)


def run_retry(settings: Settings, job_id: str) -> int:
    """Put an ended or parked job back to work; a running bot sees it within seconds."""

    async def act(store: JobStore) -> int:
        job = await store.job(job_id)
        if job is None:
            return fail(f"there is no job {job_id}.", 1)
        stage = stage_of(job)
        now = await database_time(store)
        if isinstance(stage, Deleted):
            return fail(f"the recording of job {job_id} was deleted, so it cannot be tried again.", 1)
        try:
            match stage:
                case Ended():
                    await store.apply(stage.retry(now, await store.transcript(job.id) is not None))
                case Parked():
                    await store.apply(stage.resume(now, Cause.RESUMED))
                case _:
                    await store.wake(job.id, now)
        except LostLease:
            return fail(f"job {job_id} has just moved on; look at it with: threadscribe jobs {job_id}", 1)
        await record_command(store, "retry", job_id)
        typer.echo(f"Job {job_id} is tried again.")
        return 0

    return with_store(settings, act)


def run_cancel(settings: Settings, job_id: str) -> int:
    """Ask for a cancellation; a running bot sees it within seconds."""

    async def act(store: JobStore) -> int:
        if await store.job(job_id) is None:
            return fail(f"there is no job {job_id}.", 1)
        if not await store.request_cancel(job_id, OPERATOR, await database_time(store)):
            return fail(f"job {job_id} is over already, or its reply is being posted.", 1)
        await record_command(store, "cancel", job_id)
        typer.echo(f"Job {job_id} is being cancelled.")
        return 0

    return with_store(settings, act)


def run_purge(settings: Settings, days: int | None) -> int:
    """Delete content that is older than `days` days now; None deletes what the running bot deletes."""
    age = days if days is not None else settings.retention_days or None
    longest = days if days is not None else settings.retention_max_days or None  # a typed age is for every channel

    async def act(store: JobStore) -> int:
        count = await store.purge(await database_time(store), age, longest)
        await record_command(store, "purge", jobs=str(count))
        typer.echo(f"Purged the content of {count} job{'' if count == 1 else 's'}.")
        if age is None:
            typer.echo("RETENTION_DAYS is 0, so only channels that chose a time count. --older-than-days is for all.")
        return 0

    return with_store(settings, act)
