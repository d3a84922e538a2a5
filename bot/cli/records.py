"""`audit`, `erase` and `hold`: what an auditor and a data-protection officer ask for."""

import json
from collections.abc import Sequence
from datetime import date, datetime

import typer

from bot.cli.stores import database_time, with_store
from bot.ports.store import (
    AuditAction,
    AuditEntry,
    AuditFilter,
    ErasedJob,
    EraseFilter,
    Hold,
    HoldKind,
    JobStore,
)
from bot.settings import Settings
from bot.text.printable import one_line

OPERATOR = "operator"
_PAGE = 500


def moment_of(day: str) -> float | None:
    """The beginning of a day (2026-11-25) in this machine's time zone; None for something else."""
    try:
        return datetime.combine(date.fromisoformat(day), datetime.min.time()).astimezone().timestamp()
    except ValueError:
        return None


async def record_command(store: JobStore, command: str, job_id: str = "", **details: str) -> None:
    """Note an operator's command in the audit log."""
    now, job = await database_time(store), await store.job(job_id) if job_id else None
    team_id = job.origin.team_id if job is not None else details.pop("team", "")
    said = {"command": command, **details}
    entry = AuditEntry(now, OPERATOR, AuditAction.COMMAND, "cli", team_id=team_id, job_id=job_id, details=said)
    await store.record(entry)


def run_audit(settings: Settings, since: str, job_id: str, as_json: bool, verify: bool, team: str = "") -> int:
    """Print the audit log, oldest first, of one workspace if `team` is given; with `verify`, check its chain.

    1 when the chain is broken, 2 for no day.
    """
    start = moment_of(since) if since else 0.0
    if start is None:
        return _fail(f"--since is {since!r}: it must be a day, for example 2026-11-25.", 2)

    async def act(store: JobStore) -> int:
        if verify:
            broken = await store.verify_audit()
            if broken is not None:
                return _fail(f"the audit log was changed: entry {broken} does not follow from the one before it.", 1)
            typer.echo("The audit log is whole: every entry follows from the one before it.")
            return 0
        after = 0
        while page := await store.audit(AuditFilter(team, since=start, job_id=job_id, after=after, limit=_PAGE)):
            for entry in page:
                typer.echo(_json(entry) if as_json else _line(entry))
            after = page[-1].number
        return 0

    return with_store(settings, act)


def run_erase(settings: Settings, which: EraseFilter, yes: bool) -> int:
    """Delete jobs with all that is stored of them, and say what others still hold. 1 when it is not confirmed."""

    async def act(store: JobStore) -> int:
        if not (which.team_id or which.job_id) and len(await store.workspaces()) > 1:
            return _fail("several workspaces are in this database: say which one with --team.", 2)
        if not yes and not typer.confirm("Erase these recordings' transcripts, names and rows for good?"):
            return _fail("nothing was changed.", 1)
        erased = await store.erase(which)
        details = {"jobs": str(len(erased))}
        entry = AuditEntry(
            await database_time(store), OPERATOR, AuditAction.ERASED, "cli", team_id=which.team_id, details=details
        )
        await store.record(entry)
        typer.echo(f"Erased {len(erased)} recording{'' if len(erased) == 1 else 's'} here.")
        for line in _still_held(erased):
            typer.echo(line)
        return 0

    return with_store(settings, act)


def _still_held(erased: Sequence[ErasedJob]) -> list[str]:
    """What Slack and the providers may still have."""
    lines = []
    for job in erased:
        place = f"{job.origin.channel_id}, thread {job.origin.thread_ts}"
        lines.append(f"  Slack still has the file {job.origin.file_id} ({place}) unless its owner deleted it.")
        if job.messages:
            lines.append(f"  Slack still has {len(job.messages)} of our messages there: delete them in Slack.")
        if job.remote_ref and job.provider != "local":
            lines.append(f"  {job.provider} may still have {one_line(job.remote_ref)}.")
    return lines


def run_hold(settings: Settings, kind: str, ref: str, end: bool) -> int:
    """Place or end a hold; without a reference list what is held. 2 for an unknown kind."""
    if kind and kind not in tuple(HoldKind):
        return _fail(f"{kind!r} cannot be held: it must be one of {', '.join(HoldKind)}.", 2)

    async def act(store: JobStore) -> int:
        now = await database_time(store)
        if not ref:
            for hold in await store.holds():
                since = datetime.fromtimestamp(hold.placed_at).astimezone().strftime("%Y-%m-%d")
                typer.echo(f"{hold.kind} {one_line(hold.ref)} since {since}")
            return 0
        if end:
            if not await store.end_hold(kind, ref):
                return _fail(f"there is no hold on {kind} {ref}.", 1)
            await store.record(AuditEntry(now, OPERATOR, AuditAction.HOLD_ENDED, "cli", details={kind: ref}))
            typer.echo(f"The hold on {kind} {ref} has ended.")
            return 0
        await store.place_hold(Hold(HoldKind(kind), ref, OPERATOR, now))
        await store.record(AuditEntry(now, OPERATOR, AuditAction.HELD, "cli", details={kind: ref}))
        typer.echo(f"Content of {kind} {ref} is kept until the hold ends.")
        return 0

    return with_store(settings, act)


def _json(entry: AuditEntry) -> str:
    return json.dumps(
        {
            "number": entry.number,
            "at": datetime.fromtimestamp(entry.at).astimezone().isoformat(timespec="seconds"),
            "actor": entry.actor,
            "action": entry.action.value,
            "origin": entry.origin,
            "team": entry.team_id,
            "channel": entry.channel_id,
            "job": entry.job_id,
            "details": dict(entry.details),
            "hash": entry.hash,
        },
        ensure_ascii=False,
    )


def _line(entry: AuditEntry) -> str:
    at = datetime.fromtimestamp(entry.at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    facts = [entry.channel_id, entry.job_id, *(f"{name}={value}" for name, value in entry.details.items())]
    return one_line(f"{at}  {entry.actor}  {entry.action}  {' '.join(fact for fact in facts if fact)}")


def _fail(text: str, code: int) -> int:
    typer.echo(f"threadscribe: {text}", err=True)
    return code
