"""What commands share: sentences for the operator, days and times, the database beside a running bot."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime

import typer

from bot.clock import SystemClock
from bot.domain.errors import StoreError
from bot.ports.store import AuditAction, AuditEntry, JobStore
from bot.settings import Settings
from storage import open_store

OPERATOR = "operator"


def fail(text: str, code: int) -> int:
    """Print a sentence on standard error; returns the exit code."""
    typer.echo(f"threadscribe: {text}", err=True)
    return code


def moment_of(day: str) -> float | None:
    """The beginning of a day (2026-11-25) in this machine's time zone; None for something else."""
    try:
        return datetime.combine(date.fromisoformat(day), datetime.min.time()).astimezone().timestamp()
    except (ValueError, OverflowError):  # the first and the last day of all have no moment in some zones
        return None


def no_day(option: str, value: str) -> str:
    """The sentence for an option that is not a day."""
    return f"{option} is {value!r}: it must be a day, for example 2026-11-25."


def day_of(at: float | None) -> str:
    """A day in this machine's time zone; "" for None."""
    return time_of(at)[:10]


def time_of(at: float | None) -> str:
    """A time in this machine's time zone, to the second; "" for None."""
    return "" if at is None else datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")


@asynccontextmanager
async def store_of(settings: Settings) -> AsyncIterator[JobStore]:
    """The database, beside a running bot. Raises `StoreError`."""
    store = await open_store(settings.database_url, settings.sealing_key, exclusive=False, old_keys=settings.old_keys)
    try:
        yield store
    finally:
        await store.close()


def with_store(settings: Settings, act: Callable[[JobStore], Awaitable[int]]) -> int:
    """Open the store, act, close it; 1 with a sentence when the database cannot be used."""

    async def run() -> int:
        async with store_of(settings) as store:
            return await act(store)

    try:
        return asyncio.run(run())
    except StoreError as error:
        return fail(str(error), 1)


async def database_time(store: JobStore) -> float:
    """Unix seconds by the clock that all processes of this database share. Raises `StoreError`."""
    now = SystemClock().now()
    return now + await store.clock_offset(now)


async def record_command(store: JobStore, command: str, job_id: str = "", team: str = "", **details: str) -> None:
    """Note an operator's command in the audit log, about a job or a workspace if one is given."""
    job = await store.job(job_id) if job_id else None
    await record(store, AuditAction.COMMAND, job.origin.team_id if job else team, job_id, command=command, **details)


async def record(store: JobStore, action: AuditAction, team_id: str = "", job_id: str = "", **details: str) -> None:
    """Note what the operator did in the audit log."""
    now = await database_time(store)
    await store.record(AuditEntry(now, OPERATOR, action, "cli", team_id=team_id, job_id=job_id, details=details))
